//! One client of a worker as others see it: its session, and its connection if it has one.

use super::{
    Worker,
    connection::{Connection, NONE},
    sessions::SessionView,
};
use crate::{
    ClientFacts, ClientFilter, ListenerAuthentication, SubscriptionFacts, ZoneSettings,
    clients::question::SubscriptionPart,
};
use dunlin_inbox::SessionNumber;
use dunlin_model::{ArcStr, ClientId, Millis, ProtocolVersion};
use dunlin_session::{SessionInfo, Subscription};

/// One client.
#[derive(Clone, Copy)]
pub(super) struct ClientView<'a> {
    session: SessionView<'a>,
    connection: Option<&'a Connection>,
}

impl Worker {
    /// The client whose session lies in a slot.
    pub(super) fn view(&self, slot: u32) -> Option<ClientView<'_>> {
        let session = self.sessions.view(slot)?;
        let connection = match session {
            SessionView::InUse(entry) if entry.connection != NONE => self.connections.get(entry.connection),
            _ => None,
        };
        Some(ClientView { session, connection })
    }
}

impl<'a> ClientView<'a> {
    /// Its user name, while it is connected.
    pub(super) fn username(&self) -> Option<&'a str> {
        self.connection.and_then(Connection::user_name)
    }
}

impl ClientView<'_> {
    fn client_id(&self) -> &str {
        match &self.session {
            SessionView::InUse(entry) => entry.session.client_id(),
            SessionView::Packed { session, .. } => session.client_id(),
        }
    }

    fn shared_client_id(&self) -> ClientId {
        match &self.session {
            SessionView::InUse(entry) => entry.session.client_id().clone(),
            SessionView::Packed { session, .. } => session.client_id().into(),
        }
    }

    fn zone(&self) -> &ZoneSettings {
        match &self.session {
            SessionView::InUse(entry) => &entry.zone,
            SessionView::Packed { zone, .. } => zone,
        }
    }

    fn version(&self) -> ProtocolVersion {
        match &self.session {
            SessionView::InUse(entry) => entry.session.version(),
            SessionView::Packed { session, .. } => session.version(),
        }
    }

    /// Takes a look at each subscription of a packed session.
    fn info(&self) -> SessionInfo {
        match &self.session {
            SessionView::InUse(entry) => entry.session.info(),
            SessionView::Packed { session, .. } => session.info(),
        }
    }

    fn created_at(&self) -> Option<Millis> {
        match &self.session {
            SessionView::InUse(entry) => entry.session.created_at(),
            SessionView::Packed { session, .. } => session.created_at(),
        }
    }

    fn number(&self) -> Option<SessionNumber> {
        match &self.session {
            SessionView::InUse(entry) => entry.durable_number(),
            SessionView::Packed { number, .. } => Some(*number),
        }
    }

    /// Whether its session is on disk.
    pub(super) fn is_durable(&self) -> bool {
        self.number().is_some()
    }

    fn clean_start(&self) -> bool {
        matches!(&self.session, SessionView::InUse(entry) if entry.clean_start)
    }

    /// Whether a filter wants it. What costs least is asked first.
    pub(super) fn is_wanted_by(&self, filter: &ClientFilter) -> bool {
        let ClientFilter { client_ids, user_names, client_id_contains, user_name_contains, .. } = filter;
        let is_one_of = |names: &[String], name: Option<&str>| {
            names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
        };
        let has = |part: &Option<String>, name: Option<&str>| {
            part.as_deref().is_none_or(|part| name.unwrap_or_default().contains(part))
        };
        filter.is_connected.is_none_or(|connected| connected == self.connection.is_some())
            && filter.clean_start.is_none_or(|clean| clean == self.clean_start())
            && filter.version.is_none_or(|version| version == self.version())
            && filter.address.is_none_or(|address| self.connection.is_some_and(|there| there.peer.ip() == address))
            && filter.connected_at.contains(self.connection.map(|connection| connection.stage_since))
            && is_one_of(client_ids, Some(self.client_id()))
            && has(client_id_contains, Some(self.client_id()))
            && is_one_of(user_names, self.username())
            && has(user_name_contains, self.username())
            && (filter.created_at == Default::default() || filter.created_at.contains(self.created_at()))
    }

    /// All that is known of it in memory.
    pub(super) fn facts(&self) -> ClientFacts {
        let (info, zone) = (self.info(), self.zone());
        let settings = &zone.session;
        let client = self.connection.and_then(Connection::client);
        let entry = match self.session {
            SessionView::InUse(entry) => Some(entry),
            SessionView::Packed { .. } => None,
        };
        let mountpoint = entry.filter(|_| info.connected).and_then(|entry| entry.session.mountpoint());
        let buffers = self.connection.map_or(0, |there| there.out.capacity() + there.leftover.capacity());
        ClientFacts {
            client_id: self.shared_client_id(),
            username: client.and_then(|client| client.shown_username()).map(ArcStr::from),
            peer: self.connection.map(|connection| connection.peer),
            listener: self.connection.map(|connection| connection.listener.settings.id.clone()),
            zone: zone.name.clone(),
            is_authenticated: self.connection.is_some_and(|connection| {
                !matches!(connection.listener.settings.authentication, ListenerAuthentication::Off)
            }),
            is_superuser: client.is_some_and(|client| client.is_superuser),
            mountpoint: mountpoint.map(|mountpoint| ArcStr::from(mountpoint.as_str())),
            attributes: client.map(|client| client.attributes.clone()).unwrap_or_default(),
            version: self.version(),
            keep_alive_secs: entry.filter(|_| self.connection.is_some()).map(|entry| entry.keep_alive_secs),
            clean_start: self.clean_start(),
            expiry_secs: info.expiry_secs,
            is_connected: self.connection.is_some(),
            is_durable: self.number().is_some(),
            created_at: info.created_at,
            connected_at: self.connection.map(|connection| connection.stage_since),
            disconnected_at: info.left_at,
            subscriptions: info.subscriptions,
            max_subscriptions: settings.max_subscriptions,
            inflight: info.inflight,
            max_inflight: settings.max_inflight,
            queued: info.queued,
            max_queued: settings.max_queue_len,
            awaiting_release: info.awaiting_release,
            max_awaiting_release: settings.max_awaiting_release,
            memory_bytes: entry.map_or(0, |entry| entry.session.memory_bytes()) + buffers,
            number: self.number(),
            queued_in_memory: info.queued - info.queued_durable,
            queue_dropped: info.queue_dropped,
            traffic: self.connection.map(Connection::traffic_total).unwrap_or_default(),
            drops: self.connection.map(Connection::drops).unwrap_or_default(),
        }
    }

    /// Hands out its subscriptions from a place on, each with the place behind it, until `visit` says that it is enough.
    pub(super) fn visit_subscriptions(&self, place: usize, mut visit: impl FnMut(usize, &Subscription) -> bool) {
        match &self.session {
            SessionView::InUse(entry) => {
                let _ = entry.session.subscriptions_from(place).all(|(next, subscription)| visit(next, subscription));
            }
            SessionView::Packed { session, .. } => {
                let numbered = (place + 1..).zip(session.subscriptions_from(place));
                let _ = { numbered }.all(|(next, subscription)| visit(next, &subscription));
            }
        }
    }

    /// What is known of one of its subscriptions.
    pub(super) fn facts_of(&self, subscription: &Subscription) -> SubscriptionFacts {
        SubscriptionFacts {
            client_id: self.shared_client_id(),
            filter: subscription.filter.clone(),
            options: subscription.options,
            subscription_id: subscription.subscription_id,
            is_durable: self.number().is_some(),
        }
    }

    /// Its subscriptions from a place on, at most so many.
    pub(super) fn subscriptions(&self, place: usize, limit: usize) -> SubscriptionPart {
        let mut part = SubscriptionPart { found: Vec::new(), next: None };
        self.visit_subscriptions(place, |next, subscription| {
            part.found.push(self.facts_of(subscription));
            part.next = (part.found.len() >= limit).then_some(next);
            part.next.is_none()
        });
        part
    }
}
