//! Commands are read from the log as they were written to it.

use crate::{A, Q1, message, recipient};
use dunlin_inbox::{
    Command, DecodeError, GroupMember, Place, Recipient, SessionNumber, SessionRecord, Space, SubscriptionRecord,
    WillRecord, decode_message, encode_message, encode_queue, encoded_message_len,
};
use dunlin_model::{
    ArcStr, Message, MessageParts, ProtocolVersion, Qos, RetainHandling, SubscriptionIds, SubscriptionOptions,
};
use proptest::{collection::vec, option, prelude::*};

/// Numbers of all lengths.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift)
}

fn session() -> impl Strategy<Value = SessionNumber> {
    number().prop_map(SessionNumber)
}

fn number_u32() -> impl Strategy<Value = u32> {
    (any::<u32>(), 0_u32..32).prop_map(|(value, shift)| value >> shift)
}

fn qos() -> impl Strategy<Value = Qos> {
    (0_u8..3).prop_map(|qos| Qos::from_u8(qos).unwrap())
}

fn text() -> impl Strategy<Value = ArcStr> {
    "[a-zü/+#]{0,200}".prop_map(ArcStr::from)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..300)
}

prop_compose! {
    pub(crate) fn any_message()(
        topic in text(),
        properties in bytes(),
        payload in bytes(),
        qos in qos(),
        retain in any::<bool>(),
        expiry_secs in option::of(0..u32::MAX),
        publisher in text(),
        received_at in number(),
    ) -> Message {
        Message::new(&MessageParts {
            topic: &topic, properties: &properties, payload: &payload, qos, retain, expiry_secs, publisher: &publisher, received_at,
        })
    }
}

prop_compose! {
    fn any_recipient()(
        session in session(),
        position in number(),
        qos in qos(),
        retain in any::<bool>(),
        ids in vec(1..268_435_456_u32, 0..4),
        shared in option::of(text()),
    ) -> Recipient {
        Recipient { session, position, qos, retain, subscription_ids: SubscriptionIds::from_ids(ids), shared }
    }
}

prop_compose! {
    fn any_record()(
        client_id in text(),
        version in prop_oneof![Just(ProtocolVersion::V3), Just(ProtocolVersion::V4), Just(ProtocolVersion::V5)],
        expiry_secs in number_u32(),
        connected in any::<bool>(),
        expires_at in option::of(number()),
        will in option::of((any_message(), number_u32(), option::of(number()))),
    ) -> SessionRecord {
        let will = will.map(|(message, delay_secs, due_at)| WillRecord { message, delay_secs, due_at });
        SessionRecord { client_id, version, expiry_secs, connected, expires_at, will }
    }
}

prop_compose! {
    fn any_subscription()(
        filter in text(),
        qos in qos(),
        no_local in any::<bool>(),
        retain_as_published in any::<bool>(),
        retain_handling in (0_u8..3).prop_map(|value| RetainHandling::from_u8(value).unwrap()),
        subscription_id in number_u32(),
    ) -> SubscriptionRecord {
        let options = SubscriptionOptions { qos, no_local, retain_as_published, retain_handling };
        SubscriptionRecord { filter, options, subscription_id }
    }
}

fn any_space() -> impl Strategy<Value = Space> {
    prop_oneof![Just(Space::Retained), Just(Space::Delayed), Just(Space::Metadata)]
}

fn any_member() -> impl Strategy<Value = GroupMember> {
    (session(), qos(), number_u32()).prop_map(|(session, qos, subscription_id)| GroupMember {
        session,
        qos,
        subscription_id,
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    (number_u32(), number_u32(), number_u32()).prop_map(|(segment, offset, len)| Place { segment, offset, len })
}

pub(crate) fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (session(), any_record()).prop_map(|(session, record)| Command::SetSession { session, record }),
        session().prop_map(|session| Command::EndSession { session }),
        (session(), any_subscription())
            .prop_map(|(session, subscription)| Command::SetSubscription { session, subscription }),
        (session(), text()).prop_map(|(session, filter)| Command::RemoveSubscription { session, filter }),
        (any_message(), vec(any_recipient(), 0..6), option::of((session(), any::<u16>()))).prop_map(
            |(message, recipients, awaiting_release)| Command::Queue { message, recipients, awaiting_release }
        ),
        (session(), any::<u16>()).prop_map(|(session, packet_id)| Command::Release { session, packet_id }),
        (session(), number()).prop_map(|(session, sent_to)| Command::Sent { session, sent_to }),
        (session(), number()).prop_map(|(session, position)| Command::Received { session, position }),
        (session(), number()).prop_map(|(session, position)| Command::Done { session, position }),
        (session(), number(), number()).prop_map(|(session, from, below)| {
            Command::Drop { session, from: from.min(below), below: from.max(below) }
        }),
        (text(), session(), number(), number(), vec((any_member(), number()), 0..6)).prop_map(
            |(filter, from, first, second, to)| {
                Command::MoveGroup { filter, from, range: first.min(second)..first.max(second), to }
            }
        ),
        (any_message(), any_place(), vec((session(), number()), 0..6))
            .prop_map(|(message, from, entries)| Command::Relocate { message, from, entries }),
        (any_space(), bytes(), bytes()).prop_map(|(space, key, value)| Command::Set { space, key, value }),
        (any_space(), bytes()).prop_map(|(space, key)| Command::Unset { space, key }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_message_is_read_as_it_was_written(message in any_message()) {
        let mut out = Vec::new();
        let range = encode_message(&message, &mut out);
        prop_assert_eq!(range, 0..out.len());
        prop_assert_eq!(out.len(), encoded_message_len(&message));
        let read = decode_message(&out).unwrap();
        prop_assert_eq!(
            (read.topic(), read.properties(), read.payload(), read.qos(), read.retain()),
            (message.topic(), message.properties(), message.payload(), message.qos(), message.retain())
        );
        prop_assert_eq!(
            (read.expiry_secs(), read.publisher(), read.received_at()),
            (message.expiry_secs(), message.publisher(), message.received_at())
        );
    }

    #[test]
    fn a_retained_message_is_written_as_the_value_of_its_topic(message in any_message()) {
        let (mut value, mut set, mut retain) = (Vec::new(), Vec::new(), Vec::new());
        encode_message(&message, &mut value);
        let key = message.topic_bytes().to_vec();
        prop_assert_eq!(Command::Set { space: Space::Retained, key, value }.encode(&mut set), None);
        let command = Command::Retain { message };
        prop_assert_eq!(command.encode(&mut retain), None);
        prop_assert!(retain.len() <= command.encoded_len_max());
        prop_assert_eq!(retain, set);
    }

    #[test]
    fn commands_are_read_as_they_were_written(commands in vec(any_command(), 1..5)) {
        let mut frame = Vec::new();
        let mut stored = Vec::new();
        for command in &commands {
            let before = frame.len();
            stored.push(command.encode(&mut frame));
            prop_assert!(frame.len() - before <= command.encoded_len_max());
        }
        let mut at = 0;
        for (command, stored) in commands.iter().zip(stored) {
            let (decoded, len) = Command::decode(&frame[at..]).unwrap();
            prop_assert_eq!(format!("{:?}", decoded.command), format!("{command:?}"));
            prop_assert_eq!(decoded.stored.map(|range| at + range.start..at + range.end), stored.clone());
            if let Some(range) = stored {
                prop_assert!(decode_message(&frame[range]).is_ok());
            }
            let mut again = Vec::new();
            decoded.command.encode(&mut again);
            prop_assert_eq!(&frame[at..at + len], again, "what debug output leaves out is the same too");
            at += len;
        }
        prop_assert_eq!(at, frame.len());
    }

    #[test]
    fn a_command_cut_short_is_not_read(command in any_command()) {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        for len in 0..bytes.len() {
            prop_assert!(Command::decode(&bytes[..len]).is_err());
        }
    }
}

#[test]
fn a_queue_command_can_be_written_from_its_parts() {
    let recipients = vec![recipient(A, 300, Q1)];
    let awaiting_release = Some((A, 7));
    let mut from_parts = vec![0xff];
    let stored = encode_queue(&message(3), &recipients, awaiting_release, &mut from_parts);
    let mut whole = vec![0xff];
    let command = Command::Queue { message: message(3), recipients, awaiting_release };
    assert_eq!((command.encode(&mut whole), whole), (Some(stored), from_parts));
}

#[test]
fn the_format_stays() {
    let filter = ArcStr::from("a");
    let record = SessionRecord {
        client_id: "c".into(),
        version: ProtocolVersion::V5,
        expiry_secs: 300,
        connected: false,
        expires_at: Some(5),
        will: None,
    };
    let options = SubscriptionOptions { qos: Q1, no_local: true, ..SubscriptionOptions::default() };
    let subscription = SubscriptionRecord { filter: filter.clone(), options, subscription_id: 9 };
    let member = GroupMember { session: SessionNumber(2), qos: Q1, subscription_id: 9 };
    let session = SessionNumber(300);
    let cases: [(Command, &[u8]); 12] = [
        (Command::SetSession { session, record }, &[1, 0xac, 2, 1, b'c', 5, 2, 0xac, 2, 5]),
        (Command::EndSession { session }, &[2, 0xac, 2]),
        (Command::SetSubscription { session, subscription }, &[3, 0xac, 2, 1, b'a', 5, 9]),
        (Command::RemoveSubscription { session, filter: filter.clone() }, &[4, 0xac, 2, 1, b'a']),
        (Command::Release { session, packet_id: 300 }, &[6, 0xac, 2, 0xac, 2]),
        (Command::Sent { session, sent_to: 1 }, &[7, 0xac, 2, 1]),
        (Command::Received { session, position: 1 }, &[8, 0xac, 2, 1]),
        (Command::Done { session, position: 1 }, &[9, 0xac, 2, 1]),
        (Command::Drop { session, from: 1, below: 4 }, &[10, 0xac, 2, 1, 3]),
        (
            Command::MoveGroup { filter, from: session, range: 1..4, to: vec![(member, 5)] },
            &[11, 1, b'a', 0xac, 2, 1, 3, 1, 2, 1, 9, 5],
        ),
        (Command::Set { space: Space::Delayed, key: vec![1], value: vec![2, 3] }, &[13, 1, 1, 1, 2, 2, 3]),
        (Command::Unset { space: Space::Metadata, key: vec![1] }, &[14, 2, 1, 1]),
    ];
    for (command, expected) in cases {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        assert_eq!(bytes, expected, "{command:?}");
    }
    let relocate = Command::Relocate {
        message: message(0),
        from: Place { segment: 300, offset: 8, len: 7 },
        entries: vec![(A, 3)],
    };
    let mut bytes = Vec::new();
    let stored = relocate.encode(&mut bytes).unwrap();
    assert_eq!((stored.start, bytes[0], usize::from(bytes[1])), (2, 12, stored.len()));
    assert_eq!(bytes[stored.end..], [0xac, 2, 8, 7, 1, 0, 3]);
    let shared = Some(ArcStr::from("a"));
    let ids = SubscriptionIds::from_ids([7, 8]);
    let recipients =
        vec![recipient(session, 1, Q1), Recipient { subscription_ids: ids, shared, ..recipient(A, 2, Q1) }];
    let mut bytes = Vec::new();
    let stored = encode_queue(&message(0), &recipients, Some((A, 5)), &mut bytes);
    assert_eq!((stored.start, bytes[0], usize::from(bytes[1])), (2, 5, stored.len()));
    assert_eq!(bytes[stored.end..], [2, 0xac, 2, 1, 0, 0, 2, 0b1100, 2, 7, 8, 1, b'a', 1, 0, 5]);
}

#[test]
fn what_is_never_written_is_not_read() {
    let cases: [(&[u8], DecodeError); 9] = [
        (&[], DecodeError::Truncated),
        (&[0], DecodeError::UnknownCommand(0)),
        (&[15], DecodeError::UnknownCommand(15)),
        (&[2, 0x80], DecodeError::Truncated),
        (&[2, 0x80, 0], DecodeError::Invalid("integer")),
        (&[4, 0, 1, 0xff], DecodeError::Invalid("text")),
        (&[6, 0, 0xff, 0xff, 4], DecodeError::Invalid("packet identifier")),
        (&[11, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f], DecodeError::Truncated),
        (&[14, 3, 0], DecodeError::Invalid("space")),
    ];
    for (bytes, error) in cases {
        assert_eq!(Command::decode(bytes).err(), Some(error), "{bytes:?}");
    }
}
