//! Which retained messages a new subscriber may find: for each topic the last one acknowledged, or a later one.

use super::stream::{Purpose, StreamHistory};
use crate::message::{MessageId, StreamNumber};

/// What was acknowledged when the question was asked: the oldest message of each stream that may still be retained.
#[derive(Clone, Debug, Default)]
pub(super) struct RetainedFloor(Vec<(StreamNumber, Option<u32>)>);

impl RetainedFloor {
    pub(super) fn of(streams: &[StreamHistory]) -> Self {
        let retained = streams.iter().enumerate().filter(|(_, stream)| stream.facts.purpose == Purpose::Retained);
        Self(
            retained
                .filter_map(|(number, stream)| {
                    // A broker may keep a QoS 2 message back until it is released.
                    let last = stream.sent.iter().rposition(|sent| sent.completed_at.is_some());
                    Some((StreamNumber::try_from(number).ok()?, last.and_then(|last| u32::try_from(last).ok())))
                })
                .collect(),
        )
    }

    /// How many streams there are to look at.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// What is wrong with the messages found, one text for each topic.
    pub(super) fn judge(&self, streams: &[StreamHistory], found: &[MessageId]) -> Vec<String> {
        let mut wrong = Vec::new();
        for &(number, floor) in &self.0 {
            let Some(stream) = streams.get(usize::from(number)) else { continue };
            let found = found.iter().find(|message| message.stream == number).map(|message| message.sequence);
            if !is_right(stream, floor, found) {
                wrong.push(describe(stream, floor, found));
            }
        }
        wrong
    }
}

fn is_right(stream: &StreamHistory, floor: Option<u32>, found: Option<u32>) -> bool {
    let sent = u32::try_from(stream.sent.len()).unwrap_or(u32::MAX);
    match (floor, found) {
        (None, None) => true,
        (Some(floor), None) => (floor..sent).any(|sequence| stream.facts.is_removal(sequence)),
        (floor, Some(found)) => found >= floor.unwrap_or(0) && found < sent,
    }
}

fn describe(stream: &StreamHistory, floor: Option<u32>, found: Option<u32>) -> String {
    let topic = &stream.facts.topic;
    let last = match floor {
        Some(floor) if stream.facts.is_removal(floor) => format!("its removal (number {floor}) was acknowledged"),
        Some(floor) => format!("number {floor} was acknowledged"),
        None => "nothing was acknowledged".to_owned(),
    };
    match found {
        Some(found) => format!("{topic} has retained number {found}, but {last}"),
        None => format!("{topic} has no retained message, but {last}"),
    }
}
