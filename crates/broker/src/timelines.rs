//! What has happened to each client lately: when it came and went, who let it in or kept it out, what it was allowed and denied,
//! and what it did not get. For whoever asks "what about meter-7?" after the fact, when no trace ran.
//!
//! A worker keeps them of its own clients, in memory of a fixed size: of a client the last [`ENTRIES_MAX`] entries, and of clients
//! those that something happened to last. They outlive sessions. Clients that were never let in have memory of their own, so that
//! nobody makes the broker forget its clients by trying names. What repeats itself is one entry with a number.
//!
//! A message that is delivered leaves no entry and costs nothing here; one that is dropped costs a look-up by client id.

mod client_timeline;
mod packed_event;
mod table;
mod timeline_event;

pub use client_timeline::ClientTimeline;
pub use timeline_event::{TimelineEntry, TimelineEvent, TimelineVerdict};

use dunlin_model::Millis;
use table::TimelineTable;

/// Entries of one client.
pub(crate) const ENTRIES_MAX: usize = 64;

/// What all workers may keep of clients that were let in.
const BYTES_MAX: usize = 16 << 20;

/// What all workers may keep of names that nobody was let in with.
const STRANGERS_BYTES_MAX: usize = 2 << 20;

/// The timelines of one worker's clients.
pub(crate) struct Timelines {
    known: TimelineTable,
    strangers: TimelineTable,
}

impl Timelines {
    /// For one of so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        let share = |bytes: usize| TimelineTable::new(bytes / workers.max(1));
        Self { known: share(BYTES_MAX), strangers: share(STRANGERS_BYTES_MAX) }
    }

    /// Something happened to a client.
    pub(crate) fn note(&mut self, client_id: &str, now: Millis, event: &TimelineEvent<'_>) {
        if client_id.is_empty() {
            return;
        }
        let is_in = matches!(event, TimelineEvent::Connected { .. });
        if !self.known.has(client_id) {
            if !is_in && !event.is_of_a_session() {
                return self.strangers.add(client_id, now, event);
            }
            // Its vain attempts are part of its story.
            if let Some(attempts) = self.strangers.remove(client_id) {
                self.known.append(client_id, &attempts);
            }
        }
        self.known.add(client_id, now, event);
    }

    /// Something happened `count` times that may have happened before: where the last entries have it, it is counted there, else
    /// it gets an entry.
    pub(crate) fn note_again(
        &mut self,
        client_id: &str,
        now: Millis,
        count: u64,
        is_it: impl Fn(&TimelineEvent<'_>) -> bool,
        event: &TimelineEvent<'_>,
    ) {
        if self.count_again(client_id, now, count, is_it) {
            return;
        }
        self.note(client_id, now, event);
        if count > 1 {
            self.count_again(client_id, now, count - 1, |_| true);
        }
    }

    /// Counts what happened again, where the last entries have it; false where they do not.
    pub(crate) fn count_again(
        &mut self,
        client_id: &str,
        now: Millis,
        count: u64,
        is_it: impl Fn(&TimelineEvent<'_>) -> bool,
    ) -> bool {
        let table = if self.known.has(client_id) { &mut self.known } else { &mut self.strangers };
        table.count_again(client_id, now, count, is_it)
    }

    /// What is known of a client, oldest first; `None` where nothing is.
    pub(crate) fn of(&self, client_id: &str) -> Option<ClientTimeline> {
        self.known.of(client_id).or_else(|| self.strangers.of(client_id)).cloned()
    }
}

#[cfg(test)]
mod tests;
