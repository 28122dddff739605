//! One thing that happened to a client.

use dunlin_model::{ArcStr, DisconnectReason, Millis, ProtocolVersion, Qos, ReasonCode};
use std::net::SocketAddr;

/// Something that happened to a client, once or again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When, in milliseconds since 1970.
    pub at: Millis,
    /// When for the last time.
    pub last_at: Millis,
    /// How often, at least 1.
    pub count: u64,
    /// What.
    pub event: TimelineEvent,
}

/// What can happen to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineEvent {
    /// It is in.
    Connected {
        /// From where.
        peer: SocketAddr,
        /// By which listener.
        listener: ArcStr,
        /// What it speaks.
        version: ProtocolVersion,
        /// It goes on with a session that was there.
        is_resumed: bool,
        /// The authenticator that knows it; `None` where nobody was asked.
        authenticator: Option<ArcStr>,
    },
    /// It was not let in.
    Refused {
        /// From where it came.
        peer: SocketAddr,
        /// What it was told.
        code: ReasonCode,
    },
    /// Authentication refused it.
    NotAuthenticated {
        /// The authenticator that refused it, or that could not tell; `None` where none of them knows it.
        authenticator: Option<ArcStr>,
        /// What it is told.
        code: ReasonCode,
    },
    /// It may subscribe.
    SubscribeAllowed(TimelineVerdict),
    /// It may not.
    SubscribeDenied(TimelineVerdict),
    /// It may not publish.
    PublishDenied(TimelineVerdict),
    /// It published more than it may, and what was too much went nowhere.
    PublishOverLimit {
        /// To where, the first time.
        topic: ArcStr,
    },
    /// It has subscribed, or somebody on its behalf.
    Subscribed {
        /// To what, with the mountpoint.
        filter: ArcStr,
        /// At most.
        qos: Qos,
    },
    /// It has given a subscription up, or somebody on its behalf.
    Unsubscribed {
        /// Which, with the mountpoint.
        filter: ArcStr,
    },
    /// Messages it did not get.
    Dropped {
        /// The counter that has them: `delivery.dropped.queue_full`.
        reason: &'static str,
        /// The topic of the first; `None` where it is not known any more.
        topic: Option<ArcStr>,
    },
    /// Exchanges of QoS 2 that it began were given up: it did not release them.
    ReleaseTimedOut,
    /// Its connection has ended.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
    },
    /// Its session has ended.
    SessionEnded,
}

/// What authorization said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineVerdict {
    /// Of which topic or filter, without the mountpoint.
    pub topic: ArcStr,
    /// Who decided: the kind of a source, `superuser`, `client_info`, `cache` or `no_match`.
    pub source: &'static str,
    /// The rule of that source, counted from 1, where it has a list of rules.
    pub rule: Option<usize>,
}

impl TimelineEntry {
    pub(crate) const fn new(at: Millis, event: TimelineEvent) -> Self {
        Self { at, last_at: at, count: 1, event }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.event.text_bytes()
    }
}

impl TimelineEvent {
    /// Whether it can only happen to a client that has a session.
    pub(super) const fn is_of_a_session(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::NotAuthenticated { .. } | Self::PublishDenied(_))
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::SubscribeAllowed(verdict) | Self::SubscribeDenied(verdict) | Self::PublishDenied(verdict) => {
                verdict.topic.len()
            }
            Self::PublishOverLimit { topic } => topic.len(),
            Self::Subscribed { filter, .. } | Self::Unsubscribed { filter } => filter.len(),
            Self::Dropped { topic, .. } => topic.as_ref().map_or(0, |topic| topic.len()),
            // What a listener or an authenticator is called is shared.
            Self::Connected { .. }
            | Self::Refused { .. }
            | Self::NotAuthenticated { .. }
            | Self::ReleaseTimedOut
            | Self::Disconnected { .. }
            | Self::SessionEnded => 0,
        }
    }
}
