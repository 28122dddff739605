//! Sends what is in a queue, batch by batch.

use crate::collector::{Collector, Taken};
use crate::complaint::Complaint;
use crate::counts::{DropReason, ExportCounts};
use crate::exporter::Stopping;
use crate::send_error::SendError;
use crate::{BatchSettings, Queue, Signal};
use prost::Message;
use std::time::Duration;
use tokio::time::Instant;

/// The most that is sent at once, as the SDKs of OpenTelemetry have it.
const BATCH_MAX: usize = 512;

/// The first pause before a batch is tried again; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Whom batches go to, and who hears of it.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    pub(crate) collector: &'a Collector,
    pub(crate) counts: &'a ExportCounts,
    pub(crate) complaint: &'a Complaint,
}

/// Sends what is in a queue until it is told to stop, and what is left then.
pub(crate) async fn run<T, R: Message>(
    queue: &Queue<T>,
    settings: BatchSettings,
    request: impl Fn(Vec<T>) -> R,
    path: Path<'_>,
    mut stopping: Stopping,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(settings.scheduled_delay) => {}
            () = queue.filling() => {}
            () = stopping.begun() => {}
        }
        let is_last = stopping.has_begun();
        loop {
            let batch = queue.take(BATCH_MAX);
            if batch.is_empty() {
                break;
            }
            let (underway, batch) = (queue.underway(batch.len()), request(batch));
            let sent = path.send(queue, &batch, settings, &mut stopping).await;
            path.account(queue.signal(), underway.end(), sent);
        }
        if is_last {
            return;
        }
    }
}

impl Path<'_> {
    /// Tries until it is taken, refused for good, or too late. Who stops tries once.
    async fn send<T>(
        &self,
        queue: &Queue<T>,
        batch: &impl Message,
        settings: BatchSettings,
        stopping: &mut Stopping,
    ) -> Result<Taken, SendError> {
        let give_up_at = Instant::now() + settings.exporting_timeout;
        let mut pause = FIRST_PAUSE;
        loop {
            let left = give_up_at.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let error = match self.collector.send(queue.signal(), batch, left).await {
                Ok(taken) => return Ok(taken),
                Err(error) => error,
            };
            // Between a half and the whole, so that nodes do not come all at once.
            let wait = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
            if !error.is_passing || stopping.has_begun() || Instant::now() + wait >= give_up_at {
                return Err(error);
            }
            self.complaint.failed(queue.signal().as_str(), self.collector.endpoint(), &error.reason);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stopping.begun() => {}
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Counts what became of a batch, and says so where it is none good.
    pub(crate) fn account(&self, signal: Signal, count: u64, sent: Result<Taken, SendError>) {
        match sent {
            Ok(Taken { rejected, reason }) => {
                self.counts.add_exported(signal, count.saturating_sub(rejected));
                self.counts.add_dropped(signal, DropReason::Rejected, rejected);
                if rejected > 0 {
                    self.complaint.failed(signal.as_str(), self.collector.endpoint(), &reason);
                } else {
                    self.complaint.succeeded(self.collector.endpoint());
                }
            }
            Err(error) => {
                let reason = if error.is_passing { DropReason::ExportFailed } else { DropReason::Rejected };
                self.counts.add_dropped(signal, reason, count);
                self.complaint.failed(signal.as_str(), self.collector.endpoint(), &error.reason);
            }
        }
    }
}
