//! A connection is attached to a session: a new one or one that is resumed.

use crate::{
    Mountpoint, Outbox, Output, Session, SessionSettings, Turn, handshake::announced_qos, naming::Naming,
    session::Link, session::Pace, will::Will,
};
use dunlin_codec::{ConnAck, Connect, Packet};
use dunlin_model::{ClientId, DisconnectReason, Millis, ProtocolVersion};
use std::borrow::Cow;

/// What the broker decided while it let the client in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opening<'a> {
    /// The client id was made up by the broker and has to be announced [MQTT-3.1.3-7] [MQTT-3.2.2-16].
    pub assigned_client_id: bool,
    /// Method of an enhanced authentication that has succeeded.
    pub authentication_method: Option<&'a str>,
    /// Its last data for the client.
    pub authentication_data: Option<&'a [u8]>,
    /// What stands in front of the client's topics. A will must fit behind it: see [`crate::check_mounted_will`].
    pub mountpoint: Option<&'a Mountpoint>,
    /// Delayed messages are on: a mountpoint goes behind `$delayed/{seconds}/`. Else that is a topic like any other, and the
    /// mountpoint goes in front of it.
    pub has_delayed: bool,
    /// Messages go out one by one, each after [`Session::permit`].
    pub is_paced: bool,
}

impl Opening<'_> {
    /// The topic of a will as the router knows it; `None` when it does not fit behind the mountpoint.
    pub(crate) fn mount_will<'a>(&self, topic: &'a str) -> Option<Cow<'a, str>> {
        match self.mountpoint {
            None => Some(Cow::Borrowed(topic)),
            Some(mountpoint) => mountpoint.mount_name(topic, self.has_delayed).map(Cow::Owned),
        }
    }
}

impl Session {
    /// A session for a client that has none; attach a connection with [`Session::attach`].
    #[must_use]
    pub fn new(client_id: ClientId) -> Self {
        Self {
            client_id,
            subscriptions: Default::default(),
            outgoing: None,
            awaiting_release: None,
            will: None,
            expires_at: Millis::MAX,
            created_at: 0,
            since: 0,
            expiry_secs: 0,
            last_packet_id: 0,
            is_durable: false,
            was_cut_off: false,
            link: Link::detached(),
            naming: None,
        }
    }

    /// Attaches a connection, sends CONNACK, once and before anything else [MQTT-3.2.0-1] [MQTT-3.2.0-2], and then what is still open or waiting, in its order [MQTT-4.4.0-1].
    ///
    /// `resumed` says whether this session existed before this CONNECT: it becomes Session Present [MQTT-3.2.2-2]
    /// [MQTT-3.2.2-3]. Subscriptions of a resumed session stay as they are, whatever the mountpoint of this connection is, and its
    /// deliveries lose the mountpoint of this one. A will that does not fit behind the mountpoint is not kept.
    pub fn attach(
        &mut self,
        turn: Turn<'_>,
        connect: &Connect<'_>,
        resumed: bool,
        opening: Opening<'_>,
        out: &mut Outbox<'_>,
    ) {
        let settings = turn.settings;
        self.link = Link {
            version: connect.version,
            attached: true,
            closing: false,
            congested: false,
            pace: Pace::of(opening.is_paced),
            problem_information: connect.wants_problem_information(),
            receive_maximum: connect.receive_maximum.unwrap_or(u16::MAX).max(1),
            maximum_packet_size: connect.maximum_packet_size.unwrap_or(u32::MAX),
            topic_alias_maximum: connect.topic_alias_maximum.unwrap_or(0),
            unanswered: 0,
        };
        self.naming = Naming::of(&opening, self.link.topic_alias_maximum);
        self.expires_at = Millis::MAX;
        self.since = turn.now;
        if !resumed {
            self.created_at = turn.now;
        }
        self.was_cut_off = false;
        self.expiry_secs = granted_expiry(connect, settings);
        // A pending will of the previous connection is void: the session was resumed in time [MQTT-3.1.3-9].
        // One below `$SYS/` is left out: only the broker writes there, but every bridge of Mosquitto's has such a will.
        self.will = connect.will.as_ref().filter(|will| !will.topic.starts_with("$SYS/")).and_then(|will| {
            let topic = opening.mount_will(will.topic)?;
            Some(Box::new(Will::new(&self.client_id, will, &topic, settings.message_expiry_secs)))
        });
        self.send_connack(connect, settings, resumed, opening, out);
        if let Some(awaiting) = self.awaiting_release.as_mut() {
            awaiting.forget_recent();
        }
        if let Some(outgoing) = self.outgoing.as_mut() {
            outgoing.inflight.forget_sent();
            self.pump(turn, out);
        }
    }

    fn send_connack(
        &mut self,
        connect: &Connect<'_>,
        settings: &SessionSettings,
        resumed: bool,
        opening: Opening<'_>,
        out: &mut Outbox<'_>,
    ) {
        let mut connack = ConnAck { session_present: resumed, ..ConnAck::default() };
        if connect.version.is_v5() {
            // What the client asked for and got goes without saying; every limit of the broker is announced.
            let asked = connect.session_expiry_interval.unwrap_or(0);
            connack.session_expiry_interval = (asked != self.expiry_secs).then_some(self.expiry_secs);
            connack.receive_maximum = Some(settings.receive_maximum());
            connack.maximum_qos = announced_qos(settings);
            connack.retain_available = Some(settings.retain_available);
            connack.maximum_packet_size = Some(settings.max_packet_size);
            connack.topic_alias_maximum = Some(settings.max_topic_alias);
            connack.wildcard_subscription_available = Some(settings.wildcard_subscription);
            connack.subscription_identifiers_available = Some(true);
            connack.shared_subscription_available = Some(settings.shared_subscription);
            connack.server_keep_alive = settings.server_keep_alive;
            connack.assigned_client_identifier = opening.assigned_client_id.then_some(self.client_id.as_str());
            connack.authentication_method = opening.authentication_method;
            connack.authentication_data = opening.authentication_data;
            if connect.request_response_information && !settings.response_information.is_empty() {
                // [MQTT-3.1.2-28] only when asked for.
                connack.response_information = Some(&settings.response_information);
            }
        }
        if !self.takes(&connack) {
            // What is left out then has the same meaning as what it would have said.
            connack.retain_available = connack.retain_available.filter(|available| !available);
            connack.wildcard_subscription_available =
                connack.wildcard_subscription_available.filter(|available| !available);
            connack.shared_subscription_available =
                connack.shared_subscription_available.filter(|available| !available);
            connack.subscription_identifiers_available = None;
        }
        if self.takes(&connack) {
            self.send(&Packet::ConnAck(Box::new(connack)), out);
        } else {
            // [MQTT-3.1.2-24] nothing can be said to this client, not even that it is connected.
            self.link.closing = true;
            out.push(Output::Close(DisconnectReason::PacketTooLarge));
        }
    }

    fn takes(&self, connack: &ConnAck<'_>) -> bool {
        let packet = Packet::ConnAck(Box::new(connack.clone()));
        dunlin_codec::encoded_len(self.link.version, &packet) <= self.link.maximum_packet_size as usize
    }
}

impl Link {
    /// Whether packets may still go to the client.
    pub(crate) const fn is_open(&self) -> bool {
        self.attached && !self.closing
    }

    /// Whether a PUBLISH may go to the client, as far as its window does not matter.
    pub(crate) const fn may_publish(&self) -> bool {
        self.is_open() && !self.congested && !matches!(self.pace, Pace::Awaiting)
    }

    pub(crate) const fn detached() -> Self {
        Self {
            version: ProtocolVersion::V4,
            attached: false,
            closing: false,
            congested: false,
            pace: Pace::Free,
            problem_information: true,
            receive_maximum: u16::MAX,
            maximum_packet_size: u32::MAX,
            topic_alias_maximum: 0,
            unanswered: 0,
        }
    }
}

/// Seconds the session outlives its connection. A 5.0 client decides itself, within the cap; older ones get the setting with
/// clean session 0 and nothing with 1.
fn granted_expiry(connect: &Connect<'_>, settings: &SessionSettings) -> u32 {
    match (connect.version, connect.clean_start) {
        (ProtocolVersion::V5, _) => {
            let asked = connect.session_expiry_interval.unwrap_or(0);
            settings.max_session_expiry_secs.map_or(asked, |cap| asked.min(cap))
        }
        (_, true) => 0,
        (_, false) => settings.session_expiry_secs,
    }
}
