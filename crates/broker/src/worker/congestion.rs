//! Clients that read too slowly are an alarm, where `conn_congestion.enable_alarm` wants that.
//!
//! Every socket is full for a moment now and then. One that is full still a second after it was is looked at: the alarm begins,
//! and ends when it is not full any more at a later look, `min_alarm_sustain_duration` apart, or with the connection. Where the
//! alarm is off, which is the default, a full socket costs one look at a setting.

use super::{Worker, connection::Connection};
use crate::shared::Shared;
use dunlin_model::Millis;
use dunlin_telemetry::AlarmDetail;

/// From a full socket to the first look at it.
const PATIENCE_MS: Millis = 1_000;

/// What is known of a client that reads slowly.
#[derive(Debug)]
pub(crate) struct Congestion {
    /// When it is looked at again.
    look_at: Millis,
    /// The alarm that lasts.
    alarm: Option<Box<str>>,
}

impl Connection {
    /// When its congestion is to be looked at.
    pub(super) fn congestion_due(&self) -> Option<Millis> {
        self.rare().and_then(|rare| rare.congestion.as_ref()).map(|congestion| congestion.look_at)
    }

    /// Its socket is full.
    pub(super) fn note_full(&mut self, now: Millis) {
        if self.listener.zone().congestion_alarm_ms.is_some() && self.congestion_due().is_none() {
            self.rare_mut().congestion = Some(Congestion { look_at: now + PATIENCE_MS, alarm: None });
        }
    }
}

impl Worker {
    /// Looks at a client whose socket was full a while ago.
    pub(super) fn look_at_congestion(&mut self, shared: &Shared, slot: u32) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.congestion_due().is_none_or(|due| due > now) {
            return;
        }
        let is_full = connection.blocked_since.is_some();
        let Some(sustained_ms) = connection.listener.zone().congestion_alarm_ms.filter(|_| is_full) else {
            return self.end_congestion(shared, slot);
        };
        let Some(client_id) = self.sessions.client_id(connection.session) else { return };
        let username = connection.shown_user_name().unwrap_or("unknown_user");
        let name = format!("conn_congestion/{client_id}/{username}");
        let pending = connection.pending();
        let details = vec![
            ("clientid", AlarmDetail::Text(client_id.to_owned())),
            ("username", AlarmDetail::Text(username.to_owned())),
            ("peername", AlarmDetail::Text(connection.peer.to_string())),
            ("send_pend", AlarmDetail::Number(pending as u64)),
        ];
        shared.raise_alarm_with(&name, &format!("connection congested: {pending} bytes wait to be sent"), details);
        let look_at = now + sustained_ms.max(PATIENCE_MS);
        connection.rare_mut().congestion = Some(Congestion { look_at, alarm: Some(name.into()) });
    }

    /// The client reads again, or is gone.
    pub(super) fn end_congestion(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.congestion_due().is_none() {
            return;
        }
        let ended = connection.rare_mut().congestion.take();
        connection.forget_nothing();
        if let Some(name) = ended.and_then(|congestion| congestion.alarm) {
            shared.end_alarm(&name);
        }
    }
}
