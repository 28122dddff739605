//! Persistent sessions come back and take what the broker has queued for them.
//!
//! Connecting and receiving are one phase here: a broker sends the queue right behind CONNACK.

use super::report::faults_text;
use super::run::RunContext;
use crate::clock::now_ns;
use crate::error::RunError;
use crate::file_limit::check_file_limit;
use crate::load::{Faults, Ledger, Recipients, Stamp};
use crate::network::{ClientError, ConnectPlan, Handler, Network, Outbox, connect_clients, disconnect_clients};
use crate::probe::{Probe, Sample, Usage};
use crate::target::Target;
use crate::wire::{
    Acknowledgement, AcknowledgementKind, ConnectOptions, Frame, PacketKind, ReceivedPublish, SessionKind, WireError,
    check_connack, write_connect,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Sessions in the making at a time: no more than a listener's queue takes.
const CONCURRENCY: usize = 100;
const KEEP_ALIVE_SECONDS: u16 = 600;
/// How long to listen for repeated messages once all are there; also the longest wait of a turn.
const TICK: Duration = Duration::from_millis(100);

/// Sessions to drain, and what has to come out of them.
#[derive(Clone, Debug)]
pub struct DrainPlan<'a> {
    /// Client identifiers of the sessions, up to the dash and the number.
    pub client_id_prefix: &'a str,
    /// How many, numbered from 0.
    pub sessions: usize,
    /// Which session gets which stream.
    pub recipients: Recipients,
    /// Mark of the run that published, see [`Stamp::run`].
    pub run: u32,
    /// How many messages were published on each stream.
    pub sent_per_stream: &'a [u64],
    /// Bytes of the largest packet.
    pub packet_bytes_max: usize,
    /// The drain is over when nothing arrived for this long.
    pub patience: Duration,
}

/// What came out of the sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DrainFigures {
    /// Sessions that reconnected.
    pub sessions: usize,
    /// Sessions that the broker did not know any more.
    pub forgotten_sessions: usize,
    /// Messages that were queued.
    pub queued: u64,
    /// Messages that arrived, repeated ones included.
    pub received: u64,
    /// From the first CONNECT to the first message, in milliseconds.
    pub first_ms: f64,
    /// From the first CONNECT to the last message, in seconds.
    pub seconds: f64,
    /// Messages a second.
    pub received_per_second: f64,
    /// Messages per second of broker CPU.
    pub per_broker_cpu_second: Option<f64>,
    /// CPU and memory during the drain.
    pub usage: Usage,
    /// Loss, repetition and disorder.
    pub faults: Faults,
}

impl DrainFigures {
    /// Every session was known, and every message arrived once and in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.forgotten_sessions == 0 && self.faults.none()
    }

    /// What the checks found, in words.
    #[must_use]
    pub fn checks(&self) -> String {
        faults_text(self.faults, &[(self.forgotten_sessions as u64, "SESSIONS FORGOTTEN")])
    }
}

/// Reconnects the sessions and receives until all is there or nothing comes any more.
///
/// # Errors
/// A client cannot connect or is thrown out, or Ctrl-C. Loss and disorder are not errors here, see [`DrainFigures::passed`].
pub fn drain_sessions(context: &mut RunContext, plan: &DrainPlan<'_>) -> Result<DrainFigures, RunError> {
    check_file_limit(plan.sessions)?;
    let mut network = Network::new(plan.packet_bytes_max)?;
    let probe = Probe::new(context.target.pid);
    let before = probe.sample()?;
    let mut drain = Drain::new(plan, &context.target);
    let mut complete: Option<(u64, Sample)> = None;
    let mut opened = 0;
    let end = loop {
        context.stop.check()?;
        while opened < plan.sessions && opened < drain.accepted + CONCURRENCY {
            network.open(context.target.address)?;
            opened += 1;
        }
        network.flush(&mut drain);
        network.turn(TICK, &mut drain)?;
        if let Some(error) = drain.error.take() {
            return Err(RunError::Clients { failed: drain.failed, first: error.to_string() });
        }
        let now = now_ns();
        context.progress.tick(now, || format!("drained {} of {}", drain.received, drain.queued));
        match &complete {
            // The broker's work is over: sampled before the listening for repeated messages.
            None if drain.is_complete() => complete = Some((now, probe.sample()?)),
            None if now.saturating_sub(drain.last_ns) > nanos(plan.patience) => break probe.sample()?,
            Some((at_ns, sample)) if now - at_ns > nanos(TICK) => break *sample,
            _ => {}
        }
    };
    let figures = drain.report(before.until(&end));
    context.progress.clear();
    // With the last acknowledgements in front. A broker may take a client that comes back while it seems connected for a
    // broken one, so nobody leaves without a word.
    disconnect_clients(&mut network, 0, opened, &context.stop)?;
    Ok(figures)
}

/// Makes the broker forget the sessions: each client connects with a clean session and leaves.
///
/// # Errors
/// A client cannot connect, or Ctrl-C.
pub fn forget_sessions(context: &mut RunContext, client_id_prefix: &str, count: usize) -> Result<(), RunError> {
    let mut network = Network::new(0)?;
    let plan = ConnectPlan { client_id_prefix, count, close: true, ..ConnectPlan::default() };
    let RunContext { target, stop, progress } = context;
    connect_clients(&mut network, target, &plan, stop, progress)?.all_connected().map(drop)
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}

struct Drain<'a> {
    plan: &'a DrainPlan<'a>,
    target: &'a Target,
    ledger: Ledger,
    queued: u64,
    accepted: usize,
    forgotten: usize,
    received: u64,
    start_ns: u64,
    first_ns: Option<u64>,
    last_ns: u64,
    now_ns: u64,
    failed: usize,
    error: Option<ClientError>,
}

impl<'a> Drain<'a> {
    fn new(plan: &'a DrainPlan<'a>, target: &'a Target) -> Self {
        let start_ns = now_ns();
        Self {
            plan,
            target,
            ledger: Ledger::new(plan.recipients.clone(), plan.sessions, plan.sent_per_stream.len()),
            queued: plan.sent_per_stream.iter().sum(),
            accepted: 0,
            forgotten: 0,
            received: 0,
            start_ns,
            first_ns: None,
            last_ns: start_ns,
            now_ns: start_ns,
            failed: 0,
            error: None,
        }
    }

    fn is_complete(&self) -> bool {
        self.accepted == self.plan.sessions && self.received >= self.queued
    }

    fn report(&self, usage: Usage) -> DrainFigures {
        let seconds = self.last_ns.saturating_sub(self.start_ns) as f64 / 1e9;
        let first_ns = self.first_ns.unwrap_or(self.start_ns).saturating_sub(self.start_ns);
        DrainFigures {
            sessions: self.accepted,
            forgotten_sessions: self.forgotten,
            queued: self.queued,
            received: self.received,
            first_ms: first_ns as f64 / 1e6,
            seconds,
            received_per_second: if seconds > 0.0 { self.received as f64 / seconds } else { 0.0 },
            per_broker_cpu_second: usage.per_broker_cpu_second(self.received),
            usage,
            faults: self.ledger.close(self.plan.sent_per_stream),
        }
    }
}

impl Handler for Drain<'_> {
    fn reading(&mut self) {
        self.now_ns = now_ns();
    }

    fn opened(&mut self, client: usize, outbox: &mut Outbox) -> Result<(), ClientError> {
        let options = ConnectOptions {
            version: self.target.version,
            client_id: &format!("{}-{client}", self.plan.client_id_prefix),
            keep_alive_seconds: KEEP_ALIVE_SECONDS,
            credentials: &self.target.credentials,
            session: SessionKind::Persistent,
        };
        Ok(write_connect(&mut outbox.bytes, &options)?)
    }

    #[inline]
    fn received(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError> {
        match frame.kind()? {
            PacketKind::Publish => {
                let publish = ReceivedPublish::read(frame, self.target.version)?;
                publish.acknowledge(&mut outbox.bytes);
                self.first_ns.get_or_insert(self.now_ns);
                if let Some(stamp) = Stamp::read(publish.payload).filter(|stamp| stamp.run == self.plan.run) {
                    self.last_ns = self.now_ns;
                    self.received += 1;
                    self.ledger.deliver(client as u32, stamp.stream, stamp.sequence);
                }
            }
            PacketKind::PubRel => {
                let released = Acknowledgement::read(frame.body)?;
                // PUBCOMP answers PUBREL with the same identifier [MQTT-4.3.3-11].
                Acknowledgement::write(&mut outbox.bytes, AcknowledgementKind::PubComp, released.packet_id);
            }
            PacketKind::ConnAck => {
                let accepted = check_connack(frame, self.target.version)?;
                self.accepted += 1;
                self.forgotten += usize::from(!accepted.session_present);
                self.last_ns = self.now_ns;
            }
            PacketKind::Disconnect => {
                let code = frame.body.first().copied().unwrap_or_default();
                return Err(WireError::Disconnected(code).into());
            }
            _ => {}
        }
        Ok(())
    }

    fn failed(&mut self, _client: usize, error: ClientError) {
        self.failed += 1;
        self.error.get_or_insert(error);
    }
}
