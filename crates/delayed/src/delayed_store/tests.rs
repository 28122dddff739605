//! The store's rules, and a model test against a list.

use super::*;
use dunlin_model::{MessageParts, Qos};
use proptest::prelude::*;

fn message(payload: &str) -> Message {
    Message::new(&MessageParts {
        topic: "a",
        properties: &[],
        payload: payload.as_bytes(),
        qos: Qos::AtLeastOnce,
        retain: false,
        expiry_secs: None,
        publisher: "p",
        received_at: 0,
    })
}

fn store_with(due_times: &[Millis]) -> DelayedStore {
    let mut store = DelayedStore::new(0);
    for due_at in due_times {
        store.insert(*due_at, message("x")).unwrap();
    }
    store
}

fn ids(popped: &[(DelayedId, Message)]) -> Vec<u64> {
    popped.iter().map(|(id, _)| id.0).collect()
}

#[test]
fn messages_come_when_they_are_due_and_not_before() {
    let mut store = store_with(&[30, 10, 20]);
    assert_eq!(store.next_due(), Some(10));
    assert_eq!(ids(&store.pop_due(9, 10)), [0_u64; 0]);
    assert_eq!(ids(&store.pop_due(10, 10)), [1]);
    assert_eq!(ids(&store.pop_due(30, 10)), [2, 0]);
    assert_eq!((store.next_due(), store.is_empty(), store.bytes()), (None, true, 0));
}

#[test]
fn what_is_due_at_the_same_time_comes_in_the_order_of_insertion_also_in_portions() {
    let mut store = store_with(&[5; 7]);
    assert_eq!(ids(&store.pop_due(5, 3)), [0, 1, 2]);
    assert_eq!(ids(&store.pop_due(5, 0)), [0_u64; 0]);
    assert_eq!(ids(&store.pop_due(5, 3)), [3, 4, 5]);
    assert_eq!(ids(&store.pop_due(5, 3)), [6]);
}

#[test]
fn a_full_store_takes_nothing_until_there_is_room() {
    let mut store = DelayedStore::new(2);
    store.insert(1, message("a")).unwrap();
    store.insert(2, message("b")).unwrap();
    assert_eq!(store.insert(3, message("c")), Err(Full));
    assert_eq!(store.next_id(), DelayedId(2), "what is refused uses no id");
    store.pop_due(1, 1);
    assert_eq!(store.insert(3, message("c")), Ok(DelayedId(2)));
    store.set_max_messages(1);
    assert_eq!((store.len(), store.insert(4, message("d"))), (2, Err(Full)));
    store.set_max_messages(0);
    assert_eq!(store.insert(4, message("d")), Ok(DelayedId(3)));
}

#[test]
fn ids_are_never_used_again() {
    let mut store = store_with(&[1, 2]);
    store.remove(DelayedId(1));
    store.clear();
    assert_eq!(store.insert(1, message("x")), Ok(DelayedId(2)));

    // After a restart: the last id was 9, its message is gone, the message of id 4 is not.
    let mut store = DelayedStore::new(0);
    store.skip_to(DelayedId(10));
    store.restore(DelayedId(4), 1, message("x"));
    store.skip_to(DelayedId(7));
    assert_eq!(store.insert(1, message("y")), Ok(DelayedId(10)));
    assert_eq!(ids(&store.pop_due(1, 9)), [4, 10]);
}

#[test]
fn the_last_id_is_the_end_and_not_the_beginning() {
    let mut store = DelayedStore::new(0);
    store.restore(DelayedId(u64::MAX), 1, message("x"));
    assert_eq!((store.insert(1, message("y")), store.len()), (Err(Full), 1));
}

#[test]
fn a_restored_message_is_kept_beyond_the_limit_and_replaces_its_former_self() {
    let mut store = DelayedStore::new(1);
    store.restore(DelayedId(0), 5, message("old"));
    store.restore(DelayedId(1), 6, message("other"));
    let bytes = store.bytes();
    store.restore(DelayedId(0), 7, message("new"));
    assert_eq!((store.len(), store.bytes(), store.next_due()), (2, bytes, Some(6)));
    let found = store.get(DelayedId(0)).unwrap();
    assert_eq!((found.id, found.due_at, found.message.payload()), (DelayedId(0), 7, &b"new"[..]));
}

#[test]
fn pages_go_on_behind_a_message_that_is_gone() {
    let mut store = store_with(&[3, 1, 2, 2]);
    let first: Vec<_> = store.iter_after(None).take(2).map(|found| (found.due_at, found.id)).collect();
    assert_eq!(first, [(1, DelayedId(1)), (2, DelayedId(2))]);
    store.remove(DelayedId(2));
    let rest: Vec<_> = store.iter_after(first.last().copied()).map(|found| found.id.0).collect();
    assert_eq!(rest, [3, 0]);
}

#[derive(Clone, Debug)]
enum Step {
    Insert { due_at: Millis },
    Restore { id: u64, due_at: Millis },
    Pop { now: Millis, max: usize },
    Remove { id: u64 },
    SkipTo { id: u64 },
    SetMax { max: usize },
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let (time, id) = (0_u64..20, 0_u64..30);
    prop_oneof![
        8 => time.clone().prop_map(|due_at| Step::Insert { due_at }),
        2 => (id.clone(), time.clone()).prop_map(|(id, due_at)| Step::Restore { id, due_at }),
        3 => (time, 0_usize..6).prop_map(|(now, max)| Step::Pop { now, max }),
        3 => id.clone().prop_map(|id| Step::Remove { id }),
        1 => id.prop_map(|id| Step::SkipTo { id }),
        1 => (0_usize..12).prop_map(|max| Step::SetMax { max }),
        1 => Just(Step::Clear),
    ]
}

/// The same rules over a list that is sorted when it is asked.
#[derive(Default)]
struct Model {
    entries: Vec<(Millis, u64, String)>,
    next_id: u64,
    max: usize,
}

impl Model {
    fn insert(&mut self, due_at: Millis, payload: String) -> Result<DelayedId, Full> {
        if self.max > 0 && self.entries.len() >= self.max {
            return Err(Full);
        }
        self.entries.push((due_at, self.next_id, payload));
        self.next_id += 1;
        Ok(DelayedId(self.next_id - 1))
    }

    fn remove(&mut self, id: u64) -> Option<String> {
        let index = self.entries.iter().position(|entry| entry.1 == id)?;
        Some(self.entries.remove(index).2)
    }

    fn pop(&mut self, now: Millis, max: usize) -> Vec<(u64, String)> {
        self.entries.sort();
        let count = self.entries.iter().take_while(|entry| entry.0 <= now).count().min(max);
        self.entries.drain(..count).map(|(_, id, payload)| (id, payload)).collect()
    }
}

fn text(message: &Message) -> String {
    String::from_utf8_lossy(message.payload()).into_owned()
}

proptest! {
    #[test]
    fn agrees_with_a_list(steps in prop::collection::vec(step(), 1..120)) {
        let (mut store, mut model) = (DelayedStore::new(0), Model::default());
        for (number, step) in steps.into_iter().enumerate() {
            let payload = format!("{number}");
            match step {
                Step::Insert { due_at } => {
                    prop_assert_eq!(store.insert(due_at, message(&payload)), model.insert(due_at, payload));
                }
                Step::Restore { id, due_at } => {
                    store.restore(DelayedId(id), due_at, message(&payload));
                    model.remove(id);
                    model.entries.push((due_at, id, payload));
                    model.next_id = model.next_id.max(id + 1);
                }
                Step::Pop { now, max } => {
                    let popped: Vec<_> =
                        store.pop_due(now, max).iter().map(|(id, message)| (id.0, text(message))).collect();
                    prop_assert_eq!(popped, model.pop(now, max));
                }
                Step::Remove { id } => {
                    prop_assert_eq!(store.remove(DelayedId(id)).as_ref().map(text), model.remove(id));
                }
                Step::SkipTo { id } => {
                    store.skip_to(DelayedId(id));
                    model.next_id = model.next_id.max(id);
                }
                Step::SetMax { max } => {
                    store.set_max_messages(max);
                    model.max = max;
                }
                Step::Clear => {
                    store.clear();
                    model.entries.clear();
                }
            }
            model.entries.sort();
            let listed: Vec<_> =
                store.iter_after(None).map(|found| (found.due_at, found.id.0, text(found.message))).collect();
            prop_assert_eq!(&listed, &model.entries);
            prop_assert_eq!(store.next_due(), model.entries.first().map(|entry| entry.0));
            prop_assert_eq!((store.len(), store.next_id().0), (model.entries.len(), model.next_id));
            let bytes: usize = model.entries.iter().map(|entry| entry_bytes(&message(&entry.2))).sum();
            prop_assert_eq!(store.bytes(), bytes);
            for (due_at, id, payload) in &model.entries {
                let found = store.get(DelayedId(*id)).map(|found| (found.due_at, text(found.message)));
                prop_assert_eq!(found, Some((*due_at, payload.clone())));
            }
        }
    }
}
