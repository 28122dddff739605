//! Publishers to persistent sessions: what an acknowledgement costs that waits for the disk.
//!
//! Offline: the sessions are made and left, the publishers fill their queues, and the sessions come back and are checked.
//! Online: each message also goes to its session at once, so loss and order are checked on the way.

use crate::error::RunError;
use crate::load::Recipients;
use crate::network::disconnect_clients;
use crate::traffic::{
    DrainFigures, DrainPlan, Load, RunContext, TrafficPlan, TrafficReport, connect_subscribers, drain_sessions,
    forget_sessions, network_for, packet_bytes_max, run_publishers, subscribe,
};
use crate::wire::SessionKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A drain in which nothing arrives for this long is over.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many publishers and sessions.
#[derive(Clone, Debug)]
pub struct DurableSettings {
    /// Publishers, each with a persistent session of its own.
    pub pairs: usize,
    /// Whether the sessions are connected while the publishers publish.
    pub online: bool,
    /// The publish phase.
    pub load: Load,
    /// Leave the sessions in the broker instead of making it forget them at the end.
    pub keep: bool,
}

/// What the publishers got, and what the sessions had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DurableReport {
    /// Whether the sessions were connected.
    pub online: bool,
    /// The publish phase.
    pub publish: TrafficReport,
    /// Offline: what the sessions had when they came back.
    pub drain: Option<DrainFigures>,
}

impl DurableReport {
    /// Every message was acknowledged, and arrived once and in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.publish.passed() && self.drain.as_ref().is_none_or(DrainFigures::passed)
    }

    /// What the checks found, in words.
    #[must_use]
    pub fn checks(&self) -> String {
        match &self.drain {
            Some(drain) => format!("{}; drained: {}", self.publish.checks(), drain.checks()),
            None => self.publish.checks(),
        }
    }

    /// Acknowledged messages for each sync of the broker; `None` where syncs were not counted, or never happened.
    #[must_use]
    pub fn messages_per_sync(&self) -> Option<f64> {
        let syncs = self.publish.usage.disk.syncs.filter(|syncs| *syncs > 0)?;
        Some(self.publish.acknowledged as f64 / syncs as f64)
    }

    /// Syncs of the broker in a second.
    #[must_use]
    pub fn syncs_per_second(&self) -> Option<f64> {
        let seconds = Some(self.publish.usage.seconds).filter(|seconds| *seconds > 0.0)?;
        Some(self.publish.usage.disk.syncs? as f64 / seconds)
    }

    /// Bytes that the whole device wrote for each acknowledged message.
    #[must_use]
    pub fn device_bytes_per_message(&self) -> Option<f64> {
        self.per_message(self.publish.usage.disk.device_bytes?)
    }

    /// Bytes that the broker handed to write calls for each acknowledged message.
    #[must_use]
    pub fn write_call_bytes_per_message(&self) -> Option<f64> {
        self.per_message(self.publish.usage.disk.write_call_bytes?)
    }

    fn per_message(&self, bytes: u64) -> Option<f64> {
        (self.publish.acknowledged > 0).then(|| bytes as f64 / self.publish.acknowledged as f64)
    }
}

impl DurableSettings {
    /// Makes the sessions, publishes, drains and cleans up.
    ///
    /// # Errors
    /// A client cannot connect or is thrown out, or Ctrl-C.
    pub fn run(&self, context: &mut RunContext) -> Result<DurableReport, RunError> {
        let plan = plan(self.pairs);
        let load = Load { session: SessionKind::Persistent, watches_disk: true, ..self.load.clone() };
        let report = if self.online { online(context, &plan, &load)? } else { offline(context, &plan, &load)? };
        if !self.keep {
            forget_sessions(context, &load.subscriber_prefix(), self.pairs)?;
        }
        Ok(report)
    }
}

/// `count` publishers, each with a topic and a session of its own.
fn plan(count: usize) -> TrafficPlan {
    let topics: Vec<_> = (0..count).map(|number| vec![format!("bench/durable/{number}")]).collect();
    TrafficPlan { filters: topics.clone(), topics, recipients: Recipients::One((0..count as u32).collect()) }
}

fn online(context: &mut RunContext, plan: &TrafficPlan, load: &Load) -> Result<DurableReport, RunError> {
    let mut network = network_for(plan, load)?;
    let first_session = connect_subscribers(context, &mut network, plan.filters.len(), load)?;
    subscribe(context, &mut network, first_session, plan, load)?;
    let publish = run_publishers(context, &mut network, first_session, plan, load)?.report;
    disconnect_clients(&mut network, first_session, plan.filters.len(), &context.stop)?;
    Ok(DurableReport { online: true, publish, drain: None })
}

fn offline(context: &mut RunContext, plan: &TrafficPlan, load: &Load) -> Result<DurableReport, RunError> {
    let (publish, drain) = fill_and_drain(context, plan, load, drain_sessions)?;
    Ok(DurableReport { online: false, publish, drain: Some(drain) })
}

/// Makes the sessions of `plan`, leaves them, publishes, and lets `drain` take what was queued.
pub(super) fn fill_and_drain<D>(
    context: &mut RunContext,
    plan: &TrafficPlan,
    load: &Load,
    drain: impl FnOnce(&mut RunContext, &DrainPlan<'_>) -> Result<D, RunError>,
) -> Result<(TrafficReport, D), RunError> {
    let mut network = network_for(plan, load)?;
    let first_session = connect_subscribers(context, &mut network, plan.filters.len(), load)?;
    subscribe(context, &mut network, first_session, plan, load)?;
    disconnect_clients(&mut network, first_session, plan.filters.len(), &context.stop)?;
    // To the publishers nobody is there: no delivery gives credit back.
    let unheard = TrafficPlan { filters: Vec::new(), recipients: Recipients::Nobody, ..plan.clone() };
    let published = run_publishers(context, &mut network, first_session, &unheard, load)?;
    drop(network);
    let drain_plan = DrainPlan {
        client_id_prefix: &load.subscriber_prefix(),
        sessions: plan.filters.len(),
        recipients: plan.recipients.clone(),
        run: published.run,
        sent_per_stream: &published.sent_per_stream,
        packet_bytes_max: packet_bytes_max(load),
        patience: PATIENCE,
    };
    let drained = drain(context, &drain_plan)?;
    Ok((published.report, drained))
}
