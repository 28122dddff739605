//! Deadlines: CONNECT, keep alive and send timeout of connections; expiry, will and QoS 2 timeouts of sessions.

use super::{Worker, connection::Phase};
use crate::{shared::Shared, timers::Armed, timers::TimerOwner};
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_session::{Ending, Fate, Fault, Output};
use dunlin_transport::Stage;
use tracing::warn;

/// How long a closed connection is kept for the peer to read the last packet.
pub(super) const LINGER_MS: u64 = 2_000;

impl Worker {
    pub(super) fn fire_timers(&mut self, shared: &Shared) {
        // No more than there are now: an owner that is due again at once has its turn after the sockets.
        for _ in 0..self.timers.len() {
            let Some(owner) = self.timers.take_due(self.now) else { break };
            match owner {
                TimerOwner::Connection(slot) => self.connection_due(shared, slot),
                TimerOwner::Session(slot) => self.session_due(shared, slot),
            }
        }
        if self.index == 0 && shared.delayed.next_due().is_some_and(|at| at <= self.now) {
            self.publish_delayed(shared);
        }
        if self.sweep.due_at.is_some_and(|at| at <= self.now) {
            self.sweep_retained(shared);
        }
        if self.log_throttle.summary_at().is_some_and(|at| at <= self.now) {
            self.tell_throttled(shared);
        }
    }

    /// Lines that were held back, and that no line has followed.
    #[cold]
    fn tell_throttled(&mut self, shared: &Shared) {
        if let Some(dropped) = self.log_throttle.summary(self.now) {
            let secs = shared.live.log_window_ms() / 1000;
            let period = format!("{} minutes, {} seconds", secs / 60, secs % 60);
            warn!(msg = "log_events_throttled_during_last_period", dropped, period);
        }
    }

    /// Sets a connection's timer to the earliest of what it waits for.
    pub(super) fn arm_connection(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let wanted = match connection.phase {
            Phase::AwaitConnect | Phase::Authenticating(_) | Phase::Admitting(_) => {
                let limit = connection.listener.timeout_ms(connection.stage);
                Some(connection.stage_since + limit.unwrap_or(connection.listener.zone().idle_timeout_ms))
            }
            Phase::Lingering => Some(connection.last_packet_at + LINGER_MS),
            Phase::Established => {
                // A client that is not read from cannot be silent; then the send timeout is what ends it.
                let may_be_silent = connection.silence_ms > 0 && !connection.is_held();
                let silent = may_be_silent.then(|| connection.last_packet_at + u64::from(connection.silence_ms));
                let blocked = connection.blocked_since.map(|since| since + shared.settings.send_timeout_ms);
                let others = [connection.expires_at(), connection.tokens_at(), connection.congestion_due()];
                [silent, blocked].into_iter().chain(others).flatten().min()
            }
        };
        self.timers.set(TimerOwner::Connection(slot), &mut connection.armed, wanted);
    }

    fn connection_due(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.armed = Armed::default();
        match connection.phase {
            Phase::AwaitConnect | Phase::Authenticating(_) | Phase::Admitting(_) => {
                let reason = match connection.stage {
                    Stage::Proxy => DisconnectReason::ProxyProtocolTimeout,
                    Stage::Tls => DisconnectReason::TlsTimeout,
                    Stage::Upgrade | Stage::Open => DisconnectReason::IdleTimeout,
                };
                self.close_connection(shared, slot, reason);
            }
            Phase::Lingering => self.forget_connection(shared, slot),
            Phase::Established => {
                self.tokens_due(shared, slot);
                self.look_at_congestion(shared, slot);
                self.established_due(shared, slot);
            }
        }
    }

    fn established_due(&mut self, shared: &Shared, slot: u32) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if !matches!(connection.phase, Phase::Established) {
            return;
        }
        // [MQTT-3.1.2-22] The last packet may be younger than the timer.
        let silence = u64::from(connection.silence_ms);
        if connection.expires_at().is_some_and(|at| at <= now) {
            let fault = Fault::new(ReasonCode::NotAuthorized, DisconnectReason::Expired);
            self.close_with_fault(shared, slot, fault);
        } else if silence > 0 && connection.last_packet_at + silence <= now && !connection.is_held() {
            let fault = Fault::new(ReasonCode::KeepAliveTimeout, DisconnectReason::KeepAliveTimeout);
            self.close_with_fault(shared, slot, fault);
        } else if self.is_stuck(shared, slot) {
            self.close_connection(shared, slot, DisconnectReason::SendTimeout);
        } else {
            self.tidy(slot);
            self.arm_connection(shared, slot);
        }
    }

    /// Whether the socket has taken nothing for too long while acknowledged messages wait. A client that only gets QoS 0 is
    /// left alone: it loses messages, which are counted.
    fn is_stuck(&mut self, shared: &Shared, slot: u32) -> bool {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(slot) else { return false };
        let Some(since) = connection.blocked_since else { return false };
        if since + shared.settings.send_timeout_ms > now {
            return false;
        }
        let (session, answers_pile_up) = (connection.session, connection.reading_paused);
        if answers_pile_up || self.sessions.get_mut(session).is_some_and(|entry| entry.session.info().inflight > 0) {
            return true;
        }
        // Look again after another timeout.
        connection.blocked_since = Some(now);
        false
    }

    /// A quiet moment: memory of a busy phase goes back.
    fn tidy(&mut self, slot: u32) {
        let Some(connection) = self.connections.get(slot) else { return };
        if let Some(entry) = self.sessions.get_mut(connection.session) {
            entry.session.trim();
        }
    }

    /// Sets a session's timer.
    pub(super) fn arm_session(&mut self, slot: u32) {
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let wanted = entry.session.next_deadline(&entry.zone.session);
        self.timers.set(TimerOwner::Session(slot), &mut entry.armed, wanted);
    }

    pub(super) fn session_due(&mut self, shared: &Shared, slot: u32) {
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        entry.armed = Armed::default();
        let mut side = Vec::new();
        let mut out = self.nowhere.outbox(&mut side, &mut self.sent);
        match entry.session.timeout(turn, &mut out) {
            Fate::Ended => self.forget_session(shared, slot, side, Ending::Closed),
            Fate::Kept => {
                if side.iter().any(|output| matches!(output, Output::PublishWill(_))) {
                    self.store_facts(slot);
                }
                self.defer_all(shared, slot, side);
                self.arm_session(slot);
                self.sessions.may_be_idle(slot);
            }
        }
        self.run_deferred(shared);
    }
}
