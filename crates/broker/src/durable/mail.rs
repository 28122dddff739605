//! What the committer tells a worker.

use super::{FeedMark, Ticket};
use dunlin_inbox::{Position, SessionNumber};
use dunlin_model::{ArcStr, Message, Qos, SubscriptionIds};
use dunlin_router::SessionKey;
use dunlin_session::Delivery;
use dunlin_telemetry::Metric;
use std::collections::HashMap;

/// News for one worker, in the order of the log.
#[derive(Default)]
pub(crate) struct DurableMail {
    /// All submissions up to this ticket are on disk.
    pub(crate) committed: Option<Ticket>,
    /// These submissions failed: what waits for them must not be acknowledged.
    pub(crate) failed: Vec<Ticket>,
    /// Messages for sessions of this worker.
    pub(crate) queued: Vec<Queued>,
    /// Bytes of the messages.
    pub(crate) bytes: usize,
    /// Queues lent to sessions of this worker that keep their messages in memory.
    pub(crate) lent: Vec<Lent>,
    /// Messages for a member of a group that ended before they could be queued for it.
    pub(crate) homeless: Vec<(SessionKey, Delivery)>,
    /// Answers to [`super::Work::Page`]: the session has got everything up to this position; at the end of its queue
    /// newly queued messages are pushed from now on.
    pub(crate) pages: Vec<PageEnd>,
    /// So many messages for a session of this worker were dropped for a reason. They are counted.
    pub(crate) dropped: HashMap<(SessionKey, Metric), u64>,
}

/// The end of a page.
pub(crate) struct PageEnd {
    pub(crate) session: SessionKey,
    pub(crate) feed: FeedMark,
    /// Where the next page begins.
    pub(crate) next: Position,
    /// Nothing was left at this position: the session is up to date.
    pub(crate) is_up_to_date: bool,
}

/// One message of a durable queue.
pub(crate) struct Queued {
    pub(crate) session: SessionKey,
    pub(crate) feed: FeedMark,
    /// Its place in the queue; `None` for a message at QoS 0 that passes by because nothing waits.
    pub(crate) position: Option<Position>,
    pub(crate) body: Body,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// It may have been sent before.
    pub(crate) dup: bool,
    pub(crate) subscription_ids: SubscriptionIds,
    pub(crate) shared: Option<ArcStr>,
}

/// A queue with what a member of a group inherits.
pub(crate) struct Lent {
    pub(crate) member: SessionKey,
    pub(crate) session: SessionNumber,
    pub(crate) filter: ArcStr,
}

/// What there is to send.
pub(crate) enum Body {
    /// The message.
    Message(Message),
    /// The client has it already; PUBREL is owed.
    Received,
    /// It cannot be read any more: its place on disk is damaged.
    Lost,
}

impl DurableMail {
    pub(crate) fn is_empty(&self) -> bool {
        self.committed.is_none()
            && self.failed.is_empty()
            && self.queued.is_empty()
            && self.lent.is_empty()
            && self.homeless.is_empty()
            && self.pages.is_empty()
            && self.dropped.is_empty()
    }

    /// Messages for a session were dropped.
    pub(crate) fn note_dropped(&mut self, session: SessionKey, reason: Metric, count: u64) {
        if count > 0 {
            *self.dropped.entry((session, reason)).or_default() += count;
        }
    }

    pub(crate) fn push(&mut self, queued: Queued) {
        self.bytes += match &queued.body {
            Body::Message(message) => message.memory_bytes(),
            Body::Received | Body::Lost => 0,
        };
        self.queued.push(queued);
    }
}
