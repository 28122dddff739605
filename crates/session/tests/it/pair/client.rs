//! A simple client: keeps what the protocol makes a client keep, answers when it is told to, and writes down what it received.

use super::Numbered;
use crate::{Q0, Q1, Q2};
use dunlin_codec::{AckKind, Connect, OutgoingPublish, Packet, Publish, encode_ack, encode_publish};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A message of the client on its way to the server.
#[derive(Debug)]
struct Outgoing {
    packet_id: u16,
    message: Numbered,
    /// PUBREC has come: PUBREL is sent again, not PUBLISH.
    released: bool,
}

/// The client's side of a [`super::Pair`].
#[derive(Debug)]
pub(super) struct Client {
    version: ProtocolVersion,
    receive_maximum: u16,
    topic_alias_maximum: u16,
    /// Session state: open exchanges to the server, oldest first.
    outgoing: Vec<Outgoing>,
    /// Session state: QoS 2 messages received and not yet released.
    received_ids: BTreeSet<u16>,
    /// What the application wants sent as soon as the server takes it.
    wanted: VecDeque<Numbered>,
    /// What the application got, in order.
    pub(super) received: Vec<Numbered>,
    /// Exchanges the server has open on this connection.
    open: BTreeSet<u16>,
    /// Answers not sent yet.
    due: VecDeque<(AckKind, u16)>,
    aliases: BTreeMap<u16, String>,
    /// How many exchanges the server takes; 0 until CONNACK.
    quota: usize,
    has_session: bool,
}

impl Client {
    pub(super) fn new(version: ProtocolVersion) -> Self {
        Self {
            version,
            receive_maximum: u16::MAX,
            topic_alias_maximum: 0,
            outgoing: Vec::new(),
            received_ids: BTreeSet::new(),
            wanted: VecDeque::new(),
            received: Vec::new(),
            open: BTreeSet::new(),
            due: VecDeque::new(),
            aliases: BTreeMap::new(),
            quota: 0,
            has_session: false,
        }
    }

    /// Forgets what belongs to the connection, and says how it connects again.
    pub(super) fn reconnect(&mut self, receive_maximum: u16, topic_alias_maximum: u16) -> Connect<'static> {
        // Older clients cannot say what they take.
        self.receive_maximum = if self.version.is_v5() { receive_maximum } else { u16::MAX };
        self.topic_alias_maximum = topic_alias_maximum;
        self.open.clear();
        self.due.clear();
        self.aliases.clear();
        self.quota = 0;
        Connect {
            version: self.version,
            client_id: "c",
            session_expiry_interval: self.version.is_v5().then_some(u32::MAX),
            receive_maximum: self.version.is_v5().then_some(receive_maximum),
            topic_alias_maximum: self.version.is_v5().then_some(topic_alias_maximum),
            ..Connect::default()
        }
    }

    /// The application publishes.
    pub(super) fn publish(&mut self, message: Numbered, out: &mut Vec<u8>) {
        self.wanted.push_back(message);
        self.send_wanted(out);
    }

    /// Sends the answer that has waited longest.
    pub(super) fn answer(&mut self, out: &mut Vec<u8>) -> bool {
        let Some((kind, packet_id)) = self.due.pop_front() else { return false };
        if matches!(kind, AckKind::PubAck | AckKind::PubComp) {
            self.open.remove(&packet_id);
        }
        encode_ack(self.version, kind, packet_id, ReasonCode::Success, out);
        true
    }

    /// Whether nothing is open or wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.outgoing.is_empty() && self.received_ids.is_empty() && self.wanted.is_empty() && self.due.is_empty()
    }

    /// A packet came from the server.
    pub(super) fn handle(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) {
        match packet {
            Packet::ConnAck(connack) => {
                // The CONNACK of the first connection may have been lost.
                assert!(connack.session_present || !self.has_session, "[MQTT-3.2.2-3]");
                self.has_session = true;
                self.quota = usize::from(connack.receive_maximum.unwrap_or(u16::MAX));
                self.send_again(out);
                self.send_wanted(out);
            }
            Packet::Publish(publish) => self.receive(publish),
            Packet::PubAck(ack) => self.finish(ack.packet_id, out),
            Packet::PubRec(ack) => {
                let open = self.outgoing.iter_mut().find(|open| open.packet_id == ack.packet_id);
                open.expect("PUBREC answers a PUBLISH").released = true;
                self.due.push_back((AckKind::PubRel, ack.packet_id));
            }
            Packet::PubRel(ack) => {
                self.received_ids.remove(&ack.packet_id);
                self.open.insert(ack.packet_id);
                self.due.push_back((AckKind::PubComp, ack.packet_id));
            }
            Packet::PubComp(ack) => self.finish(ack.packet_id, out),
            other => panic!("not expected: {other:?}"),
        }
    }

    fn receive(&mut self, publish: &Publish<'_>) {
        let topic = match publish.topic_alias {
            None => publish.topic.to_owned(),
            Some(alias) => {
                assert!((1..=self.topic_alias_maximum).contains(&alias), "[MQTT-3.1.2-26]");
                if !publish.topic.is_empty() {
                    self.aliases.insert(alias, publish.topic.to_owned());
                }
                self.aliases.get(&alias).expect("a known alias").clone()
            }
        };
        let message = Numbered::read(publish.qos, publish.payload);
        assert_eq!(topic, message.topic());
        if publish.qos > Q0 {
            assert!(publish.packet_id > 0 && self.open.insert(publish.packet_id), "taken: {}", publish.packet_id);
            assert!(self.open.len() <= usize::from(self.receive_maximum), "[MQTT-3.3.4-9]");
        }
        let is_new = publish.qos < Q2 || self.received_ids.insert(publish.packet_id);
        match publish.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => self.due.push_back((AckKind::PubAck, publish.packet_id)),
            Qos::ExactlyOnce => self.due.push_back((AckKind::PubRec, publish.packet_id)),
        }
        if is_new {
            self.received.push(message);
        }
    }

    fn finish(&mut self, packet_id: u16, out: &mut Vec<u8>) {
        let before = self.outgoing.len();
        self.outgoing.retain(|open| open.packet_id != packet_id);
        assert_eq!(self.outgoing.len() + 1, before, "an answer to something open: {packet_id}");
        self.send_wanted(out);
    }

    fn send_wanted(&mut self, out: &mut Vec<u8>) {
        while self.quota > 0
            && let Some(next) = self.wanted.front()
            && (next.qos == Q0 || self.outgoing.len() < self.quota)
            && let Some(message) = self.wanted.pop_front()
        {
            let mut packet_id = 0;
            if message.qos > Q0 {
                packet_id = self.free_id();
                self.outgoing.push(Outgoing { packet_id, message, released: false });
            }
            self.write_publish(message, packet_id, false, out);
        }
    }

    /// [MQTT-4.4.0-1]
    fn send_again(&mut self, out: &mut Vec<u8>) {
        for open in &self.outgoing {
            if open.released {
                encode_ack(self.version, AckKind::PubRel, open.packet_id, ReasonCode::Success, out);
            } else {
                self.write_publish(open.message, open.packet_id, true, out);
            }
        }
    }

    fn write_publish(&self, message: Numbered, packet_id: u16, dup: bool, out: &mut Vec<u8>) {
        let (topic, payload) = (message.topic(), message.payload());
        let packet = OutgoingPublish {
            dup,
            qos: message.qos,
            packet_id,
            topic: topic.as_bytes(),
            payload: payload.as_bytes(),
            ..OutgoingPublish::default()
        };
        encode_publish(self.version, &packet, out).expect("small values");
    }

    /// The lowest free one, so that the server sees the same identifiers again and again.
    fn free_id(&self) -> u16 {
        let is_free = |id: &u16| self.outgoing.iter().all(|open| open.packet_id != *id);
        (1..=u16::MAX).find(is_free).expect("few are open")
    }
}

/// Whether an acknowledgement ends an exchange of the server.
pub(super) fn ends_exchange(packet: &Packet<'_>) -> Option<u16> {
    match packet {
        Packet::PubAck(ack) | Packet::PubComp(ack) => Some(ack.packet_id),
        _ => None,
    }
}

#[test]
fn the_client_answers_qos_1() {
    let mut client = Client::new(crate::V5);
    let mut out = Vec::new();
    client.reconnect(5, 0);
    let publish = Publish { qos: Q1, packet_id: 3, topic: "t/1", payload: b"1", ..Publish::default() };
    client.handle(&Packet::Publish(publish), &mut out);
    assert!(!client.is_quiet());
    assert!(client.answer(&mut out));
    assert_eq!((out.as_slice(), client.received.len(), client.is_quiet()), (&[0x40, 2, 0, 3][..], 1, true));
}
