//! A medium that turns bits over: what is damaged is reported and given up, the rest serves.

use crate::SMALL_SEGMENTS;
use crate::histories::seeds;
use crate::history::{History, open};
use crate::model::Model;
use crate::observation::{Observation, observe};
use dunlin_inbox::{ChunkId, Command, space};
use dunlin_storage::disk::Disk;
use dunlin_storage::key_value::{KeyValue, KeyValueBatch};
use dunlin_storage::log::Recovery;
use dunlin_storage::store::Store;
use fastrand::Rng;
use std::collections::BTreeSet;

/// Seeds of a normal run.
const SEEDS: u64 = 60;

/// A store with segments from before its last checkpoint and frames behind it, and the state of that checkpoint.
fn prepared(seed: u64) -> (History, Model) {
    let mut history = History::with(seed, SMALL_SEGMENTS);
    for _ in 0..60 {
        history.calm_step();
    }
    history.finish_checkpoint();
    let base = history.now.clone();
    history.journal.clear();
    for _ in 0..10 {
        history.frame();
        history.sync();
    }
    (history, base)
}

/// Turns over one bit of a log segment, headers and unused bytes included.
fn flip(history: &History, random: &mut Rng) -> (String, u64) {
    let names = history.disk.list().expect("the disk is sound");
    let segments: Vec<_> = names.into_iter().filter(|name| name.ends_with(".log")).collect();
    let name = random.choice(segments).expect("something was written");
    // Most frames lie in the first half.
    let offset = random.u64(0..u64::from(SMALL_SEGMENTS.segment_bytes));
    assert!(history.disk.flip_bit(&name, offset, random.u8(0..8)));
    (name, offset)
}

fn opened(history: &History, random: &mut Rng) -> (Recovery, Observation) {
    let (mut store, recovery) =
        open(&history.disk, &history.key_value, SMALL_SEGMENTS).expect("damage is no reason not to start");
    let mut bodies = store.body_reader();
    let found = observe(&mut store, &mut bodies, random);
    (recovery, found)
}

/// The state without the frame of this number; with all of them if there is none.
fn without(base: &Model, journal: &[Vec<Command>], left_out: Option<usize>) -> Model {
    let mut model = base.clone();
    for (index, frame) in journal.iter().enumerate() {
        if Some(index) != left_out {
            frame.iter().for_each(|command| model.apply(command));
        }
    }
    model
}

/// What one bit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    LostFrame,
    UnreadableMessage,
    None,
}

/// Turns over one bit, and compares what is left with what must be.
fn turn_one_bit_over(seed: u64) -> Damage {
    let (history, base) = prepared(seed);
    let random = &mut Rng::with_seed(seed);
    let (name, offset) = flip(&history, random);
    let (recovery, found) = opened(&history, random);
    let left_out = (0..history.journal.len()).map(Some).rev();
    let expected = std::iter::once(None).chain(left_out).find_map(|index| {
        let model = without(&base, &history.journal, index);
        found.is(&model).then_some((index, model))
    });
    let Some((left_out, expected)) = expected else {
        let all = without(&base, &history.journal, None);
        panic!("seed {seed}: bit of {name} at {offset}, {recovery:?}:\n{}", found.difference(&all));
    };
    let id = |(session, position)| expected.sessions[session].queue.entries[position].id;
    let damaged: BTreeSet<_> = found.unreadable.iter().map(|(session, position)| id((session, position))).collect();
    assert!(damaged.len() <= 1, "seed {seed}: {damaged:?}");
    if left_out.is_some() {
        assert!(!recovery.quarantined.is_empty() || recovery.cut.is_some(), "seed {seed}: {recovery:?}");
        Damage::LostFrame
    } else if damaged.is_empty() {
        Damage::None
    } else {
        Damage::UnreadableMessage
    }
}

#[test]
fn one_bit_costs_one_frame_or_one_message_and_is_reported() {
    let seeds = seeds(SEEDS);
    let damages: Vec<_> = seeds.clone().map(turn_one_bit_over).collect();
    let count = |wanted| damages.iter().filter(|damage| **damage == wanted).count();
    let counts = [Damage::LostFrame, Damage::UnreadableMessage, Damage::None].map(count);
    assert!(counts.iter().all(|count| *count > 3) || seeds.end - seeds.start < SEEDS, "{counts:?}");
}

/// A frame was lost with what it moved to other members of a group: later commands took other messages for those.
#[test]
fn seed_761_a_lost_frame_shifts_nothing() {
    turn_one_bit_over(761);
}

#[test]
fn a_part_of_a_queue_that_is_damaged_in_the_key_value_store_is_given_up_and_counted() {
    let mut history = History::with(1, SMALL_SEGMENTS);
    let begin = history.commands.begin_session();
    let Command::SetSession { session, .. } = begin else { panic!("{begin:?}") };
    history.write(vec![begin]);
    for _ in 0..600 {
        let command = history.commands.plain_queue(&history.now, session);
        history.write(vec![command]);
    }
    history.finish_checkpoint();
    let mut batch = KeyValueBatch::default();
    let damaged = ChunkId { session, index: 1 };
    batch.set(space::CHUNKS, damaged.key(), b"rot".to_vec());
    history.key_value.commit(&batch).expect("the key-value store is sound");

    let (mut store, recovery) =
        open(&history.disk, &history.key_value, SMALL_SEGMENTS).expect("damage is no reason not to start");
    assert_eq!(recovery, Recovery::default());
    let mut bodies = store.body_reader();
    let found = observe(&mut store, &mut bodies, &mut Rng::with_seed(1));
    assert_eq!(store.lost_chunks(), 1);
    assert_eq!(store.figures().live_references, 600, "what was lost is not known");
    checkpoint(&mut store);
    let figures = store.figures();
    assert_eq!((figures.live_references, figures.queued_messages), (344, 344), "what is left was counted");
    assert_eq!(figures.queued_bytes, found.model.sessions[&session].queue.bytes());
    assert!(figures.log_segments > 1);
    assert_eq!(history.key_value.get(space::CHUNKS, &damaged.key()).expect("it can be read"), None);
    let expected = &history.now.sessions[&session].queue;
    let found = &found.model.sessions[&session].queue;
    let is_kept = |position: &u64| !(256..512).contains(position);
    assert!(found.entries.keys().eq(expected.entries.keys().filter(|position| is_kept(position))));
    assert!(found.entries.iter().all(|(position, entry)| expected.entries[position] == *entry));
    assert_eq!((found.tail, found.sent_to), (expected.tail, expected.sent_to));

    for position in found.entries.keys() {
        store.begin(100).expect("there is room");
        store.push(&Command::Done { session, position: *position }).expect("the key-value store is sound");
        store.append().expect("the disk is sound");
    }
    checkpoint(&mut store);
    assert_eq!(
        (store.figures().live_references, store.figures().log_segments),
        (0, 1),
        "nothing of the lost part stays"
    );
}

fn checkpoint(store: &mut Store) {
    let mut checkpoint = store.begin_checkpoint().expect("the disk is sound");
    checkpoint.write().expect("the key-value store is sound");
    store.end_checkpoint(checkpoint).expect("the disk is sound");
}
