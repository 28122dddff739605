//! What a client wants to do, and what it is told.

use dunlin_model::Qos;

/// What a client wants to do with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Publish to a topic name.
    Publish {
        /// Of the PUBLISH or the will.
        qos: Qos,
        /// Whether the message is to be retained.
        retain: bool,
    },
    /// Subscribe to a topic filter, without `$share/{group}/` and the like in front.
    Subscribe {
        /// The highest the client asks for.
        qos: Qos,
    },
}

/// What a source of rules says of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
    /// No rule of this source is about it: the next source is asked, at last `authorization.no_match`.
    NoMatch,
}
