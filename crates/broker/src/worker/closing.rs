//! The end of connections and sessions.

use super::{
    Worker,
    connection::{Connection, NONE, Phase},
};
use crate::{durable::Work, shared::Shared, timelines::TimelineEvent, timers::TimerOwner};
use dunlin_model::{ClientId, DisconnectReason, ReasonCode};
use dunlin_session::{Ending, Fate, Fault, Output};
use dunlin_telemetry::Metric;
use dunlin_topic::SubscriptionFilter;
use dunlin_transport::Stream;
use std::sync::atomic::Ordering;
use tracing::debug;

impl Worker {
    /// Ends a connection; its session, if any, learns that the connection is gone.
    pub(super) fn close_connection(&mut self, shared: &Shared, slot: u32, reason: DisconnectReason) {
        self.end_connection(shared, slot, reason, Ending::Closed);
        self.run_deferred(shared);
    }

    /// Ends a connection for a fault: a 5.0 client is told [MQTT-4.13.1-1].
    pub(super) fn close_with_fault(&mut self, shared: &Shared, slot: u32, fault: Fault) {
        if fault.reason == DisconnectReason::ReceiveMaximumExceeded {
            self.counters(shared).add(Metric::MessagesDroppedReceiveMaximum, 1);
        }
        self.write_goodbye(slot, fault.code);
        self.close_connection(shared, slot, fault.reason);
    }

    /// DISCONNECT into the out-buffer of an established connection.
    pub(super) fn write_goodbye(&mut self, slot: u32, code: ReasonCode) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Some(entry) = self.sessions.get_mut(connection.session) else { return };
        let mut side = Vec::new();
        let mut out = connection.outbox(&mut side, &mut self.sent);
        entry.session.write_disconnect(code, &mut out);
    }

    /// Ends a connection and deals with its session; what follows from it is deferred.
    pub(super) fn end_connection(&mut self, shared: &Shared, slot: u32, reason: DisconnectReason, ending: Ending) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if matches!(connection.phase, Phase::Lingering) {
            return;
        }
        connection.listener.stats.count_end(reason);
        if connection.congestion_due().is_some() {
            self.end_congestion(shared, slot);
        }
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let session = std::mem::replace(&mut connection.session, NONE);
        debug!(msg = "connection_closed", peername = %connection.peer, %reason);
        // Whoever closes first waits: what is buffered goes out, and the peer gets time to read it.
        let by_peer = matches!(
            reason,
            DisconnectReason::Normal
                | DisconnectReason::TcpClosed
                | DisconnectReason::ConnectionReset
                | DisconnectReason::BrokenPipe
                | DisconnectReason::TimedOut
                | DisconnectReason::SocketError
                | DisconnectReason::SendTimeout
                | DisconnectReason::TlsClosed
        );
        connection.phase = Phase::Lingering;
        connection.last_packet_at = self.now;
        connection.leftover = Vec::new();
        connection.reading_paused = false;
        connection.leave_limits();
        connection.leave_seat();
        // First the session, then the socket: whoever sees the connection closed finds the subscriptions gone and the groups
        // told, also through a connection of another worker.
        if self.traces.is_some() {
            self.trace_end(slot, reason);
        }
        if self.spans.is_some() {
            self.span_end(shared, slot, (session != NONE).then_some(session), reason);
        }
        if session != NONE {
            self.remember(session, &TimelineEvent::Disconnected { reason });
            self.announce_disconnected(shared, slot, session, reason);
            self.detach(shared, session, ending);
        }
        if !self.storing.is_empty() {
            // What follows from it is on its way to the disk.
            self.submit(shared);
        }
        if by_peer {
            self.forget_connection(shared, slot);
        } else {
            self.linger(shared, slot);
        }
    }

    /// Writes the last bytes, closes the sending side, and waits for the peer to do the same. Closing at once would reset the
    /// connection while the peer still sends, and the reset overtakes the last packet.
    fn linger(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.blocked_since = None;
        if !connection.dirty {
            connection.dirty = true;
            self.dirty.push(slot);
        }
        if connection.out.is_empty() {
            connection.stream.shutdown_write();
        }
        // What the peer has sent and will send is read and thrown away.
        self.unread.push(slot);
        self.arm_connection(shared, slot);
    }

    /// The connection is gone for good.
    pub(super) fn forget_connection(&mut self, shared: &Shared, slot: u32) {
        let Some(mut connection) = self.connections.remove(slot) else { return };
        if connection.pending() > 0 && connection.blocked_since.is_none() {
            // A peer that has closed its sending side may still read. If it has gone altogether this fails, and no harm is done.
            let written = connection.written;
            let end = written + connection.writable().len();
            let _ = connection.stream.write(&connection.out[written..end]);
        }
        if let Stream::Layered(stream) = &mut connection.stream {
            // An end without the goodbye of TLS or WebSocket looks like one that somebody has cut.
            stream.shut_down();
        }
        self.timers.set(TimerOwner::Connection(slot), &mut connection.armed, None);
        let Connection { out, leftover, listener, .. } = connection;
        self.buffers.give_back(out);
        self.buffers.give_back(leftover);
        shared.count_out(&listener);
    }

    fn detach(&mut self, shared: &Shared, session: u32, ending: Ending) {
        self.counters(shared).add(Metric::ClientDisconnected, 1);
        let Some(entry) = self.sessions.get_mut(session) else { return };
        entry.connection = NONE;
        self.end_feed(session);
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let mut side = Vec::new();
        let mut out = self.nowhere.outbox(&mut side, &mut self.sent);
        let fate = entry.session.detach(turn, ending, &mut out);
        self.counters(shared).add(
            match (fate, ending) {
                (Fate::Kept, Ending::TakenOver) => Metric::SessionTakenover,
                (Fate::Ended, Ending::Discarded) => Metric::SessionDiscarded,
                (Fate::Ended, _) => Metric::SessionTerminated,
                (Fate::Kept, _) => {
                    self.counters(shared).add(Metric::SessionDisconnected, 1);
                    self.store_facts(session);
                    self.defer_all(shared, session, side);
                    if ending == Ending::Closed {
                        self.set_presence(shared, session, false);
                    }
                    self.arm_session(session);
                    self.sessions.may_be_idle(session);
                    return;
                }
            },
            1,
        );
        if fate == Fate::Ended {
            self.forget_session(shared, session, side, ending);
        } else {
            self.defer_all(shared, session, side);
        }
    }

    /// A session is over: it leaves the routes, the registry and the timers; the rest of its outputs is deferred.
    pub(super) fn forget_session(&mut self, shared: &Shared, session: u32, outputs: Vec<Output>, ending: Ending) {
        let key = self.key(session);
        let number = self.sessions.queue_number(session);
        self.remember(session, &TimelineEvent::SessionEnded);
        let mut groups = Vec::new();
        let mut rest = Vec::new();
        let mut router = None;
        for output in outputs {
            match output {
                Output::Unsubscribe(filter) => {
                    if let Ok(filter) = SubscriptionFilter::parse(&filter) {
                        let router = router.get_or_insert_with(|| shared.router.write());
                        if number.is_some() {
                            groups.extend(router.group_route(&filter).map(|group| group.subscription().clone()));
                        }
                        router.unsubscribe(key, &filter);
                    }
                }
                other => rest.push(other),
            }
        }
        drop(router);
        if let Some(session) = number {
            if ending == Ending::Kicked {
                self.store(Work::DropSent { session });
            }
            self.end_queue(key, session, groups);
        }
        self.defer_all(shared, session, rest);
        let Some(mut entry) = self.sessions.remove(session) else { return };
        self.timers.set(TimerOwner::Session(session), &mut entry.armed, None);
        let hash = super::connecting::hash_of(shared, entry.session.client_id());
        if let Ok(known) = self.clients.find_entry(hash, |slot| *slot == session) {
            known.remove();
        }
        shared.sessions.fetch_sub(1, Ordering::Relaxed);
    }

    /// An operator ends a client's connection and session.
    pub(super) fn kick(&mut self, shared: &Shared, client_id: &ClientId) {
        let Some(session) = self.find_session(shared, client_id) else { return };
        let Some(entry) = self.sessions.get_mut(session) else { return };
        if entry.connection == NONE {
            self.end_offline(shared, session, Ending::Kicked);
        } else {
            let slot = entry.connection;
            self.write_goodbye(slot, ReasonCode::AdministrativeAction);
            self.end_connection(shared, slot, DisconnectReason::Kicked, Ending::Kicked);
        }
        self.run_deferred(shared);
    }

    /// Ends a session that has no connection.
    pub(super) fn end_offline(&mut self, shared: &Shared, session: u32, ending: Ending) {
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let mut side = Vec::new();
        let mut out = self.nowhere.outbox(&mut side, &mut self.sent);
        entry.session.end_offline(turn, ending, &mut out);
        let metric = if ending == Ending::Discarded { Metric::SessionDiscarded } else { Metric::SessionTerminated };
        self.counters(shared).add(metric, 1);
        self.forget_session(shared, session, side, ending);
    }

    /// A listener is closed, and its connections with it.
    pub(super) fn close_connections_of(&mut self, shared: &Shared, listener: &str) {
        for slot in self.connections.slots() {
            if self.connections.get(slot).is_some_and(|connection| connection.listener.id() == listener) {
                self.write_goodbye(slot, ReasonCode::ServerShuttingDown);
                self.end_connection(shared, slot, DisconnectReason::ServerShuttingDown, Ending::Closed);
            }
        }
        self.run_deferred(shared);
    }

    /// The broker stops: every client is told and its connection closed once its bytes are written.
    pub(super) fn begin_stop(&mut self, shared: &Shared, deadline: u64) {
        self.stop_at = Some(deadline);
        for slot in self.connections.slots() {
            self.write_goodbye(slot, ReasonCode::ServerShuttingDown);
            self.end_connection(shared, slot, DisconnectReason::ServerShuttingDown, Ending::Closed);
        }
        self.run_deferred(shared);
    }
}
