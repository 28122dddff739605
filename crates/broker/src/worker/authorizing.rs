//! What clients may do: publishes, wills and subscriptions are held against what authorization says of their client.

use super::{Worker, asking::Asking, connection::Connection};
use crate::{
    KeptVerdict,
    log_throttle::Provoked,
    shared::Shared,
    task_runtime::{Answer, Reply},
};
use dunlin_access::{
    Action, Answered, Authorization, ClientAcl, ClientInfo, DecidedBy, Decision, DenyAction, Permit, Question, Ruling,
    SourceFailure, Tally,
};
use dunlin_codec::{Packet, Publish};
use dunlin_model::{ArcStr, ClientId, DisconnectReason, Millis, ReasonCode};
use dunlin_session::{Fault, Session};
use dunlin_telemetry::{Latency, Metric};
use std::sync::Arc;
use tracing::{info, warn};

/// So long it is asked about one packet at most, in milliseconds; a back end that is asked then has its own time on top. What is
/// not answered by then counts as a failure of its source.
pub(super) const PATIENCE_MS: Millis = 30_000;

const NOT_AUTHORIZED: Fault = Fault::new(ReasonCode::NotAuthorized, DisconnectReason::NotAuthorized);

/// What authorization says of everything a client could publish.
#[derive(Default)]
pub(crate) struct Standing {
    /// `None` where it says more than one thing.
    publishing: Option<Ruling>,
    /// Which authorization that was.
    epoch: u32,
}

/// Whether a packet may be handled.
pub(super) enum Leave {
    /// As it is. What authorization says of a PUBLISH, where there is one.
    Given(Option<Ruling>),
    /// It is a PUBLISH that is not routed.
    Refused,
    /// It is a PUBLISH that is not routed, or a SUBSCRIBE of which nothing is granted: the client sends too much.
    OverLimit,
    /// It is a SUBSCRIBE, and true stands for each filter that the client does not get.
    Without(Vec<bool>),
    /// Somebody was asked, or there are no tokens for it yet: it stays in front.
    Awaited,
    /// The connection is closed for it.
    Gone,
}

impl Connection {
    /// Keeps what was found out about the client, as far as that cannot be had again for little.
    pub(super) fn keep_permit(&mut self, permit: Box<Permit>, epoch: u32, is_publisher: bool) {
        self.standing = Standing { publishing: permit.publishing(), epoch };
        let is_asked_again = is_publisher && self.standing.publishing.is_none();
        if is_asked_again || permit.acl().is_some() || !is_plain(permit.client()) {
            self.rare_mut().permit = Some(permit);
        }
    }

    /// The permit of the client, made anew where none was kept.
    pub(super) fn take_permit(&mut self, authorization: &Authorization, session: &Session) -> Box<Permit> {
        let kept = self.rare().is_some_and(|rare| rare.permit.is_some());
        let kept = if kept { self.rare_mut().permit.take() } else { None };
        kept.unwrap_or_else(|| {
            let client = self.client().cloned().unwrap_or_else(|| {
                let mountpoint = session.mountpoint().map(|mountpoint| ArcStr::from(mountpoint.as_str()));
                Arc::new(client_info(self, session.client_id().clone(), mountpoint))
            });
            Box::new(authorization.permit(client, None))
        })
    }
}

impl Worker {
    /// What authorization has to know of a client, `None` while there is none. Rules that came with the client are kept for one
    /// that may come.
    pub(super) fn permit_for(&self, client: &Arc<ClientInfo>, acl: Option<ClientAcl>) -> Option<Box<Permit>> {
        let authorization = match &self.access.authorization {
            Some(authorization) => authorization,
            None if acl.is_none() => return None,
            None => &self.without_rules,
        };
        Some(Box::new(authorization.permit(Arc::clone(client), acl)))
    }

    /// The same for the will of a client, which may outlive its connection.
    pub(super) fn will_permit_for(&self, client: &Arc<ClientInfo>, acl: Option<ClientAcl>) -> Box<Permit> {
        let authorization = self.access.authorization.as_deref().unwrap_or(&self.without_rules);
        Box::new(authorization.permit(Arc::clone(client), acl))
    }

    /// Whether the client may send this packet.
    #[inline]
    pub(super) fn leave_for(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>) -> Leave {
        if self.access.authorization.is_none() {
            return Leave::Given(None);
        }
        match packet {
            Packet::Publish(publish) => self.leave_to_publish(shared, slot, publish),
            Packet::Subscribe(subscribe) => self.leave_to_subscribe(shared, slot, subscribe),
            _ => Leave::Given(None),
        }
    }

    #[inline]
    fn leave_to_publish(&mut self, shared: &Shared, slot: u32, publish: &Publish<'_>) -> Leave {
        let Some(connection) = self.connections.get(slot) else { return Leave::Gone };
        let standing = &connection.standing;
        if standing.epoch == self.access_epoch
            && let Some(ruling) = standing.publishing.filter(|ruling| ruling.is_allow())
        {
            self.tally.count(ruling);
            return Leave::Given(Some(ruling));
        }
        self.look_up_publish(shared, slot, publish)
    }

    fn look_up_publish(&mut self, shared: &Shared, slot: u32, publish: &Publish<'_>) -> Leave {
        let Self { connections, sessions, access, tally, now, access_epoch, .. } = self;
        let (Some(authorization), Some(connection)) = (&access.authorization, connections.get_mut(slot)) else {
            return Leave::Gone;
        };
        let Some(entry) = sessions.get_mut(connection.session) else { return Leave::Gone };
        // One without a topic is refused by its session.
        let Some(topic) = entry.session.topic_of(publish) else { return Leave::Given(None) };
        let name = without_delay(topic);
        let action = Action::Publish { qos: publish.qos, retain: publish.retain };
        let ruling = match connection.ruling_on(action, name, *access_epoch) {
            Some(ruling) => ruling,
            None => {
                let mut permit = connection.take_permit(authorization, &entry.session);
                let decision = authorization.decide_now(&mut permit, action, name, *now, tally);
                connection.keep_permit(permit, *access_epoch, true);
                match decision {
                    Decision::Made(ruling) => ruling,
                    Decision::Open(question) => {
                        self.ask_sources(shared, slot, vec![*question]);
                        return Leave::Awaited;
                    }
                }
            }
        };
        connection.set_asking(Asking::Nothing);
        if ruling.is_allow() {
            return Leave::Given(Some(ruling));
        }
        let topic = name.to_owned();
        self.deny_publish(shared, slot, publish, &topic, ruling)
    }

    #[cold]
    fn deny_publish(
        &mut self,
        shared: &Shared,
        slot: u32,
        publish: &Publish<'_>,
        topic: &str,
        ruling: Ruling,
    ) -> Leave {
        self.counters(shared).add(Metric::PacketsPublishAuthError, 1);
        self.note_denied(slot, Provoked::PublishDenied, topic, ruling);
        let action = Action::Publish { qos: publish.qos, retain: publish.retain };
        self.trace_ruling(slot, action, topic, ruling);
        self.record_ruling(slot, action, topic, ruling);
        if self.closes_when_denied(shared, slot) { Leave::Gone } else { Leave::Refused }
    }

    pub(super) fn closes_when_denied(&mut self, shared: &Shared, slot: u32) -> bool {
        let settings = self.access.authorization.as_ref().map(|authorization| authorization.settings().deny_action);
        let closes = settings == Some(DenyAction::Disconnect);
        if closes {
            self.close_with_fault(shared, slot, NOT_AUTHORIZED);
        }
        closes
    }

    /// A line for the operator who wonders why.
    pub(super) fn note_denied(&mut self, slot: u32, kind: Provoked, topic: &str, ruling: Ruling) {
        let Some(held_back) = self.log_throttle.pass(kind, self.now) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let client_id = self.sessions.client_id(connection.session);
        let username = connection.shown_user_name();
        let by = self.name_of(ruling.by);
        let peer = connection.peer;
        let msg = match kind {
            Provoked::PublishDenied => "cannot_publish_to_topic_due_to_not_authorized",
            _ => "authorization_permission_denied",
        };
        warn!(msg, topic, clientid = client_id, username, peername = %peer, source = by, held_back);
    }

    pub(super) fn name_of(&self, by: DecidedBy) -> &'static str {
        let kind_at = |place: u8| {
            let sources = self.access.authorization.as_ref().map_or(&[][..], |authorization| authorization.sources());
            sources.get(usize::from(place)).map_or("a source", |entry| entry.source.kind())
        };
        match by {
            DecidedBy::Superuser => "superuser",
            DecidedBy::ClientAcl => "client_info",
            DecidedBy::Source(place) => kind_at(place),
            DecidedBy::FailureOf(place) => kind_at(place),
            DecidedBy::Cache => "cache",
            DecidedBy::NoMatch => "no_match",
        }
    }

    /// Asks the sources that cannot answer at once.
    pub(super) fn ask_sources(&mut self, shared: &Shared, slot: u32, questions: Vec<Question>) {
        self.ask_sources_until(shared, slot, questions, Vec::new(), self.now.saturating_add(PATIENCE_MS));
    }

    /// Asks the sources that cannot answer at once, but those that have failed already; after a moment nobody is asked any more.
    pub(super) fn ask_sources_until(
        &mut self,
        shared: &Shared,
        slot: u32,
        questions: Vec<Question>,
        failed: Vec<SourceFailure>,
        give_up_at: Millis,
    ) {
        let Some(authorization) = self.access.authorization.clone() else { return };
        let (tally, clock) = (Arc::clone(&shared.tally), shared.clock);
        let is_over = move || clock.now() >= give_up_at;
        self.ask(shared, slot, |reply| answer_all(authorization, tally, questions, failed, is_over, reply));
    }

    /// Answers are kept for a while, and hold in any case for the packet that was asked about.
    pub(super) fn take_rulings(&mut self, slot: u32, answers: Vec<Answered>) {
        let Self { connections, access, access_epoch, now, .. } = self;
        let (Some(authorization), Some(connection)) = (&access.authorization, connections.get_mut(slot)) else {
            return;
        };
        if connection.rare().is_some_and(|rare| rare.permit.is_some())
            && let Some(permit) = connection.rare_mut().permit.as_mut()
        {
            for answered in &answers {
                authorization.settle(permit, answered, *now);
            }
        }
        connection.set_asking(Asking::Answered { answers: answers.into(), epoch: *access_epoch });
    }

    /// Another authorization holds from now on, for clients that are connected too.
    pub(super) fn take_access(&mut self, shared: &Shared) {
        self.access.clone_from(&shared.access.read());
        self.access_epoch = self.access_epoch.wrapping_add(1);
    }

    /// Whatever a connected client does is decided anew.
    pub(super) fn forget_verdicts(&mut self, shared: &Shared, client_id: &ClientId) {
        let session = self.find_session(shared, client_id);
        let slot = session.and_then(|session| self.sessions.get_mut(session)).map(|entry| entry.connection);
        let connection = slot.and_then(|slot| self.connections.get_mut(slot));
        if let Some(connection) = connection.filter(|connection| connection.rare().is_some())
            && let Some(permit) = connection.rare_mut().permit.as_mut()
        {
            permit.clear_cache();
        }
    }

    /// What was decided about the client of a session and holds still.
    pub(super) fn kept_verdicts(&mut self, session: u32) -> Vec<KeptVerdict> {
        let slot = self.sessions.get_mut(session).map(|entry| entry.connection);
        let ttl_ms = self.access.authorization.as_ref().and_then(|authorization| authorization.settings().cache);
        let ttl_ms = ttl_ms.map_or(0, |cache| cache.ttl_ms);
        let connection = slot.and_then(|slot| self.connections.get(slot));
        let permit = connection.and_then(|connection| connection.rare()?.permit.as_ref());
        let cached = permit.into_iter().flat_map(|permit| permit.cached());
        let holds = cached.filter(|verdict| self.now < verdict.expires_at);
        let kept = holds.map(|verdict| KeptVerdict {
            action: verdict.action,
            topic: verdict.topic.to_string(),
            permission: verdict.permission,
            decided_at: verdict.expires_at.saturating_sub(ttl_ms),
        });
        kept.collect()
    }

    /// What was counted since the last time.
    pub(super) fn report_tally(&mut self, shared: &Shared) {
        if self.tally != Tally::default() {
            // What was known is decided within the turn. Others who are asked count what they have decided themselves.
            self.watch.latencies.observe_many(Latency::Authorization, 0, self.tally.allow + self.tally.deny);
            shared.tally.lock().add(&std::mem::take(&mut self.tally));
        }
    }
}

/// One question after the other, because a client that asks for much must not take all there is.
async fn answer_all(
    authorization: Arc<Authorization>,
    tally: Arc<parking_lot::Mutex<Tally>>,
    questions: Vec<Question>,
    mut failed: Vec<SourceFailure>,
    is_over: impl Fn() -> bool + Send,
    reply: Reply,
) {
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        if !reply.is_awaited() {
            return;
        }
        let answered =
            if is_over() { authorization.unanswered(question) } else { authorization.answer(question, &failed).await };
        tally.lock().add(&answered.tally);
        for (place, failure) in &answered.failures {
            if failed.iter().all(|(other, _)| other != place) {
                let kind = authorization.sources().get(usize::from(*place)).map_or("", |entry| entry.source.kind());
                info!(msg = "authorization_source_failed", source = kind, cause = %failure);
                failed.push((*place, failure.clone()));
            }
        }
        answers.push(answered);
    }
    reply.send(Answer::Rulings(answers));
}

/// A client of which no more is known than its connection and its session say.
pub(super) fn client_info(connection: &Connection, client_id: ArcStr, mountpoint: Option<ArcStr>) -> ClientInfo {
    let zone = connection.listener.zone();
    ClientInfo {
        client_id,
        peer: connection.peer,
        listener: connection.listener.settings.id.clone(),
        listener_port: connection.listener.address.port(),
        zone: zone.name.clone(),
        protocol_level: connection.version as u8,
        mountpoint,
        ..ClientInfo::default()
    }
}

/// Whether [`client_info`] says all that is known of a client.
pub(super) fn is_plain(client: &ClientInfo) -> bool {
    !client.is_superuser && client.username.is_none() && client.certificate.is_none() && client.attributes.is_empty()
}

/// The topic that a delayed message is for in the end.
pub(super) fn without_delay(topic: &str) -> &str {
    let behind = topic.strip_prefix("$delayed/").and_then(|rest| rest.split_once('/'));
    behind.map_or(topic, |(_, topic)| topic)
}
