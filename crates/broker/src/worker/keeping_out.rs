//! Keeping out who is banned: at CONNECT, later when a ban comes, and what they left behind. And clients that come too often.

use super::{
    Worker,
    connection::{NONE, Phase},
};
use crate::{banned::KeptOut, log_throttle::Provoked, settings::FlappingSettings, shared::Shared};
use dunlin_banned::{Ban, Candidate, NotBanned, Terms, Who};
use dunlin_codec::Connect;
use dunlin_model::{ClientId, DisconnectReason, Message, ReasonCode};
use dunlin_session::Ending;
use dunlin_telemetry::Metric;
use tracing::{info, warn};

/// Connections that are held against the bans in one turn.
const CONNECTIONS_PER_TURN: u32 = 1_024;

/// `by` of the bans of `flapping_detect`.
const FLAPPING_AUTHOR: &str = "flapping detector";

/// `reason` of the bans of `flapping_detect`.
const FLAPPING_REASON: &str = "flapping is detected";

/// How far the connections of a worker have been held against the bans, since there was a new one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BanSweep {
    next: u32,
    left: u32,
}

impl BanSweep {
    /// Whether all connections have had their turn.
    pub(crate) const fn is_done(self) -> bool {
        self.left == 0
    }
}

impl Worker {
    /// Whether the client of a CONNECT is banned; that is noted then.
    pub(super) fn is_kept_out(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>) -> bool {
        if shared.settings.bans.is_empty() {
            return false;
        }
        let Some(connection) = self.connections.get(slot) else { return false };
        let candidate =
            Candidate { client_id: connect.client_id, user_name: connect.username, peer: connection.peer.ip() };
        let Some(KeptOut { by, reason }) = shared.settings.bans.find(candidate, self.now) else { return false };
        if let Some(held_back) = self.log_throttle.pass(Provoked::ClientBanned, self.now) {
            let (peer, listener) = (connection.peer, connection.listener.id());
            let (clientid, username) = (connect.client_id, self.shown_name(connection, connect.username));
            info!(msg = "client_banned", clientid, username, peername = %peer, listener, by = &*by, reason = &*reason, held_back);
        }
        true
    }

    /// Counts a CONNECT where the zone of the client wants that. True when it is one too many: the client is banned then.
    pub(super) fn is_flapping(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>) -> bool {
        let Some(connection) = self.connections.get(slot) else { return false };
        let Some(settings) = connection.listener.zone().flapping else { return false };
        if connect.client_id.is_empty() {
            return false;
        }
        let hash = super::connecting::hash_of(shared, connect.client_id);
        if !self.flapping.count(hash, self.now, settings.limit) {
            return false;
        }
        let peer_host = connection.peer.ip();
        let banned = self.ban_flapping(shared, connect.client_id, settings);
        if let Some(held_back) = self.log_throttle.pass(Provoked::Flapping, self.now) {
            let clientid = connect.client_id;
            let (detect_cnt, wind_time_in_ms) = (settings.limit.max_count, settings.limit.window_ms);
            let not_banned = banned.as_ref().err().map(tracing::field::display);
            warn!(msg = "flapping_detected", clientid, %peer_host, detect_cnt, wind_time_in_ms, not_banned, held_back);
        }
        banned.is_ok()
    }

    /// Bans a client that belongs to this worker; its session stays.
    fn ban_flapping(&mut self, shared: &Shared, client_id: &str, settings: FlappingSettings) -> Result<(), NotBanned> {
        let at = self.now / 1000;
        let until = Some(at.saturating_add(settings.ban_secs));
        let terms = Terms { by: FLAPPING_AUTHOR.into(), reason: FLAPPING_REASON.into(), at, until };
        let ban = Ban { who: Who::ClientId(client_id.into()), terms };
        shared.settings.bans.change(|table| table.add(ban.clone(), at))?;
        if let Some(keeper) = &shared.settings.ban_keeper {
            keeper.keep(&ban);
        }
        if let Some(session) = self.find_session(shared, client_id) {
            self.shut_out(shared, session, Ending::Closed);
            self.run_deferred(shared);
        }
        Ok(())
    }

    /// Refuses the client of a CONNECT because it is banned.
    pub(super) fn refuse_banned(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>) {
        self.refuse_connect(shared, slot, connect, ReasonCode::Banned, DisconnectReason::Banned);
    }

    /// There is a new ban: of one client of this worker, or of others.
    pub(super) fn take_ban(&mut self, shared: &Shared, client_id: Option<ClientId>) {
        let Some(client_id) = client_id else {
            // The one under way begins anew, where it is.
            self.ban_sweep.left = self.connections.extent();
            return;
        };
        if let Some(session) = self.find_session(shared, &client_id) {
            self.shut_out(shared, session, Ending::Kicked);
            self.run_deferred(shared);
        }
    }

    /// Holds some connections against the bans, where there are new ones, and ends those of clients that are banned.
    pub(super) fn sweep_banned(&mut self, shared: &Shared) {
        if self.ban_sweep.is_done() {
            return;
        }
        for _ in 0..CONNECTIONS_PER_TURN.min(self.ban_sweep.left) {
            let slot = self.ban_sweep.next;
            self.ban_sweep.left -= 1;
            self.ban_sweep.next = if slot + 1 < self.connections.extent() { slot + 1 } else { 0 };
            if let Some(session) = self.banned_session(shared, slot) {
                self.shut_out(shared, session, Ending::Closed);
            }
        }
        self.run_deferred(shared);
    }

    /// The session of a connection whose client is banned.
    fn banned_session(&self, shared: &Shared, slot: u32) -> Option<u32> {
        let connection = self.connections.get(slot).filter(|known| matches!(known.phase, Phase::Established))?;
        let client_id = self.sessions.client_id(connection.session)?;
        let candidate = Candidate { client_id, user_name: connection.user_name(), peer: connection.peer.ip() };
        shared.settings.bans.keep_out(candidate, self.now).then_some(connection.session)
    }

    /// Ends the connection of a session, or the session too, because its client is banned. Nothing is published for it.
    fn shut_out(&mut self, shared: &Shared, session: u32, ending: Ending) {
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let connection = entry.connection;
        if connection != NONE || ending == Ending::Kicked {
            entry.session.forget_will();
        }
        if connection != NONE {
            self.write_goodbye(connection, ReasonCode::AdministrativeAction);
            self.end_connection(shared, connection, DisconnectReason::Kicked, ending);
        } else if ending == Ending::Kicked {
            self.end_offline(shared, session, ending);
        }
    }

    /// Whether a message that waited is not published because its client was banned meanwhile; it is counted and noted then.
    pub(super) fn is_silenced(&mut self, shared: &Shared, message: &Message, kind: Provoked) -> bool {
        if !shared.settings.bans.silence(message.publisher(), self.now) {
            return false;
        }
        self.counters(shared).add(Metric::MessagesDroppedBanned, 1);
        if let Some(held_back) = self.log_throttle.pass(kind, self.now) {
            let (clientid, topic) = (message.publisher(), message.topic());
            let msg = match kind {
                Provoked::WillDenied => "last_will_testament_publish_denied",
                _ => "ignore_delayed_message_publish",
            };
            info!(msg, clientid, topic, reason = "client is banned", held_back);
        }
        true
    }
}
