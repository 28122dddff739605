//! Persistent sessions come back and take what the broker has queued for them.
//!
//! Connecting and receiving are one phase here: a broker sends the queue right behind CONNACK.

use super::reception::{Reception, Taker};
use super::report::faults_text;
use super::run::RunContext;
use crate::error::RunError;
use crate::file_limit::check_file_limit;
use crate::load::{Faults, Ledger, Recipients, Stamp};
use crate::network::{ClientError, ConnectPlan, Network, Outbox, connect_clients, disconnect_clients};
use crate::probe::{Probe, Usage};
use crate::target::Target;
use crate::wire::{ConnectOptions, Frame, ReceivedPublish, SessionKind, check_connack, write_connect};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Sessions in the making at a time: no more than a listener's queue takes.
const CONCURRENCY: usize = 100;
const KEEP_ALIVE_SECONDS: u16 = 600;

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
    let mut reception = Reception::new(Drain::new(plan, context.target.clone()), context.target.version);
    let end = reception.run(context, &mut network, probe, plan.patience)?;
    let figures = figures(&reception, before.until(&end));
    context.progress.clear();
    // With the last acknowledgements in front. A broker may take a client that comes back while it seems connected for a
    // broken one, so nobody leaves without a word.
    disconnect_clients(&mut network, 0, reception.taker.opened, &context.stop)?;
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

fn figures(reception: &Reception<Drain<'_>>, usage: Usage) -> DrainFigures {
    let drain = &reception.taker;
    DrainFigures {
        sessions: drain.accepted,
        forgotten_sessions: drain.forgotten,
        queued: drain.queued,
        received: drain.received,
        first_ms: reception.first_ms(),
        seconds: reception.seconds(),
        received_per_second: reception.per_second(drain.received),
        per_broker_cpu_second: usage.per_broker_cpu_second(drain.received),
        usage,
        faults: drain.ledger.close(drain.plan.sent_per_stream),
    }
}

struct Drain<'a> {
    plan: &'a DrainPlan<'a>,
    target: Target,
    ledger: Ledger,
    queued: u64,
    opened: usize,
    accepted: usize,
    forgotten: usize,
    received: u64,
}

impl<'a> Drain<'a> {
    fn new(plan: &'a DrainPlan<'a>, target: Target) -> Self {
        Self {
            plan,
            target,
            ledger: Ledger::new(plan.recipients.clone(), plan.sessions, plan.sent_per_stream.len()),
            queued: plan.sent_per_stream.iter().sum(),
            opened: 0,
            accepted: 0,
            forgotten: 0,
            received: 0,
        }
    }
}

impl Taker for Drain<'_> {
    fn prepare(&mut self, network: &mut Network) -> Result<(), RunError> {
        while self.opened < self.plan.sessions && self.opened < self.accepted + CONCURRENCY {
            network.open(&self.target)?;
            self.opened += 1;
        }
        Ok(())
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
    fn take(&mut self, client: usize, publish: &ReceivedPublish<'_>) -> bool {
        let stamp = Stamp::read(publish.payload).filter(|stamp| stamp.run == self.plan.run);
        let Some(stamp) = stamp else { return false };
        self.received += 1;
        self.ledger.deliver(client as u32, stamp.stream, stamp.sequence);
        true
    }

    fn answered(&mut self, frame: Frame<'_>) -> Result<(), ClientError> {
        let accepted = check_connack(frame, self.target.version)?;
        self.accepted += 1;
        self.forgotten += usize::from(!accepted.session_present);
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.accepted == self.plan.sessions && self.received >= self.queued
    }

    fn progress(&self) -> String {
        format!("drained {} of {}", self.received, self.queued)
    }
}
