//! Keeps the log small, and within the share of the disk that it may take.
//!
//! Without need, segments of which little is needed are emptied in small steps with pauses between them. When the log is
//! over its budget there are no pauses, and fuller segments are emptied too; what compaction cannot free is freed by dropping the
//! oldest messages of the largest queues, or new messages are refused, as `durable_sessions.overflow` says.

use super::{
    DiskBudget, DurableSettings, Overflow,
    checkpoints::{Asker, Checkpoints, answer},
};
use dunlin_inbox::SessionNumber;
use dunlin_model::Millis;
use dunlin_storage::store::{CompactEffort, CompactStep, Store, StoreError};
use std::time::Duration;
use tracing::{error, info, warn};

/// What one step reads or writes, roughly: one to three milliseconds, for which an acknowledgement may have to wait.
const STEP_BYTES: usize = 128 * 1024;

/// Pause between two steps when there is no need.
const PAUSE_MS: u64 = 5;

/// After this time it is looked again whether there is something to do.
const LOOK_MS: u64 = 1_000;

/// Bytes dropped from one queue at a time.
const DROP_BYTES: u64 = 256 * 1024;

/// Queues that messages are dropped from before it is looked again which are the largest.
const LARGEST_QUEUES: usize = 256;

/// Over the budget by more segments than this, new messages are refused until dropping the old has caught up.
const SEGMENTS_OVER_MAX: u64 = 2;

/// The state of it.
pub(crate) struct Upkeep {
    budget: DiskBudget,
    overflow: Overflow,
    /// Bytes the log may take, and when this was found out.
    limit_bytes: u64,
    looked_at: Option<Millis>,
    /// When the next step is due.
    next_at: Millis,
    /// The last step left something to do.
    is_busy: bool,
    /// The log is over its budget, and no checkpoint alone brings it below.
    is_short: bool,
    dropping: Option<Dropping>,
    /// Messages were dropped and the log is over its budget still.
    has_dropped: bool,
    /// New messages are refused.
    is_full: bool,
    /// Those who want the log compacted now.
    asking: Vec<Asker>,
}

/// Messages that are being dropped.
struct Dropping {
    /// So much more.
    bytes: u64,
    /// From these queues, the largest last.
    queues: Vec<(u64, SessionNumber)>,
}

impl Upkeep {
    pub(crate) fn new(settings: &DurableSettings) -> Self {
        Self {
            budget: settings.disk_budget,
            overflow: settings.overflow,
            limit_bytes: u64::MAX,
            looked_at: None,
            next_at: 0,
            is_busy: false,
            is_short: false,
            dropping: None,
            has_dropped: false,
            is_full: false,
            asking: Vec::new(),
        }
    }

    /// How long the committer may sleep.
    pub(crate) fn patience(&self, longest: Duration) -> Duration {
        match (self.is_busy, self.is_short) {
            (true, true) => Duration::ZERO,
            (true, false) => Duration::from_millis(PAUSE_MS),
            _ => longest,
        }
    }

    /// Compacts thoroughly from now on, then has a checkpoint written, and answers when it is.
    pub(crate) fn ask(&mut self, asker: Asker) {
        self.asking.push(asker);
        self.is_busy = true;
        self.next_at = 0;
    }

    /// Whether there is no room for new messages.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether the budget has room for one more spare segment.
    pub(crate) fn may_grow(&self, store: &Store) -> bool {
        store.bytes_on_disk().saturating_add(store.segment_bytes()) <= self.limit_bytes
    }

    /// Does one step of what is due. Of which queue messages were dropped, and how many.
    ///
    /// # Errors
    /// The store takes nothing more.
    pub(crate) fn look_after(
        &mut self,
        store: &mut Store,
        checkpoints: &mut Checkpoints,
        now: Millis,
    ) -> Result<Option<(SessionNumber, u64)>, StoreError> {
        let excess = self.excess_bytes(store, now);
        let was_short = std::mem::replace(&mut self.is_short, excess > store.reclaimable_bytes());
        if excess > 0 && !self.is_short {
            checkpoints.hurry();
        }
        if !self.is_short {
            (self.dropping, self.has_dropped, self.is_full) = (None, false, false);
        } else if !was_short {
            self.next_at = now;
        }
        if now < self.next_at {
            return Ok(None);
        }
        self.next_at = now + if self.is_short { 0 } else { PAUSE_MS };
        let result = if self.dropping.is_some() {
            self.drop_some(store)
        } else {
            self.compact(store, checkpoints, excess, now).map(|()| None)
        };
        match result {
            Err(error @ (StoreError::NoSpace | StoreError::Read(_))) => {
                if !matches!(error, StoreError::NoSpace) {
                    error!(msg = "durable_log_not_compacted", %error);
                }
                // What was done so far counts.
                self.asking.drain(..).for_each(|asker| checkpoints.ask(asker));
                self.rest(now);
                Ok(None)
            }
            Err(error) => {
                answer(&mut self.asking, &Err(error.to_string()));
                Err(error)
            }
            other => other,
        }
    }

    /// Bytes that are over the budget. A segment and a spare are always granted.
    fn excess_bytes(&mut self, store: &Store, now: Millis) -> u64 {
        if self.looked_at.is_none_or(|at| now.saturating_sub(at) >= LOOK_MS) {
            self.looked_at = Some(now);
            match store.space() {
                Ok(space) => self.limit_bytes = self.budget.limit_bytes(space),
                Err(error) => error!(msg = "disk_space_unknown", %error),
            }
            if store.bytes_on_disk() > self.limit_bytes
                && let Err(error) = store.release_spare()
            {
                error!(msg = "log_spare_not_removed", %error);
            }
        }
        let for_sealed = self.limit_bytes.saturating_sub(2 * store.segment_bytes());
        store.sealed_bytes().saturating_sub(for_sealed)
    }

    fn compact(
        &mut self,
        store: &mut Store,
        checkpoints: &mut Checkpoints,
        excess: u64,
        now: Millis,
    ) -> Result<(), StoreError> {
        let effort = match (self.is_short, self.has_dropped) {
            (false, _) if self.asking.is_empty() => CompactEffort::Background,
            (false, _) | (true, false) => CompactEffort::Thorough,
            (true, true) => CompactEffort::Utmost,
        };
        let step = store.compact_step(effort, STEP_BYTES)?;
        if step == CompactStep::Idle {
            // What was emptied is given back once a checkpoint is written.
            self.asking.drain(..).for_each(|asker| checkpoints.ask(asker));
        }
        match step {
            CompactStep::Working => self.is_busy = true,
            CompactStep::Emptied(segment) => {
                self.is_busy = true;
                info!(msg = "durable_log_segment_emptied", segment);
            }
            CompactStep::Idle if self.is_short => self.give_way(store, checkpoints, excess, now),
            CompactStep::Idle => self.rest(now),
        }
        Ok(())
    }

    /// Compaction has freed what it can, and it is not enough.
    fn give_way(&mut self, store: &Store, checkpoints: &mut Checkpoints, excess: u64, now: Millis) {
        if store.reclaimable_bytes() > 0 {
            // What was freed so far counts once a checkpoint is written.
            checkpoints.hurry();
        }
        let is_far_over = excess > SEGMENTS_OVER_MAX * store.segment_bytes() + store.reclaimable_bytes();
        let queues = match self.overflow {
            Overflow::DropOldest => store.largest_queues(LARGEST_QUEUES),
            Overflow::Reject => Vec::new(),
        };
        self.is_full = queues.is_empty() || is_far_over;
        if queues.is_empty() {
            return self.rest(now);
        }
        if !self.has_dropped {
            warn!(msg = "durable_log_over_budget", excess, limit = self.limit_bytes, "the oldest messages are dropped");
        }
        self.is_busy = true;
        self.has_dropped = true;
        self.dropping = Some(Dropping { bytes: excess.saturating_add(store.segment_bytes()), queues });
    }

    /// Drops some of the oldest messages of the queue that is the largest now.
    fn drop_some(&mut self, store: &mut Store) -> Result<Option<(SessionNumber, u64)>, StoreError> {
        let Some(mut dropping) = self.dropping.take() else { return Ok(None) };
        let Some((_, session)) = dropping.queues.pop() else { return Ok(None) };
        let before = store.queued_bytes(session);
        let dropped = store.drop_oldest(session, DROP_BYTES.min(dropping.bytes))?;
        let left = store.queued_bytes(session);
        if left > 0 && dropped > 0 {
            let at = dropping.queues.partition_point(|queue| *queue < (left, session));
            dropping.queues.insert(at, (left, session));
        }
        dropping.bytes = dropping.bytes.saturating_sub(before.saturating_sub(left));
        if dropping.bytes > 0 && !dropping.queues.is_empty() {
            self.dropping = Some(dropping);
        }
        Ok(Some((session, dropped)))
    }

    /// Nothing to do for a while.
    fn rest(&mut self, now: Millis) {
        self.is_busy = false;
        self.next_at = now + LOOK_MS;
    }
}

#[cfg(test)]
mod tests;
