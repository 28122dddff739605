//! Every way in which bytes can fail to be a packet: the error, what the peer is told, and under which name it is counted.

use crate::{STRICT, V3, V4, V5, connect_with_flags, connect_with_properties, publish_with_properties};
use dunlin_codec::{DecodeError as E, DecodeOptions, PacketType, PropertyId, decode_next};
use dunlin_model::{DisconnectReason as D, ProtocolVersion, ReasonCode as R};
use std::{collections::HashSet, mem::discriminant};

/// How many variants [`E`] has; each has a row below.
const VARIANTS: usize = 45;

type Row = (ProtocolVersion, Vec<u8>, E, R, D);

fn header_rows() -> Vec<Row> {
    let flags = |packet_type| E::ReservedFlags { packet_type };
    let mut rows: Vec<Row> = vec![
        (V4, b"GET / HTTP/1.1\r\n".to_vec(), E::LooksLikeHttp, R::MalformedPacket, D::FrameError),
        (V4, b"POST /publish HTTP/1.1\r\n".to_vec(), E::LooksLikeHttp, R::MalformedPacket, D::FrameError),
        (V5, b"PUT /x HTTP/1.1\r\n".to_vec(), E::LooksLikeHttp, R::MalformedPacket, D::FrameError),
        (V4, b"\x16\x03\x01\x02\x00\x01".to_vec(), E::LooksLikeTls, R::MalformedPacket, D::FrameError),
        (V5, b"PROXY TCP4 192.0.2.7 ".to_vec(), E::LooksLikeProxyHeader, R::MalformedPacket, D::FrameError),
        (V5, b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec(), E::LooksLikeProxyHeader, R::MalformedPacket, D::FrameError),
        (V4, b"\x00\x00".to_vec(), E::ReservedPacketType { packet_type: 0 }, R::MalformedPacket, D::BadFrameHeader),
        (V4, b"\xF0\x00".to_vec(), E::ReservedPacketType { packet_type: 15 }, R::MalformedPacket, D::BadFrameHeader),
        (V4, b"\x36\x03\x00\x01t".to_vec(), E::InvalidPublishQos, R::MalformedPacket, D::BadFrameHeader),
        (V5, b"\x38\x04\x00\x01t\x00".to_vec(), E::DupAtQos0, R::MalformedPacket, D::BadFrameHeader),
        (
            V5,
            b"\xC0\x80\x80\x80\x80".to_vec(),
            E::VariableByteIntegerTooLong,
            R::MalformedPacket,
            D::MalformedVariableByteInteger,
        ),
        (
            V5,
            b"\xC0\x80\x00".to_vec(),
            E::VariableByteIntegerNotMinimal,
            R::MalformedPacket,
            D::MalformedVariableByteInteger,
        ),
        (
            V5,
            b"\x30\xFF\xFF\xFF\x7F".to_vec(),
            E::PacketTooLarge { size: 268_435_460, limit: 1024 * 1024 },
            R::PacketTooLarge,
            D::FrameTooLarge,
        ),
    ];
    for (first_byte, packet_type) in [
        (0x11, PacketType::Connect),
        (0x28, PacketType::ConnAck),
        (0x41, PacketType::PubAck),
        (0x52, PacketType::PubRec),
        (0x60, PacketType::PubRel),
        (0x66, PacketType::PubRel),
        (0x74, PacketType::PubComp),
        (0x80, PacketType::Subscribe),
        (0x83, PacketType::Subscribe),
        (0x91, PacketType::SubAck),
        (0xA0, PacketType::Unsubscribe),
        (0xB2, PacketType::UnsubAck),
        (0xC8, PacketType::PingReq),
        (0xD1, PacketType::PingResp),
        (0xE1, PacketType::Disconnect),
        (0xF1, PacketType::Auth),
    ] {
        rows.push((V5, vec![first_byte, 2, 0, 1], flags(packet_type), R::MalformedPacket, D::BadFrameHeader));
    }
    rows
}

fn field_rows() -> Vec<Row> {
    let malformed =
        |version, bytes: &[u8], error| (version, bytes.to_vec(), error, R::MalformedPacket, D::MalformedPacket);
    let protocol = |version, bytes: &[u8], error| (version, bytes.to_vec(), error, R::ProtocolError, D::ProtocolError);
    let text = |bytes: &[u8], error| (V4, bytes.to_vec(), error, R::MalformedPacket, D::InvalidUtf8);
    vec![
        malformed(V4, b"\x30\x02\x00\x05", E::Truncated),
        malformed(V4, b"\x40\x01\x00", E::Truncated),
        malformed(V4, b"\x10\x04\x00\x04MQ", E::Truncated),
        malformed(V4, b"\x82\x05\x00\x01\x00\x01a", E::Truncated),
        malformed(V4, b"\x40\x03\x00\x01\x00", E::TrailingBytes),
        malformed(V4, b"\xC0\x01\x00", E::TrailingBytes),
        malformed(V4, b"\xE0\x01\x00", E::TrailingBytes),
        malformed(V4, b"\x10\x0E\x00\x04MQTT\x04\x02\x00\x00\x00\x01cX", E::TrailingBytes),
        malformed(V5, b"\xE0\x03\x00\x00X", E::TrailingBytes),
        text(b"\x30\x03\x00\x01\xFF", E::InvalidUtf8),
        text(b"\x30\x03\x00\x01\x00", E::NullCharacter),
        text(b"\x30\x03\x00\x01\x1F", E::ControlCharacter),
        (V4, b"\x32\x05\x00\x01t\x00\x00".to_vec(), E::ZeroPacketId, R::MalformedPacket, D::InvalidPacketId),
        (V4, b"\x40\x02\x00\x00".to_vec(), E::ZeroPacketId, R::MalformedPacket, D::InvalidPacketId),
        protocol(V4, b"\x30\x02\x00\x00", E::MissingTopic),
        protocol(V5, b"\x30\x03\x00\x00\x00", E::MissingTopic),
        protocol(V4, b"\x82\x02\x00\x01", E::NoFilter),
        protocol(V5, b"\xA2\x03\x00\x01\x00", E::NoFilter),
        malformed(V5, b"\x82\x07\x00\x01\x00\x00\x01a\x40", E::ReservedSubscriptionOptions),
        malformed(V4, b"\x82\x06\x00\x01\x00\x01a\x04", E::ReservedSubscriptionOptions),
        (V5, b"\x82\x07\x00\x01\x00\x00\x01a\x03".to_vec(), E::InvalidSubscriptionQos, R::ProtocolError, D::BadQos),
        protocol(V5, b"\x82\x07\x00\x01\x00\x00\x01a\x30", E::InvalidRetainHandling),
        malformed(V5, b"\x40\x03\x00\x01\x55", E::UnknownReasonCode { code: 0x55 }),
        malformed(V4, b"\x20\x02\x00\x06", E::UnknownReasonCode { code: 6 }),
        malformed(V4, b"\x90\x03\x00\x01\x87", E::UnknownReasonCode { code: 0x87 }),
        malformed(V5, b"\xB0\x04\x00\x01\x00\x03", E::UnknownReasonCode { code: 3 }),
        protocol(V5, b"\x40\x03\x00\x01\x92", E::ReasonCodeNotAllowed { code: R::PacketIdentifierNotFound }),
        protocol(V5, b"\xE0\x01\x01", E::ReasonCodeNotAllowed { code: R::GrantedQos1 }),
        protocol(V4, b"\x90\x02\x00\x01", E::NoReasonCode),
        protocol(V5, b"\xB0\x03\x00\x01\x00", E::NoReasonCode),
        malformed(V4, b"\x20\x02\x02\x00", E::ReservedConnAckFlags),
        protocol(V4, b"\x20\x02\x01\x05", E::SessionPresentWithError),
    ]
}

fn connect_rows() -> Vec<Row> {
    let version =
        |bytes: &[u8], error| (V4, bytes.to_vec(), error, R::UnsupportedProtocolVersion, D::UnsupportedProtocolVersion);
    let will = |flags, fields: &[u8], error, reason| {
        (V5, connect_with_flags(flags, fields), error, R::MalformedPacket, reason)
    };
    vec![
        version(b"\x10\x0D\x00\x04MQTX\x04\x02\x00\x00\x00\x01c", E::UnknownProtocolName),
        version(b"\x10\x0D\x00\x04MQTT\x06\x02\x00\x00\x00\x01c", E::UnsupportedProtocolVersion { level: 6 }),
        version(b"\x10\x0D\x00\x04MQTT\x03\x02\x00\x00\x00\x01c", E::UnsupportedProtocolVersion { level: 3 }),
        version(b"\x10\x0D\x00\x04MQTT\x85\x02\x00\x00\x00\x01c", E::UnsupportedProtocolVersion { level: 0x85 }),
        version(b"\x10\x0F\x00\x06MQIsdp\x04\x02\x00\x00\x00\x01c", E::UnsupportedProtocolVersion { level: 4 }),
        will(0x03, b"", E::ReservedConnectFlag, D::ReservedConnectFlag),
        will(0x1C, b"\x00\x00\x01w\x00\x00", E::InvalidWillQos, D::InvalidWillQos),
        will(0x0A, b"", E::InvalidWillQos, D::InvalidWillQos),
        will(0x22, b"", E::WillRetainWithoutWill, D::InvalidWillRetain),
        (
            V4,
            b"\x10\x10\x00\x04MQTT\x04\x42\x00\x00\x00\x01c\x00\x01p".to_vec(),
            E::PasswordWithoutUserName,
            R::MalformedPacket,
            D::InvalidPasswordFlag,
        ),
        // The remaining length of a CONNECT is held to the version it turns out to have.
        (
            V4,
            b"\x10\x8E\x00\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01c".to_vec(),
            E::VariableByteIntegerNotMinimal,
            R::MalformedPacket,
            D::MalformedVariableByteInteger,
        ),
    ]
}

fn property_rows() -> Vec<Row> {
    let malformed = |bytes, error| (V5, bytes, error, R::MalformedPacket, D::MalformedProperties);
    let protocol = |bytes, error| (V5, bytes, error, R::ProtocolError, D::ProtocolError);
    let publish = publish_with_properties;
    let connect = connect_with_properties;
    let mut rows = vec![
        // A section longer than the packet, a property longer than the section.
        malformed(b"\x30\x04\x00\x01t\x05".to_vec(), E::TruncatedProperties),
        malformed(b"\x30\x03\x00\x01t".to_vec(), E::TruncatedProperties),
        malformed(publish(b"\x02\x00\x00"), E::TruncatedProperties),
        malformed(publish(b"\x03\x00\x02j"), E::TruncatedProperties),
        malformed(publish(b"\x26\x00\x01k"), E::TruncatedProperties),
        malformed(publish(b"\x0B\x80"), E::TruncatedProperties),
        malformed(publish(b"\x00"), E::UnknownProperty { id: 0 }),
        malformed(publish(b"\x2B\x00"), E::UnknownProperty { id: 0x2B }),
        malformed(publish(b"\x11\x00\x00\x00\x01"), E::PropertyNotAllowed { id: PropertyId::SessionExpiryInterval }),
        malformed(connect(b"\x23\x00\x01"), E::PropertyNotAllowed { id: PropertyId::TopicAlias }),
        protocol(publish(b"\x01\x00\x01\x00"), E::DuplicateProperty { id: PropertyId::PayloadFormatIndicator }),
        protocol(connect(b"\x19\x02"), E::NotBoolean { id: PropertyId::RequestResponseInformation }),
        protocol(connect(b"\x17\x02"), E::NotBoolean { id: PropertyId::RequestProblemInformation }),
        protocol(publish(b"\x01\x02"), E::InvalidPayloadFormatIndicator),
        protocol(b"\x20\x05\x00\x00\x02\x24\x02".to_vec(), E::InvalidMaximumQos),
        protocol(connect(b"\x21\x00\x00"), E::ReceiveMaximumZero),
        protocol(connect(b"\x27\x00\x00\x00\x00"), E::MaximumPacketSizeZero),
        protocol(publish(b"\x0B\x00"), E::SubscriptionIdZero),
        protocol(b"\x82\x09\x00\x01\x02\x0B\x00\x00\x01a\x00".to_vec(), E::SubscriptionIdZero),
        protocol(
            b"\x82\x0B\x00\x01\x04\x0B\x01\x0B\x02\x00\x01a\x00".to_vec(),
            E::DuplicateProperty { id: PropertyId::SubscriptionIdentifier },
        ),
        protocol(publish(b"\x08\x00\x03a/#"), E::WildcardInResponseTopic),
        protocol(publish(b"\x08\x00\x01+"), E::WildcardInResponseTopic),
        protocol(connect(b"\x16\x00\x01d"), E::AuthenticationDataWithoutMethod),
        protocol(b"\xF0\x06\x18\x04\x16\x00\x01d".to_vec(), E::AuthenticationDataWithoutMethod),
        (V5, publish(b"\x23\x00\x00"), E::TopicAliasZero, R::TopicAliasInvalid, D::TopicAliasInvalid),
    ];
    // Text is text everywhere.
    for (properties, error) in [
        (&b"\x26\x00\x01\xFF\x00\x01v"[..], E::InvalidUtf8),
        (b"\x26\x00\x01k\x00\x01\xFF", E::InvalidUtf8),
        (b"\x26\x00\x01k\x00\x01\x00", E::NullCharacter),
        (b"\x03\x00\x01\x07", E::ControlCharacter),
        (b"\x08\x00\x02\xC0\xAF", E::InvalidUtf8),
    ] {
        rows.push((V5, publish(properties), error, R::MalformedPacket, D::InvalidUtf8));
    }
    rows
}

#[test]
fn every_malformed_case_has_its_error_reason_code_and_name() {
    let mut seen = HashSet::new();
    for (version, bytes, error, reason_code, disconnect_reason) in
        [header_rows(), field_rows(), connect_rows(), property_rows()].concat()
    {
        assert_eq!(decode_next(version, &STRICT, &bytes), Err(error), "{version:?} {bytes:02x?}");
        assert_eq!(error.reason_code(), reason_code, "{error:?}");
        assert_eq!(error.disconnect_reason(), disconnect_reason, "{error:?}");
        assert!(!error.to_string().is_empty());
        seen.insert(discriminant(&error));
    }
    assert_eq!(seen.len(), VARIANTS);
}

#[test]
fn every_single_property_is_refused_twice() {
    // Identifier and a valid value, as they may stand in a CONNACK, which has most of them.
    let singles: [&[u8]; 16] = [
        b"\x11\x00\x00\x00\x01",
        b"\x12\x00\x01c",
        b"\x13\x00\x01",
        b"\x15\x00\x01m",
        b"\x16\x00\x01d",
        b"\x1A\x00\x01r",
        b"\x1C\x00\x01s",
        b"\x1F\x00\x01t",
        b"\x21\x00\x01",
        b"\x22\x00\x01",
        b"\x24\x01",
        b"\x25\x01",
        b"\x27\x00\x00\x00\x01",
        b"\x28\x01",
        b"\x29\x01",
        b"\x2A\x01",
    ];
    for single in singles {
        let len = u8::try_from(single.len()).unwrap();
        let once = crate::frame(0x20, &[&[0, 0, len], single].concat());
        assert!(crate::strict(V5, &once).is_ok(), "{single:02x?}");
        let twice = crate::frame(0x20, &[&[0, 0, 2 * len], single, single].concat());
        let id = PropertyId::from_u8(single[0]).unwrap();
        assert_eq!(decode_next(V5, &STRICT, &twice), Err(E::DuplicateProperty { id }));
    }
}

#[test]
fn an_oversized_packet_is_refused_as_soon_as_its_length_is_known() {
    let options = DecodeOptions { max_packet_size: 100, strict: true };
    assert_eq!(decode_next(V4, &options, b"\x30\x80"), Ok(None));
    assert_eq!(decode_next(V4, &options, b"\x30\x63"), Err(E::PacketTooLarge { size: 101, limit: 100 }));
    assert_eq!(decode_next(V4, &options, b"\x30\x62"), Ok(None), "exactly the limit may come");
}

#[test]
fn a_mistaken_length_below_5_0_is_no_error_when_it_is_only_padded() {
    for version in [V3, V4] {
        assert_eq!(crate::strict(version, b"\xC0\x80\x00"), Ok(dunlin_codec::Packet::PingReq));
    }
}
