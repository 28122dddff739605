//! What a start reads beside the queues.

use super::*;
use crate::{
    disk::SimulatedDisk,
    key_value::{KeyValueBatch, MemoryKeyValue},
};
use dunlin_model::{ArcStr, ClientId, ProtocolVersion, SubscriptionOptions};

fn record(number: u64) -> SessionRecord {
    SessionRecord {
        client_id: ClientId::from(format!("client {number}").as_str()),
        version: ProtocolVersion::V5,
        expiry_secs: 1,
        connected: false,
        expires_at: None,
        will: None,
    }
}

fn subscription(filter: &str) -> SubscriptionRecord {
    SubscriptionRecord { filter: ArcStr::from(filter), options: SubscriptionOptions::default(), subscription_id: 0 }
}

fn commands_of(session: SessionNumber) -> Vec<Command> {
    let mut commands = vec![Command::SetSession { session, record: record(session.0) }];
    // None, one or two of each, so that they begin and end anywhere in a page.
    for index in 0..session.0 % 3 {
        commands.push(Command::SetSubscription { session, subscription: subscription(&format!("filter/{index}")) });
    }
    commands
}

fn awaiting_of(session: SessionNumber) -> Vec<u16> {
    (1..=(session.0 / 3 % 3) as u16).collect()
}

fn checkpoint(store: &mut Store) {
    let mut checkpoint = store.begin_checkpoint().expect("the disk is sound");
    checkpoint.write().expect("the key-value store is sound");
    store.end_checkpoint(checkpoint).expect("the disk is sound");
}

#[test]
fn sessions_are_read_in_pages_with_all_that_is_theirs() {
    let key_value = Arc::new(MemoryKeyValue::new(1, &space::ALL));
    let disk: Arc<dyn Disk> = Arc::new(SimulatedDisk::new(1));
    let settings = StoreSettings { max_message_bytes: 4096, segment_bytes: 1 << 20 };
    let (mut store, _) = Store::open(disk, Arc::<MemoryKeyValue>::clone(&key_value), settings).expect("a new store");
    // Every tenth number is of a session that has ended.
    let exists = |number: &u64| number % 10 != 7;
    let count = 2 * PAGE_SESSIONS as u64 + 100;
    for session in (0..count).filter(exists).map(SessionNumber) {
        store.begin(1000).expect("there is room");
        for command in commands_of(session) {
            store.push(&command).expect("the key-value store is sound");
        }
        store.append().expect("the disk is sound");
    }
    checkpoint(&mut store);
    let mut batch = KeyValueBatch::default();
    let ended = SessionNumber(7);
    let orphan = |key: [u8; 8], rest: &[u8]| [&key[..], rest].concat();
    let value = value_of(&*key_value, space::SUBSCRIPTIONS, &orphan(SessionNumber(1).key(), b"filter/0"));
    batch.set(space::SUBSCRIPTIONS, orphan(ended.key(), b"filter/0"), value);
    for session in (0..count).filter(exists).map(SessionNumber) {
        for packet_id in awaiting_of(session) {
            batch.set(space::AWAITING, orphan(session.key(), &packet_id.to_be_bytes()), [1]);
        }
    }
    key_value.commit(&batch).expect("it is sound");

    let mut visited = Vec::new();
    store
        .sessions(&mut |stored| {
            let filters: Vec<_> = stored.subscriptions.iter().map(|it| it.filter.as_str().to_owned()).collect();
            let expected: Vec<_> = (0..stored.number.0 % 3).map(|index| format!("filter/{index}")).collect();
            assert_eq!(filters, expected, "session {}", stored.number);
            assert_eq!(stored.awaiting_release, awaiting_of(stored.number), "session {}", stored.number);
            assert_eq!(stored.record.client_id, record(stored.number.0).client_id);
            visited.push(stored.number.0);
        })
        .expect("all can be read");
    assert!(visited.into_iter().eq((0..count).filter(exists)));
}

fn value_of(key_value: &dyn KeyValue, space: &'static str, key: &[u8]) -> Vec<u8> {
    key_value.get(space, key).expect("it is sound").expect("there is one")
}
