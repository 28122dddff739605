//! Handing out what has changed, so that the log can be cut.

use super::{Inbox, NEXT_SESSION_NUMBER_FORMAT};
use crate::{Changes, ChunkId, SessionNumber, space, wire::put_varint};

impl Inbox {
    /// Everything that changed since the last checkpoint was begun. Write it as [`Changes`] says, together with the log position
    /// that the commands applied so far reach to, then call [`Inbox::finish_checkpoint`]; changes go on meanwhile, but the next
    /// checkpoint must not be begun before. A batch that cannot be written must be tried again or end the process: it is not
    /// handed out a second time.
    pub fn begin_checkpoint(&mut self) -> Changes {
        let pending = std::mem::take(&mut self.pending);
        let mut changes = Changes {
            ended: pending.ended,
            values: pending.values,
            retained: pending.retained.into_iter().collect(),
            ..Changes::default()
        };
        let mut removed_chunks = pending.removed_chunks;
        for session in pending.changed_queues {
            let Some(slot) = self.sessions.get_mut(session).filter(|slot| slot.view().changed) else { continue };
            slot.change(|queue| {
                queue.changed = false;
                queue.stored = true;
                for chunk in queue.dirty_chunks() {
                    let id = ChunkId { session, index: chunk.index };
                    if !chunk.is_all_closed() {
                        changes.chunks.push((id, chunk.freeze()));
                    } else if chunk.discard() {
                        removed_chunks.insert(id);
                    }
                }
                changes.queues.push((session, queue.value()));
            });
        }
        self.removing_chunks = removed_chunks.into_iter().collect();
        changes.removed_chunks.clone_from(&self.removing_chunks);
        if self.references.changed {
            self.references.changed = false;
            changes.meta.push((space::LIVE_REFERENCES, self.references.value()));
        }
        if self.next_session_number_changed {
            self.next_session_number_changed = false;
            changes.meta.push((space::NEXT_SESSION_NUMBER, next_session_number_value(self.next_session_number())));
        }
        changes
    }

    /// What [`Inbox::begin_checkpoint`] gave is on disk: chunks that are there as they are in memory are forgotten, except those
    /// of sessions in use, and those at the ends of queues that this checkpoint wrote: they stay until the next one.
    pub fn finish_checkpoint(&mut self) {
        self.removing_chunks = Vec::new();
        let sessions = &mut self.sessions;
        self.resident.retain(|&session| {
            let Some(slot) = sessions.get_mut(session).filter(|slot| slot.view().listed) else { return false };
            slot.change(|queue| {
                queue.evict();
                queue.listed = queue.has_chunks();
                queue.listed
            })
        });
    }

    /// How much the next checkpoint has to write, roughly, in bytes.
    #[must_use]
    pub const fn changes_bytes(&self) -> usize {
        self.pending.bytes()
    }
}

fn next_session_number_value(number: SessionNumber) -> Vec<u8> {
    let mut value = vec![NEXT_SESSION_NUMBER_FORMAT];
    put_varint(&mut value, number.0);
    value
}
