//! What lies in the key-value store for a start to load.

use crate::{A, B, Q2, message, message_on, record, store::Store};
use dunlin_inbox::{
    Change, Command, DecodeError, SessionNumber, SessionRecord, Space, SubscriptionRecord, WillRecord, decode_awaiting,
    decode_session, decode_subscription, space,
};
use dunlin_model::{ArcStr, ProtocolVersion, Qos, RetainHandling, SubscriptionOptions};

fn subscription(filter: &str, subscription_id: u32) -> SubscriptionRecord {
    let options = SubscriptionOptions {
        qos: Q2,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::Never,
    };
    SubscriptionRecord { filter: filter.into(), options, subscription_id }
}

fn sessions(store: &Store) -> Vec<(SessionNumber, SessionRecord)> {
    store.image.space(space::SESSIONS).map(|(key, value)| decode_session(key, value).unwrap()).collect()
}

fn subscriptions(store: &Store) -> Vec<(SessionNumber, SubscriptionRecord)> {
    let stored = store.image.space(space::SUBSCRIPTIONS);
    stored.map(|(key, value)| decode_subscription(key, value).unwrap()).collect()
}

fn awaiting(store: &Store) -> Vec<(SessionNumber, u16)> {
    store.image.space(space::AWAITING).map(|(key, _)| decode_awaiting(key).unwrap()).collect()
}

#[test]
fn a_session_record_is_read_as_it_was_written() {
    let will = |due_at| Some(WillRecord { message: message(9), delay_secs: 30, due_at });
    let cases = [
        SessionRecord { version: ProtocolVersion::V3, expiry_secs: 0, ..record("") },
        SessionRecord { version: ProtocolVersion::V4, connected: false, expires_at: Some(u64::MAX), ..record("ü") },
        SessionRecord { will: will(None), ..record("c") },
        SessionRecord { will: will(Some(77)), connected: false, expires_at: Some(1), ..record("c") },
    ];
    for expected in cases {
        let mut store = Store::default();
        store.apply(&Command::SetSession { session: B, record: expected.clone() });
        store.checkpoint();
        let [(session, found)] = &sessions(&store)[..] else { panic!("one session") };
        assert_eq!((session, format!("{found:?}")), (&B, format!("{expected:?}")));
        let payload = |record: &SessionRecord| record.will.as_ref().map(|will| will.message.payload().to_vec());
        assert_eq!(payload(found), payload(&expected));
    }
}

#[test]
fn the_last_record_of_a_session_counts() {
    let mut store = Store::with_sessions(2);
    store.checkpoint();
    store.apply(&Command::SetSession { session: A, record: record("first") });
    store.apply(&Command::SetSession { session: A, record: record("second") });
    store.checkpoint();
    let clients: Vec<String> = sessions(&store).iter().map(|(_, record)| record.client_id.to_string()).collect();
    assert_eq!(clients, ["second", "client"]);
}

/// [MQTT-3.8.4-3] a subscription with the same filter replaces the one before.
#[test]
fn subscriptions_are_kept_by_filter() {
    let mut store = Store::with_sessions(2);
    let set = |session, filter, id| Command::SetSubscription { session, subscription: subscription(filter, id) };
    for command in [set(A, "a/#", 1), set(A, "a/#", 2), set(A, "$share/g/b", 0), set(B, "a/#", 3)] {
        store.apply(&command);
    }
    store.checkpoint();
    let all = [(A, subscription("$share/g/b", 0)), (A, subscription("a/#", 2)), (B, subscription("a/#", 3))];
    assert_eq!(subscriptions(&store), all);
    let filter = ArcStr::from("a/#");
    store.apply(&Command::RemoveSubscription { session: A, filter });
    store.checkpoint();
    assert_eq!(subscriptions(&store), [all[0].clone(), all[2].clone()]);
}

#[test]
fn subscription_options_are_read_as_they_were_written() {
    let mut store = Store::with_sessions(1);
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        for retain_handling in [RetainHandling::Always, RetainHandling::IfNew, RetainHandling::Never] {
            for (no_local, retain_as_published) in [(false, false), (true, false), (false, true)] {
                let options = SubscriptionOptions { qos, no_local, retain_as_published, retain_handling };
                let expected = SubscriptionRecord { options, ..subscription("a", 268_435_455) };
                store.apply(&Command::SetSubscription { session: A, subscription: expected.clone() });
                store.checkpoint();
                assert_eq!(subscriptions(&store), [(A, expected)]);
            }
        }
    }
}

/// [MQTT-4.3.3-10] [MQTT-4.3.3-12] an exchange is known from PUBLISH to PUBREL.
#[test]
fn open_exchanges_are_known_after_a_start() {
    let mut store = Store::with_sessions(1);
    for packet_id in [1, 256, u16::MAX] {
        let awaiting_release = Some((A, packet_id));
        store.apply(&Command::Queue { message: message(1), recipients: vec![], awaiting_release });
    }
    store.apply(&Command::Release { session: A, packet_id: 256 });
    store.crash(false);
    store.checkpoint();
    assert_eq!(awaiting(&store), [(A, 1), (A, u16::MAX)]);
    store.apply(&Command::Release { session: A, packet_id: 1 });
    store.checkpoint();
    assert_eq!(awaiting(&store), [(A, u16::MAX)]);
}

#[test]
fn the_end_of_a_session_takes_everything_of_it() {
    // What of the session is in the store already when it ends: nothing, all, or all is just being written.
    for stored in [0, 1, 2] {
        let mut store = Store::with_sessions(2);
        for session in [A, B] {
            store.apply(&Command::SetSubscription { session, subscription: subscription("a", 1) });
            let awaiting_release = Some((session, 7));
            store.apply(&Command::Queue { message: message(1), recipients: vec![], awaiting_release });
            store.fill(session, 300, Q2);
        }
        match stored {
            0 => {}
            1 => store.checkpoint(),
            _ => store.begin_checkpoint(),
        }
        store.apply(&Command::EndSession { session: A });
        store.checkpoint();
        assert_eq!(sessions(&store).len(), 1, "stored: {stored}");
        assert_eq!(subscriptions(&store), [(B, subscription("a", 1))]);
        assert_eq!(awaiting(&store), [(B, 7)]);
        assert_eq!((store.image.chunks(A), store.image.chunks(B)), (vec![], vec![0, 1]));
        store.crash(false);
        assert!(store.inbox.sessions().eq([B]));
        assert_eq!(store.inbox.next_session_number(), SessionNumber(2));
    }
}

#[test]
fn a_session_that_comes_and_goes_between_checkpoints_is_never_written() {
    let mut store = Store::with_sessions(1);
    store.apply(&Command::SetSubscription { session: A, subscription: subscription("a", 1) });
    store.fill(A, 10, Q2);
    store.apply(&Command::EndSession { session: A });
    store.checkpoint();
    for space in [space::SESSIONS, space::SUBSCRIPTIONS, space::QUEUES, space::CHUNKS] {
        assert_eq!(store.image.space(space).count(), 0, "{space}");
    }
    store.crash(false);
    assert_eq!(store.inbox.next_session_number(), B, "its number is not given again");
}

#[test]
fn values_of_others_pass_through() {
    let mut store = Store::default();
    let spaces = [Space::Retained, Space::Delayed, Space::Metadata];
    for (number, space) in (0..).zip(spaces) {
        store.apply(&Command::Set { space, key: vec![1], value: vec![number] });
        store.apply(&Command::Set { space, key: vec![2], value: vec![] });
    }
    store.checkpoint();
    for (number, space) in (0_u8..).zip(spaces) {
        let expected: [(&[u8], &[u8]); 2] = [(&[1], &[number]), (&[2], &[])];
        assert!(store.image.space(space.name()).eq(expected));
        store.apply(&Command::Unset { space, key: vec![1] });
    }
    store.checkpoint();
    for space in spaces {
        assert!(store.image.space(space.name()).eq([(&[2][..], &[][..])]));
    }
}

#[test]
fn retained_messages_may_be_written_in_portions_before_the_rest() {
    let mut store = Store::with_sessions(1);
    for topic in ["a", "b", "c", "a"] {
        store.apply(&Command::Retain { message: message_on(topic, 1_000) });
    }
    let mut changes = store.inbox.begin_checkpoint();
    let portions: Vec<_> =
        std::iter::repeat_with(|| changes.take_retained(1_500)).take_while(|p| !p.is_empty()).collect();
    assert_eq!(portions.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    let mut topics: Vec<_> = portions
        .into_iter()
        .flatten()
        .map(|change| match change {
            Change::Set { space: space::RETAINED, key, .. } => key,
            other => panic!("{other:?}"),
        })
        .collect();
    topics.sort();
    assert_eq!(topics, [b"a", b"b", b"c"]);
    assert!(!changes.is_empty(), "the session is in the rest");
    assert!(changes.into_iter().all(|change| !matches!(change, Change::Set { space: space::RETAINED, .. })));
}

#[test]
fn what_a_checkpoint_writes_is_counted() {
    let mut store = Store::with_sessions(1);
    store.checkpoint();
    assert_eq!(store.inbox.changes_bytes(), 0);
    let mut before = 0;
    for count in 1..=3 {
        store.apply(&Command::Set { space: Space::Retained, key: vec![count], value: vec![0; 1_000] });
        let bytes = store.inbox.changes_bytes();
        assert!((1_000..1_200).contains(&(bytes - before)), "{bytes} bytes");
        before = bytes;
    }
    store.apply(&Command::Set { space: Space::Retained, key: vec![1], value: vec![] });
    assert_eq!(store.inbox.changes_bytes(), before - 1_000, "what is replaced is not written");
    let key = message_on("t", 0).topic_bytes().to_vec();
    let before = store.inbox.changes_bytes();
    store.apply(&Command::Retain { message: message_on("t", 5_000) });
    store.apply(&Command::Retain { message: message_on("t", 1_000) });
    assert!((1_000..1_200).contains(&(store.inbox.changes_bytes() - before)));
    store.apply(&Command::Set { space: Space::Retained, key: key.clone(), value: vec![0; 500] });
    assert!((500..600).contains(&(store.inbox.changes_bytes() - before)));
    store.apply(&Command::Retain { message: message_on("t", 1_000) });
    store.apply(&Command::Unset { space: Space::Retained, key });
    assert!((1..60).contains(&(store.inbox.changes_bytes() - before)));
    let before = store.inbox.changes_bytes();
    store.fill(A, 100, Q2);
    assert!(store.inbox.changes_bytes() > before);
    store.begin_checkpoint();
    assert_eq!(store.inbox.changes_bytes(), 0);
}

#[test]
fn values_of_a_newer_version_are_refused() {
    let mut inbox = dunlin_inbox::Inbox::new();
    let newer = Err(DecodeError::NewerFormat { found: 3, supported: 2 });
    assert_eq!(inbox.load_meta(space::LIVE_REFERENCES, &[3]), newer);
    let newer = Err(DecodeError::NewerFormat { found: 2, supported: 1 });
    assert_eq!(inbox.load_meta(space::NEXT_SESSION_NUMBER, &[2]), newer);
    assert_eq!(inbox.load_meta(b"log_position", &[2]), Ok(false), "not a value of the inbox");
    let newer = DecodeError::NewerFormat { found: 2, supported: 1 };
    assert_eq!(inbox.load_queue(&[0; 8], &[2]), Err(newer));
    assert_eq!(decode_session(&[0; 8], &[2]).err(), Some(newer));
    assert_eq!(decode_subscription(&[0; 8], &[2]).err(), Some(newer));
    assert_eq!(newer.to_string(), "written by a newer version (format 2); this one reads up to format 1");
    assert!(decode_session(&[0; 7], &[1]).is_err());
    assert!(decode_awaiting(&[0; 9]).is_err());
}
