//! Connects the clients of a plan, warms up, measures, drains and checks.

use super::exchange::{Clients, Exchange};
use super::plan::{Load, TrafficPlan};
use super::report::TrafficReport;
use crate::clock::now_ns;
use crate::disk_watch::{DiskUse, DiskWatch};
use crate::error::RunError;
use crate::file_limit::check_file_limit;
use crate::load::Recipients;
use crate::network::{ConnectPlan, KeepAlive, Network, SubscribePlan, connect_clients, subscribe_clients};
use crate::probe::{Probe, Usage};
use crate::progress::Progress;
use crate::stop_signal::StopSignal;
use crate::target::Target;
use dunlin_model::Qos;
use std::time::Duration;

/// Longest wait of a turn, so that Ctrl-C and the progress line are never late.
const TICK: Duration = Duration::from_millis(100);
/// A run in which nothing moves for this long is over.
const STALL: Duration = Duration::from_secs(10);
/// Bytes of a PUBLISH beside topic and payload, at most; topics are shorter than 64 KiB.
const PUBLISH_OVERHEAD_BYTES: usize = 70 * 1024;

/// What every run needs: where to, and how to be stopped and watched.
#[derive(Debug)]
pub struct RunContext {
    /// The broker.
    pub target: Target,
    /// Ctrl-C.
    pub stop: StopSignal,
    /// Progress line.
    pub progress: Progress,
}

/// A network for packets of `load`.
///
/// # Errors
/// More clients than open files, or no epoll.
pub fn network_for(plan: &TrafficPlan, load: &Load) -> Result<Network, RunError> {
    check_file_limit(plan.filters.len() + plan.topics.len())?;
    Ok(Network::new(packet_bytes_max(load))?)
}

/// The largest packet of a run.
#[must_use]
pub fn packet_bytes_max(load: &Load) -> usize {
    load.payload_bytes + PUBLISH_OVERHEAD_BYTES
}

/// Runs a plan from the first connect to the last check.
///
/// # Errors
/// Clients that cannot connect or are thrown out, or Ctrl-C. Loss and disorder are not errors here, see
/// [`TrafficReport::passed`].
pub fn run_traffic(context: &mut RunContext, plan: &TrafficPlan, load: &Load) -> Result<TrafficReport, RunError> {
    let mut network = network_for(plan, load)?;
    let first_subscriber = connect_subscribers(context, &mut network, plan.filters.len(), load)?;
    subscribe(context, &mut network, first_subscriber, plan, load)?;
    Ok(run_publishers(context, &mut network, first_subscriber, plan, load)?.report)
}

/// Connects `count` subscribers, without subscribing, and returns the network index of the first.
///
/// # Errors
/// A client cannot connect, or Ctrl-C.
pub fn connect_subscribers(
    context: &mut RunContext,
    network: &mut Network,
    count: usize,
    load: &Load,
) -> Result<usize, RunError> {
    let plan = ConnectPlan {
        client_id_prefix: &load.subscriber_prefix(),
        count,
        session: load.session,
        keep_alive_seconds: load.keep_alive_seconds,
        ..ConnectPlan::default()
    };
    let RunContext { target, stop, progress } = context;
    Ok(connect_clients(network, target, &plan, stop, progress)?.all_connected()?.first_client)
}

/// Subscribes the clients that [`connect_subscribers`] connected.
///
/// # Errors
/// A refused filter, a lost connection, or Ctrl-C.
pub fn subscribe(
    context: &mut RunContext,
    network: &mut Network,
    first_client: usize,
    plan: &TrafficPlan,
    load: &Load,
) -> Result<Duration, RunError> {
    let subscriptions = SubscribePlan {
        first_client,
        filters: &plan.filters,
        batch: load.subscribe_batch.max(1),
        qos: load.subscribe_qos,
        version: context.target.version,
        patience: STALL,
    };
    subscribe_clients(network, &subscriptions, &context.stop, &mut context.progress)
}

/// Connects the publishers of a plan, whose subscribers are ready, and measures.
///
/// # Errors
/// Clients that cannot connect or are thrown out, or Ctrl-C.
pub fn run_publishers(
    context: &mut RunContext,
    network: &mut Network,
    first_subscriber: usize,
    plan: &TrafficPlan,
    load: &Load,
) -> Result<Published, RunError> {
    let publishers = ConnectPlan {
        client_id_prefix: &load.publisher_prefix(),
        count: plan.topics.len(),
        keep_alive_seconds: load.keep_alive_seconds,
        ..ConnectPlan::default()
    };
    let RunContext { target, stop, progress } = context;
    let connected = connect_clients(network, target, &publishers, stop, progress)?.all_connected()?;
    let clients = Clients {
        first_subscriber,
        first_publisher: connected.first_client,
        receive_maximum: connected.receive_maximum,
        version: target.version,
    };
    let exchange = Exchange::new(plan, load, clients);
    let mut run = Run { network, exchange, load, target, stop, progress };
    let usage = run.measure()?;
    run.drain()?;
    run.progress.clear();
    Ok(Published {
        report: report(plan, load, &run.exchange, usage),
        run: run.exchange.run,
        sent_per_stream: run.exchange.sent_per_stream(),
    })
}

/// What the publishers of a run did, and how to know their messages again later.
#[derive(Debug)]
pub struct Published {
    /// Figures and checks.
    pub report: TrafficReport,
    /// Mark of the run, see [`crate::load::Stamp::run`].
    pub run: u32,
    /// Messages sent per (publisher, topic).
    pub sent_per_stream: Vec<u64>,
}

struct Run<'a> {
    network: &'a mut Network,
    exchange: Exchange,
    load: &'a Load,
    target: &'a Target,
    stop: &'a StopSignal,
    progress: &'a mut Progress,
}

impl Run<'_> {
    /// Warm-up and window. Returns the use of the machine in the window.
    fn measure(&mut self) -> Result<Usage, RunError> {
        let probe = Probe::new(self.target.pid);
        let mut disk = self.load.watches_disk.then(|| DiskWatch::attach(self.target));
        let start_ns = now_ns();
        let warm_at_ns = start_ns + self.load.warmup.as_nanos() as u64;
        if !self.load.warmup.is_zero() {
            self.turns_until(warm_at_ns, false)?;
        }
        if let Some(disk) = &mut disk {
            disk.start();
        }
        let start = probe.sample()?;
        self.exchange.meter.on = true;
        self.turns_until(now_ns().saturating_add(self.load.duration.as_nanos() as u64), false)?;
        self.exchange.meter.on = false;
        let usage = start.until(&probe.sample()?);
        Ok(Usage { disk: disk.map_or(DiskUse::default(), DiskWatch::finish), ..usage })
    }

    /// Waits for the messages that are still on the way.
    fn drain(&mut self) -> Result<(), RunError> {
        self.exchange.closing = true;
        self.turns_until(now_ns() + self.load.drain.as_nanos() as u64, true)
    }

    /// Turns until `end_ns`, or until all is done or nothing moves any more.
    fn turns_until(&mut self, end_ns: u64, until_settled: bool) -> Result<(), RunError> {
        let mut keep_alive = KeepAlive::new(self.load.keep_alive_seconds, now_ns());
        let (mut last_total, mut last_moved_ns) = (self.exchange.meter.total(), now_ns());
        loop {
            self.exchange.publish(self.network);
            let now = now_ns();
            keep_alive.ping(self.network, now);
            self.network.flush(&mut self.exchange);
            self.check_clients()?;
            let over = if until_settled { self.exchange.is_settled() } else { self.exchange.is_done() };
            if now >= end_ns || over || self.is_interrupted()? {
                return Ok(());
            }
            let total = self.exchange.meter.total();
            if total != last_total {
                (last_total, last_moved_ns) = (total, now);
            } else if self.load.per_second.is_none() && self.exchange.waits() && now - last_moved_ns > nanos(STALL) {
                return Ok(());
            }
            let meter = &self.exchange.meter;
            self.progress.tick(now, || {
                format!(
                    "sent {} received {} acknowledged {}",
                    meter.total_sent, meter.total_received, meter.total_acknowledged
                )
            });
            let timeout = self.timeout(now, end_ns);
            self.network.turn(timeout, &mut self.exchange)?;
        }
    }

    fn timeout(&self, now: u64, end_ns: u64) -> Duration {
        if self.exchange.can_go_on(self.network) {
            return Duration::ZERO;
        }
        let due_ns = if self.exchange.closing { None } else { self.exchange.next_due_ns() };
        let wait_ns = (end_ns - now).min(due_ns.unwrap_or(u64::MAX));
        Duration::from_nanos(wait_ns).min(TICK)
    }

    fn is_interrupted(&self) -> Result<bool, RunError> {
        if self.load.ends_on_interrupt { Ok(self.stop.is_set()) } else { self.stop.check().map(|()| false) }
    }

    fn check_clients(&mut self) -> Result<(), RunError> {
        match self.exchange.first_error.take() {
            Some(error) => Err(RunError::Clients { failed: self.exchange.failed, first: error.to_string() }),
            None => Ok(()),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}

fn report(plan: &TrafficPlan, load: &Load, exchange: &Exchange, usage: Usage) -> TrafficReport {
    let meter = &exchange.meter;
    let per_second = |count: u64| if usage.seconds > 0.0 { count as f64 / usage.seconds } else { 0.0 };
    let counted = match plan.recipients {
        Recipients::Nobody if plan.topics.is_empty() => meter.received,
        Recipients::Nobody if load.qos == Qos::AtMostOnce => meter.sent,
        Recipients::Nobody => meter.acknowledged,
        _ => meter.received,
    };
    TrafficReport {
        publishers: plan.topics.len(),
        subscribers: plan.filters.len(),
        received: meter.received,
        sent: meter.sent,
        acknowledged: meter.acknowledged,
        received_per_second: per_second(meter.received),
        sent_per_second: per_second(meter.sent),
        acknowledged_per_second: per_second(meter.acknowledged),
        per_broker_cpu_second: usage.per_broker_cpu_second(counted),
        latency: meter.latency.summary(),
        acknowledgement_latency: meter.acknowledgement_latency.summary(),
        usage,
        faults: exchange.ledger.close(&exchange.sent_per_stream()),
        unacknowledged: exchange.unacknowledged(),
        foreign: exchange.foreign,
    }
}
