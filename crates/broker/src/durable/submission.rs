//! What a worker hands to the committer.

use dunlin_inbox::{Command, Position, SessionNumber, SessionRecord};
use dunlin_model::{ArcStr, Message, Qos, SubscriptionIds};
use dunlin_router::SessionKey;
use smallvec::SmallVec;

/// Number of a submission of one worker, from 1, in order.
pub(crate) type Ticket = u64;

/// Tells the queue read for one connection from what an earlier connection of the session asked for.
pub(crate) type FeedMark = u32;

/// What one worker wants to have on disk after one turn.
pub(crate) struct Submission {
    pub(crate) worker: usize,
    pub(crate) ticket: Ticket,
    /// Somebody waits for it: it is on disk before the ticket counts as committed.
    pub(crate) must_sync: bool,
    pub(crate) work: Vec<Work>,
    /// The retained messages of their topics have changed: what the retained store has when this is written goes to disk.
    pub(crate) retained: Vec<Message>,
    /// Bytes of messages in it, near enough.
    pub(crate) bytes: usize,
}

impl Submission {
    /// Pieces of work.
    pub(crate) fn len(&self) -> usize {
        self.work.len() + self.retained.len()
    }
}

/// One piece of work, in order.
pub(crate) enum Work {
    /// For the log.
    Command(Command),
    /// A durable session begins, here.
    Open { key: SessionKey, session: SessionNumber, record: SessionRecord },
    /// Durable sessions from before the start are here.
    Restored(Vec<RestoredPlace>),
    /// A durable session is over.
    End { key: SessionKey, session: SessionNumber },
    /// A message for durable sessions.
    Publish(Publication),
    /// A member of a group may be away while others are online: then they get what waits for it.
    PassOn { filter: ArcStr, from: SessionKey },
    /// A member of a group is about to end, and has left it: others get what waits for it.
    Bequeath { filter: ArcStr, from: SessionNumber },
    /// What a session was sent and has not acknowledged is dropped.
    DropSent { session: SessionNumber },
    /// The session has a connection: what is queued for it is sent along with this mark from now on.
    Attach { session: SessionNumber, feed: FeedMark },
    /// The connection is gone; messages below this position were sent.
    Detach { session: SessionNumber, sent_to: Option<Position> },
    /// The session has room for messages from this position on; `None` is the oldest.
    Page { session: SessionNumber, feed: FeedMark, from: Option<Position> },
    /// The session has fallen behind: nothing is pushed until it asks for a page.
    Pause { session: SessionNumber, feed: FeedMark },
}

/// Where a durable session from before the start is.
#[derive(Clone, Copy)]
pub(crate) struct RestoredPlace {
    pub(crate) key: SessionKey,
    pub(crate) session: SessionNumber,
    /// It had a connection when the broker ended.
    pub(crate) was_connected: bool,
}

/// A message and the durable sessions that get it.
pub(crate) struct Publication {
    pub(crate) message: Message,
    pub(crate) recipients: SmallVec<[Addressee; 1]>,
    /// The QoS 2 exchange that brought it, if its publisher is durable.
    pub(crate) awaiting_release: Option<(SessionNumber, u16)>,
}

/// A durable session that gets a message.
#[derive(Clone)]
pub(crate) struct Addressee {
    pub(crate) session: SessionKey,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) subscription_ids: SubscriptionIds,
    pub(crate) shared: Option<ArcStr>,
}
