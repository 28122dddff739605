//! Requests with their answers: publish, subscribe, unsubscribe, ping.

use super::Client;
use dunlin_codec::{
    AckKind, Packet, Publish, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters, UserProperties,
};
use dunlin_model::{Qos, ReasonCode, SubscriptionOptions};

impl Client {
    /// Publishes and completes the exchange; at QoS 0 a ping makes sure that the broker has handled the message. Returns the
    /// code of PUBACK or PUBREC, which is success before 5.0.
    pub fn publish(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: Qos) -> ReasonCode {
        self.publish_with(Publish { topic, payload: payload.as_ref(), qos, ..Publish::default() })
    }

    /// Publishes a retained message and completes the exchange.
    pub fn publish_retained(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: Qos) -> ReasonCode {
        self.publish_with(Publish { topic, payload: payload.as_ref(), qos, retain: true, ..Publish::default() })
    }

    /// Publishes anything and completes the exchange. Packet identifier 0 is replaced by an unused one.
    pub fn publish_with(&mut self, publish: Publish<'_>) -> ReasonCode {
        let qos = publish.qos;
        let id = self.send_publish_with(publish);
        match qos {
            Qos::AtMostOnce => {
                self.ping();
                ReasonCode::Success
            }
            Qos::AtLeastOnce => {
                let frame =
                    self.recv_where("PUBACK", |packet| matches!(packet, Packet::PubAck(ack) if ack.packet_id == id));
                frame.puback().reason_code
            }
            Qos::ExactlyOnce => {
                let frame =
                    self.recv_where("PUBREC", |packet| matches!(packet, Packet::PubRec(ack) if ack.packet_id == id));
                let code = frame.pubrec().reason_code;
                if !code.is_error() {
                    self.release(id);
                }
                code
            }
        }
    }

    /// Second half of a QoS 2 exchange: PUBREL, PUBCOMP. Returns the code of PUBCOMP.
    pub fn release(&mut self, packet_id: u16) -> ReasonCode {
        self.ack(AckKind::PubRel, packet_id);
        let frame =
            self.recv_where("PUBCOMP", |packet| matches!(packet, Packet::PubComp(ack) if ack.packet_id == packet_id));
        frame.pubcomp().reason_code
    }

    /// Sends a PUBLISH and waits for nothing. Returns its packet identifier, 0 at QoS 0.
    pub fn send_publish(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: Qos) -> u16 {
        self.send_publish_with(Publish { topic, payload: payload.as_ref(), qos, ..Publish::default() })
    }

    /// Sends any PUBLISH and waits for nothing. Returns its packet identifier, 0 at QoS 0.
    pub fn send_publish_with(&mut self, mut publish: Publish<'_>) -> u16 {
        if publish.qos != Qos::AtMostOnce && publish.packet_id == 0 {
            publish.packet_id = self.next_packet_id();
        }
        let packet_id = publish.packet_id;
        self.send(&Packet::Publish(publish));
        packet_id
    }

    /// Subscribes and is granted `qos`.
    pub fn subscribe(&mut self, filter: &str, qos: Qos) {
        self.subscribe_with(filter, SubscriptionOptions { qos, ..SubscriptionOptions::default() });
    }

    /// Subscribes with other options and is granted the QoS it asked for.
    pub fn subscribe_with(&mut self, filter: &str, options: SubscriptionOptions) {
        let granted = self.subscribe_all(None, &[(filter, options)]);
        let asked = ReasonCode::from_u8(options.qos.as_u8()).expect("a QoS is a reason code");
        assert_eq!(granted, [asked], "{}: SUBACK for {filter}", self.id());
    }

    /// Subscribes to one filter with a subscription identifier, and is granted `qos`.
    pub fn subscribe_with_id(&mut self, subscription_id: u32, filter: &str, qos: Qos) {
        let options = SubscriptionOptions { qos, ..SubscriptionOptions::default() };
        let granted = self.subscribe_all(Some(subscription_id), &[(filter, options)]);
        let asked = ReasonCode::from_u8(qos.as_u8()).expect("a QoS is a reason code");
        assert_eq!(granted, [asked], "{}: SUBACK for {filter}", self.id());
    }

    /// One SUBSCRIBE with all these filters; the codes of SUBACK.
    pub fn subscribe_all(
        &mut self,
        subscription_id: Option<u32>,
        filters: &[(&str, SubscriptionOptions)],
    ) -> Vec<ReasonCode> {
        let id = self.send_subscribe(subscription_id, filters);
        let frame = self.recv_where("SUBACK", |packet| matches!(packet, Packet::SubAck(ack) if ack.packet_id == id));
        frame.reason_codes()
    }

    /// Sends a SUBSCRIBE and waits for nothing. Returns its packet identifier.
    pub fn send_subscribe(&mut self, subscription_id: Option<u32>, filters: &[(&str, SubscriptionOptions)]) -> u16 {
        let packet_id = self.next_packet_id();
        let filters = SubscribeFilters::Values(filters);
        let user_properties = UserProperties::default();
        self.send(&Packet::Subscribe(Subscribe { packet_id, subscription_id, user_properties, filters }));
        packet_id
    }

    /// Unsubscribes from filters it has subscribed to.
    pub fn unsubscribe(&mut self, filter: &str) {
        let codes = self.unsubscribe_all(&[filter]);
        assert!(
            codes.iter().all(|code| *code == ReasonCode::Success),
            "{}: UNSUBACK for {filter}: {codes:?}",
            self.id()
        );
    }

    /// One UNSUBSCRIBE with all these filters; the codes of UNSUBACK, which older versions do not have.
    pub fn unsubscribe_all(&mut self, filters: &[&str]) -> Vec<ReasonCode> {
        let packet_id = self.next_packet_id();
        let filters = UnsubscribeFilters::Values(filters);
        self.send(&Packet::Unsubscribe(Unsubscribe { packet_id, user_properties: UserProperties::default(), filters }));
        let frame =
            self.recv_where("UNSUBACK", |packet| matches!(packet, Packet::UnsubAck(ack) if ack.packet_id == packet_id));
        frame.reason_codes()
    }

    /// PINGREQ, PINGRESP: everything sent before has been handled then.
    pub fn ping(&mut self) {
        self.send(&Packet::PingReq);
        self.recv_where("PINGRESP", |packet| matches!(packet, Packet::PingResp));
    }
}
