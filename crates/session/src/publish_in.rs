//! PUBLISH and PUBREL from the client.

use crate::{Fault, MissedAck, Outbox, Output, Session, Turn, naming::Naming};
use dunlin_codec::{AckKind, Publish, encode_ack};
use dunlin_model::{ArcStr, DisconnectReason, Message, MessageParts, Qos, ReasonCode};

/// What became of a publish, for its acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// Routed to at least one subscriber.
    Routed,
    /// Nobody subscribes [MQTT-3.4.2-1].
    NoMatchingSubscribers,
    /// Not accepted, for this reason.
    Refused(ReasonCode),
}

impl PublishOutcome {
    const fn code(self) -> ReasonCode {
        match self {
            Self::Routed => ReasonCode::Success,
            Self::NoMatchingSubscribers => ReasonCode::NoMatchingSubscribers,
            Self::Refused(code) => code,
        }
    }
}

/// The expiry a message gets: what the publisher asked for, within `mqtt.message_expiry_interval`, which is also the default.
pub(crate) fn capped_expiry(asked: Option<u32>, cap: Option<u32>) -> Option<u32> {
    match (asked, cap) {
        (Some(asked), Some(cap)) => Some(asked.min(cap)),
        (asked, cap) => asked.or(cap),
    }
}

impl Session {
    /// The topic a PUBLISH means, before it is handled; `None` where [`Self::handle_publish`] ends the connection for it.
    #[must_use]
    pub fn topic_of<'a>(&'a self, publish: &Publish<'a>) -> Option<&'a str> {
        match publish.topic_alias {
            Some(alias) if publish.topic.is_empty() => self.naming.as_ref()?.inbound.get(alias),
            _ => Some(publish.topic),
        }
    }

    /// A PUBLISH came.
    ///
    /// # Errors
    /// A [`Fault`] that ends the connection.
    pub fn handle_publish(&mut self, turn: Turn<'_>, publish: &Publish<'_>, out: &mut Outbox<'_>) -> Result<(), Fault> {
        self.take_publish(turn, publish, None, out)
    }

    /// A PUBLISH came that the client may not send: acknowledged with the reason, as far as its version has one, and not routed.
    ///
    /// # Errors
    /// A [`Fault`] that ends the connection, as for any other.
    pub fn handle_refused_publish(
        &mut self,
        turn: Turn<'_>,
        publish: &Publish<'_>,
        code: ReasonCode,
        out: &mut Outbox<'_>,
    ) -> Result<(), Fault> {
        self.take_publish(turn, publish, Some(code), out)
    }

    #[inline]
    fn take_publish(
        &mut self,
        turn: Turn<'_>,
        publish: &Publish<'_>,
        refused: Option<ReasonCode>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Fault> {
        out.traffic.count_publish_received(publish.qos);
        let aliased = self.resolve_topic(turn, publish)?;
        let topic = aliased.as_deref().unwrap_or(publish.topic);
        check_publish(turn, publish, topic)?;
        let mounted = self.mount_name(topic)?;
        if publish.qos == Qos::ExactlyOnce {
            if self.is_repeated(publish, out) {
                self.ack(AckKind::PubRec, publish.packet_id, ReasonCode::Success, out);
                return Ok(());
            }
            self.open_exactly_once(turn, publish.packet_id, out)?;
        } else if publish.qos == Qos::AtLeastOnce {
            self.open_at_least_once(turn)?;
        }
        if let Some(code) = refused {
            self.published(publish.qos, publish.packet_id, PublishOutcome::Refused(code), out);
            return Ok(());
        }
        // [MQTT-3.3.1-3] the publisher's DUP is not passed on: a Message has none. Its properties are, unaltered and in order
        // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20].
        let forwarded = &publish.properties;
        let properties = forwarded.as_bytes();
        let message = Message::new(&MessageParts {
            topic: mounted.as_deref().unwrap_or(topic),
            properties: &properties,
            payload: publish.payload,
            qos: publish.qos,
            retain: publish.retain,
            expiry_secs: capped_expiry(publish.message_expiry_interval, turn.settings.message_expiry_secs),
            publisher: &self.client_id,
            received_at: turn.now,
        });
        if topic.starts_with("$SYS/") {
            // Only the broker writes there. Behind a mountpoint too: to all who share it, the topic would look like the broker's.
            let refused = PublishOutcome::Refused(ReasonCode::NotAuthorized);
            self.published(publish.qos, publish.packet_id, refused, out);
            return Ok(());
        }
        out.push(Output::Route { message, packet_id: publish.packet_id });
        Ok(())
    }

    /// The answer to [`Output::Route`] at QoS 1 and 2: PUBACK [MQTT-4.3.2-4], after which the identifier means a new message
    /// [MQTT-4.3.2-5], or PUBREC [MQTT-4.3.3-8]. At QoS 0 it does nothing.
    pub fn published(&mut self, qos: Qos, packet_id: u16, outcome: PublishOutcome, out: &mut Outbox<'_>) {
        match qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => {
                self.link.unanswered = self.link.unanswered.saturating_sub(1);
                self.ack(AckKind::PubAck, packet_id, outcome.code(), out);
            }
            Qos::ExactlyOnce => {
                if outcome.code().is_error() && self.link.version.is_v5() {
                    // A PUBREC with an error ends the exchange [MQTT-4.3.3-9].
                    self.forget_exactly_once(packet_id, out);
                }
                self.ack(AckKind::PubRec, packet_id, outcome.code(), out);
            }
        }
    }

    /// The other answer to [`Output::Route`]: none at all. For a message that was not accepted from a client that cannot be told
    /// so, because its version has no reason codes: it may send the message again on a new connection, as if for the first time.
    pub fn not_published(&mut self, qos: Qos, packet_id: u16, out: &mut Outbox<'_>) {
        match qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => self.link.unanswered = self.link.unanswered.saturating_sub(1),
            Qos::ExactlyOnce => {
                self.forget_exactly_once(packet_id, out);
            }
        }
    }

    /// A PUBREL came: the client will not repeat this PUBLISH any more.
    pub fn handle_pubrel(&mut self, packet_id: u16, out: &mut Outbox<'_>) {
        let code = if self.forget_exactly_once(packet_id, out) {
            ReasonCode::Success
        } else {
            // [MQTT-3.7.2-1] [MQTT-4.3.3-11] answered all the same, or the client would ask for ever.
            out.push(Output::Missed(MissedAck::PubRel));
            ReasonCode::PacketIdentifierNotFound
        };
        self.ack(AckKind::PubComp, packet_id, code, out);
    }

    pub(crate) fn ack(&self, kind: AckKind, packet_id: u16, code: ReasonCode, out: &mut Outbox<'_>) {
        if self.link.is_open() {
            encode_ack(self.link.version, kind, packet_id, code, out.wire);
            out.sent.count_ack(kind);
            out.traffic.count_packet_sent();
        }
    }

    fn resolve_topic(&mut self, turn: Turn<'_>, publish: &Publish<'_>) -> Result<Option<ArcStr>, Fault> {
        let Some(alias) = publish.topic_alias else {
            // [MQTT-3.3.2-1] an empty topic needs an alias.
            return if publish.topic.is_empty() { Err(Fault::PROTOCOL_ERROR) } else { Ok(None) };
        };
        let client_maximum = self.link.topic_alias_maximum;
        let aliases = &mut self.naming.get_or_insert_with(|| Box::new(Naming::new(client_maximum))).inbound;
        let topic = aliases.resolve(alias, publish.topic, turn.settings.max_topic_alias)?;
        if turn.settings.max_memory_bytes.is_some_and(|max| aliases.memory_bytes() > max) {
            return Err(Fault::new(ReasonCode::QuotaExceeded, DisconnectReason::MemoryExceeded));
        }
        Ok(Some(topic))
    }

    /// The topic as the router knows it, where the connection has a mountpoint.
    #[inline]
    fn mount_name(&self, name: &str) -> Result<Option<String>, Fault> {
        let Some(naming) = &self.naming else { return Ok(None) };
        let Some(mountpoint) = &naming.mountpoint else { return Ok(None) };
        mountpoint.mount_name(name, naming.has_delayed).ok_or(TOPIC_NAME_INVALID).map(Some)
    }

    fn is_repeated(&mut self, publish: &Publish<'_>, out: &mut Outbox<'_>) -> bool {
        self.awaiting_release.as_mut().is_some_and(|awaiting| awaiting.is_repeated(publish.packet_id, publish.dup, out))
    }

    fn open_exactly_once(&mut self, turn: Turn<'_>, packet_id: u16, out: &mut Outbox<'_>) -> Result<(), Fault> {
        let settings = turn.settings;
        let unanswered = usize::from(self.link.unanswered);
        let awaiting = self.awaiting_release.get_or_insert_default();
        let in_window = awaiting.recent_len() + unanswered;
        let over_window = self.link.version.is_v5() && in_window >= usize::from(settings.receive_maximum());
        let over_limit = settings.max_awaiting_release > 0 && awaiting.len() >= settings.max_awaiting_release;
        if over_window || over_limit {
            return Err(RECEIVE_MAXIMUM_EXCEEDED);
        }
        awaiting.insert(packet_id, turn.now, settings.max_awaiting_release.max(64), out);
        Ok(())
    }

    fn open_at_least_once(&mut self, turn: Turn<'_>) -> Result<(), Fault> {
        // [MQTT-3.3.4-7] more than the Receive Maximum of CONNACK. 3.1.1 clients were never told of a limit.
        let window = turn.settings.receive_maximum();
        let open_exactly_once = self.awaiting_release.as_ref().map_or(0, |awaiting| awaiting.recent_len());
        if self.link.version.is_v5() && usize::from(self.link.unanswered) + open_exactly_once >= usize::from(window) {
            return Err(RECEIVE_MAXIMUM_EXCEEDED);
        }
        self.link.unanswered = self.link.unanswered.saturating_add(1);
        Ok(())
    }

    fn forget_exactly_once(&mut self, packet_id: u16, out: &mut Outbox<'_>) -> bool {
        self.awaiting_release.as_mut().is_some_and(|awaiting| awaiting.remove(packet_id, out))
    }
}

const RECEIVE_MAXIMUM_EXCEEDED: Fault =
    Fault::new(ReasonCode::ReceiveMaximumExceeded, DisconnectReason::ReceiveMaximumExceeded);

const TOPIC_NAME_INVALID: Fault = Fault::new(ReasonCode::TopicNameInvalid, DisconnectReason::TopicNameInvalid);

/// Checks a PUBLISH as the client wrote it, its alias resolved.
fn check_publish(turn: Turn<'_>, publish: &Publish<'_>, topic: &str) -> Result<(), Fault> {
    let settings = turn.settings;
    if !publish.subscription_ids.is_empty() {
        // [MQTT-3.3.4-6] only a server may send them.
        return Err(Fault::PROTOCOL_ERROR);
    }
    // [MQTT-3.3.2-2] no wildcards; the level limit needs a count only when the topic is long enough to break it.
    let too_deep = settings.max_topic_levels > 0
        && topic.len() >= settings.max_topic_levels
        && dunlin_topic::level_count(topic) > settings.max_topic_levels;
    if too_deep || dunlin_topic::validate_name(topic).is_err() {
        return Err(TOPIC_NAME_INVALID);
    }
    if publish.qos > settings.max_qos {
        // [MQTT-3.2.2-11]
        return Err(Fault::new(ReasonCode::QosNotSupported, DisconnectReason::QosNotSupported));
    }
    if publish.retain && !settings.retain_available {
        // [MQTT-3.2.2-14]
        return Err(Fault::new(ReasonCode::RetainNotSupported, DisconnectReason::RetainNotSupported));
    }
    Ok(())
}
