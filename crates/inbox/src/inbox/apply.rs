//! Applying commands.

use super::{Inbox, QueueTotals};
use crate::{
    ChunkId, Command, Place, Position, Recipient, SessionNumber, SessionRecord, SubscriptionRecord,
    effects::Effects,
    entry::Delivery,
    queue::{POSITION_MAX, Queue, Slot},
    record::{awaiting_key, awaiting_value, subscription_key},
    space,
};
use std::ops::Range;

/// What came of a command beside what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Sessions it named that do not exist; one for each time it named one.
    pub unknown_sessions: Vec<SessionNumber>,
    /// Recipients whose position was given already, which never happens with an undamaged log; they were left out.
    pub stale_recipients: u32,
    /// Messages that were dropped (`Drop`) or lost with their session (`EndSession`) before they were acknowledged or received.
    pub dropped: Vec<Dropped>,
    /// Where messages went (`MoveGroup`).
    pub moved: Vec<Moved>,
}

/// A message that left a queue undelivered, or sent and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Where it was in the queue.
    pub position: Position,
    /// Where it lies in the log as long as the segment does.
    pub place: Place,
}

/// Messages that came to the end of a queue from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Whose queue.
    pub to: SessionNumber,
    /// The positions they got.
    pub positions: Range<Position>,
}

/// Why a command cannot be applied. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// These chunks have to be loaded first. There may be more after them.
    #[error("{} chunks have to be loaded first", .0.len())]
    Missing(Vec<ChunkId>),
    /// A message is to be queued, and it was not said where it is stored.
    #[error("the place of the stored message is missing")]
    NoPlace,
}

impl Inbox {
    /// Applies a command; `stored` is where the message of a `Queue` or `Relocate` lies in the log.
    ///
    /// # Errors
    /// Chunks are missing that it needs; then nothing has changed, load them and try again.
    pub fn apply(&mut self, command: &Command, stored: Option<Place>) -> Result<Applied, ApplyError> {
        let missing = self.missing_chunks(command);
        if !missing.is_empty() {
            return Err(ApplyError::Missing(missing));
        }
        let mut applied = Applied::default();
        match command {
            Command::SetSession { session, record } => self.set_session(*session, record),
            Command::EndSession { session } => self.end_session(*session, &mut applied),
            Command::SetSubscription { session, subscription } => {
                self.set_subscription(*session, subscription, &mut applied);
            }
            Command::RemoveSubscription { session, filter } => {
                let key = subscription_key(*session, filter);
                self.remove_of_session(*session, space::SUBSCRIPTIONS, key, &mut applied);
            }
            Command::Queue { recipients, awaiting_release, .. } => {
                self.queue_for(recipients, stored, &mut applied)?;
                if let Some((session, packet_id)) = awaiting_release {
                    self.await_release(*session, *packet_id, &mut applied);
                }
            }
            Command::Release { session, packet_id } => {
                let key = awaiting_key(*session, *packet_id);
                self.remove_of_session(*session, space::AWAITING, key, &mut applied);
            }
            Command::Sent { session, sent_to } => {
                self.change_entries(*session, &mut applied, |queue, _| queue.set_sent_to(*sent_to));
            }
            Command::Received { session, position } => {
                self.change_entries(*session, &mut applied, |queue, effects| queue.receive(*position, effects));
            }
            Command::Done { session, position } => {
                self.change_entries(*session, &mut applied, |queue, effects| {
                    if queue.close(*position, effects).is_some() {
                        queue.advance(effects);
                    }
                });
            }
            Command::Drop { session, from, below } => self.drop_range(*session, *from..*below, &mut applied),
            Command::MoveGroup { filter, from, range, to } => {
                self.move_group(filter, *from, range, to, &mut applied);
            }
            Command::Relocate { from, entries, .. } => {
                let place = stored.ok_or(ApplyError::NoPlace)?;
                for &(session, position) in entries {
                    self.change_entries(session, &mut applied, |queue, effects| {
                        queue.relocate(position, *from, place, effects);
                    });
                }
            }
            Command::Set { space, key, value } => self.pending.set(space.name(), key.clone(), value.clone()),
            Command::Retain { message } => self.pending.retain(message.clone()),
            Command::Unset { space, key } => self.pending.remove(space.name(), key.clone()),
        }
        Ok(applied)
    }

    fn set_session(&mut self, session: SessionNumber, record: &SessionRecord) {
        if !self.session_exists(session) {
            self.sessions.insert(session, Slot::new(Queue::default()));
            if session.0 >= self.next_session_number {
                self.next_session_number = session.0.saturating_add(1);
                self.next_session_number_changed = true;
            }
            // Every session has a queue summary in the store: by it a start knows the session.
            self.change_entries(session, &mut Applied::default(), |_, _| ());
        }
        self.pending.set(space::SESSIONS, session.key().to_vec(), record.value());
    }

    fn end_session(&mut self, session: SessionNumber, applied: &mut Applied) {
        let Some(slot) = self.sessions.remove(session) else {
            applied.unknown_sessions.push(session);
            return;
        };
        let queue = slot.view();
        self.totals.replace(QueueTotals::of(&queue), QueueTotals::default());
        self.pending.end_session(session, queue.stored);
        let mut at = queue.head();
        while let Ok(Some(open)) = queue.next_open(at) {
            at = open.position + 1;
            if open.entry.is_waiting() {
                self.references.remove(open.entry.place);
                applied.dropped.push(Dropped { position: open.position, place: open.entry.place });
            }
        }
    }

    fn set_subscription(&mut self, session: SessionNumber, record: &SubscriptionRecord, applied: &mut Applied) {
        if self.session_exists(session) {
            let key = subscription_key(session, &record.filter);
            self.pending.set(space::SUBSCRIPTIONS, key, record.value());
        } else {
            applied.unknown_sessions.push(session);
        }
    }

    fn await_release(&mut self, session: SessionNumber, packet_id: u16, applied: &mut Applied) {
        if self.session_exists(session) {
            self.pending.set(space::AWAITING, awaiting_key(session, packet_id), awaiting_value());
        } else {
            applied.unknown_sessions.push(session);
        }
    }

    fn remove_of_session(&mut self, session: SessionNumber, space: &'static str, key: Vec<u8>, applied: &mut Applied) {
        if self.session_exists(session) {
            self.pending.remove(space, key);
        } else {
            applied.unknown_sessions.push(session);
        }
    }

    fn queue_for(
        &mut self,
        recipients: &[Recipient],
        stored: Option<Place>,
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        if recipients.is_empty() {
            return Ok(());
        }
        let place = stored.ok_or(ApplyError::NoPlace)?;
        for recipient in recipients {
            let position = recipient.position;
            let delivery = Delivery {
                place,
                qos: recipient.qos,
                retain: recipient.retain,
                subscription_ids: recipient.subscription_ids.clone(),
                shared: recipient.shared.as_ref(),
            };
            let queued = self.change_entries(recipient.session, applied, |queue, effects| {
                let fits = (queue.tail()..POSITION_MAX).contains(&position);
                if fits {
                    queue.append(position, &delivery, effects);
                }
                fits
            });
            applied.stale_recipients += u32::from(queued == Some(false));
        }
        Ok(())
    }

    fn drop_range(&mut self, session: SessionNumber, range: Range<Position>, applied: &mut Applied) {
        let dropped = self.change_entries(session, applied, |queue, effects| {
            let mut dropped = Vec::new();
            let mut at = range.start;
            while let Ok(Some(open)) = queue.next_open(at) {
                if open.position >= range.end {
                    break;
                }
                let position = open.position;
                at = position + 1;
                if open.entry.is_waiting() {
                    dropped.push(Dropped { position, place: open.entry.place });
                    queue.close(position, effects);
                }
            }
            queue.advance(effects);
            dropped
        });
        applied.dropped = dropped.unwrap_or_default();
    }

    /// Like [`Inbox::change_queue`], for what the next checkpoint has to write. A session that does not exist is noted.
    pub(super) fn change_entries<T>(
        &mut self,
        session: SessionNumber,
        applied: &mut Applied,
        change: impl FnOnce(&mut Queue, &mut Effects<'_>) -> T,
    ) -> Option<T> {
        let answer = self.change_queue(session, |queue, effects| {
            if !queue.changed {
                queue.changed = true;
                effects.pending.queue_changed(session);
            }
            change(queue, effects)
        });
        if answer.is_none() {
            applied.unknown_sessions.push(session);
        }
        answer
    }
}
