//! Lists of clients and subscriptions, a page at a time.

use super::{
    AskError, ClientFacts, ClientFilter, Clients, SubscriptionFacts, SubscriptionQuery,
    handle::PART,
    question::{Question, Walk, WalkEnd, Walking},
};
use dunlin_model::ClientId;
use hashbrown::HashSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

/// One page of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPage {
    /// Those on it.
    pub clients: Vec<ClientFacts>,
    /// How many there are; `None` where that takes a look at each.
    pub count: Option<u64>,
    /// Whether there is a page behind it.
    pub has_next: bool,
}

/// One page of subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionPage {
    /// Those on it.
    pub subscriptions: Vec<SubscriptionFacts>,
    /// How many there are; `None` where that takes a look at each.
    pub count: Option<u64>,
    /// Whether there is a page behind it.
    pub has_next: bool,
}

/// Where a list of clients goes on, for those who turn pages forward only: no page is passed over again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCursor {
    /// The worker.
    pub worker: u16,
    /// The slot of the session there.
    pub slot: u32,
}

/// What was found by walks over all workers.
struct Found<T> {
    all: Vec<T>,
    next: Option<ClientCursor>,
}

impl Clients {
    /// One page of the clients that a filter wants: `limit` of them, the first `skip` left out. Those are counted and ordered that
    /// the filter names first, where it names some.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn page(&self, filter: &ClientFilter, skip: usize, limit: usize) -> Result<ClientPage, AskError> {
        let (mut clients, count) = if filter.client_ids.is_empty() {
            let found = self.walk(ClientCursor::default(), skip, limit.saturating_add(1), filter, Walking::Clients)?;
            let count = filter.wants_all().then(|| self.shared.sessions.load(Ordering::Relaxed));
            (found.all, count)
        } else {
            let named = self.named(filter)?;
            let count = named.len() as u64;
            (named.into_iter().skip(skip).take(limit.saturating_add(1)).collect(), Some(count))
        };
        let has_next = clients.len() > limit;
        clients.truncate(limit);
        self.count_stored(&mut clients);
        Ok(ClientPage { clients, count, has_next })
    }

    /// The clients from a place on that a filter wants, at most `limit`, and where the list goes on; `None` is its end.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn page_from(
        &self,
        filter: &ClientFilter,
        from: ClientCursor,
        limit: usize,
    ) -> Result<(Vec<ClientFacts>, Option<ClientCursor>), AskError> {
        let Found { all: mut clients, next } = self.walk(from, 0, limit, filter, Walking::Clients)?;
        self.count_stored(&mut clients);
        Ok((clients, next))
    }

    /// One page of the subscriptions that a query wants: `limit` of them, the first `skip` left out.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn subscriptions(
        &self,
        query: &SubscriptionQuery,
        skip: usize,
        limit: usize,
    ) -> Result<SubscriptionPage, AskError> {
        let (mut subscriptions, count) = match &query.client_id {
            None => {
                let wanted = limit.saturating_add(1);
                let found = self.walk(ClientCursor::default(), skip, wanted, query, Walking::Subscriptions)?;
                let count = || self.shared.router.read().subscriptions() as u64;
                (found.all, query.wants_all().then(count))
            }
            Some(client_id) => {
                let of_client = self.subscriptions_of(client_id)?.unwrap_or_default();
                let is_wanted =
                    |facts: &SubscriptionFacts| query.wants(&facts.filter, facts.options.qos, facts.is_durable);
                let wanted: Vec<_> = of_client.into_iter().filter(is_wanted).collect();
                let count = wanted.len() as u64;
                (wanted.into_iter().skip(skip).take(limit.saturating_add(1)).collect(), Some(count))
            }
        };
        let has_next = subscriptions.len() > limit;
        subscriptions.truncate(limit);
        Ok(SubscriptionPage { subscriptions, count, has_next })
    }

    /// Walks over the sessions of each worker in turn until enough is found.
    fn walk<F: Clone, T>(
        &self,
        from: ClientCursor,
        mut skip: usize,
        limit: usize,
        filter: &F,
        walking: impl Fn(Walk<F, T>) -> Walking,
    ) -> Result<Found<T>, AskError> {
        let mut all = Vec::new();
        let mut slot = from.slot;
        for worker in usize::from(from.worker)..self.shared.mailboxes.len() {
            let wanted = limit.saturating_sub(all.len());
            let walk = |answer: SyncSender<WalkEnd<T>>| {
                let (filter, found) = (filter.clone(), Vec::new());
                Question::Walk(walking(Walk { filter, slot, place: 0, skip, limit: wanted, found, answer }))
            };
            let end = self.ask(worker, walk)?;
            all.extend(end.found);
            if let Some(slot) = end.next {
                let worker = u16::try_from(worker).unwrap_or(u16::MAX);
                return Ok(Found { all, next: Some(ClientCursor { worker, slot }) });
            }
            (slot, skip) = (0, end.skip);
        }
        Ok(Found { all, next: None })
    }

    /// Those clients that a filter names, in the order in which it does.
    fn named(&self, filter: &ClientFilter) -> Result<Vec<ClientFacts>, AskError> {
        let mut seen = HashSet::new();
        let names: Vec<_> = filter.client_ids.iter().filter(|name| seen.insert(name.as_str())).collect();
        let mut found = Vec::new();
        for worker in 0..self.shared.mailboxes.len() {
            let own: Vec<_> = names.iter().filter(|name| self.shared.worker_of(name) == worker).collect();
            for part in own.chunks(PART) {
                let client_ids = part.iter().map(|name| ClientId::from(name.as_str())).collect();
                // The worker looks up what is named, and holds it against the rest.
                let filter = ClientFilter { client_ids: Vec::new(), ..filter.clone() };
                found.extend(self.ask(worker, |answer| Question::Named { client_ids, filter, answer })?);
            }
        }
        found.sort_by_cached_key(|client| names.iter().position(|name| *name == &*client.client_id));
        Ok(found)
    }
}
