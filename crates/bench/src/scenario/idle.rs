//! Idle connections: what each costs the broker in memory, and what connecting costs it in CPU.

use crate::clock::now_ns;
use crate::error::RunError;
use crate::file_limit::check_file_limit;
use crate::network::{ClientError, ConnectPlan, Handler, Network, Outbox, SubscribePlan};
use crate::network::{connect_clients, subscribe_clients};
use crate::probe::{Probe, Sample};
use crate::traffic::RunContext;
use crate::wire::Frame;
use dunlin_model::Qos;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
/// Memory is settled when it did not change for this many samples in a row.
const SETTLED_SAMPLES: usize = 3;
const SETTLING_SAMPLES_MAX: usize = 30;
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// How many connections to open.
#[derive(Clone, Debug)]
pub struct IdleSettings {
    /// Connections at the end of each step, rising.
    pub steps: Vec<usize>,
    /// Subscriptions of each connection.
    pub subscriptions: usize,
    /// Connections in the making at a time.
    pub concurrency: usize,
    /// Connects per second; `None` is as fast as possible.
    pub per_second: Option<f64>,
}

/// Cost after a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdleStep {
    /// Connections open.
    pub connections: usize,
    /// Connects a second in this step.
    pub connects_per_second: f64,
    /// Broker CPU per connect of this step (subscriptions included), in microseconds.
    pub broker_microseconds_per_connect: Option<f64>,
    /// Resident memory of the broker.
    pub broker_resident_bytes: Option<u64>,
    /// Growth since before the first connect, per connection.
    pub bytes_per_connection: Option<f64>,
}

/// What idle connections cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdleReport {
    /// Subscriptions of each connection.
    pub subscriptions: usize,
    /// Resident memory of the broker before the first connect.
    pub base_resident_bytes: Option<u64>,
    /// The steps.
    pub steps: Vec<IdleStep>,
    /// Growth from the first to the last step, per connection: leaves out what is paid once.
    pub slope_bytes_per_connection: Option<f64>,
    /// Connections that were still open at the end.
    pub open_at_end: usize,
}

impl IdleReport {
    /// All connections stayed open.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.steps.last().is_none_or(|step| step.connections == self.open_at_end)
    }
}

/// Counts connections that end.
#[derive(Default)]
struct Watch {
    closed: usize,
}

impl Handler for Watch {
    fn received(&mut self, _client: usize, _frame: Frame<'_>, _outbox: &mut Outbox) -> Result<(), ClientError> {
        Ok(())
    }

    fn failed(&mut self, _client: usize, _error: ClientError) {
        self.closed += 1;
    }
}

impl IdleSettings {
    /// Opens the connections step by step and measures after each.
    ///
    /// # Errors
    /// A client cannot connect, or Ctrl-C.
    pub fn run(&self, context: &mut RunContext) -> Result<IdleReport, RunError> {
        check_file_limit(self.steps.last().copied().unwrap_or_default())?;
        let mut network = Network::new(0)?;
        let probe = Probe::new(context.target.pid);
        let mut watch = Watch::default();
        let mut before = settled(&mut network, &mut watch, probe, context)?;
        let base = before.broker_resident_bytes();
        let mut report =
            IdleReport { subscriptions: self.subscriptions, base_resident_bytes: base, ..IdleReport::default() };
        for &connections in &self.steps {
            let opened = network.opened_count();
            let count = connections.saturating_sub(opened);
            let elapsed = self.step(&mut network, opened, count, context)?;
            let after = settled(&mut network, &mut watch, probe, context)?;
            let grown = |resident: u64| (resident as f64 - base.unwrap_or_default() as f64) / connections.max(1) as f64;
            report.steps.push(IdleStep {
                connections,
                connects_per_second: count as f64 / elapsed.as_secs_f64().max(1e-9),
                broker_microseconds_per_connect: before.until(&after).broker_microseconds_each(count as u64),
                broker_resident_bytes: after.broker_resident_bytes(),
                bytes_per_connection: after.broker_resident_bytes().map(grown),
            });
            before = after;
        }
        report.slope_bytes_per_connection = slope(&report.steps);
        report.open_at_end = network.opened_count() - watch.closed;
        context.progress.clear();
        Ok(report)
    }

    fn step(
        &self,
        network: &mut Network,
        first_number: usize,
        count: usize,
        context: &mut RunContext,
    ) -> Result<Duration, RunError> {
        let plan = ConnectPlan {
            client_id_prefix: &format!("bench-idle-{}", std::process::id()),
            first_number,
            count,
            concurrency: self.concurrency,
            per_second: self.per_second,
            ..ConnectPlan::default()
        };
        let RunContext { target, stop, progress } = context;
        let connected = connect_clients(network, target, &plan, stop, progress)?.all_connected()?;
        if self.subscriptions > 0 {
            let filters_of = |number: usize| {
                (0..self.subscriptions).map(|index| format!("bench/idle/{number}/{index}")).collect::<Vec<_>>()
            };
            let filters: Vec<_> = (first_number..first_number + count).map(filters_of).collect();
            let subscriptions = SubscribePlan {
                first_client: connected.first_client,
                filters: &filters,
                batch: 10,
                qos: Qos::AtMostOnce,
                version: target.version,
                patience: PATIENCE,
            };
            subscribe_clients(network, &subscriptions, stop, progress)?;
        }
        Ok(connected.elapsed)
    }
}

/// Waits until the broker's memory stands still (three seconds at most), and samples it.
fn settled(network: &mut Network, watch: &mut Watch, probe: Probe, context: &RunContext) -> Result<Sample, RunError> {
    let mut sample = probe.sample_exact()?;
    let mut unchanged = 0;
    for _ in 0..SETTLING_SAMPLES_MAX {
        let end_ns = now_ns() + SAMPLE_EVERY.as_nanos() as u64;
        while now_ns() < end_ns {
            context.stop.check()?;
            network.turn(Duration::from_nanos(end_ns.saturating_sub(now_ns())), watch)?;
        }
        let next = probe.sample_exact()?;
        unchanged = if next.broker_resident_bytes() == sample.broker_resident_bytes() { unchanged + 1 } else { 0 };
        sample = next;
        if unchanged == SETTLED_SAMPLES {
            break;
        }
    }
    Ok(sample)
}

/// `None` with fewer than two steps, or when the broker's process is not known.
fn slope(steps: &[IdleStep]) -> Option<f64> {
    let (first, last) = (steps.first()?, steps.last()?);
    let connections = last.connections.checked_sub(first.connections).filter(|more| *more > 0)?;
    Some((last.broker_resident_bytes? as f64 - first.broker_resident_bytes? as f64) / connections as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_leaves_out_what_is_paid_once() {
        let step = |connections, resident| IdleStep {
            connections,
            connects_per_second: 0.0,
            broker_microseconds_per_connect: None,
            broker_resident_bytes: Some(resident),
            bytes_per_connection: None,
        };
        assert_eq!(slope(&[step(2000, 5_000_000), step(6000, 7_000_000), step(16_000, 12_000_000)]), Some(500.0));
        assert_eq!(slope(&[step(2000, 5_000_000)]), None);
    }
}
