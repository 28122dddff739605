//! What happened, as the clients saw it: the input of the oracle, in the order in which it happened.

use super::ClientNumber;
use crate::message::{MessageId, StreamNumber};
use dunlin_model::Qos;

/// One thing that happened at one client, or to the broker.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A new broker process was started on the data of the last one.
    BrokerStarted,
    /// CONNECT was written.
    ConnectSent {
        /// Who.
        client: ClientNumber,
        /// Clean start, or clean session before 5.0.
        clean_start: bool,
        /// The session is to outlive its connection, and so the broker.
        is_durable: bool,
        /// The will in it.
        will: Option<WillSent>,
    },
    /// CONNACK with success was read.
    ConnectAcknowledged {
        /// Who.
        client: ClientNumber,
        /// As the broker says.
        session_present: bool,
    },
    /// DISCONNECT was written.
    DisconnectSent {
        /// Who.
        client: ClientNumber,
    },
    /// The only connection of a client has ended. One that was taken over is not reported.
    ConnectionEnded {
        /// Who.
        client: ClientNumber,
        /// How.
        end: ConnectionEnd,
    },
    /// SUBSCRIBE was written; a client waits for the answer before the next one.
    SubscribeSent {
        /// Who.
        client: ClientNumber,
        /// Filters with the QoS asked for.
        filters: &'a [(String, Qos)],
    },
    /// SUBACK was read.
    SubscribeAcknowledged {
        /// Who.
        client: ClientNumber,
        /// One for each filter, `None` where it was refused.
        granted: &'a [Option<Qos>],
    },
    /// UNSUBSCRIBE with one filter was written.
    UnsubscribeSent {
        /// Who.
        client: ClientNumber,
        /// The filter.
        filter: &'a str,
    },
    /// UNSUBACK was read.
    UnsubscribeAcknowledged {
        /// Who.
        client: ClientNumber,
    },
    /// PUBLISH was written for the first time.
    PublishSent {
        /// Which.
        message: MessageId,
    },
    /// PUBACK or PUBREC with success was read: the broker has promised to deliver.
    PublishAcknowledged {
        /// Which.
        message: MessageId,
    },
    /// PUBACK or PUBCOMP was read: the broker has routed the message to whom it will ever be routed.
    PublishCompleted {
        /// Which.
        message: MessageId,
    },
    /// PUBACK or PUBREC with an error was read.
    PublishRefused {
        /// Which.
        message: MessageId,
        /// Reason code.
        code: u8,
    },
    /// A message was handed to the application of a subscriber: at QoS 2 once for each exchange, at QoS 1 for each PUBLISH.
    Received {
        /// Who.
        client: ClientNumber,
        /// Which, as its payload says.
        message: MessageId,
        /// The topic it came with.
        topic: &'a str,
        /// The QoS it came with.
        qos: Qos,
    },
    /// Somebody is about to ask for all retained messages.
    RetainedAsked,
    /// What was retained, of all streams that were ever found; a stream that is not listed had no retained message.
    RetainedFound {
        /// The messages found.
        messages: &'a [MessageId],
    },
    /// A client saw what no broker may do.
    Misbehaved {
        /// Who saw it.
        client: ClientNumber,
        /// What it was.
        what: String,
    },
    /// The broker did not start, or ended by itself.
    BrokerFailed {
        /// What it was.
        what: String,
    },
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// The client closed it without a DISCONNECT.
    Cut,
    /// The broker was killed.
    BrokerKilled,
    /// The broker was asked to stop, and did.
    BrokerStopped,
    /// The broker closed it.
    ClosedByBroker,
}

/// The will in a CONNECT: a message of a stream for wills, numbered like the connections of its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WillSent {
    /// Stream of the will.
    pub stream: StreamNumber,
    /// Number of the message.
    pub sequence: u32,
    /// Will delay in seconds.
    pub delay_s: u32,
}
