//! A segment that is used again holds whole messages of its earlier life where new ones will be.

use crate::LARGE_SEGMENTS;
use crate::history::History;
use dunlin_inbox::Command;

/// Messages of one size, some for each of two sessions, until `segments` segments were used up.
fn publish_until(history: &mut History, segments: u64) {
    let session = history.commands.session(&history.now).expect("there is one");
    while history.segment_count() <= segments {
        let command = history.commands.plain_queue(&history.now, session);
        history.write(vec![command]);
    }
}

#[test]
fn what_was_read_ahead_of_the_end_is_not_taken_for_what_is_written_there_later() {
    let mut history = History::with(1, LARGE_SEGMENTS);
    let begin = history.commands.begin_session();
    let Command::SetSession { session, .. } = begin else { panic!("{begin:?}") };
    history.write(vec![begin]);
    publish_until(&mut history, 3);
    let done = |position| Command::Done { session, position };
    let tail = history.now.sessions[&session].queue.tail;
    (0..tail).for_each(|position| history.write(vec![done(position)]));
    (0..3).for_each(|_| history.go_on_with_checkpoint());
    assert_eq!(history.segment_count(), 1, "the others are spares now");

    // On into a segment that was used before.
    publish_until(&mut history, 1);
    for _ in 0..300 {
        history.look_at_end(session);
        let command = history.commands.plain_queue(&history.now, session);
        history.write(vec![command]);
    }
    history.finish();
}
