//! What a broker did that it must not do.

use serde::Serialize;

/// Kinds of violations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// An acknowledged message did not arrive at a durable subscriber.
    Lost,
    /// An acknowledged message did not arrive at any member of a shared group.
    LostByGroup,
    /// A message arrived that nobody had sent.
    NeverSent,
    /// A message arrived at a client whose subscription began later, ended before, or never was.
    NotSubscribed,
    /// A message arrived under another topic.
    WrongTopic,
    /// A message arrived with another QoS than its publisher and the subscription give.
    WrongQos,
    /// A message arrived twice at QoS 2, at one session or at two members of a group.
    Repeated,
    /// A message arrived for the first time after a later one of its stream.
    OutOfOrder,
    /// A session that must be there is gone.
    SessionLost,
    /// A session is there that was never made or has ended.
    SessionNotEnded,
    /// A subscription was refused.
    SubscriptionRefused,
    /// A publish was never acknowledged.
    Unanswered,
    /// A publish was refused.
    PublishRefused,
    /// A retained message is missing, outdated or should have been removed.
    RetainedWrong,
    /// A will was not published.
    WillMissing,
    /// A will was published that must not be, or not yet.
    WillUncalledFor,
    /// A client saw what no broker may do.
    Misbehaved,
    /// The broker did not start, or ended by itself.
    BrokerFailed,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What kind.
    pub kind: ViolationKind,
    /// In which cycle it was seen.
    pub cycle: u32,
    /// Client, topic, number and cycle of what is concerned.
    pub text: String,
    /// What the client did before, as far as it helps.
    pub before: Vec<String>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cycle {}: {}", self.cycle, self.text)
    }
}
