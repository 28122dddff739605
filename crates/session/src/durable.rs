//! A session that is kept on disk: what the session and whoever keeps its durable queue say to each other.
//!
//! The queue on disk is fed to a connected session by [`Session::deliver`], in the order of positions, and again from its oldest
//! message that is not done when the client comes back: so the session remembers of it only what is open on the present
//! connection. What is done or received comes out as [`Output::Done`] and [`Output::Received`].

use crate::{Durable, Outbox, Session, inflight::Reserved, session::Outgoing};
use dunlin_codec::AckKind;
use dunlin_model::ReasonCode;

impl Session {
    /// Whether it is kept on disk.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.is_durable
    }

    /// It is kept on disk from now on, or no longer. Only a durable session may be given deliveries with a position.
    pub fn set_durable(&mut self, is_durable: bool) {
        self.is_durable = is_durable;
    }

    /// One more than the highest position sent since the last call; `None` when nothing of the durable queue was sent. It outlives
    /// the connection: ask after [`Session::detach`] too.
    pub fn take_sent_to(&mut self) -> Option<u64> {
        let outgoing = self.outgoing.as_mut()?;
        let sent_to = std::mem::take(&mut outgoing.sent_to);
        if !self.link.attached {
            self.trim();
        }
        (sent_to > 0).then_some(sent_to)
    }

    /// The QoS 2 exchange that the client began with this identifier is on disk: its end is to be said by
    /// [`crate::Output::Released`].
    pub fn mark_release_stored(&mut self, packet_id: u16) {
        if let Some(awaiting) = self.awaiting_release.as_mut() {
            awaiting.mark_stored(packet_id);
        }
    }

    /// The client has received the message at this position on an earlier connection: opens the rest of the exchange and sends
    /// PUBREL [MQTT-4.4.0-1], never the PUBLISH again [MQTT-4.3.3-6]. It counts as open in the window, and waits while as many are
    /// open as the client takes [MQTT-3.3.4-9] or the socket takes no more. Call it where a delivery from this position would
    /// have its turn; nothing is done while another exchange has its identifier.
    pub fn resume_release(&mut self, position: u64, out: &mut Outbox<'_>) {
        let position = Durable::new(position, true).position();
        let (is_ready, receive_maximum) = (self.link.is_open() && !self.link.congested, self.link.receive_maximum);
        let inflight = &mut self.outgoing_mut().inflight;
        let sends = is_ready && inflight.sent_len() < usize::from(receive_maximum) && !inflight.has_unsent();
        if !inflight.is_free(position) {
            return;
        }
        let reserved = inflight.push_received(position, sends);
        if sends {
            self.ack(AckKind::PubRel, reserved.packet_id(), ReasonCode::Success, out);
        }
    }

    /// Forgets what is open or waits of the durable queue: it is fed again when the client comes back.
    pub(crate) fn forget_durable(&mut self) {
        if let Some(outgoing) = self.outgoing.as_mut() {
            outgoing.inflight.forget_durable();
            outgoing.queue.forget_durable();
            self.trim();
        }
    }
}

impl Outgoing {
    /// The identifier of the message at this position, which is about to be sent.
    pub(crate) fn reserve_durable(&mut self, position: u64) -> Reserved {
        self.sent_to = self.sent_to.max(position.saturating_add(1));
        self.inflight.reserve_position(position)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Delivery, Durable, Ending, Opening, Outbox, Sent, Session, SessionSettings, SlowWatch, Turn};
    use dunlin_codec::Connect;
    use dunlin_model::{Message, MessageParts, ProtocolVersion, Qos, SubscriptionIds};

    #[test]
    fn an_idle_session_offline_is_small() {
        let (mut wire, mut outputs, mut sent) = (Vec::new(), Vec::new(), Sent::default());
        let mut out =
            Outbox { wire: &mut wire, outputs: &mut outputs, sent: &mut sent, traffic: &mut Default::default() };
        let turn =
            Turn { now: 1_000_000, settings: &SessionSettings::default(), slow: SlowWatch::OFF, latencies: None };
        let message = Message::new(&MessageParts {
            topic: "t",
            properties: &[],
            payload: b"x",
            qos: Qos::AtLeastOnce,
            retain: false,
            expiry_secs: None,
            publisher: "p",
            received_at: 0,
        });
        let delivery = Delivery {
            message,
            qos: Qos::AtLeastOnce,
            retain: false,
            subscription_ids: SubscriptionIds::None,
            shared: None,
            durable: Some(Durable::new(9, false)),
        };
        let mut session = Session::new("fifteen letters".into());
        session.set_durable(true);
        let connect = Connect { version: ProtocolVersion::V4, clean_start: false, ..Connect::default() };
        session.attach(turn, &connect, false, Opening::default(), &mut out);
        session.deliver(turn, delivery, &mut out);
        session.detach(turn, Ending::Closed, &mut out);
        assert!(session.outgoing.is_some(), "what was sent has to be said");
        assert_eq!(session.take_sent_to(), Some(10));
        assert!(session.outgoing.is_none() && session.awaiting_release.is_none());
        assert!(session.will.is_none() && session.naming.is_none());
        // Its client id is all it has on the heap: a length, a counter and the text.
        let client_id_bytes = 2 * size_of::<usize>() + session.client_id.len();
        assert!(size_of::<Session>() + client_id_bytes < 136, "{} bytes", size_of::<Session>());
    }
}
