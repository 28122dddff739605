//! One thing that happened to a client.

use dunlin_model::{DisconnectReason, Millis, ProtocolVersion, Qos, ReasonCode};
use dunlin_telemetry::Metric;
use std::net::SocketAddr;

/// Something that happened to a client, once or again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineEntry<'a> {
    /// When, in milliseconds since 1970.
    pub at: Millis,
    /// When for the last time.
    pub last_at: Millis,
    /// How often, at least 1.
    pub count: u64,
    /// What.
    pub event: TimelineEvent<'a>,
}

/// What can happen to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineEvent<'a> {
    /// It is in.
    Connected {
        /// From where.
        peer: SocketAddr,
        /// By which listener.
        listener: &'a str,
        /// What it speaks.
        version: ProtocolVersion,
        /// It goes on with a session that was there.
        is_resumed: bool,
        /// The authenticator that knows it; `None` where nobody was asked.
        authenticator: Option<&'a str>,
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
        authenticator: Option<&'a str>,
        /// What it is told.
        code: ReasonCode,
    },
    /// It may subscribe.
    SubscribeAllowed(TimelineVerdict<'a>),
    /// It may not.
    SubscribeDenied(TimelineVerdict<'a>),
    /// It may not publish.
    PublishDenied(TimelineVerdict<'a>),
    /// It published more than it may, and what was too much went nowhere.
    PublishOverLimit {
        /// To where, the first time.
        topic: &'a str,
    },
    /// It has subscribed, or somebody on its behalf.
    Subscribed {
        /// To what, with the mountpoint.
        filter: &'a str,
        /// At most.
        qos: Qos,
    },
    /// It has given a subscription up, or somebody on its behalf.
    Unsubscribed {
        /// Which, with the mountpoint.
        filter: &'a str,
    },
    /// Messages it did not get.
    Dropped {
        /// The counter that has them.
        reason: Metric,
        /// The topic of the first; `None` where it is not known any more.
        topic: Option<&'a str>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineVerdict<'a> {
    /// Of which topic or filter, without the mountpoint.
    pub topic: &'a str,
    /// Who decided: the kind of a source, `superuser`, `client_info`, `cache` or `no_match`.
    pub source: &'a str,
    /// The rule of that source, counted from 1, where it has a list of rules.
    pub rule: Option<usize>,
}

impl TimelineEvent<'_> {
    /// Whether it can only happen to a client that has a session.
    pub(super) const fn is_of_a_session(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::NotAuthenticated { .. } | Self::PublishDenied(_))
    }
}
