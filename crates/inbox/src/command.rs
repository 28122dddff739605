//! What can happen to durable state, as values that are logged, applied and replayed.

mod decoding;
mod encoding;

pub use decoding::Decoded;
pub(crate) use decoding::subscription_ids as read_subscription_ids;
pub use encoding::encode_queue;

use crate::{Place, Position, SessionNumber, SessionRecord, Space, SubscriptionRecord};
use dunlin_model::{ArcStr, Message, Qos, SubscriptionIds};
use std::ops::Range;

/// One change of durable state. All durable state is the result of the commands of the log, in their order.
///
/// A command that names a session which does not exist changes nothing there: the session may have ended meanwhile.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begins a session, or replaces the facts of one that exists.
    SetSession {
        /// The session.
        session: SessionNumber,
        /// Its facts from now on.
        record: SessionRecord,
    },
    /// Ends a session: everything of it is gone.
    EndSession {
        /// The session.
        session: SessionNumber,
    },
    /// Adds a subscription, or replaces the one with the same filter [MQTT-3.8.4-3].
    SetSubscription {
        /// The session.
        session: SessionNumber,
        /// The subscription.
        subscription: SubscriptionRecord,
    },
    /// Removes a subscription.
    RemoveSubscription {
        /// The session.
        session: SessionNumber,
        /// Its filter as the client wrote it.
        filter: ArcStr,
    },
    /// A message was published: it is stored once and queued for each recipient. Without recipients only the exchange is noted.
    Queue {
        /// The message.
        message: Message,
        /// The queues it goes to. One session may be named several times, at positions that follow each other.
        recipients: Vec<Recipient>,
        /// The QoS 2 exchange it came by, when its publisher has a durable session: the packet identifier is known as long as
        /// the exchange is open, so that a repetition is not queued again [MQTT-4.3.3-10].
        awaiting_release: Option<(SessionNumber, u16)>,
    },
    /// PUBREL came: the QoS 2 exchange the client began is over [MQTT-4.3.3-12].
    Release {
        /// The publisher's session.
        session: SessionNumber,
        /// Identifier of the exchange.
        packet_id: u16,
    },
    /// Messages were sent to the client: a later try is a repetition [MQTT-3.3.1-1].
    Sent {
        /// The session.
        session: SessionNumber,
        /// Positions below this one have been sent at least once.
        sent_to: Position,
    },
    /// PUBREC came: the message must not be sent again [MQTT-4.3.3-6], PUBREL is owed.
    Received {
        /// The session.
        session: SessionNumber,
        /// The message.
        position: Position,
    },
    /// The delivery is complete, or the message was given up (expired, too large).
    Done {
        /// The session.
        session: SessionNumber,
        /// The message.
        position: Position,
    },
    /// Messages are dropped to make room. Those that were received stay: they take no room, and PUBREL is owed for them.
    Drop {
        /// The session.
        session: SessionNumber,
        /// The first position that may be dropped.
        from: Position,
        /// The first position after them.
        below: Position,
    },
    /// What came to one member of a shared subscription and is not acknowledged goes to the ends of other members' queues, in
    /// order. QoS 2 messages that have been sent stay where they are [MQTT-4.8.2-4] [MQTT-4.8.2-5].
    /// [`crate::Inbox::group_move`] makes one.
    ///
    /// Each position of the range belongs to one member, in turn, and follows from the old position alone: should commands
    /// before this one be lost with a damaged part of the log, a message has its own position all the same, or none, and what
    /// is said of a position later is never said of another message.
    MoveGroup {
        /// The shared subscription, as [`Recipient::shared`] named it.
        filter: ArcStr,
        /// The member that loses them.
        from: SessionNumber,
        /// The positions of its queue that are looked at.
        range: Range<Position>,
        /// The members that get them, each with the position that the first of the range would get: the tail of its queue.
        /// What would go to a member that does not exist stays.
        to: Vec<(GroupMember, Position)>,
    },
    /// The body of a message was written again, so that its old log segment can be recycled: entries that still need it point
    /// to the new place.
    Relocate {
        /// The message, stored with this command.
        message: Message,
        /// Where it was stored before. Entries that point elsewhere stay as they are.
        from: Place,
        /// The entries that may still need it.
        entries: Vec<(SessionNumber, Position)>,
    },
    /// Sets a value that only its owner understands.
    Set {
        /// Whose value it is.
        space: Space,
        /// Its key.
        key: Vec<u8>,
        /// The value.
        value: Vec<u8>,
    },
    /// Sets the retained message of its topic: the value of that key in [`Space::Retained`]. In the log it is a `Set`, and comes back
    /// as one; in memory it is the message itself until the next checkpoint, not a copy.
    Retain {
        /// The message, with a payload.
        message: Message,
    },
    /// Removes such a value.
    Unset {
        /// Whose value it is.
        space: Space,
        /// Its key.
        key: Vec<u8>,
    },
}

/// One queue a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Whose queue.
    pub session: SessionNumber,
    /// Its place in the queue: the tail of the queue. A larger one leaves a gap (commands between were lost with a damaged part
    /// of the log); a smaller one was given already and is not queued again.
    pub position: Position,
    /// Quality of service of the delivery. A message at QoS 0 waits like the others, to keep its place among them; it is done
    /// when it is sent.
    pub qos: Qos,
    /// RETAIN flag of the delivery.
    pub retain: bool,
    /// Subscription identifiers that go with it.
    pub subscription_ids: SubscriptionIds,
    /// The shared subscription it came by, if it did.
    pub shared: Option<ArcStr>,
}

/// A member of a shared subscription that takes over messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its session.
    pub session: SessionNumber,
    /// Quality of service of its subscription: messages are delivered with this or their own, whichever is lower. A member with 0
    /// gets none: what is delivered so is not queued durably.
    pub qos: Qos,
    /// Identifier of its subscription; 0 is none.
    pub subscription_id: u32,
}
