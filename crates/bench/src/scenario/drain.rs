//! One session with a long queue comes back: how fast it gets its messages, and whether others notice.

use super::durable::fill_and_drain;
use super::pairs;
use crate::error::RunError;
use crate::load::{LatencySummary, Recipients};
use crate::progress::Progress;
use crate::stop_signal::StopSignal;
use crate::target::Target;
use crate::traffic::{
    Amount, DrainFigures, DrainPlan, Load, RunContext, TrafficPlan, TrafficReport, connect_subscribers, drain_sessions,
    forget_sessions, network_for, run_publishers, subscribe,
};
use crate::wire::SessionKind;
use dunlin_model::Qos;
use serde::{Deserialize, Serialize};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Messages a second of the bystander.
const BYSTANDER_PER_SECOND: f64 = 500.0;
/// Longest time of all phases.
const TIME_MAX: Duration = Duration::from_secs(600);

/// How long the queue is.
#[derive(Clone, Debug)]
pub struct DrainSettings {
    /// Messages in the queue.
    pub count: usize,
    /// Publishers that fill it.
    pub publishers: usize,
    /// Quality of service and payload.
    pub load: Load,
    /// Leave the session in the broker instead of making it forget it at the end.
    pub keep: bool,
}

/// What the session got, and what a bystander saw of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DrainReport {
    /// The publishers that filled the queue.
    pub fill: TrafficReport,
    /// The session that took it.
    pub drain: DrainFigures,
    /// Latency between a publisher and a subscriber with clean sessions, while the queue was drained.
    pub bystander: Option<LatencySummary>,
}

impl DrainReport {
    /// Every message was acknowledged, and arrived once and in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.fill.passed() && self.drain.passed()
    }

    /// What the checks found, in words.
    #[must_use]
    pub fn checks(&self) -> String {
        format!("filled: {}; drained: {}", self.fill.checks(), self.drain.checks())
    }
}

impl DrainSettings {
    /// Fills, drains and cleans up.
    ///
    /// # Errors
    /// A client cannot connect or is thrown out, or Ctrl-C.
    pub fn run(&self, context: &mut RunContext) -> Result<DrainReport, RunError> {
        let publishers = self.publishers.clamp(1, self.count.max(1));
        let load = Load {
            session: SessionKind::Persistent,
            amount: Amount::Messages((self.count / publishers) as u64),
            warmup: Duration::ZERO,
            duration: TIME_MAX,
            ..self.load.clone()
        };
        let plan = plan(publishers);
        let (fill, (drain, bystander)) = fill_and_drain(context, &plan, &load, drain_beside_a_bystander)?;
        if !self.keep {
            forget_sessions(context, &load.subscriber_prefix(), 1)?;
        }
        Ok(DrainReport { fill, drain, bystander })
    }
}

/// All publishers to one session.
fn plan(publishers: usize) -> TrafficPlan {
    TrafficPlan {
        filters: vec![vec!["bench/drain/+".to_owned()]],
        topics: (0..publishers).map(|number| vec![format!("bench/drain/{number}")]).collect(),
        recipients: Recipients::One(vec![0; publishers]),
    }
}

fn drain_beside_a_bystander(
    context: &mut RunContext,
    plan: &DrainPlan<'_>,
) -> Result<(DrainFigures, Option<LatencySummary>), RunError> {
    let drained = StopSignal::default();
    thread::scope(|scope| {
        let (target, stop) = (context.target.clone(), drained.clone());
        let (ready, is_ready) = sync_channel(1);
        let bystander = scope.spawn(move || bystand(target, stop, &ready));
        // Without an answer the bystander has failed, and says why below.
        let _ = is_ready.recv();
        let report = drain_sessions(context, plan);
        drained.set();
        let latency =
            bystander.join().map_err(|_| RunError::Broker("the bystander's thread panicked".to_owned()))??;
        Ok((report?, latency))
    })
}

/// A pair of clean clients that exchanges messages at an even pace until `stop`.
fn bystand(target: Target, stop: StopSignal, ready: &SyncSender<()>) -> Result<Option<LatencySummary>, RunError> {
    let load = Load {
        qos: Qos::AtLeastOnce,
        subscribe_qos: Qos::AtLeastOnce,
        per_second: Some(BYSTANDER_PER_SECOND),
        warmup: Duration::ZERO,
        duration: TIME_MAX,
        ends_on_interrupt: true,
        client_id_prefix: "bench-bystander",
        ..Load::default()
    };
    let plan = pairs(1);
    let mut context =
        RunContext { target: Target { pid: None, device: None, ..target }, stop, progress: Progress::new(true) };
    let mut network = network_for(&plan, &load)?;
    let first_subscriber = connect_subscribers(&mut context, &mut network, 1, &load)?;
    subscribe(&mut context, &mut network, first_subscriber, &plan, &load)?;
    // The other side may have given up.
    let _ = ready.send(());
    Ok(run_publishers(&mut context, &mut network, first_subscriber, &plan, &load)?.report.latency)
}
