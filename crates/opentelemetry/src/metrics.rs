//! Sends all numbers, again and again.

use crate::batches::Path;
use crate::exporter::Stopping;
use crate::metric_request::{Span, request};
use crate::{ExporterSettings, MetricSource, Signal};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// An answer is not waited for longer, however long the interval is.
const PATIENCE_MAX: Duration = Duration::from_secs(30);

/// Sends them until it is told to stop, and once more then. What could not be sent is not kept: the next numbers say more.
pub(crate) async fn run(source: &MetricSource, settings: &ExporterSettings, path: Path<'_>, mut stopping: Stopping) {
    let patience = source.interval.min(PATIENCE_MAX);
    let mut ticks = interval_at(Instant::now() + source.interval, source.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_last = tokio::select! {
            _ = ticks.tick() => false,
            () = stopping.begun() => true,
        };
        let families = (source.read)();
        let points: usize = families.iter().map(|family| family.points.len()).sum();
        let span = Span { started_at: source.started_at, now: (settings.clock)() };
        let batch = request(families, &settings.resource, span);
        let sent = path.collector.send(Signal::Metrics, &batch, patience).await;
        path.account(Signal::Metrics, points as u64, sent);
        if is_last {
            return;
        }
    }
}
