//! How much clients may send and get in a time, and how many there may be: what is said of it, the buckets of zones and
//! listeners, and those of each client.

mod client;
mod listener;
mod quota;
mod retainer;
mod zone;

pub(crate) use client::{ClientLimits, Taken};
pub(crate) use listener::ListenerLimits;
pub use quota::ConnectionQuota;
pub(crate) use quota::{ConnectionCounts, Seat};
pub(crate) use retainer::RetainerBuckets;
pub(crate) use zone::{ZoneBuckets, ZonesInUse};

use dunlin_limits::Rate;
use dunlin_model::ArcStr;

/// What may happen in a time. Of a listener: for each of its clients; of a zone: for all its clients together. `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// PUBLISH packets from clients.
    pub messages: Option<Rate>,
    /// Bytes of PUBLISH packets from clients.
    pub bytes: Option<Rate>,
    /// SUBSCRIBE packets.
    pub subscribes: Option<Rate>,
    /// PUBLISH packets to clients.
    pub delivery_messages: Option<Rate>,
    /// Bytes of PUBLISH packets to clients.
    pub delivery_bytes: Option<Rate>,
}

/// What becomes of a PUBLISH beyond a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverLimit {
    /// It waits, and with it all that its client has sent after it: its connection is not read from. Nothing is lost.
    #[default]
    Pause,
    /// It is not routed. At QoS 1 and 2 the publisher is told so, as far as its version has words for it.
    Reject,
}

/// The limits of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneLimits {
    /// Its name.
    pub zone: ArcStr,
    /// For all its clients together.
    pub limits: Limits,
    /// For its clients, whether it is the zone that limits them or their listener.
    pub over_limit: OverLimit,
    /// Connections that listeners of the zone accept, all together.
    pub connections: Option<Rate>,
    /// What its clients find full when they come. All clients of the node count, whatever their zone.
    pub quota: ConnectionQuota,
}

impl ZoneLimits {
    /// A zone in which everything is unlimited.
    #[must_use]
    pub fn none(zone: impl Into<ArcStr>) -> Self {
        Self {
            zone: zone.into(),
            limits: Limits::default(),
            over_limit: OverLimit::default(),
            connections: None,
            quota: ConnectionQuota::default(),
        }
    }
}
