//! What a worker is asked about its clients, and told to do to them.

use super::{ClientFacts, ClientFilter, KeptVerdict, SubscriptionFacts, SubscriptionQuery};
use crate::kept_messages::{Forgetting, Forgotten};
use crate::publishing::Published;
use crate::timelines::ClientTimeline;
use dunlin_model::{ClientId, Message, ReasonCode, SubscriptionOptions};
use dunlin_session::{InflightMessage, QueuePlace, QueuedMessage};
use std::sync::mpsc::SyncSender;

/// One question. Whoever asked may have gone when it is answered.
pub(crate) enum Question {
    /// What a walk over its sessions finds.
    Walk(Walking),
    /// What is known of these clients, those left out that it does not have or that the filter does not want.
    Named { client_ids: Vec<ClientId>, filter: ClientFilter, answer: SyncSender<Vec<ClientFacts>> },
    /// Something about one client of its own.
    OfClient { client_id: ClientId, order: Order },
    /// Publish these, in order; what became of the first of them, one at least.
    Publish { messages: Vec<Message>, answer: SyncSender<Vec<Published>> },
    /// Forget messages that are kept.
    Forget { messages: Forgetting, answer: Forgotten },
}

/// A walk over all sessions of a worker.
pub(crate) enum Walking {
    /// Which of its clients.
    Clients(Walk<ClientFilter, ClientFacts>),
    /// Which subscriptions of its clients.
    Subscriptions(Walk<SubscriptionQuery, SubscriptionFacts>),
}

/// Something about one client; the answer is `None` where there is no such client.
pub(crate) enum Order {
    /// End its connection and its session.
    Kick(SyncSender<Option<()>>),
    /// Its subscriptions from a place on, at most so many.
    Subscriptions { place: usize, limit: usize, answer: SyncSender<Option<SubscriptionPart>> },
    /// Subscribe to this on its behalf.
    Subscribe { wishes: Vec<(String, SubscriptionOptions)>, answer: SyncSender<Option<Vec<Granted>>> },
    /// Give these subscriptions up on its behalf.
    Unsubscribe { filters: Vec<String>, answer: SyncSender<Option<Vec<ReasonCode>>> },
    /// Seconds it may be silent; 0 is for ever. True where it is connected.
    SetKeepAlive { secs: u16, answer: SyncSender<Option<bool>> },
    /// Messages that wait for it behind a place, at most so many.
    Queued { after: Option<QueuePlace>, limit: usize, answer: SyncSender<Option<Vec<QueuedMessage>>> },
    /// What was decided about what it may do, as far as that is kept.
    Verdicts(SyncSender<Option<Vec<KeptVerdict>>>),
    /// What has happened to it lately; also where it has no session any more.
    Timeline(SyncSender<Option<ClientTimeline>>),
    /// Messages it has not acknowledged, behind a place, at most so many.
    Inflight { after: Option<u64>, limit: usize, answer: SyncSender<Option<Vec<InflightMessage>>> },
}

/// What became of one wish.
pub(crate) type Granted = Result<SubscriptionFacts, ReasonCode>;

/// Some subscriptions of one client.
pub(crate) struct SubscriptionPart {
    pub(crate) found: Vec<SubscriptionFacts>,
    /// The place of the next; `None` is the end.
    pub(crate) next: Option<usize>,
}

/// How far a walk has come.
pub(crate) struct Walk<F, T> {
    pub(crate) filter: F,
    /// The slot it goes on with, and the place in the session there.
    pub(crate) slot: u32,
    pub(crate) place: usize,
    /// So many that are wanted are left out first.
    pub(crate) skip: usize,
    /// It ends with so many found.
    pub(crate) limit: usize,
    pub(crate) found: Vec<T>,
    pub(crate) answer: SyncSender<WalkEnd<T>>,
}

/// The end of a walk.
pub(crate) struct WalkEnd<T> {
    pub(crate) found: Vec<T>,
    /// How many are still to be left out, of another worker.
    pub(crate) skip: usize,
    /// The slot to go on with for more; `None` where the worker has no more.
    pub(crate) next: Option<u32>,
}

impl<F, T> Walk<F, T> {
    /// The walk is over.
    pub(crate) fn end(self, next: Option<u32>) {
        let _ = self.answer.try_send(WalkEnd { found: self.found, skip: self.skip, next });
    }

    /// Whether as many are found as are wanted.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }
}
