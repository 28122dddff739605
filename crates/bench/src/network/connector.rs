//! Opens many clients: TCP, the layers above it, CONNECT, CONNACK.

use super::{ClientError, Handler, Network, Outbox};
use crate::clock::now_ns;
use crate::error::RunError;
use crate::load::{Latency, LatencySummary, Pace};
use crate::progress::Progress;
use crate::stop_signal::StopSignal;
use crate::target::Target;
use crate::wire::{
    ConnectOptions, DISCONNECT, Frame, PacketKind, SessionKind, WireError, check_connack, write_connect,
};
use std::time::Duration;

/// Clients to connect.
#[derive(Clone, Debug)]
pub struct ConnectPlan<'a> {
    /// Client identifiers are this, a dash and a number.
    pub client_id_prefix: &'a str,
    /// Number of the first client.
    pub first_number: usize,
    /// How many.
    pub count: usize,
    /// Connections in the making at a time, at least 1.
    pub concurrency: usize,
    /// Connects per second; `None` is as fast as the concurrency allows.
    pub per_second: Option<f64>,
    /// Keep alive in seconds.
    pub keep_alive_seconds: u16,
    /// Clean or persistent sessions. A persistent session that has messages queued gets them at once, and here nobody
    /// takes them: see [`crate::traffic::drain_sessions`].
    pub session: SessionKind,
    /// End each connection with DISCONNECT as soon as it is accepted.
    pub close: bool,
    /// Give up when no client got further for this long.
    pub patience: Duration,
}

impl Default for ConnectPlan<'_> {
    fn default() -> Self {
        Self {
            client_id_prefix: "dunlin-bench",
            first_number: 0,
            count: 0,
            concurrency: 100,
            per_second: None,
            keep_alive_seconds: 600,
            session: SessionKind::Clean,
            close: false,
            patience: Duration::from_secs(10),
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct ConnectReport {
    /// Network index of the first client; the others follow.
    pub first_client: usize,
    /// Accepted clients.
    pub connected: usize,
    /// Clients that failed or were refused.
    pub failed: usize,
    /// Error of the first one.
    pub first_error: Option<ClientError>,
    /// Time for all of them.
    pub elapsed: Duration,
    /// Connections that went on with the TLS session of an earlier one.
    pub resumed: usize,
    /// From the start of the TCP handshake to CONNACK.
    pub latency: Option<LatencySummary>,
    /// Smallest Receive Maximum any of them got.
    pub receive_maximum: u16,
}

impl ConnectReport {
    /// Fails unless every client was accepted.
    ///
    /// # Errors
    /// How many were not, and why the first one was not.
    pub fn all_connected(self) -> Result<Self, RunError> {
        match self.first_error {
            Some(error) => Err(RunError::Clients { failed: self.failed, first: error.to_string() }),
            None => Ok(self),
        }
    }
}

struct Connector<'a> {
    plan: &'a ConnectPlan<'a>,
    target: &'a Target,
    first_client: usize,
    started_at_ns: Vec<u64>,
    accepted: Vec<bool>,
    now_ns: u64,
    latency: Latency,
    connected: usize,
    /// Clients that are done: accepted (and closed again when asked to) or failed.
    finished: usize,
    failed: usize,
    first_error: Option<ClientError>,
    receive_maximum: u16,
}

impl Handler for Connector<'_> {
    fn reading(&mut self) {
        self.now_ns = now_ns();
    }

    fn opened(&mut self, client: usize, outbox: &mut Outbox) -> Result<(), ClientError> {
        let number = self.plan.first_number + client - self.first_client;
        let options = ConnectOptions {
            version: self.target.version,
            client_id: &format!("{}-{number}", self.plan.client_id_prefix),
            keep_alive_seconds: self.plan.keep_alive_seconds,
            credentials: &self.target.credentials,
            session: self.plan.session,
        };
        Ok(write_connect(&mut outbox.bytes, &options)?)
    }

    fn received(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError> {
        // Clients of an earlier group may get something while this group connects.
        if client < self.first_client {
            return Ok(());
        }
        match frame.kind()? {
            PacketKind::ConnAck => {
                let receive_maximum = check_connack(frame, self.target.version)?.receive_maximum;
                self.receive_maximum = self.receive_maximum.min(receive_maximum);
                let index = client - self.first_client;
                self.latency.record(self.now_ns.saturating_sub(self.started_at_ns[index]));
                self.accepted[index] = true;
                self.connected += 1;
                if self.plan.close {
                    // The broker closes after DISCONNECT, so that its side and not ours keeps the port in TIME_WAIT.
                    outbox.bytes.extend_from_slice(&DISCONNECT);
                } else {
                    self.finished += 1;
                }
                Ok(())
            }
            PacketKind::Disconnect => {
                Err(WireError::Disconnected(frame.body.first().copied().unwrap_or_default()).into())
            }
            _ => Ok(()),
        }
    }

    fn failed(&mut self, client: usize, error: ClientError) {
        let index = client.checked_sub(self.first_client);
        self.finished += usize::from(index.is_some());
        let said_goodbye = self.plan.close && index.is_some_and(|index| self.accepted[index]);
        if !(said_goodbye && matches!(error, ClientError::Closed)) {
            self.failed += 1;
            self.first_error.get_or_insert(error);
        }
    }
}

/// Connects the clients of `plan` and waits until each is accepted or has failed.
///
/// # Errors
/// No more sockets, Ctrl-C, or no progress for the plan's patience.
pub fn connect_clients(
    network: &mut Network,
    target: &Target,
    plan: &ConnectPlan<'_>,
    stop: &StopSignal,
    progress: &mut Progress,
) -> Result<ConnectReport, RunError> {
    let start_ns = now_ns();
    let resumed_before = network.resumed_count();
    let mut connector = Connector {
        plan,
        target,
        first_client: network.opened_count(),
        started_at_ns: Vec::with_capacity(plan.count),
        accepted: vec![false; plan.count],
        now_ns: start_ns,
        latency: Latency::default(),
        connected: 0,
        finished: 0,
        failed: 0,
        first_error: None,
        receive_maximum: u16::MAX,
    };
    let pace = plan.per_second.map(|per_second| Pace::new(start_ns, per_second, 1));
    let (mut last_finished, mut last_progress_ns) = (0, start_ns);
    while connector.finished < plan.count {
        stop.check()?;
        let now = now_ns();
        let due = pace.map_or(plan.count, |pace| (pace.due(now) as usize).min(plan.count));
        while connector.started_at_ns.len() < due.min(connector.finished + plan.concurrency) {
            network.open(target)?;
            connector.started_at_ns.push(now);
        }
        let waits_for_pace = connector.started_at_ns.len() < connector.finished + plan.concurrency;
        let timeout = match pace {
            Some(pace) if waits_for_pace && due < plan.count => {
                Duration::from_nanos(pace.due_at_ns(due as u64).saturating_sub(now)).min(TICK)
            }
            _ => TICK,
        };
        network.turn(timeout, &mut connector)?;
        network.flush(&mut connector);
        progress.tick(now, || format!("connected {} of {}", connector.connected, plan.count));
        if connector.finished != last_finished || connector.finished == connector.started_at_ns.len() {
            (last_finished, last_progress_ns) = (connector.finished, now);
        } else if now.saturating_sub(last_progress_ns) > plan.patience.as_nanos() as u64 {
            return Err(RunError::Stalled("connecting"));
        }
    }
    Ok(ConnectReport {
        first_client: connector.first_client,
        connected: connector.connected,
        failed: connector.failed,
        first_error: connector.first_error,
        elapsed: Duration::from_nanos(now_ns() - start_ns),
        resumed: network.resumed_count() - resumed_before,
        latency: connector.latency.summary(),
        receive_maximum: connector.receive_maximum,
    })
}

/// Longest wait of a turn, so that Ctrl-C and the progress line are never late.
const TICK: Duration = Duration::from_millis(100);
