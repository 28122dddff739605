//! Properties of the codec: what is written is read back the same, and no bytes make it panic.

use crate::{LENIENT, STRICT, V5, VERSIONS};
use dunlin_codec::{
    Ack, Auth, ConnAck, Connect, DecodeOptions, Disconnect, Packet, Properties, Publish, SubAck, Subscribe,
    SubscribeFilters, SubscriptionIdList, Unsubscribe, UnsubscribeFilters, UserProperties, Will, decode_next, encode,
    encoded_len, frame_length,
};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode, RetainHandling, SubscriptionOptions};
use proptest::prelude::*;

/// What packets are made of. One of these fills a packet of every type.
#[derive(Clone, Debug)]
struct Material {
    topic: String,
    texts: [String; 6],
    blobs: [Vec<u8>; 2],
    pairs: Vec<(String, String)>,
    number: u32,
    packet_id: u16,
    ids: Vec<u32>,
    /// Bit `n` says whether the optional field number `n` is there.
    present: u32,
}

fn material() -> impl Strategy<Value = Material> {
    let text = "\\PC{0,12}";
    (
        "[^+#\\p{C}]{1,40}",
        prop::array::uniform6(text),
        prop::array::uniform2(prop::collection::vec(any::<u8>(), 0..200)),
        prop::collection::vec((text, text), 0..4),
        1..u32::MAX,
        1..=u16::MAX,
        prop::collection::vec(1_u32..=268_435_455, 1..4),
        any::<u32>(),
    )
        .prop_map(|(topic, texts, blobs, pairs, number, packet_id, ids, present)| Material {
            topic,
            texts,
            blobs,
            pairs,
            number,
            packet_id,
            ids,
            present,
        })
}

/// What packets borrow besides the material itself.
struct Loan<'a> {
    material: &'a Material,
    pairs: Vec<(&'a str, &'a str)>,
    properties: Vec<u8>,
    filters: Vec<(&'a str, SubscriptionOptions)>,
    topics: Vec<&'a str>,
}

impl<'a> Loan<'a> {
    fn new(material: &'a Material, version: ProtocolVersion) -> Self {
        let pairs: Vec<_> = material.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let is_v5 = version.is_v5();
        let options = SubscriptionOptions {
            qos: material.qos(),
            no_local: is_v5 && material.has(0),
            retain_as_published: is_v5 && material.has(1),
            retain_handling: if is_v5 {
                RetainHandling::from_u8((material.number % 3) as u8).expect("0 to 2")
            } else {
                RetainHandling::Always
            },
        };
        let topics = vec![material.topic.as_str(); material.ids.len()];
        let filters = topics.iter().map(|&topic| (topic, options)).collect();
        let properties = if is_v5 { material.forwarded_properties() } else { Vec::new() };
        Self { material, pairs: if is_v5 { pairs } else { Vec::new() }, properties, filters, topics }
    }

    fn user(&self) -> UserProperties<'_> {
        UserProperties::from_pairs(&self.pairs)
    }
}

impl Material {
    fn has(&self, field: u32) -> bool {
        self.present & (1 << field) != 0
    }

    fn qos(&self) -> Qos {
        Qos::from_u8((self.number % 3) as u8).expect("0 to 2")
    }

    fn maybe<T>(&self, field: u32, value: T) -> Option<T> {
        self.has(field).then_some(value)
    }

    fn forwarded_properties(&self) -> Vec<u8> {
        let mut wire = Vec::new();
        let mut counted = |id: Option<u8>, bytes: &[u8]| {
            wire.extend(id);
            wire.extend(u16::try_from(bytes.len()).expect("short").to_be_bytes());
            wire.extend(bytes);
        };
        if self.has(20) {
            counted(Some(0x03), self.texts[0].as_bytes());
        }
        for (name, value) in &self.pairs {
            counted(Some(0x26), name.as_bytes());
            counted(None, value.as_bytes());
        }
        if self.has(21) {
            counted(Some(0x08), self.topic.as_bytes());
        }
        if self.has(22) {
            counted(Some(0x09), &self.blobs[1]);
        }
        if self.has(23) {
            wire.extend([0x01, (self.number % 2) as u8]);
        }
        wire
    }
}

fn handshake_packets<'a>(loan: &'a Loan<'a>, version: ProtocolVersion) -> Vec<Packet<'a>> {
    let m = loan.material;
    let v5 = version.is_v5();
    let will = Will {
        topic: &m.topic,
        payload: &m.blobs[0],
        qos: m.qos(),
        retain: m.has(2),
        delay_interval: if v5 && m.has(3) { m.number } else { 0 },
        message_expiry_interval: m.maybe(4, m.number).filter(|_| v5),
        properties: Properties::from_wire_checked(&loan.properties),
    };
    let mut connect = Connect {
        version,
        clean_start: m.has(5),
        keep_alive: m.packet_id,
        client_id: &m.texts[0],
        will: m.maybe(6, will),
        username: m.maybe(7, m.texts[1].as_str()),
        // Before 5.0 there is no password without a user name.
        password: m.maybe(8, m.blobs[1].as_slice()).filter(|_| v5 || m.has(7)),
        is_bridge: !v5 && m.has(9),
        ..Connect::default()
    };
    let mut connack = ConnAck { session_present: version > crate::V3 && m.has(5), ..ConnAck::default() };
    if v5 {
        connect = Connect {
            session_expiry_interval: m.maybe(10, m.number),
            receive_maximum: m.maybe(11, m.packet_id),
            maximum_packet_size: m.maybe(12, m.number),
            topic_alias_maximum: m.maybe(13, m.packet_id),
            request_response_information: m.has(14),
            request_problem_information: m.maybe(15, m.has(16)),
            user_properties: loan.user(),
            authentication_method: m.maybe(17, m.texts[2].as_str()),
            authentication_data: m.maybe(18, m.blobs[0].as_slice()).filter(|_| m.has(17)),
            ..connect
        };
        connack = ConnAck {
            session_expiry_interval: m.maybe(0, m.number),
            receive_maximum: m.maybe(1, m.packet_id),
            maximum_qos: m.maybe(2, if m.has(20) { Qos::AtLeastOnce } else { Qos::AtMostOnce }),
            retain_available: m.maybe(3, m.has(4)),
            maximum_packet_size: m.maybe(5, m.number),
            assigned_client_identifier: m.maybe(6, m.texts[0].as_str()),
            topic_alias_maximum: m.maybe(7, m.packet_id),
            reason_string: m.maybe(8, m.texts[1].as_str()),
            user_properties: loan.user(),
            wildcard_subscription_available: m.maybe(9, m.has(10)),
            subscription_identifiers_available: m.maybe(11, m.has(12)),
            shared_subscription_available: m.maybe(13, m.has(14)),
            server_keep_alive: m.maybe(15, m.packet_id),
            response_information: m.maybe(16, m.texts[2].as_str()),
            server_reference: m.maybe(17, m.texts[3].as_str()),
            authentication_method: m.maybe(18, m.texts[4].as_str()),
            authentication_data: m.maybe(19, m.blobs[0].as_slice()),
            ..connack
        };
    }
    let refused = ConnAck { reason_code: ReasonCode::NotAuthorized, session_present: false, ..connack.clone() };
    vec![Packet::Connect(Box::new(connect)), Packet::ConnAck(Box::new(connack)), Packet::ConnAck(Box::new(refused))]
}

fn message_packets<'a>(loan: &'a Loan<'a>, version: ProtocolVersion) -> Vec<Packet<'a>> {
    let m = loan.material;
    let v5 = version.is_v5();
    let qos = m.qos();
    let publish = Publish {
        dup: qos != Qos::AtMostOnce && m.has(0),
        qos,
        retain: m.has(1),
        topic: &m.topic,
        packet_id: if qos == Qos::AtMostOnce { 0 } else { m.packet_id },
        topic_alias: m.maybe(2, m.packet_id).filter(|_| v5),
        message_expiry_interval: m.maybe(3, m.number).filter(|_| v5),
        subscription_ids: if v5 && m.has(4) {
            SubscriptionIdList::Values(&m.ids)
        } else {
            SubscriptionIdList::default()
        },
        properties: Properties::from_wire_checked(&loan.properties),
        payload: &m.blobs[0],
    };
    let alias_only = Publish { topic: "", ..publish.clone() };
    let ack = |reason_code| Ack {
        packet_id: m.packet_id,
        reason_code: if v5 && m.has(5) { reason_code } else { ReasonCode::Success },
        reason_string: m.maybe(6, m.texts[1].as_str()).filter(|_| v5),
        user_properties: loan.user(),
    };
    let mut packets = vec![
        Packet::PubAck(ack(ReasonCode::NotAuthorized)),
        Packet::PubRec(ack(ReasonCode::NoMatchingSubscribers)),
        Packet::PubRel(ack(ReasonCode::PacketIdentifierNotFound)),
        Packet::PubComp(ack(ReasonCode::PacketIdentifierNotFound)),
    ];
    if alias_only.topic_alias.is_some() {
        packets.push(Packet::Publish(alias_only));
    }
    packets.push(Packet::Publish(publish));
    packets
}

fn other_packets<'a>(loan: &'a Loan<'a>, version: ProtocolVersion) -> Vec<Packet<'a>> {
    let m = loan.material;
    let v5 = version.is_v5();
    let suback = |reason_codes| SubAck {
        packet_id: m.packet_id,
        reason_string: m.maybe(0, m.texts[0].as_str()).filter(|_| v5),
        user_properties: loan.user(),
        reason_codes,
    };
    let mut packets = vec![
        Packet::Subscribe(Subscribe {
            packet_id: m.packet_id,
            subscription_id: m.maybe(1, m.ids[0]).filter(|_| v5),
            user_properties: loan.user(),
            filters: SubscribeFilters::Values(&loan.filters),
        }),
        Packet::SubAck(suback(&[0x00, 0x01, 0x02, 0x80])),
        Packet::Unsubscribe(Unsubscribe {
            packet_id: m.packet_id,
            user_properties: loan.user(),
            filters: UnsubscribeFilters::Values(&loan.topics),
        }),
        Packet::UnsubAck(suback(if v5 { &[0x00, 0x11, 0x87] } else { &[] })),
        Packet::PingReq,
        Packet::PingResp,
    ];
    if !v5 {
        packets.push(Packet::Disconnect(Disconnect::default()));
        return packets;
    }
    packets.push(Packet::Disconnect(Disconnect {
        reason_code: if m.has(2) { ReasonCode::ServerMoved } else { ReasonCode::Success },
        session_expiry_interval: m.maybe(3, m.number),
        reason_string: m.maybe(4, m.texts[1].as_str()),
        user_properties: loan.user(),
        server_reference: m.maybe(5, m.texts[2].as_str()),
    }));
    packets.push(Packet::Auth(Auth {
        reason_code: if m.has(6) { ReasonCode::ContinueAuthentication } else { ReasonCode::Success },
        authentication_method: m.maybe(7, m.texts[3].as_str()),
        authentication_data: m.maybe(8, m.blobs[1].as_slice()).filter(|_| m.has(7)),
        reason_string: m.maybe(9, m.texts[4].as_str()),
        user_properties: loan.user(),
    }));
    packets
}

/// Runs `check` over packets of every type and version.
fn for_each_packet(material: &Material, mut check: impl FnMut(ProtocolVersion, &Packet<'_>, &[u8])) {
    for version in VERSIONS {
        let loan = Loan::new(material, version);
        let packets =
            [handshake_packets(&loan, version), message_packets(&loan, version), other_packets(&loan, version)]
                .concat();
        for packet in packets {
            let mut bytes = Vec::new();
            encode(version, &packet, &mut bytes).expect("encodes");
            check(version, &packet, &bytes);
        }
    }
}

/// Whatever these bytes are: no panic, and a packet that is read can be written and read again.
fn check_any_bytes(version: ProtocolVersion, options: &DecodeOptions, bytes: &[u8]) {
    let Ok(Some((packet, taken))) = decode_next(version, options, bytes) else { return };
    assert_eq!(frame_length(bytes, u32::MAX), Ok(Some(taken)));
    let mut again = Vec::new();
    encode(version, &packet, &mut again).expect("what was read can be written");
    assert_eq!(encoded_len(version, &packet), again.len());
    assert_eq!(decode_next(version, options, &again), Ok(Some((packet, again.len()))), "{bytes:02x?}");
}

fn check_any_bytes_in_every_way(bytes: &[u8]) {
    for version in VERSIONS {
        for options in [STRICT, LENIENT] {
            check_any_bytes(version, &options, bytes);
        }
    }
}

proptest! {
    #[test]
    fn a_packet_is_read_back_as_it_was_written(material in material()) {
        for_each_packet(&material, |version, packet, bytes| {
            assert_eq!(encoded_len(version, packet), bytes.len(), "{packet:?}");
            for options in [STRICT, LENIENT] {
                assert_eq!(decode_next(version, &options, bytes), Ok(Some((packet.clone(), bytes.len()))));
            }
        });
    }

    #[test]
    fn a_packet_cut_short_is_waited_for(material in material()) {
        for_each_packet(&material, |version, packet, bytes| {
            for len in 0..bytes.len() {
                assert_eq!(decode_next(version, &STRICT, &bytes[..len]), Ok(None), "{len} bytes of {packet:?}");
            }
        });
    }

    #[test]
    fn mutated_packets_do_no_harm(material in material(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        for_each_packet(&material, |_, _, bytes| {
            let mut bytes = bytes.to_vec();
            for (index, value) in &changes {
                let index = index.index(bytes.len());
                bytes[index] = *value;
            }
            check_any_bytes_in_every_way(&bytes);
        });
    }

    #[test]
    fn random_bodies_do_no_harm(first_byte in any::<u8>(), body in prop::collection::vec(any::<u8>(), 0..60)) {
        check_any_bytes_in_every_way(&crate::frame(first_byte, &body));
    }

    #[test]
    fn properties_in_any_order_are_passed_on_in_that_order(
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        len in 0..=8_usize,
    ) {
        let all: [(&[u8], bool); 8] = [
            (b"\x01\x01", true),
            (b"\x02\x00\x00\x00\x09", false),
            (b"\x03\x00\x01j", true),
            (b"\x09\x00\x02\x26\x23", true),
            (b"\x0B\x81\x01", false),
            (b"\x23\x00\x07", false),
            (b"\x26\x00\x01k\x00\x01v", true),
            (b"\x26\x00\x01k\x00\x01w", true),
        ];
        let chosen: Vec<_> = order.iter().take(len).map(|&index| all[index]).collect();
        let section: Vec<u8> = chosen.iter().flat_map(|(bytes, _)| bytes.to_vec()).collect();
        let forwarded: Vec<u8> =
            chosen.iter().filter(|(_, is_forwarded)| *is_forwarded).flat_map(|(bytes, _)| bytes.to_vec()).collect();
        let bytes = crate::publish_with_properties(&section);
        let Ok(Packet::Publish(publish)) = crate::strict(V5, &bytes) else { panic!("no PUBLISH") };
        prop_assert_eq!(&*publish.properties.as_bytes(), &forwarded[..]);
        prop_assert_eq!(publish.properties.forwarded_len(), forwarded.len());
        prop_assert_eq!(publish.properties.is_empty(), forwarded.is_empty());
        check_any_bytes_in_every_way(&bytes);
    }
}
