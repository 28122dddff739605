//! The exchange by itself: packets in on one side, packets out on the other.

mod against_model;
mod aliases;
mod answers;
mod deliveries;
mod framing;
mod noise;

use super::{Exchange, StreamNumber};
use dunlin_codec::{
    Ack, ConnAck, Connect, Packet, Publish, SubAck, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters,
    encode,
};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode, SubscriptionOptions};

const CONTROL: StreamNumber = StreamNumber::CONTROL;
const FIRST: StreamNumber = StreamNumber(1);
const SECOND: StreamNumber = StreamNumber(2);

/// An exchange with two data streams, between a client and a broker who both look at whole packets.
struct Scene {
    exchange: Exchange,
    version: ProtocolVersion,
}

impl Scene {
    /// Before CONNECT.
    fn unconnected(version: ProtocolVersion) -> Self {
        let mut exchange = Exchange::new(1024 * 1024);
        exchange.open(FIRST);
        exchange.open(SECOND);
        Self { exchange, version }
    }

    /// After CONNACK.
    fn connected(version: ProtocolVersion) -> Self {
        let mut scene = Self::unconnected(version);
        let connect = scene.connect();
        assert_eq!(scene.client(CONTROL, &connect), connect);
        let connack = scene.bytes(&Packet::ConnAck(Box::new(ConnAck {
            topic_alias_maximum: version.is_v5().then_some(5),
            ..ConnAck::default()
        })));
        assert_eq!(scene.broker(&connack), [(CONTROL, connack)]);
        scene
    }

    fn v5() -> Self {
        Self::connected(ProtocolVersion::V5)
    }

    fn bytes(&self, packet: &Packet<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(self.version, packet, &mut bytes).unwrap();
        bytes
    }

    fn connect(&self) -> Vec<u8> {
        self.bytes(&Packet::Connect(Box::new(Connect {
            version: self.version,
            client_id: "c",
            clean_start: true,
            topic_alias_maximum: self.version.is_v5().then_some(5),
            ..Connect::default()
        })))
    }

    fn publish(&self, qos: Qos, packet_id: u16, topic: &str, topic_alias: Option<u16>) -> Vec<u8> {
        self.bytes(&Packet::Publish(Publish {
            qos,
            packet_id,
            topic,
            topic_alias,
            payload: b"p",
            ..Publish::default()
        }))
    }

    fn ack(&self, kind: fn(Ack<'static>) -> Packet<'static>, packet_id: u16) -> Vec<u8> {
        self.bytes(&kind(Ack { packet_id, ..Ack::default() }))
    }

    fn refusal(&self, kind: fn(Ack<'static>) -> Packet<'static>, packet_id: u16) -> Vec<u8> {
        self.bytes(&kind(Ack { packet_id, reason_code: ReasonCode::QuotaExceeded, ..Ack::default() }))
    }

    fn subscribe(&self, packet_id: u16, filters: &[&str], subscription_id: Option<u32>) -> Vec<u8> {
        let filters: Vec<_> = filters.iter().map(|filter| (*filter, SubscriptionOptions::default())).collect();
        let filters = SubscribeFilters::Values(&filters);
        self.bytes(&Packet::Subscribe(Subscribe {
            packet_id,
            subscription_id,
            user_properties: Default::default(),
            filters,
        }))
    }

    fn suback(&self, packet_id: u16, reason_codes: &[u8]) -> Vec<u8> {
        self.bytes(&Packet::SubAck(SubAck { packet_id, reason_codes, ..SubAck::default() }))
    }

    fn unsubscribe(&self, packet_id: u16, filters: &[&str]) -> Vec<u8> {
        let filters = UnsubscribeFilters::Values(filters);
        self.bytes(&Packet::Unsubscribe(Unsubscribe { packet_id, user_properties: Default::default(), filters }))
    }

    fn unsuback(&self, packet_id: u16, reason_codes: &[u8]) -> Vec<u8> {
        self.bytes(&Packet::UnsubAck(SubAck { packet_id, reason_codes, ..SubAck::default() }))
    }

    /// What the broker gets when the client sends this.
    fn client(&mut self, stream: StreamNumber, bytes: &[u8]) -> Vec<u8> {
        self.exchange.client_sent(stream, bytes);
        self.broker_reads()
    }

    fn broker_reads(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            self.exchange.advance();
            let bytes = self.exchange.to_broker().to_vec();
            if bytes.is_empty() {
                return all;
            }
            self.exchange.broker_took(bytes.len());
            all.extend(bytes);
        }
    }

    /// What the client gets on which stream when the broker sends this.
    fn broker(&mut self, bytes: &[u8]) -> Vec<(StreamNumber, Vec<u8>)> {
        self.exchange.broker_sent(bytes);
        self.client_reads()
    }

    fn client_reads(&mut self) -> Vec<(StreamNumber, Vec<u8>)> {
        self.exchange.advance();
        let mut all = Vec::new();
        for stream in [CONTROL, FIRST, SECOND] {
            let bytes = self.exchange.to_client(stream).to_vec();
            self.exchange.client_took(stream, bytes.len());
            if !bytes.is_empty() {
                all.push((stream, bytes));
            }
        }
        all
    }

    /// Subscribes, and the broker grants it.
    fn subscribed(&mut self, stream: StreamNumber, filter: &str, subscription_id: Option<u32>) {
        let subscribe = self.subscribe(9, &[filter], subscription_id);
        assert_eq!(self.client(stream, &subscribe), subscribe);
        let suback = self.suback(9, &[0]);
        assert_eq!(self.broker(&suback), [(stream, suback)]);
    }

    /// Where the broker's message on a topic goes.
    fn delivered_to(&mut self, topic: &str) -> StreamNumber {
        let message = self.publish(Qos::AtMostOnce, 0, topic, None);
        let delivered = self.broker(&message);
        let [(stream, bytes)] = &delivered[..] else { panic!("{delivered:?}") };
        assert_eq!(*bytes, message);
        *stream
    }
}
