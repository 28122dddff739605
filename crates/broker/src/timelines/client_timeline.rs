//! What has happened to one client, oldest first, in one piece of memory.
//!
//! An entry is its length, when it happened, how much later it happened last, how often, and the event, with the numbers of
//! [`packed_event`](super::packed_event). Few clients have more than three entries, and a million of them may be waiting.

use super::packed_event::{Fields, pack, pack_number, unpack};
use super::{ENTRIES_MAX, TimelineEntry, TimelineEvent};
use dunlin_model::Millis;
use smallvec::SmallVec;

/// What one client may take: topics can be long.
const BYTES_MAX: usize = 16 << 10;

/// Entries that are looked at for one that happened before.
const LOOK_BACK: usize = 4;

/// What has happened to a client lately, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTimeline {
    bytes: Vec<u8>,
}

impl ClientTimeline {
    /// What has happened, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = TimelineEntry<'_>> {
        self.packed().map_while(|packed| read(packed.entry))
    }

    /// The memory its entries take.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Something happened; the oldest entries go where there are too many.
    pub(super) fn add(&mut self, now: Millis, event: &TimelineEvent<'_>) {
        let mut packed = Vec::with_capacity(64);
        pack(event, &mut packed);
        let head = head(now, 0, 1, packed.len());
        // No room to spare for clients that wait, some for those that much happens to.
        self.bytes.reserve_exact((head.len() + packed.len()).max(self.bytes.len() / 4));
        self.bytes.extend(head);
        self.bytes.extend(packed);
        self.forget_the_oldest();
    }

    /// What happened to a client before it got this timeline.
    pub(super) fn append(&mut self, later: &Self) {
        self.bytes.extend(&later.bytes);
        self.forget_the_oldest();
    }

    /// Counts what happened again, where one of the last entries has it; false where none has.
    pub(super) fn count_again(&mut self, now: Millis, count: u64, is_it: impl Fn(&TimelineEvent<'_>) -> bool) -> bool {
        let mut last = [None; LOOK_BACK];
        for packed in self.packed() {
            last.rotate_right(1);
            last[0] = Some(packed);
        }
        let known = |packed: Packed<'_>| {
            let entry = read(packed.entry).filter(|entry| is_it(&entry.event))?;
            let again = now.saturating_sub(entry.at);
            let event_len = event_len(packed.entry)?;
            let head = head(entry.at, again, entry.count.saturating_add(count), event_len);
            Some((packed.start..packed.end - event_len, head))
        };
        let Some((old_head, head)) = last.into_iter().flatten().find_map(known) else { return false };
        self.bytes.splice(old_head, head);
        true
    }

    fn forget_the_oldest(&mut self) {
        let mut entries = self.packed().count();
        let is_kept = |packed: &Packed<'_>| {
            let is_too_much = entries > ENTRIES_MAX || (self.bytes.len() - packed.start > BYTES_MAX && entries > 1);
            entries -= 1;
            !is_too_much
        };
        let kept = self.packed().find(is_kept).map_or(self.bytes.len(), |packed| packed.start);
        self.bytes.drain(..kept);
    }

    /// The entries in their bytes, oldest first.
    fn packed(&self) -> impl Iterator<Item = Packed<'_>> {
        let mut rest = Fields(&self.bytes);
        std::iter::from_fn(move || {
            let start = self.bytes.len() - rest.0.len();
            let entry = rest.chunk()?;
            Some(Packed { start, end: self.bytes.len() - rest.0.len(), entry })
        })
    }
}

/// An entry in its bytes.
#[derive(Clone, Copy)]
struct Packed<'a> {
    /// Where its length stands.
    start: usize,
    end: usize,
    /// What is behind its length.
    entry: &'a [u8],
}

/// What stands before an event.
fn head(at: Millis, last_after: Millis, count: u64, event_len: usize) -> SmallVec<[u8; 40]> {
    let mut numbers = SmallVec::<[u8; 32]>::new();
    for number in [at, last_after, count] {
        pack_number(number, &mut numbers);
    }
    let mut head = SmallVec::new();
    pack_number((numbers.len() + event_len) as u64, &mut head);
    head.extend(numbers);
    head
}

fn read(entry: &[u8]) -> Option<TimelineEntry<'_>> {
    let mut fields = Fields(entry);
    let (at, last_after, count) = (fields.number()?, fields.number()?, fields.number()?);
    Some(TimelineEntry { at, last_at: at.saturating_add(last_after), count, event: unpack(fields.0)? })
}

/// How long the event of an entry is.
fn event_len(entry: &[u8]) -> Option<usize> {
    let mut fields = Fields(entry);
    for _ in 0..3 {
        fields.number()?;
    }
    Some(fields.0.len())
}
