//! Retained messages: storing many, then one new subscriber that gets them all.

use crate::error::RunError;
use crate::load::Recipients;
use crate::network::{ClientError, ConnectPlan, Network, connect_clients};
use crate::probe::{Probe, Usage};
use crate::traffic::{Amount, Load, Reception, RunContext, Taker, TrafficPlan, run_traffic};
use crate::wire::{Frame, ReceivedPublish, check_suback, write_subscribe};
use dunlin_model::{ProtocolVersion, Qos};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const PREFIX: &str = "bench/retained/";
const FILTER: &str = "bench/retained/#";
const STORE_TIME_MAX: Duration = Duration::from_secs(120);
/// The delivery is over when nothing came for this long.
const SILENCE: Duration = Duration::from_secs(5);

/// How many retained messages.
#[derive(Clone, Debug)]
pub struct RetainedSettings {
    /// Messages to store, each on its own topic.
    pub count: usize,
    /// Clients that store them, with QoS 1.
    pub publishers: usize,
    /// Payload bytes.
    pub payload_bytes: usize,
    /// Quality of service of the subscriber.
    pub qos: Qos,
    /// Unacknowledged publishes of each publisher.
    pub window: usize,
    /// Leave the messages in the broker instead of deleting them at the end.
    pub keep: bool,
}

/// What storing and delivering cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RetainedReport {
    /// Messages stored.
    pub stored: usize,
    /// Stores a second.
    pub stores_per_second: f64,
    /// Broker CPU per store, in microseconds.
    pub broker_microseconds_per_store: Option<f64>,
    /// Growth of the broker's resident memory per message.
    pub bytes_per_message: Option<f64>,
    /// Different retained messages the subscriber got.
    pub received: usize,
    /// Retained messages it got more than once.
    pub duplicated: usize,
    /// From SUBSCRIBE to the first message, in milliseconds.
    pub first_ms: f64,
    /// From SUBSCRIBE to the last message, in seconds.
    pub all_seconds: f64,
    /// Deliveries a second.
    pub delivered_per_second: f64,
    /// Broker CPU of the delivery, in seconds.
    pub delivery_broker_cpu_seconds: Option<f64>,
}

impl RetainedReport {
    /// The subscriber got every message, once.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.received == self.stored && self.duplicated == 0
    }
}

impl RetainedSettings {
    /// Stores, subscribes, and cleans up.
    ///
    /// # Errors
    /// A client cannot connect, a store is not acknowledged, or Ctrl-C.
    pub fn run(&self, context: &mut RunContext) -> Result<RetainedReport, RunError> {
        let probe = Probe::new(context.target.pid);
        let before = probe.sample_exact()?;
        let storing = self.publish_all(context, self.payload_bytes)?;
        let after = probe.sample_exact()?;
        let grown = before.broker_resident_bytes().zip(after.broker_resident_bytes());
        let (reception, usage) = self.collect(context, probe)?;
        if !self.keep {
            // An empty retained message deletes the one of its topic [MQTT-3.3.1-6].
            self.publish_all(context, 0)?;
        }
        context.progress.clear();
        let Collector { received, duplicated, .. } = reception.taker;
        Ok(RetainedReport {
            stored: self.count,
            stores_per_second: self.count as f64 / storing.seconds.max(1e-9),
            broker_microseconds_per_store: storing.broker_microseconds_each(self.count as u64),
            bytes_per_message: grown.map(|(before, after)| (after as f64 - before as f64) / self.count.max(1) as f64),
            received,
            duplicated,
            first_ms: reception.first_ms(),
            all_seconds: reception.seconds(),
            delivered_per_second: reception.per_second(received as u64),
            delivery_broker_cpu_seconds: usage.broker_cpu_seconds,
        })
    }

    /// Publishes once to each topic, retained, and waits for the acknowledgements.
    fn publish_all(&self, context: &mut RunContext, payload_bytes: usize) -> Result<Usage, RunError> {
        let publishers = self.publishers.clamp(1, self.count.max(1));
        let topics = |publisher: usize| {
            (publisher..self.count).step_by(publishers).map(|number| format!("{PREFIX}{number}")).collect::<Vec<_>>()
        };
        let plan = TrafficPlan {
            filters: Vec::new(),
            topics: (0..publishers).map(topics).collect(),
            recipients: Recipients::Nobody,
        };
        let load = Load {
            qos: Qos::AtLeastOnce,
            retain: true,
            payload_bytes,
            window: self.window,
            amount: Amount::OncePerTopic,
            warmup: Duration::ZERO,
            duration: STORE_TIME_MAX,
            ..Load::default()
        };
        let report = run_traffic(context, &plan, &load)?;
        if report.acknowledged < self.count as u64 {
            return Err(RunError::Stalled("storing retained messages"));
        }
        Ok(report.usage)
    }

    /// Connects one subscriber and takes what comes.
    fn collect(&self, context: &mut RunContext, probe: Probe) -> Result<(Reception<Collector>, Usage), RunError> {
        let mut network = Network::new(self.payload_bytes + 1024)?;
        let plan = ConnectPlan {
            client_id_prefix: &format!("bench-ret-{}", std::process::id()),
            count: 1,
            ..ConnectPlan::default()
        };
        let RunContext { target, stop, progress } = context;
        let client = connect_clients(&mut network, target, &plan, stop, progress)?.all_connected()?.first_client;
        let version = target.version;
        let before = probe.sample()?;
        let mut reception = Reception::new(Collector::new(self.count, version), version);
        if let Some(outbox) = network.outbox(client) {
            write_subscribe(&mut outbox.bytes, version, 1, [FILTER], self.qos)
                .map_err(|error| RunError::Usage(error.to_string()))?;
        }
        let end = reception.run(context, &mut network, probe, SILENCE)?;
        Ok((reception, before.until(&end)))
    }
}

/// Marks which retained messages arrived.
struct Collector {
    version: ProtocolVersion,
    seen: Vec<bool>,
    received: usize,
    duplicated: usize,
}

impl Collector {
    fn new(count: usize, version: ProtocolVersion) -> Self {
        Self { version, seen: vec![false; count], received: 0, duplicated: 0 }
    }
}

impl Taker for Collector {
    fn take(&mut self, _client: usize, publish: &ReceivedPublish<'_>) -> bool {
        let number = publish.topic.strip_prefix(PREFIX.as_bytes()).and_then(|rest| std::str::from_utf8(rest).ok());
        let seen = number.and_then(|number| self.seen.get_mut(number.parse::<usize>().ok()?));
        let Some(seen) = seen else { return false };
        if std::mem::replace(seen, true) {
            self.duplicated += 1;
            return false;
        }
        self.received += 1;
        true
    }

    fn answered(&mut self, frame: Frame<'_>) -> Result<(), ClientError> {
        check_suback(frame, self.version)?;
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.received >= self.seen.len()
    }

    fn progress(&self) -> String {
        format!("received {} of {} retained", self.received, self.seen.len())
    }
}
