//! What durable state must be: commands applied in the plainest way.

use crate::{id_of, stored_bytes, tag_of};
use dunlin_inbox::{Command, GroupMember, Position, Recipient, SessionNumber, Space, encode_message};
use dunlin_model::{ArcStr, Qos};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// All durable state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) sessions: BTreeMap<SessionNumber, ModelSession>,
    pub(crate) values: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
}

/// One session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModelSession {
    /// Stands for its record.
    pub(crate) tag: u32,
    /// Filters and identifiers.
    pub(crate) subscriptions: BTreeMap<String, u32>,
    pub(crate) awaiting: BTreeSet<u16>,
    pub(crate) queue: ModelQueue,
}

/// What waits for a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModelQueue {
    pub(crate) entries: BTreeMap<Position, ModelEntry>,
    pub(crate) tail: Position,
    pub(crate) sent_to: Position,
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelEntry {
    /// Number of the message; none when it was received.
    pub(crate) id: Option<u64>,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) subscription_ids: Vec<u32>,
    pub(crate) shared: Option<ArcStr>,
}

impl ModelEntry {
    fn bytes(&self) -> u64 {
        self.id.map_or(0, stored_bytes)
    }
}

impl ModelQueue {
    pub(crate) fn bytes(&self) -> u64 {
        self.entries.values().map(ModelEntry::bytes).sum()
    }

    /// The next messages to drop until so many bytes more fit: the oldest never sent, then the oldest.
    pub(crate) fn oldest_to_drop(&self, adding: u64, max: u64) -> Option<Range<Position>> {
        let excess = (self.bytes() + adding).saturating_sub(max);
        let oldest = |range: Range<Position>| {
            let mut freed = 0;
            let waiting = self.entries.range(range).filter(|(_, entry)| entry.id.is_some());
            let needed = waiting.take_while(|(_, entry)| {
                let is_needed = freed < excess;
                freed += entry.bytes();
                is_needed
            });
            let positions: Vec<_> = needed.map(|(position, _)| *position).collect();
            Some(*positions.first()?..*positions.last()? + 1)
        };
        oldest(self.sent_to..self.tail).or_else(|| oldest(0..self.sent_to))
    }

    fn append(&mut self, entry: ModelEntry) {
        self.entries.insert(self.tail, entry);
        self.tail += 1;
    }
}

impl Model {
    pub(crate) fn apply(&mut self, command: &Command) {
        self.change(command);
        // What is done was sent, or need not be.
        for queue in self.sessions.values_mut().map(|session| &mut session.queue) {
            let head = queue.entries.keys().next().copied().unwrap_or(queue.tail);
            queue.sent_to = queue.sent_to.max(head);
        }
    }

    fn change(&mut self, command: &Command) {
        match command {
            Command::SetSession { session, record } => self.sessions.entry(*session).or_default().tag = tag_of(record),
            Command::EndSession { session } => _ = self.sessions.remove(session),
            Command::Queue { message, recipients, awaiting_release } => {
                let id = id_of(message);
                recipients.iter().for_each(|recipient| self.queue(id, recipient));
                if let Some((session, packet_id)) = awaiting_release {
                    self.with(*session, |session| _ = session.awaiting.insert(*packet_id));
                }
            }
            Command::MoveGroup { filter, from, range, to } => self.move_group(filter, *from, range, to),
            // Where a message lies is nobody's business.
            Command::Relocate { .. } => {}
            Command::Set { space, key, value } => _ = self.values.insert((*space, key.clone()), value.clone()),
            Command::Retain { message } => {
                let mut value = Vec::new();
                encode_message(message, &mut value);
                self.values.insert((Space::Retained, message.topic_bytes().to_vec()), value);
            }
            Command::Unset { space, key } => _ = self.values.remove(&(*space, key.clone())),
            Command::SetSubscription { session, subscription } => self.with(*session, |session| {
                session.subscriptions.insert(subscription.filter.to_string(), subscription.subscription_id);
            }),
            Command::RemoveSubscription { session, filter } => {
                self.with(*session, |session| _ = session.subscriptions.remove(filter.as_str()));
            }
            Command::Release { session, packet_id } => {
                self.with(*session, |session| _ = session.awaiting.remove(packet_id));
            }
            Command::Sent { session, sent_to } => self.with(*session, |session| {
                let queue = &mut session.queue;
                queue.sent_to = queue.sent_to.max(queue.tail.min(*sent_to));
            }),
            Command::Received { session, position } => self.with(*session, |session| {
                let entry = session.queue.entries.get_mut(position);
                if let Some(entry) = entry.filter(|entry| entry.qos == Qos::ExactlyOnce) {
                    entry.id = None;
                }
            }),
            Command::Done { session, position } => {
                self.with(*session, |session| _ = session.queue.entries.remove(position));
            }
            Command::Drop { session, from, below } => self.with(*session, |session| {
                let range = *from..*below;
                session.queue.entries.retain(|position, entry| entry.id.is_none() || !range.contains(position));
            }),
        }
    }

    /// The queues where a message waits.
    pub(crate) fn waiting(&self, id: u64) -> Vec<(SessionNumber, Position)> {
        let of_session = |(session, it): (&SessionNumber, &ModelSession)| {
            let entries = it.queue.entries.iter().filter(|(_, entry)| entry.id == Some(id));
            entries.map(|(position, _)| (*session, *position)).collect::<Vec<_>>()
        };
        self.sessions.iter().flat_map(of_session).collect()
    }

    fn with(&mut self, session: SessionNumber, change: impl FnOnce(&mut ModelSession)) {
        if let Some(session) = self.sessions.get_mut(&session) {
            change(session);
        }
    }

    fn queue(&mut self, id: u64, recipient: &Recipient) {
        let entry = ModelEntry {
            id: Some(id),
            qos: recipient.qos,
            retain: recipient.retain,
            subscription_ids: recipient.subscription_ids.as_slice().to_vec(),
            shared: recipient.shared.clone(),
        };
        self.with(recipient.session, |session| {
            if recipient.position >= session.queue.tail {
                session.queue.tail = recipient.position;
                session.queue.append(entry);
            }
        });
    }

    fn move_group(
        &mut self,
        filter: &ArcStr,
        from: SessionNumber,
        range: &Range<Position>,
        to: &[(GroupMember, Position)],
    ) {
        let takes = |(member, position): &(GroupMember, Position)| {
            self.sessions.get(&member.session).is_some_and(|session| session.queue.tail <= *position)
        };
        let takes: Vec<_> = to.iter().map(takes).collect();
        let heir = |position: Position| ((position - range.start) % to.len() as u64) as usize;
        if to.is_empty() {
            return;
        }
        let Some(queue) = self.sessions.get_mut(&from).map(|session| &mut session.queue) else { return };
        let sent_to = queue.sent_to;
        let is_moving = |position: Position, entry: &ModelEntry| {
            let is_ours = entry.id.is_some() && entry.shared.as_ref() == Some(filter);
            let may_leave = entry.qos == Qos::AtLeastOnce || entry.qos == Qos::ExactlyOnce && position >= sent_to;
            range.contains(&position) && takes[heir(position)] && is_ours && may_leave
        };
        let entries = std::mem::take(&mut queue.entries);
        let (moving, staying) = entries.into_iter().partition(|(position, entry)| is_moving(*position, entry));
        queue.entries = staying;
        let moving: BTreeMap<Position, ModelEntry> = moving;
        for (position, entry) in moving {
            let (member, first) = to[heir(position)];
            let subscription_ids = Vec::from_iter((member.subscription_id > 0).then_some(member.subscription_id));
            let entry = ModelEntry { qos: entry.qos.min(member.qos), subscription_ids, ..entry };
            self.with(member.session, |session| {
                session.queue.tail = first + (position - range.start) / to.len() as u64;
                session.queue.append(entry);
            });
        }
        for (index, (member, first)) in (0..).zip(to) {
            if takes[index] {
                let share = (range.end - range.start).saturating_sub(index as u64).div_ceil(to.len() as u64);
                self.with(member.session, |session| session.queue.tail = first + share);
            }
        }
    }
}
