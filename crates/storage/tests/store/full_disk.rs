//! A disk without room for another segment.

use crate::SMALL_SEGMENTS;
use crate::history::History;
use dunlin_inbox::Command;
use dunlin_storage::store::StoreError;

#[test]
fn a_full_disk_refuses_what_is_new_and_goes_on_when_there_is_room() {
    let mut history = History::with(1, SMALL_SEGMENTS);
    let begin = history.commands.begin_session();
    let Command::SetSession { session, .. } = begin else { panic!("{begin:?}") };
    history.write(vec![begin]);
    history.disk.set_capacity(3 * u64::from(SMALL_SEGMENTS.segment_bytes));
    loop {
        let command = history.commands.plain_queue(&history.now, session);
        if !history.store.has_room(command.encoded_len_max()) && history.segment_count() == 3 {
            break;
        }
        history.write(vec![command]);
    }
    history.sync();
    for _ in 0..3 {
        assert!(matches!(history.store.begin(500), Err(StoreError::NoSpace)));
        assert!(!history.store.has_room(500));
        history.look();
    }
    // A start on a full disk finds everything, and room once a segment is not needed any more.
    history.kill();
    assert!(matches!(history.store.begin(500), Err(StoreError::NoSpace)));
    history.disk.set_capacity(4 * u64::from(SMALL_SEGMENTS.segment_bytes));
    history.write(vec![Command::Sent { session, sent_to: 5 }]);
    history.crash();
    history.finish();
}

#[test]
fn what_is_done_makes_room_without_a_larger_disk() {
    let mut history = History::with(1, SMALL_SEGMENTS);
    let begin = history.commands.begin_session();
    let Command::SetSession { session, .. } = begin else { panic!("{begin:?}") };
    history.write(vec![begin]);
    history.disk.set_capacity(4 * u64::from(SMALL_SEGMENTS.segment_bytes));
    // Twenty times what fits goes through.
    for round in 0..5_000 {
        let queue = history.commands.plain_queue(&history.now, session);
        history.write(vec![queue, Command::Done { session, position: round }]);
        if round % 100 == 99 {
            (0..3).for_each(|_| history.go_on_with_checkpoint());
        }
    }
    assert!(history.counts.recycled > 10, "{:?}", history.counts);
    history.finish();
}
