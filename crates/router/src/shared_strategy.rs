//! How a shared group chooses the member for a message.

/// How a shared group chooses the member for a message. In every case a member that is offline is chosen only when
/// none is online.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SharedStrategy {
    /// Any member.
    Random,
    /// The members in turn, as seen by one worker.
    #[default]
    RoundRobin,
    /// The members in turn, over all publishers and workers of this node.
    RoundRobinPerGroup,
    /// A publisher keeps its member until that leaves or goes offline.
    Sticky,
    /// Members on the publisher's node first. A router knows the members of one node, so today this is `Random`; the
    /// choice among nodes belongs above, where routes of several nodes come together.
    Local,
    /// The same publisher goes to the same member; when a member comes or goes only its share moves.
    /// Takes time in proportion to the number of members, about a nanosecond each.
    HashClientId,
    /// The same topic goes to the same member; as `HashClientId` otherwise.
    HashTopic,
}

/// How [`SharedStrategy::Sticky`] chooses the member that a publisher then keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InitialStickyPick {
    /// Any member.
    #[default]
    Random,
    /// As [`SharedStrategy::Local`].
    Local,
    /// As [`SharedStrategy::HashClientId`].
    HashClientId,
    /// As [`SharedStrategy::HashTopic`].
    HashTopic,
}
