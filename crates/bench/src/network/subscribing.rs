//! Subscribes many clients to many filters, a packet per client at a time.

use super::{ClientError, Handler, Network, Outbox};
use crate::clock::now_ns;
use crate::error::RunError;
use crate::progress::Progress;
use crate::stop_signal::StopSignal;
use crate::wire::{Frame, PacketKind, WireError, check_suback, write_subscribe};
use dunlin_model::{ProtocolVersion, Qos};
use std::time::Duration;

/// Longest wait of a turn, so that Ctrl-C and the progress line are never late.
const TICK: Duration = Duration::from_millis(100);

/// Filters to subscribe to.
pub struct SubscribePlan<'a> {
    /// Network index of the first client.
    pub first_client: usize,
    /// The filters of each client, in order of the clients.
    pub filters: &'a [Vec<String>],
    /// Filters in one SUBSCRIBE, at least 1.
    pub batch: usize,
    /// Requested quality of service.
    pub qos: Qos,
    /// Protocol version.
    pub version: ProtocolVersion,
    /// Give up when no SUBACK came for this long.
    pub patience: Duration,
}

struct Subscribing<'a> {
    plan: &'a SubscribePlan<'a>,
    /// Filters sent so far, per client.
    sent: Vec<usize>,
    answered: usize,
    error: Option<ClientError>,
}

impl Subscribing<'_> {
    fn next_packet(&mut self, index: usize, outbox: &mut Outbox) -> Result<(), ClientError> {
        let filters = &self.plan.filters[index];
        let start = self.sent[index];
        let end = (start + self.plan.batch).min(filters.len());
        if start < end {
            // One packet at a time, so any identifier but 0 is free [MQTT-2.2.1-3].
            let packet_id = (start / self.plan.batch % usize::from(u16::MAX)) as u16 + 1;
            write_subscribe(&mut outbox.bytes, self.plan.version, packet_id, &filters[start..end], self.plan.qos)?;
            self.sent[index] = end;
        }
        Ok(())
    }
}

impl Handler for Subscribing<'_> {
    fn received(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError> {
        match frame.kind()? {
            PacketKind::SubAck => {
                self.answered += check_suback(frame, self.plan.version)?;
                let index = client.checked_sub(self.plan.first_client).filter(|index| *index < self.sent.len());
                self.next_packet(index.ok_or(WireError::Unexpected(frame.first))?, outbox)
            }
            PacketKind::Disconnect => {
                Err(WireError::Disconnected(frame.body.first().copied().unwrap_or_default()).into())
            }
            _ => Ok(()),
        }
    }

    fn failed(&mut self, _client: usize, error: ClientError) {
        self.error.get_or_insert(error);
    }
}

fn first_client_failed(error: &ClientError) -> RunError {
    RunError::Clients { failed: 1, first: error.to_string() }
}

/// Subscribes all and waits for every SUBACK. Returns the time it took.
///
/// # Errors
/// A refused filter, a lost connection, Ctrl-C, or no progress for the plan's patience.
pub fn subscribe_clients(
    network: &mut Network,
    plan: &SubscribePlan<'_>,
    stop: &StopSignal,
    progress: &mut Progress,
) -> Result<Duration, RunError> {
    let start_ns = now_ns();
    let total: usize = plan.filters.iter().map(Vec::len).sum();
    let mut subscribing = Subscribing { plan, sent: vec![0; plan.filters.len()], answered: 0, error: None };
    for index in 0..plan.filters.len() {
        if let Some(outbox) = network.outbox(plan.first_client + index) {
            subscribing.next_packet(index, outbox).map_err(|error| first_client_failed(&error))?;
        }
    }
    let (mut last_answered, mut last_progress_ns) = (0, start_ns);
    while subscribing.answered < total {
        stop.check()?;
        network.flush(&mut subscribing);
        network.turn(TICK, &mut subscribing)?;
        if let Some(error) = subscribing.error.take() {
            return Err(first_client_failed(&error));
        }
        let now = now_ns();
        progress.tick(now, || format!("subscribed {} of {total} filters", subscribing.answered));
        if subscribing.answered != last_answered {
            (last_answered, last_progress_ns) = (subscribing.answered, now);
        } else if now.saturating_sub(last_progress_ns) > plan.patience.as_nanos() as u64 {
            return Err(RunError::Stalled("subscribing"));
        }
    }
    network.flush(&mut subscribing);
    Ok(Duration::from_nanos(now_ns() - start_ns))
}
