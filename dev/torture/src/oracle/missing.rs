//! The search for what has not come.

use super::session::Session;
use super::stream::{Purpose, Sent, StreamHistory};
use super::wills::MissingWill;
use super::{ClientNumber, Moment, Oracle};
use crate::message::StreamNumber;
use std::collections::BTreeMap;

/// Something that is owed and has not come.
#[derive(Clone, Debug)]
pub(super) enum Missing {
    /// Messages of one stream to one subscriber.
    ToClient { client: ClientNumber, stream: StreamNumber, loss: Loss },
    /// Messages of one stream to a shared group.
    ToGroup { filter: String, stream: StreamNumber, loss: Loss },
    /// Answers to publishes.
    Answers { stream: StreamNumber, loss: Loss },
    /// A will.
    Will(MissingWill),
}

/// Which messages of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    /// How many.
    pub(super) count: usize,
    /// Of how many that were looked for.
    pub(super) of: usize,
    /// Number of the first one.
    pub(super) first: u32,
    /// Cycle in which it was published.
    pub(super) published_in: u32,
}

impl Loss {
    /// Looks through messages with their numbers; `None` where all have come. `of` counts those that are owed.
    fn among<'a>(
        owed: impl Iterator<Item = (u32, &'a Sent)>,
        has_come: impl Fn(u32) -> bool,
        owed_count: &mut u64,
    ) -> Option<Self> {
        let (mut of, mut count, mut first) = (0, 0, None);
        for (sequence, sent) in owed {
            of += 1;
            if !has_come(sequence) {
                count += 1;
                first.get_or_insert((sequence, sent.cycle));
            }
        }
        *owed_count += of as u64;
        first.map(|(first, published_in)| Self { count, of, first, published_in })
    }
}

/// What a search has looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looked {
    pub(super) at_clients: u64,
    pub(super) at_groups: u64,
}

/// Messages from `from` on that the broker has promised to deliver.
fn promised(stream: &StreamHistory, from: usize) -> impl Iterator<Item = (u32, &Sent)> {
    stream
        .sent
        .iter()
        .enumerate()
        .skip(from)
        .filter(|(_, sent)| sent.acknowledged_at.is_some())
        .filter_map(|(index, sent)| Some((u32::try_from(index).ok()?, sent)))
}

/// What one session has not got of a stream.
fn loss_of(session: &Session, number: StreamNumber, stream: &StreamHistory, looked: &mut u64) -> Option<Loss> {
    let since = session.owed_since(&stream.facts.topic)?;
    let receipts = session.receipts(number)?;
    let from = stream.first_after(since).max(receipts.verified_to);
    Loss::among(promised(stream, from), |sequence| receipts.has(sequence), looked)
}

impl Oracle {
    /// Everything that is owed now and has not come.
    pub(super) fn search(&self) -> (Vec<Missing>, Looked) {
        let mut missing = Vec::new();
        let mut looked = Looked::default();
        for (number, stream) in self.numbered_streams() {
            if stream.facts.purpose == Purpose::Will {
                continue;
            }
            let unanswered = stream.sent.iter().enumerate().skip(stream.answered_to);
            let unanswered = unanswered.filter_map(|(index, sent)| Some((u32::try_from(index).ok()?, sent)));
            let is_answered = |sequence| stream.get(sequence).is_some_and(Sent::is_answered);
            if let Some(loss) = Loss::among(unanswered, is_answered, &mut 0) {
                missing.push(Missing::Answers { stream: number, loss });
            }
            if stream.facts.purpose == Purpose::Data {
                self.search_at_clients(number, stream, &mut missing, &mut looked.at_clients);
                self.search_at_groups(number, stream, &mut missing, &mut looked.at_groups);
            }
        }
        missing.extend(self.wills.missing().filter(|will| self.has_watcher(will)).map(Missing::Will));
        (missing, looked)
    }

    fn search_at_clients(
        &self,
        number: StreamNumber,
        stream: &StreamHistory,
        missing: &mut Vec<Missing>,
        looked: &mut u64,
    ) {
        for (client, (_, session)) in self.clients.iter().enumerate() {
            if let Some(loss) = loss_of(session, number, stream, looked) {
                missing.push(Missing::ToClient { client, stream: number, loss });
            }
        }
    }

    /// How many messages one client still has to get, those of its groups left out.
    pub(super) fn owed_to(&self, client: ClientNumber) -> usize {
        let Some((_, session)) = self.clients.get(client) else { return 0 };
        let streams = self.numbered_streams().filter(|(_, stream)| stream.facts.purpose == Purpose::Data);
        streams.filter_map(|(number, stream)| loss_of(session, number, stream, &mut 0)).map(|loss| loss.count).sum()
    }

    /// A group gets a message once it has a member, and a member is one that has not ended its session.
    fn search_at_groups(
        &self,
        number: StreamNumber,
        stream: &StreamHistory,
        missing: &mut Vec<Missing>,
        looked: &mut u64,
    ) {
        for (filter, since) in self.groups_of(&stream.facts.topic) {
            let verified_to = self.verified_groups.get(&(filter.to_owned(), number)).copied().unwrap_or(0);
            let from = stream.first_after(since).max(verified_to);
            let has_come = |sequence| {
                let of_group = |filters: &[super::Subscription]| filters.iter().any(|one| one.filter == filter);
                self.clients.iter().any(|(_, session)| {
                    of_group(&session.subscriptions)
                        && session.receipts(number).is_some_and(|receipts| receipts.has(sequence))
                })
            };
            if let Some(loss) = Loss::among(promised(stream, from), has_come, looked) {
                missing.push(Missing::ToGroup { filter: filter.to_owned(), stream: number, loss });
            }
        }
    }

    /// Shared filters that match a topic, and since when the first member surely holds them.
    pub(super) fn groups_of(&self, topic: &str) -> BTreeMap<&str, Moment> {
        let mut groups = BTreeMap::new();
        for subscription in self.clients.iter().flat_map(|(_, session)| session.held()) {
            if subscription.is_shared()
                && subscription.matches(topic)
                && let Some(since) = subscription.holds_since()
            {
                let first = groups.entry(subscription.filter.as_str()).or_insert(since);
                *first = since.min(*first);
            }
        }
        groups
    }

    /// Somebody was subscribed before the will could be published, and still is.
    fn has_watcher(&self, will: &MissingWill) -> bool {
        let Some(stream) = self.streams.get(usize::from(will.message.stream)) else { return false };
        let since = self.clients.iter().filter_map(|(_, session)| session.owed_since(&stream.facts.topic)).min();
        since.is_some_and(|since| since < will.due_since)
    }

    pub(super) fn numbered_streams(&self) -> impl Iterator<Item = (StreamNumber, &StreamHistory)> {
        (0..).zip(&self.streams)
    }
}
