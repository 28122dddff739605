//! Values at and beyond the edge of what the wire can carry.

use crate::{STRICT, V4, V5, VERSIONS, strict};
use dunlin_codec::{
    Ack, Auth, Connect, DecodeError, DecodeOptions, EncodeError, MAX_REMAINING_LENGTH, OutgoingPublish, Packet,
    Properties, Publish, SubAck, Subscribe, SubscribeFilters, SubscriptionIdList, Unsubscribe, UnsubscribeFilters,
    UserProperties, decode_next, encode, encode_publish, encoded_len, frame_length,
};
use dunlin_model::{ProtocolVersion, Qos, SubscriptionOptions};

/// Encoding fails with this error and leaves the buffer alone.
#[track_caller]
fn refused(version: ProtocolVersion, packet: &Packet<'_>, error: EncodeError) {
    let mut out = b"kept".to_vec();
    assert_eq!(encode(version, packet, &mut out), Err(error));
    assert_eq!(out, b"kept");
    assert_eq!(encoded_len(version, packet), 0);
}

#[test]
fn fields_above_65_535_bytes_are_refused() {
    let long = "x".repeat(65_536);
    let too_long = EncodeError::FieldTooLong { len: 65_536 };
    let pairs = [("k", long.as_str())];
    let options = SubscriptionOptions::default();
    let filters = [("a", options), (long.as_str(), options)];
    let topics = [long.as_str()];
    for packet in [
        Packet::Publish(Publish { topic: &long, ..Publish::default() }),
        Packet::PubAck(Ack { packet_id: 1, user_properties: UserProperties::from_pairs(&pairs), ..Ack::default() }),
        Packet::PubAck(Ack { packet_id: 1, reason_string: Some(&long), ..Ack::default() }),
        Packet::Connect(Box::new(Connect { password: Some(long.as_bytes()), ..Connect::default() })),
        Packet::Subscribe(Subscribe {
            packet_id: 1,
            subscription_id: None,
            user_properties: UserProperties::default(),
            filters: SubscribeFilters::Values(&filters),
        }),
        Packet::Unsubscribe(Unsubscribe {
            packet_id: 1,
            user_properties: UserProperties::default(),
            filters: UnsubscribeFilters::Values(&topics),
        }),
    ] {
        refused(V5, &packet, too_long);
    }
    let mut out = b"kept".to_vec();
    let publish = OutgoingPublish { topic: long.as_bytes(), ..OutgoingPublish::default() };
    assert_eq!(encode_publish(V4, &publish, &mut out), Err(too_long));
    assert_eq!(out, b"kept");
}

#[test]
fn mqtt_4_7_3_3_a_topic_of_65_535_bytes_passes() {
    let topic = "t".repeat(65_535);
    for version in VERSIONS {
        let packet = Packet::Publish(Publish { topic: &topic, payload: b"p", ..Publish::default() });
        let mut out = Vec::new();
        encode(version, &packet, &mut out).unwrap();
        assert_eq!(strict(version, &out), Ok(packet));
    }
}

#[test]
fn a_packet_above_the_largest_remaining_length_is_refused() {
    // Untouched zero pages: the error comes before anything is copied.
    let payload = vec![0; MAX_REMAINING_LENGTH as usize];
    let mut out = b"kept".to_vec();
    let publish = OutgoingPublish { topic: b"t", payload: &payload, ..OutgoingPublish::default() };
    let too_large = EncodeError::PacketTooLarge { len: payload.len() + 3 };
    assert_eq!(encode_publish(V4, &publish, &mut out), Err(too_large));
    assert_eq!(out, b"kept");
    assert_eq!(publish.encoded_len(V4), payload.len() + 3 + 5);
    refused(V4, &Packet::Publish(Publish { topic: "t", payload: &payload, ..Publish::default() }), too_large);
}

#[test]
fn identifiers_out_of_range_are_refused() {
    refused(V4, &Packet::PubAck(Ack::default()), EncodeError::ZeroPacketId);
    let at_qos_1 = Publish { topic: "t", qos: Qos::AtLeastOnce, ..Publish::default() };
    refused(V4, &Packet::Publish(at_qos_1), EncodeError::ZeroPacketId);
    for id in [0, 268_435_456] {
        let out_of_range = EncodeError::SubscriptionIdOutOfRange { id };
        let ids = [1, id];
        let subscription_ids = SubscriptionIdList::Values(&ids);
        refused(V5, &Packet::Publish(Publish { topic: "t", subscription_ids, ..Publish::default() }), out_of_range);
        let publish = OutgoingPublish { topic: b"t", subscription_ids: &ids, ..OutgoingPublish::default() };
        let mut out = Vec::new();
        assert_eq!(encode_publish(V5, &publish, &mut out), Err(out_of_range));
        assert!(out.is_empty());
    }
}

#[test]
fn lists_have_to_have_something_in_them() {
    refused(V5, &Packet::SubAck(SubAck { packet_id: 1, ..SubAck::default() }), EncodeError::EmptyList);
    refused(V5, &Packet::UnsubAck(SubAck { packet_id: 1, ..SubAck::default() }), EncodeError::EmptyList);
    let subscribe = Subscribe {
        packet_id: 1,
        subscription_id: None,
        user_properties: UserProperties::default(),
        filters: SubscribeFilters::Values(&[]),
    };
    refused(V4, &Packet::Subscribe(subscribe), EncodeError::EmptyList);
    let codes = SubAck { packet_id: 1, reason_codes: &[0x00, 0x03], ..SubAck::default() };
    refused(V5, &Packet::SubAck(codes.clone()), EncodeError::UnknownReasonCode { code: 3 });
    refused(V4, &Packet::SubAck(codes), EncodeError::UnknownReasonCode { code: 3 });
    refused(V4, &Packet::Auth(Auth::default()), EncodeError::NotInThisVersion);
}

#[test]
fn frame_length_is_known_with_the_fixed_header() {
    for (buffer, length) in [
        (&b""[..], None),
        (b"\x30", None),
        (b"\x30\x80", None),
        (b"\x30\x80\x80\x80", None),
        (b"\xC0\x00", Some(2)),
        (b"\x30\x05", Some(7)),
        (b"\x30\x80\x01 and more", Some(131)),
        (b"\x30\xFF\xFF\xFF\x7F", Some(268_435_460)),
    ] {
        assert_eq!(frame_length(buffer, u32::MAX), Ok(length), "{buffer:02x?}");
    }
    assert_eq!(frame_length(b"\x30\x80\x80\x80\x80", u32::MAX), Err(DecodeError::VariableByteIntegerTooLong));
    assert_eq!(frame_length(b"\x30\x09", 10), Err(DecodeError::PacketTooLarge { size: 11, limit: 10 }));
}

#[test]
fn packets_are_taken_one_by_one_off_a_buffer() {
    let buffer = b"\xC0\x00\x30\x03\x00\x01t\xE0\x00\xC0";
    let mut rest = &buffer[..];
    let mut packets = Vec::new();
    while let Some((packet, taken)) = decode_next(V4, &STRICT, rest).unwrap() {
        packets.push(packet);
        rest = &rest[taken..];
    }
    assert_eq!(packets.len(), 3);
    assert_eq!(rest, b"\xC0");
}

#[test]
fn the_limit_counts_the_fixed_header() {
    let bytes = b"\x30\x03\x00\x01t";
    for (max_packet_size, fits) in [(4, false), (5, true)] {
        let options = DecodeOptions { max_packet_size, strict: true };
        assert_eq!(decode_next(V4, &options, bytes).is_ok(), fits);
    }
}

#[test]
fn properties_are_passed_on_without_those_that_are_not() {
    // Topic alias, expiry and identifiers before, between and after the others.
    let section =
        b"\x23\x00\x01\x26\x00\x01a\x00\x01b\x02\x00\x00\x00\x3C\x03\x00\x01j\x0B\x05\x26\x00\x01a\x00\x01c\x0B\x06";
    let forwarded = b"\x26\x00\x01a\x00\x01b\x03\x00\x01j\x26\x00\x01a\x00\x01c";
    let bytes = crate::publish_with_properties(section);
    let Ok(Packet::Publish(publish)) = strict(V5, &bytes) else { panic!("no PUBLISH") };
    let properties = publish.properties;
    assert_eq!(&*properties.as_bytes(), forwarded);
    assert_eq!(properties.forwarded_len(), forwarded.len());
    let mut out = Vec::new();
    properties.write_forwarded(&mut out);
    assert_eq!(out, forwarded);
    assert_eq!(properties, Properties::from_wire_checked(forwarded));
    assert_eq!(properties.content_type(), Some("j"));
    assert_eq!(properties.user_properties().iter().collect::<Vec<_>>(), [("a", "b"), ("a", "c")]);
    assert_eq!(publish.subscription_ids.iter().collect::<Vec<_>>(), [5, 6]);
    assert_eq!(publish.subscription_ids.len(), 2);
    assert_eq!((publish.topic_alias, publish.message_expiry_interval), (Some(1), Some(60)));
}

#[test]
fn properties_that_lie_together_are_borrowed() {
    let bytes =
        crate::publish_with_properties(b"\x23\x00\x01\x01\x01\x08\x00\x01r\x09\x00\x02\x00\x01\x02\x00\x00\x00\x3C");
    let Ok(Packet::Publish(publish)) = strict(V5, &bytes) else { panic!("no PUBLISH") };
    assert!(matches!(
        publish.properties.as_bytes(),
        std::borrow::Cow::Borrowed(b"\x01\x01\x08\x00\x01r\x09\x00\x02\x00\x01")
    ));
    assert_eq!(publish.properties.payload_format_indicator(), Some(1));
    assert_eq!(publish.properties.response_topic(), Some("r"));
    assert_eq!(publish.properties.correlation_data(), Some(&b"\x00\x01"[..]));
    assert!(publish.properties.user_properties().is_empty());
}

#[test]
fn properties_from_elsewhere_are_checked() {
    let good = b"\x01\x01\x26\x00\x01k\x00\x01v";
    assert_eq!(Properties::parse(good, true), Ok(Properties::from_wire_checked(good)));
    for bad in [&b"\x23\x00\x01"[..], b"\x01\x02", b"\x26\x00\x01k", b"\x01\x01\x01\x01"] {
        assert!(Properties::parse(bad, true).is_err(), "{bad:02x?}");
        // Taken as checked they do no harm.
        let unchecked = Properties::from_wire_checked(bad);
        let _ = (unchecked.content_type(), unchecked.user_properties().iter().count(), format!("{unchecked:?}"));
    }
}

#[test]
fn lists_that_were_not_checked_end_early() {
    assert_eq!(SubscribeFilters::Wire(b"\x00\x01a\x00\x00\x05b", V4).len(), 1);
    assert_eq!(UnsubscribeFilters::Wire(b"\x00\x01a\xFF").len(), 1);
    assert_eq!(SubscriptionIdList::Wire(b"\x0B\x05\xFF").iter().collect::<Vec<_>>(), [5]);
    assert_eq!(UserProperties::from_wire_checked(b"\x26\x00\x01\xFF\x00\x01v").iter().count(), 0);
}
