//! CONNECT: the client is let in or refused, and gets its session.

use super::{
    Worker,
    admitting::{Arrival, Known},
    authenticating::Reauthentication,
    connection::{NONE, Phase, SessionEntry},
    storing::record_of,
};
use crate::{
    durable::{RestoredPlace, RestoredSession, Work},
    log_throttle::Provoked,
    shared::Shared,
    timelines::TimelineEvent,
    timers::TimerOwner,
};
use dunlin_codec::{Connect, DecodeError, Packet};
use dunlin_inbox::{Command, SessionNumber, SubscriptionRecord};
use dunlin_model::{ClientId, DisconnectReason, ProtocolVersion, ReasonCode};
use dunlin_session::{Ending, Opening, Session, SessionSettings, Subscription, check_connect, refuse};
use dunlin_telemetry::Metric;
use dunlin_topic::SubscriptionFilter;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tracing::{debug, warn};

pub(super) fn hash_of(shared: &Shared, client_id: &str) -> u64 {
    shared.hasher.hash_one(client_id)
}

impl Worker {
    /// The session of a client id of this worker.
    pub(super) fn find_session(&self, shared: &Shared, client_id: &str) -> Option<u32> {
        let is_it = |slot: &u32| self.sessions.client_id(*slot) == Some(client_id);
        self.clients.find(hash_of(shared, client_id), is_it).copied()
    }

    /// A packet of a connection that has no session yet, with all bytes behind it; false where all of them are another worker's now.
    pub(super) fn handle_unopened(
        &mut self,
        shared: &Shared,
        slot: u32,
        packet: &Packet<'_>,
        frame: &[u8],
        bytes: &[u8],
    ) -> bool {
        let is_first =
            self.connections.get(slot).is_some_and(|connection| matches!(connection.phase, Phase::AwaitConnect));
        let connect = match packet {
            Packet::Connect(connect) if is_first => connect,
            _ => {
                self.handle_early(shared, slot, packet);
                return true;
            }
        };
        let identity = self.identify(slot, connect);
        let identified = identity.as_ref().map(|identity| identity.apply(connect));
        let connect = identified.as_ref().unwrap_or(connect);
        if let Some(owner) = self.other_owner(shared, connect.client_id) {
            self.hand_over(shared, slot, owner, bytes.to_vec(), None);
            return false;
        }
        self.handle_connect(shared, slot, connect, frame);
        true
    }

    /// The first packet is a CONNECT of a client of this worker.
    pub(super) fn handle_connect(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>, bytes: &[u8]) {
        self.counters(shared).add(Metric::PacketsConnectReceived, 1);
        if self.traces.is_some() {
            self.trace_connect(slot, connect);
        }
        if self.spans.is_some() {
            self.begin_connect_span(shared, slot, connect);
        }
        if self.refuse_for_load(shared, slot, connect) {
            return;
        }
        let Some(connection) = self.connections.get(slot) else { return };
        let deny_anonymous = connection.listener.settings.deny_anonymous;
        let settings = &connection.listener.zone().session;
        let is_named_here = connection.identity().is_some_and(|identity| identity.names_the_nameless());
        // A name that it gets here does not make a CONNECT without one valid: 3.1.1 [MQTT-3.1.3-8].
        let as_sent = is_named_here.then(|| check_connect(&Connect { client_id: "", ..connect.clone() }, settings));
        if let Err(refusal) = as_sent.unwrap_or(Ok(())).and_then(|()| check_connect(connect, settings)) {
            self.refuse_connect(shared, slot, connect, refusal.code, refusal.reason);
        } else if self.is_kept_out(shared, slot, connect) || self.is_flapping(shared, slot, connect) {
            self.refuse_banned(shared, slot, connect);
        } else if deny_anonymous && connect.username.is_none() {
            self.refuse_connect(shared, slot, connect, ReasonCode::NotAuthorized, DisconnectReason::NotAuthorized);
        } else if let Some(method) = connect.authentication_method {
            self.begin_authentication(shared, slot, connect, method, bytes);
        } else {
            self.let_in(shared, slot, connect, bytes, Known::default());
        }
    }

    /// A packet before the session is open [MQTT-3.1.0-1].
    pub(super) fn handle_early(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        match (&connection.phase, packet) {
            (Phase::Authenticating(_), Packet::Auth(auth)) => {
                self.counters(shared).add(Metric::PacketsAuthReceived, 1);
                self.continue_authentication(shared, slot, auth);
            }
            (Phase::Authenticating(_), Packet::Disconnect(_)) => {
                self.close_connection(shared, slot, DisconnectReason::Normal);
            }
            // [MQTT-3.1.2-30]
            (Phase::Authenticating(_), _) => {
                self.refuse_waiting(shared, slot, ReasonCode::ProtocolError, DisconnectReason::ProtocolError);
            }
            _ => {
                if let Some(held_back) = self.log_throttle.pass(Provoked::FirstPacketIsNotConnect, self.now) {
                    let listener = connection.listener.id();
                    warn!(msg = "first_packet_is_not_connect", peername = %connection.peer, listener, held_back);
                }
                self.close_connection(shared, slot, DisconnectReason::InvalidConnectPacket);
            }
        }
    }

    pub(super) fn refuse_connect(
        &mut self,
        shared: &Shared,
        slot: u32,
        connect: &Connect<'_>,
        code: ReasonCode,
        reason: DisconnectReason,
    ) {
        self.counters(shared).add(Metric::PacketsConnackError, 1);
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let before = connection.out.len();
        debug!(msg = "connect_refused", peername = %connection.peer, clientid = connect.client_id, %code);
        let refused = TimelineEvent::Refused { peer: connection.peer, code };
        let is_it = |event: &TimelineEvent<'_>| matches!(event, TimelineEvent::Refused { peer, code: other } if peer.ip() == connection.peer.ip() && *other == code);
        self.timelines.note_again(connect.client_id, self.now, 1, is_it, &refused);
        let text = connect.wants_problem_information().then(|| code.as_str());
        refuse(connect.version, code, text, connect.maximum_packet_size, &mut connection.out);
        self.sent.connack += u64::from(connection.out.len() > before);
        if self.spans.is_some() {
            self.end_front_span(shared, slot, Some(code.to_string()));
        }
        self.close_connection(shared, slot, reason);
    }

    /// The first bytes are no valid CONNECT: answered where the version can be told [MQTT-3.1.2-2], else closed.
    pub(super) fn refuse_bad_connect(&mut self, shared: &Shared, slot: u32, bytes: &[u8], error: DecodeError) {
        let reason = match error.disconnect_reason() {
            // Bytes that were never MQTT have a name of their own.
            DisconnectReason::FrameError | DisconnectReason::BadFrameHeader => DisconnectReason::InvalidConnectPacket,
            other => other,
        };
        if let Some(connection) = self.connections.get_mut(slot) {
            match connect_version(bytes) {
                Some(version) if version.is_v5() || error.reason_code() == ReasonCode::UnsupportedProtocolVersion => {
                    refuse(version, error.reason_code(), None, None, &mut connection.out);
                    self.sent.connack += 1;
                }
                _ => {}
            }
        }
        self.close_connection(shared, slot, reason);
    }

    /// The client is in: takes over, resumes or creates its session and attaches the connection.
    pub(super) fn open_session(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>, arrival: Arrival) {
        let Ok(seat) = self.take_seat(shared, slot, connect, &arrival) else { return };
        if arrival.is_anonymous {
            self.count_anonymous(shared);
        }
        let Arrival { client_id, is_assigned, client, mountpoint, permit, will_permit, .. } = arrival;
        let Arrival { expires_at, exchange, authenticator, .. } = arrival;
        let existing = self.make_room(shared, &client_id, connect.clean_start);
        let session = existing.unwrap_or_else(|| self.create_session(shared, client_id));
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let zone = Arc::clone(connection.listener.zone());
        let turn = self.watch.turn(self.now, &zone.session);
        entry.zone = Arc::clone(&zone);
        connection.session = session;
        connection.phase = Phase::Established;
        connection.version = connect.version;
        entry.keep_alive_secs = keep_alive_secs(&zone.session, connect);
        connection.silence_ms = silence_ms(&zone.session, entry.keep_alive_secs, connection.listener.idle_timeout_ms());
        connection.last_packet_at = self.now;
        connection.stage_since = self.now;
        (entry.connection, entry.clean_start) = (slot, connect.clean_start);
        connection.take_facts();
        connection.take_identity();
        if let Some(permit) = permit {
            connection.keep_permit(permit, self.access_epoch, false);
        }
        connection.take_client(client, expires_at, seat);
        connection.take_limits(shared, self.now);
        let opening = Opening {
            assigned_client_id: is_assigned,
            authentication_method: exchange.as_ref().map(|exchange| exchange.method.name.as_str()),
            authentication_data: exchange.as_ref().and_then(|exchange| exchange.data.as_deref()),
            mountpoint: mountpoint.as_ref(),
            has_delayed: shared.delayed.is_enabled(),
            is_paced: connection.is_paced,
        };
        let mut side = Vec::new();
        let mut out = connection.outbox(&mut side, &mut self.sent);
        entry.session.attach(turn, connect, existing.is_some(), opening, &mut out);
        if let Some(ended) = exchange {
            let again = Reauthentication::after(ended, entry.session.client_id().clone());
            connection.rare_mut().reauthentication = Some(Box::new(again));
        }
        connection.forget_nothing();
        self.make_durable(shared, session);
        self.defer_all(shared, session, side);
        self.keep_will_permit(session, will_permit.filter(|_| connect.will.is_some()));
        let counters = self.counters(shared);
        counters.add(Metric::ClientConnected, 1);
        if existing.is_some() {
            counters.add(Metric::SessionResumed, 1);
            self.set_presence(shared, session, true);
            self.retained_may_go_on(session);
        }
        self.arm_connection(shared, slot);
        self.arm_session(session);
        self.pace(shared, slot);
        self.touch(shared, slot);
        self.record_connected(slot, session, existing.is_some(), authenticator.as_deref());
        if self.spans.is_some() {
            self.end_front_span(shared, slot, None);
        }
        self.tell_connected(shared, slot, session, connect);
        self.auto_subscribe(shared, slot, self.key(session));
        self.run_deferred(shared);
    }

    /// Deals with the session the client id has: ended for a clean start [MQTT-3.1.2-4], else kept and returned. A connection it
    /// has is closed first [MQTT-3.1.4-3].
    fn make_room(&mut self, shared: &Shared, client_id: &str, clean_start: bool) -> Option<u32> {
        self.end_if_expired(shared, client_id);
        let session = self.find_session(shared, client_id)?;
        let entry = self.sessions.get_mut(session)?;
        let connection = entry.connection;
        // A clean session of 3.1.1 must not be reused by any later one (MQTT 3.1.1 [MQTT-3.1.2-6]).
        let clean_start = clean_start || !(entry.session.is_persistent() || entry.session.version().is_v5());
        if connection != NONE {
            let (reason, ending) = if clean_start {
                (DisconnectReason::Discarded, Ending::Discarded)
            } else {
                (DisconnectReason::TakenOver, Ending::TakenOver)
            };
            self.write_goodbye(connection, ReasonCode::SessionTakenOver);
            self.end_connection(shared, connection, reason, ending);
        } else if clean_start {
            self.end_offline(shared, session, Ending::Discarded);
        }
        // The will of the old connection goes out before the new one is attached.
        self.run_deferred(shared);
        self.find_session(shared, client_id)
    }

    /// A session whose time has come is over, even where its timer has not had its turn yet [MQTT-4.1.0-2].
    fn end_if_expired(&mut self, shared: &Shared, client_id: &str) {
        let Some(slot) = self.find_session(shared, client_id) else { return };
        let now = self.now;
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        if entry.connection == NONE && entry.armed.deadline().is_some_and(|at| at <= now) {
            self.timers.set(TimerOwner::Session(slot), &mut entry.armed, None);
            self.session_due(shared, slot);
        }
    }

    fn create_session(&mut self, shared: &Shared, client_id: ClientId) -> u32 {
        let hash = hash_of(shared, &client_id);
        let slot = self.insert_session(
            shared,
            hash,
            SessionEntry::new(Session::new(client_id), Arc::clone(&shared.settings.zone)),
        );
        self.counters(shared).add(Metric::SessionCreated, 1);
        slot
    }

    fn insert_session(&mut self, shared: &Shared, hash: u64, entry: SessionEntry) -> u32 {
        let slot = self.sessions.insert(entry);
        let sessions = &self.sessions;
        self.clients.insert_unique(hash, slot, |slot| {
            sessions.client_id(*slot).map_or(0, |client_id| hash_of(shared, client_id))
        });
        shared.sessions.fetch_add(1, Ordering::Relaxed);
        slot
    }

    /// A session that outlives its connection is written down before CONNACK says so.
    fn make_durable(&mut self, shared: &Shared, slot: u32) {
        let Some(durable) = shared.durable.as_ref() else { return };
        let key = self.key(slot);
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        if entry.durable_number().is_some() {
            self.store_facts(slot);
        } else if entry.session.is_persistent() {
            // A queue that was lent to it is its own from now on.
            let lent = entry.queue_number();
            let session = lent.unwrap_or_else(|| durable.new_session());
            entry.make_durable(session);
            let record = record_of(&entry.session);
            self.store_before_answer(Work::Open { key, session, record });
            if lent.is_some() {
                self.forget_lent_subscriptions(shared, slot, session);
            }
            self.make_subscriptions_durable(shared, slot);
        }
        self.begin_feed(slot);
    }

    /// A queue that was lent has the subscriptions it was lent for, under the name of the group; the client's own follow.
    fn forget_lent_subscriptions(&mut self, shared: &Shared, slot: u32, session: SessionNumber) {
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let subscriptions = entry.session.subscriptions();
        let filters = subscriptions.filter_map(|subscription| SubscriptionFilter::parse(&subscription.filter).ok());
        let router = shared.router.read();
        let groups = filters.filter_map(|filter| router.group_route(&filter));
        let filters: Vec<_> = groups.map(|group| group.subscription().clone()).collect();
        drop(router);
        for filter in filters {
            self.store_before_answer(Work::Command(Command::RemoveSubscription { session, filter }));
        }
    }

    /// A session that was to end with its connection was taken over by one that outlives its own: so do its subscriptions.
    fn make_subscriptions_durable(&mut self, shared: &Shared, slot: u32) {
        let key = self.key(slot);
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let subscriptions: Vec<_> = entry.session.subscriptions().cloned().collect();
        if subscriptions.is_empty() {
            return;
        }
        let client_id = entry.session.client_id().clone();
        // The committer knows the session before any worker can route a message to it.
        self.submit(shared);
        for Subscription { filter, options, subscription_id } in subscriptions {
            let Ok(parsed) = SubscriptionFilter::parse(&filter) else { continue };
            // It holds the subscription already, an exclusive one too.
            let _ = shared.router.write().subscribe(key, &client_id, &parsed, options, subscription_id, true);
            self.store_subscription(slot, SubscriptionRecord { filter, options, subscription_id });
        }
    }

    /// A durable session from before the start: known again, offline.
    pub(super) fn restore_session(&mut self, shared: &Shared, restored: RestoredSession) {
        let RestoredSession { number, session, was_connected } = restored;
        let hash = hash_of(shared, session.client_id());
        let mut entry = SessionEntry::new(session, Arc::clone(&shared.settings.zone));
        entry.make_durable(number);
        let slot = self.insert_session(shared, hash, entry);
        let key = self.key(slot);
        let turn = self.watch.turn(self.now, &shared.settings.zone.session);
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let client_id = entry.session.client_id().clone();
        let mut router = shared.router.write();
        for Subscription { filter, options, subscription_id } in entry.session.subscriptions() {
            let Ok(filter) = SubscriptionFilter::parse(filter) else { continue };
            // An exclusive subscription that another session holds now cannot be: both were stored.
            let _ = router.subscribe(key, &client_id, &filter, *options, *subscription_id, true);
            router.set_online(key, &filter, false);
        }
        drop(router);
        let mut side = Vec::new();
        let mut out = self.nowhere.outbox(&mut side, &mut self.sent);
        entry.session.resume_after_restart(turn, &mut out);
        self.storing.note_restored(RestoredPlace { key, session: number, was_connected });
        if was_connected {
            self.store_facts(slot);
        }
        self.defer_all(shared, slot, side);
        self.arm_session(slot);
        self.sessions.may_be_idle(slot);
    }

    /// A client id nobody has, owned by this worker [MQTT-3.1.3-6].
    pub(super) fn make_client_id(&mut self, shared: &Shared) -> ClientId {
        loop {
            let id = format!("dunlin_{:016x}{:08x}", self.random.u64(..), self.random.u32(..));
            if shared.worker_of(&id) == self.index && self.find_session(shared, &id).is_none() {
                return id.into();
            }
        }
    }
}

/// The keep alive of a client, or the server's.
fn keep_alive_secs(settings: &SessionSettings, connect: &Connect<'_>) -> u16 {
    match (connect.version, settings.server_keep_alive) {
        // Only 5.0 clients can be told of another value [MQTT-3.1.2-21].
        (ProtocolVersion::V5, Some(server)) => server,
        _ => connect.keep_alive,
    }
}

/// How long a client may be silent, 0 for ever: its keep alive times the multiplier; on a listener with an idle timeout no longer
/// than that.
pub(super) fn silence_ms(settings: &SessionSettings, keep_alive_secs: u16, idle_timeout_ms: Option<u64>) -> u32 {
    let silence_ms =
        (f64::from(keep_alive_secs) * 1000.0 * settings.keep_alive_multiplier).min(f64::from(u32::MAX)) as u32;
    let idle_ms = idle_timeout_ms.map_or(0, |idle_ms| u32::try_from(idle_ms).unwrap_or(u32::MAX));
    [silence_ms, idle_ms].into_iter().filter(|limit| *limit > 0).min().unwrap_or(0)
}

/// The version in what looks like a CONNECT, however broken the rest is; an unknown level is answered in 5.0 form.
fn connect_version(bytes: &[u8]) -> Option<ProtocolVersion> {
    if bytes.first()? >> 4 != 1 {
        return None;
    }
    let length_bytes = bytes.iter().skip(1).take(4).position(|byte| byte & 0x80 == 0)? + 1;
    let header = bytes.get(1 + length_bytes..)?;
    match header {
        [0, 4, b'M', b'Q', b'T', b'T', 4, ..] => Some(ProtocolVersion::V4),
        [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', ..] => Some(ProtocolVersion::V3),
        [0, 4, b'M', b'Q', b'T', b'T', ..] => Some(ProtocolVersion::V5),
        _ => None,
    }
}
