//! The inbox as one would write it without a thought for memory: every entry ever queued, in one list per session.

use dunlin_inbox::{
    Applied, Command, Dropped, GroupMember, Moved, PageEntry, Place, Position, QueueInfo, Recipient, SessionNumber,
    Space, encode_message,
};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

#[derive(Clone, Debug)]
struct Entry {
    place: Place,
    qos: Qos,
    retain: bool,
    received: bool,
    ids: Vec<u32>,
    shared: Option<ArcStr>,
}

/// A session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// By position; `None` is closed.
    queue: Vec<Option<Entry>>,
    sent_to: Position,
    pub(crate) client_id: ArcStr,
    pub(crate) subscriptions: BTreeMap<ArcStr, u32>,
    pub(crate) awaiting: BTreeSet<u16>,
}

/// All sessions and values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naive {
    pub(crate) sessions: BTreeMap<SessionNumber, Session>,
    pub(crate) values: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
    pub(crate) next_session_number: u64,
}

impl Session {
    fn open(&self) -> impl Iterator<Item = (Position, &Entry)> {
        (0..).zip(&self.queue).filter_map(|(position, entry)| entry.as_ref().map(|entry| (position, entry)))
    }

    fn slot(&mut self, position: Position) -> Option<&mut Option<Entry>> {
        self.queue.get_mut(usize::try_from(position).ok()?)
    }

    pub(crate) fn tail(&self) -> Position {
        self.queue.len() as u64
    }

    pub(crate) fn info(&self) -> QueueInfo {
        let head = self.open().next().map_or(self.tail(), |(position, _)| position);
        QueueInfo {
            head,
            tail: self.tail(),
            sent_to: self.sent_to.max(head),
            bytes: self.open().map(|(_, entry)| entry.bytes()).sum(),
            len: self.open().count() as u32,
        }
    }

    pub(crate) fn entries(&self) -> Vec<PageEntry> {
        let page_entry = |(position, entry): (Position, &Entry)| PageEntry {
            position,
            place: entry.place,
            qos: entry.qos,
            retain: entry.retain,
            dup: position < self.sent_to,
            received: entry.received,
            subscription_ids: SubscriptionIds::from_ids(entry.ids.iter().copied()),
            shared: entry.shared.clone(),
        };
        self.open().map(page_entry).collect()
    }

    /// See [`dunlin_inbox::Inbox::oldest_to_drop`].
    pub(crate) fn oldest_to_drop(&self, adding: u64, max: u64) -> Option<Range<Position>> {
        let excess = (self.info().bytes + adding).saturating_sub(max);
        let oldest = |range: Range<Position>| {
            let mut freed = 0;
            let waiting = self.open().filter(|(position, entry)| range.contains(position) && !entry.received);
            let taken: Vec<Position> = waiting
                .take_while(|(_, entry)| {
                    let needed = freed < excess;
                    freed += entry.bytes();
                    needed
                })
                .map(|(position, _)| position)
                .collect();
            Some(*taken.first()?..*taken.last()? + 1)
        };
        oldest(self.sent_to..self.tail()).or_else(|| oldest(0..self.sent_to))
    }

    fn take_waiting(&mut self, wanted: impl Fn(Position, &Entry) -> bool) -> Vec<(Position, Entry)> {
        let mut taken = Vec::new();
        for (position, slot) in (0..).zip(&mut self.queue) {
            if slot.as_ref().is_some_and(|entry| !entry.received && wanted(position, entry)) {
                taken.extend(slot.take().map(|entry| (position, entry)));
            }
        }
        taken
    }
}

impl Entry {
    fn bytes(&self) -> u64 {
        if self.received { 0 } else { u64::from(self.place.len) }
    }
}

impl Naive {
    /// Where the message of an entry lies.
    pub(crate) fn place(&self, session: SessionNumber, position: Position) -> Option<Place> {
        let slot = self.sessions.get(&session)?.queue.get(usize::try_from(position).ok()?)?;
        Some(slot.as_ref()?.place)
    }

    /// What is open in a range of positions is lost.
    pub(crate) fn lose(&mut self, session: SessionNumber, range: Range<u64>) {
        if let Some(session) = self.sessions.get_mut(&session) {
            let lost = (0..).zip(&mut session.queue).filter(|(position, _)| range.contains(position));
            lost.for_each(|(_, slot)| *slot = None);
        }
    }

    /// Entries that need a message, by segment.
    pub(crate) fn references(&self) -> BTreeMap<u32, u64> {
        let mut references = BTreeMap::new();
        for (_, entry) in self.sessions.values().flat_map(Session::open).filter(|(_, entry)| !entry.received) {
            *references.entry(entry.place.segment).or_default() += 1;
        }
        references
    }

    pub(crate) fn apply(&mut self, command: &Command, place: Option<Place>) -> Applied {
        let mut applied = Applied::default();
        match command {
            Command::SetSession { session, record } => {
                self.sessions.entry(*session).or_default().client_id = record.client_id.clone();
                self.next_session_number = self.next_session_number.max(session.0 + 1);
            }
            Command::EndSession { session } => match self.sessions.remove(session) {
                None => applied.unknown_sessions.push(*session),
                Some(mut ended) => applied.dropped = dropped(ended.take_waiting(|_, _| true)),
            },
            Command::Queue { recipients, awaiting_release, .. } => {
                for recipient in recipients {
                    self.queue(recipient, place.unwrap(), &mut applied);
                }
                if let Some((session, packet_id)) = awaiting_release {
                    self.with(*session, &mut applied, |session| session.awaiting.insert(*packet_id));
                }
            }
            Command::MoveGroup { filter, from, range, to } => {
                self.move_group(filter, *from, range, to, &mut applied);
            }
            Command::Relocate { from, entries, .. } => {
                for (session, position) in entries {
                    self.with(*session, &mut applied, |session| {
                        if let Some(Some(entry)) = session.slot(*position)
                            && !entry.received
                            && entry.place == *from
                        {
                            entry.place = place.unwrap();
                        }
                    });
                }
            }
            Command::Set { space, key, value } => {
                self.values.insert((*space, key.clone()), value.clone());
            }
            Command::Retain { message } => {
                let mut value = Vec::new();
                encode_message(message, &mut value);
                self.values.insert((Space::Retained, message.topic_bytes().to_vec()), value);
            }
            Command::Unset { space, key } => {
                self.values.remove(&(*space, key.clone()));
            }
            _ => self.apply_to_one(command, &mut applied),
        }
        applied
    }

    fn apply_to_one(&mut self, command: &Command, applied: &mut Applied) {
        match command {
            Command::SetSubscription { session, subscription } => {
                let (filter, id) = (subscription.filter.clone(), subscription.subscription_id);
                self.with(*session, applied, |session| session.subscriptions.insert(filter, id));
            }
            Command::RemoveSubscription { session, filter } => {
                self.with(*session, applied, |session| session.subscriptions.remove(filter));
            }
            Command::Release { session, packet_id } => {
                self.with(*session, applied, |session| session.awaiting.remove(packet_id));
            }
            Command::Sent { session, sent_to } => {
                self.with(*session, applied, |session| {
                    session.sent_to = session.sent_to.max(session.tail().min(*sent_to));
                });
            }
            Command::Received { session, position } => {
                self.with(*session, applied, |session| match session.slot(*position) {
                    Some(Some(entry)) if entry.qos == Qos::ExactlyOnce => {
                        entry.received = true;
                        entry.place = Place::default();
                    }
                    _ => {}
                });
            }
            Command::Done { session, position } => {
                self.with(*session, applied, |session| session.slot(*position).map(Option::take));
            }
            Command::Drop { session, from, below } => {
                let range = *from..*below;
                let taken = self.with(*session, applied, |session| session.take_waiting(|at, _| range.contains(&at)));
                applied.dropped = dropped(taken.unwrap_or_default());
            }
            other => panic!("{other:?}"),
        }
    }

    fn with<T>(
        &mut self,
        session: SessionNumber,
        applied: &mut Applied,
        change: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        let found = self.sessions.get_mut(&session);
        if found.is_none() {
            applied.unknown_sessions.push(session);
        }
        found.map(change)
    }

    fn queue(&mut self, recipient: &Recipient, place: Place, applied: &mut Applied) {
        let entry = Entry {
            place,
            qos: recipient.qos,
            retain: recipient.retain,
            received: false,
            ids: recipient.subscription_ids.as_slice().to_vec(),
            shared: recipient.shared.clone(),
        };
        let queued = self.with(recipient.session, applied, |session| {
            let fits = recipient.position >= session.tail();
            if fits {
                session.queue.resize(usize::try_from(recipient.position).unwrap(), None);
                session.queue.push(Some(entry));
            }
            fits
        });
        applied.stale_recipients += u32::from(queued == Some(false));
    }

    fn move_group(
        &mut self,
        filter: &ArcStr,
        from: SessionNumber,
        range: &Range<Position>,
        to: &[(GroupMember, Position)],
        applied: &mut Applied,
    ) {
        let gone = to.iter().filter(|(member, _)| !self.sessions.contains_key(&member.session));
        applied.unknown_sessions.extend(gone.map(|(member, _)| member.session));
        let takes = |index: usize| {
            let (member, position) = to[index];
            let is_named_before = to[..index].iter().any(|(other, _)| other.session == member.session);
            let exists = self.sessions.get(&member.session).is_some_and(|session| session.tail() <= position);
            exists && !is_named_before && member.session != from && member.qos != Qos::AtMostOnce
        };
        let takes: Vec<bool> = (0..to.len()).map(takes).collect();
        if !takes.contains(&true) {
            return;
        }
        let heir = |at: Position| usize::try_from((at - range.start) % to.len() as u64).unwrap();
        let moving = self.with(from, applied, |session| {
            let sent_to = session.sent_to;
            session.take_waiting(|at, entry| {
                range.contains(&at)
                    && takes[heir(at)]
                    && entry.shared.as_ref() == Some(filter)
                    && (entry.qos == Qos::AtLeastOnce || at >= sent_to && entry.qos == Qos::ExactlyOnce)
            })
        });
        let mut got: Vec<Option<Range<Position>>> = vec![None; to.len()];
        for (at, entry) in moving.unwrap_or_default() {
            let (member, first) = to[heir(at)];
            let entry = Entry {
                qos: entry.qos.min(member.qos),
                ids: if member.subscription_id == 0 { vec![] } else { vec![member.subscription_id] },
                ..entry
            };
            let position = first + (at - range.start) / to.len() as u64;
            let queue = &mut self.sessions.get_mut(&member.session).unwrap().queue;
            queue.resize(usize::try_from(position).unwrap(), None);
            queue.push(Some(entry));
            got[heir(at)].get_or_insert(position..position).end = position + 1;
        }
        for (index, (member, first)) in (0..).zip(to) {
            if takes[index] {
                let end = first + (range.end - range.start).saturating_sub(index as u64).div_ceil(to.len() as u64);
                self.sessions.get_mut(&member.session).unwrap().queue.resize(usize::try_from(end).unwrap(), None);
            }
        }
        let moved = to.iter().zip(got).map(|((member, _), got)| Some(Moved { to: member.session, positions: got? }));
        applied.moved = moved.flatten().collect();
    }
}

fn dropped(taken: Vec<(Position, Entry)>) -> Vec<Dropped> {
    taken.into_iter().map(|(position, entry)| Dropped { position, place: entry.place }).collect()
}
