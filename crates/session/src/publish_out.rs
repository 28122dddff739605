//! PUBLISH to the client.

use crate::{
    Delivery, DropReason, Durable, Fault, Outbox, Output, Session, Turn,
    alias::OutboundAlias,
    inflight::{Inflight, Phase},
    naming::Naming,
    session::{Link, Outgoing, Pace},
    timing::written_at,
};
use dunlin_codec::{AckKind, OutgoingPublish, encode_publish};
use dunlin_model::{DisconnectReason, Message, Qos, ReasonCode};

impl Session {
    /// A message matched a subscription of this client.
    #[inline]
    pub fn deliver(&mut self, turn: Turn<'_>, mut delivery: Delivery, out: &mut Outbox<'_>) {
        let published = delivery.message.qos();
        delivery.qos = if turn.settings.upgrade_qos {
            delivery.qos.max(published)
        } else {
            // [MQTT-3.8.4-8] the lower of published and granted.
            delivery.qos.min(published)
        };
        if let Some(durable) = delivery.durable {
            self.deliver_durable(turn, durable.position(), delivery, out);
        } else if self.can_send(turn, delivery.qos) {
            self.send_publish(turn, delivery, out);
        } else {
            self.enqueue(turn, delivery, out);
        }
    }

    fn deliver_durable(&mut self, turn: Turn<'_>, position: u64, mut delivery: Delivery, out: &mut Outbox<'_>) {
        if !self.link.attached {
            // It stays where it lies and is fed again when the client comes.
            return;
        }
        // QoS 0 is not stored: a change of `mqtt.upgrade_qos` since then does not make it so.
        delivery.qos = delivery.qos.max(Qos::AtLeastOnce);
        let is_free = self.outgoing.as_ref().is_none_or(|outgoing| outgoing.inflight.is_free(position));
        if is_free && self.can_send(turn, delivery.qos) {
            self.send_publish(turn, delivery, out);
        } else {
            self.enqueue(turn, delivery, out);
        }
    }

    /// The socket takes bytes again, or stopped taking them.
    pub fn set_congested(&mut self, turn: Turn<'_>, congested: bool, out: &mut Outbox<'_>) {
        self.link.congested = congested;
        if !congested {
            self.pump(turn, out);
        }
    }

    /// Messages go out one by one from now on, each after [`Session::permit`]; or they need no permit any more.
    pub const fn set_paced(&mut self, is_paced: bool) {
        self.link.pace = Pace::of(is_paced);
    }

    /// One more message may go out. Permits do not add up.
    pub const fn permit(&mut self) {
        if matches!(self.link.pace, Pace::Awaiting) {
            self.link.pace = Pace::Permitted;
        }
    }

    /// Takes back a permit that was not used; false where it was.
    pub const fn take_permit(&mut self) -> bool {
        let is_unused = matches!(self.link.pace, Pace::Permitted);
        self.link.pace = self.link.pace.without_permit();
        is_unused
    }

    /// Sends what waits, as far as it may.
    pub fn send_waiting(&mut self, turn: Turn<'_>, out: &mut Outbox<'_>) {
        self.pump(turn, out);
    }

    /// Sends what waits, as far as window and socket allow: first what is to be sent again, then the queue, each in its order
    /// [MQTT-4.6.0-5] [MQTT-4.6.0-6].
    pub(crate) fn pump(&mut self, turn: Turn<'_>, out: &mut Outbox<'_>) {
        // Growth is what counts: the front of the buffer may be written already.
        let full_at = (out.wire.len() + PUMP_BYTES_MAX).min(OUT_BYTES_MAX);
        while self.link.may_publish() && out.wire.len() < full_at {
            let window = self.window(turn);
            let Some(outgoing) = self.outgoing.as_mut() else { return };
            let Outgoing { inflight, queue, .. } = outgoing.as_mut();
            let open = inflight.sent_len() < window;
            if inflight.has_unsent() {
                if !open {
                    // QoS 0 needs no window and was queued before: nothing acknowledged may pass the resend.
                    let Some(next) = queue.pop(|_| false) else { return };
                    self.send_publish(turn, next, out);
                    continue;
                }
                if let Some(index) = inflight.take_unsent() {
                    self.send_again(turn, index, out);
                }
                continue;
            }
            let Some(next) = queue.pop(|next| open && has_free_id(inflight, next)) else { return };
            self.send_publish(turn, next, out);
        }
    }

    /// Whether something could be pumped if the socket had room.
    #[must_use]
    pub fn has_backlog(&self) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| !outgoing.queue.is_empty() || outgoing.inflight.has_unsent())
    }

    fn window(&self, turn: Turn<'_>) -> usize {
        // [MQTT-3.3.4-9] [MQTT-4.9.0-2] the client's Receive Maximum, within `mqtt.max_inflight`.
        usize::from(self.link.receive_maximum.min(turn.settings.max_inflight)).max(1)
    }

    fn can_send(&self, turn: Turn<'_>, qos: Qos) -> bool {
        if !self.link.may_publish() {
            return false;
        }
        let Some(outgoing) = &self.outgoing else { return true };
        if qos == Qos::AtMostOnce {
            // A closed window does not hold up QoS 0 [MQTT-3.3.4-10] [MQTT-4.9.0-3]; only QoS 0 already waiting does.
            return outgoing.queue.is_empty() || !outgoing.queue.has_qos0();
        }
        let inflight = &outgoing.inflight;
        outgoing.queue.is_empty() && inflight.sent_len() < self.window(turn) && !inflight.has_unsent()
    }

    fn enqueue(&mut self, turn: Turn<'_>, delivery: Delivery, out: &mut Outbox<'_>) {
        let settings = turn.settings;
        let outgoing = self.outgoing_mut();
        for (gone, reason) in outgoing.queue.push(delivery, settings) {
            out.push(Output::Dropped { message: gone.message, reason });
        }
        let queued = outgoing.queue.limited_len();
        if !self.link.is_open() {
            return;
        }
        let unlimited = settings.max_queue_len == 0;
        if unlimited && settings.max_mailbox_len.is_some_and(|max| queued > max) {
            // Only an unlimited queue can grow that far: close the reader that does not read, the others live.
            self.fault(Fault::new(ReasonCode::QuotaExceeded, DisconnectReason::MailboxOverflow), out);
        } else if settings.max_memory_bytes.is_some_and(|max| self.memory_bytes() > max) {
            self.fault(Fault::new(ReasonCode::QuotaExceeded, DisconnectReason::MemoryExceeded), out);
        }
    }

    /// Ends the connection from this side [MQTT-3.14.4-1].
    pub(crate) fn fault(&mut self, fault: Fault, out: &mut Outbox<'_>) {
        self.write_disconnect(fault.code, out);
        self.link.closing = true;
        out.push(Output::Close(fault.reason));
    }

    /// First transmission of a message on this connection: without DUP [MQTT-4.3.2-2] [MQTT-4.3.3-2], under an identifier of its
    /// own [MQTT-4.3.2-1] [MQTT-4.3.3-1]; with DUP and the same identifier as before where its place in the durable queue says
    /// that an earlier connection has sent it [MQTT-3.3.1-1] [MQTT-4.4.0-1].
    fn send_publish(&mut self, turn: Turn<'_>, delivery: Delivery, out: &mut Outbox<'_>) {
        if delivery.message.is_expired(turn.now) && !delivery.durable.is_some_and(Durable::dup) {
            // [MQTT-3.3.2-5] unless the delivery had begun [MQTT-4.3.3-7].
            drop_delivery(delivery, DropReason::Expired, out);
            return;
        }
        if self.link.maximum_packet_size != u32::MAX && !self.fits(turn, &delivery) {
            drop_delivery(delivery, DropReason::TooLarge, out);
            return;
        }
        let (qos, retain) = (delivery.qos, delivery.retain);
        let mut header = Header { dup: false, qos, retain, packet_id: 0 };
        if qos == Qos::AtMostOnce {
            self.write_publish(turn, &delivery.message, header, delivery.subscription_ids.as_slice(), out);
            self.time_delivery(turn, &delivery.message, qos);
            if turn.slow.is_on()
                && let Some(slow) = turn.slow.look_at_written(&delivery.message, self.created_at, turn.now)
            {
                out.push(slow);
            }
            return;
        }
        // Open until acknowledged [MQTT-4.3.2-3] [MQTT-4.3.3-3]. Written before it is stored: no copy of anything.
        let phase = if qos == Qos::AtLeastOnce { Phase::AwaitPubAck } else { Phase::AwaitPubRec };
        let outgoing = self.outgoing_mut();
        let reserved = match delivery.durable {
            None => outgoing.inflight.reserve(),
            Some(durable) => {
                header.dup = durable.dup();
                outgoing.reserve_durable(durable.position())
            }
        };
        header.packet_id = reserved.packet_id();
        self.write_publish(turn, &delivery.message, header, delivery.subscription_ids.as_slice(), out);
        self.time_delivery(turn, &delivery.message, qos);
        self.outgoing_mut().inflight.push(reserved, phase, delivery, written_at(turn));
    }

    /// Sends an open exchange again on a new connection, same identifier, DUP set [MQTT-3.3.1-1] [MQTT-4.4.0-1]. Its expiry no
    /// longer matters: the delivery had begun [MQTT-4.3.3-7].
    fn send_again(&mut self, turn: Turn<'_>, index: usize, out: &mut Outbox<'_>) {
        let Some(outgoing) = self.outgoing.as_mut() else { return };
        let Some(entry) = outgoing.inflight.get_mut(index) else { return };
        let packet_id = entry.packet_id();
        let Some(message) = entry.message().cloned() else {
            self.ack(AckKind::PubRel, packet_id, ReasonCode::Success, out);
            return;
        };
        let qos = if entry.phase == Phase::AwaitPubAck { Qos::AtLeastOnce } else { Qos::ExactlyOnce };
        let (retain, ids, shared) = (entry.retain, entry.subscription_ids.clone(), entry.shared.clone());
        let durable = entry.position().map(|position| Durable::new(position, true));
        let delivery = Delivery { message, qos, retain, subscription_ids: ids, shared, durable };
        if !self.fits(turn, &delivery) {
            if let Some(outgoing) = self.outgoing.as_mut() {
                outgoing.inflight.remove(index);
            }
            drop_delivery(delivery, DropReason::TooLarge, out);
            return;
        }
        let header = Header { dup: true, qos, retain, packet_id };
        self.write_publish(turn, &delivery.message, header, delivery.subscription_ids.as_slice(), out);
    }

    /// Whether the packet, without alias, is within the client's Maximum Packet Size [MQTT-3.1.2-24].
    fn fits(&self, turn: Turn<'_>, delivery: &Delivery) -> bool {
        let message = &delivery.message;
        let packet = OutgoingPublish {
            dup: false,
            qos: delivery.qos,
            retain: delivery.retain,
            packet_id: 1,
            topic: self.unmount(message.topic_bytes()),
            topic_alias: None,
            message_expiry_interval: message.remaining_expiry_secs(turn.now),
            subscription_ids: delivery.subscription_ids.as_slice(),
            properties: message.properties(),
            payload: message.payload(),
        };
        packet.encoded_len(self.link.version) <= self.link.maximum_packet_size as usize
    }

    /// A topic as the client knows it.
    #[inline]
    fn unmount<'t>(&self, topic: &'t [u8]) -> &'t [u8] {
        match self.mountpoint() {
            None => topic,
            Some(mountpoint) => mountpoint.unmount_bytes(topic),
        }
    }

    #[inline]
    fn write_publish(&mut self, turn: Turn<'_>, message: &Message, header: Header, ids: &[u32], out: &mut Outbox<'_>) {
        let mut packet = OutgoingPublish {
            dup: header.dup,
            qos: header.qos,
            retain: header.retain,
            packet_id: header.packet_id,
            topic: self.unmount(message.topic_bytes()),
            topic_alias: None,
            // [MQTT-3.3.2-6]
            message_expiry_interval: message.remaining_expiry_secs(turn.now),
            subscription_ids: ids,
            properties: message.properties(),
            payload: message.payload(),
        };
        if self.link.topic_alias_maximum > 0 {
            self.add_alias(&mut packet);
        }
        // Only a topic or packet beyond what any PUBLISH can carry is refused; such a message cannot have come in.
        if encode_publish(self.link.version, &packet, out.wire).is_ok() {
            out.sent.count_publish(header.qos, message.topic_bytes());
            out.traffic.count_publish_sent(header.qos);
            self.link.pace = self.link.pace.without_permit();
        }
    }

    /// Puts an alias beside the topic or in its place, unless that could make the packet too large [MQTT-3.1.2-24].
    fn add_alias(&mut self, packet: &mut OutgoingPublish<'_>) {
        let Link { version, maximum_packet_size, topic_alias_maximum, .. } = self.link;
        let limit = maximum_packet_size as usize;
        if maximum_packet_size != u32::MAX && packet.encoded_len(version) + ALIAS_BYTES_MAX > limit {
            return;
        }
        let naming = self.naming.get_or_insert_with(|| Box::new(Naming::new(topic_alias_maximum)));
        match naming.outbound.assign(packet.topic) {
            OutboundAlias::None => {}
            OutboundAlias::New(alias) => packet.topic_alias = Some(alias),
            OutboundAlias::Known(alias) => (packet.topic, packet.topic_alias) = (&[], Some(alias)),
        }
    }
}

/// Whether a message can have its packet identifier: one from the durable queue has to wait while an older exchange has it.
fn has_free_id(inflight: &Inflight, delivery: &Delivery) -> bool {
    delivery.durable.is_none_or(|durable| inflight.is_free(durable.position()))
}

/// Says that a message is not delivered, and frees its place in the durable queue.
fn drop_delivery(delivery: Delivery, reason: DropReason, out: &mut Outbox<'_>) {
    out.push(Output::Dropped { message: delivery.message, reason });
    if let Some(durable) = delivery.durable {
        out.push(Output::Done { position: durable.position() });
    }
}

/// Once one call has added this many bytes to the out-buffer, the rest of the queue stays where it is until the socket has taken
/// some.
const PUMP_BYTES_MAX: usize = 256 * 1024;

/// Nothing is pumped into an out-buffer of this size: one read can hold thousands of acknowledgements, and each of them pumps.
const OUT_BYTES_MAX: usize = 4 * PUMP_BYTES_MAX;

/// What an alias adds to a packet: its property, and a byte more for each of the two lengths in front.
const ALIAS_BYTES_MAX: usize = 5;

#[derive(Clone, Copy)]
struct Header {
    dup: bool,
    qos: Qos,
    retain: bool,
    packet_id: u16,
}
