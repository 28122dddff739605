//! What is known of one client.

use dunlin_inbox::SessionNumber;
use dunlin_model::{ArcStr, ClientId, Millis, ProtocolVersion};
use dunlin_session::TrafficTotal;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What is known of a client that is connected, or of a session that waits for its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFacts {
    /// Its client id.
    pub client_id: ClientId,
    /// Its user name, while it is connected.
    pub username: Option<ArcStr>,
    /// Its own address, behind proxies too, while it is connected.
    pub peer: Option<SocketAddr>,
    /// The listener it came through, such as `tcp:default`, while it is connected.
    pub listener: Option<ArcStr>,
    /// The zone whose settings its session has.
    pub zone: ArcStr,
    /// Whether authenticators are asked about clients of its listener, while it is connected.
    pub is_authenticated: bool,
    /// No rule is asked for it.
    pub is_superuser: bool,
    /// What stands in front of its topics, while it is connected.
    pub mountpoint: Option<ArcStr>,
    /// `client_attrs`, while it is connected.
    pub attributes: BTreeMap<String, String>,
    /// Version of the present or last connection.
    pub version: ProtocolVersion,
    /// Seconds it may be silent, as it was told or as somebody has changed it since; 0 is for ever. `None` where it is not
    /// connected.
    pub keep_alive_secs: Option<u16>,
    /// Clean Start (Clean Session) of the present connection; false where there is none.
    pub clean_start: bool,
    /// Seconds its session outlives its connection; `u32::MAX` is for ever.
    pub expiry_secs: u32,
    /// Whether it has a connection.
    pub is_connected: bool,
    /// Whether its session is on disk.
    pub is_durable: bool,
    /// When its session began; `None` for one from before the start.
    pub created_at: Option<Millis>,
    /// When its connection began.
    pub connected_at: Option<Millis>,
    /// When its connection ended, while it has none.
    pub disconnected_at: Option<Millis>,
    /// Subscriptions.
    pub subscriptions: usize,
    /// How many it may have; `None` is unlimited.
    pub max_subscriptions: Option<usize>,
    /// Messages it was sent and has not acknowledged.
    pub inflight: usize,
    /// How many of those there may be.
    pub max_inflight: u16,
    /// Messages that wait for it, on disk too.
    pub queued: usize,
    /// How many of those that wait in memory there may be; 0 is unlimited.
    pub max_queued: usize,
    /// QoS 2 exchanges it has begun and not ended.
    pub awaiting_release: usize,
    /// How many of those there may be; 0 is unlimited.
    pub max_awaiting_release: usize,
    /// Bytes of memory that its queue, its topic aliases and its buffers take.
    pub memory_bytes: usize,
    /// Messages that its queue in memory lost because it was full.
    pub queue_dropped: u64,
    /// What has gone over its present connection.
    pub traffic: TrafficTotal,
    /// What did not go over its present connection.
    pub drops: ClientDrops,
    /// Whose queue on disk is counted later.
    pub(crate) number: Option<SessionNumber>,
    /// How many of `queued` are in memory only.
    pub(crate) queued_in_memory: usize,
}

/// Messages that were lost while a client was connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientDrops {
    /// Deliveries that it did not get, for whatever reason.
    pub deliveries: u64,
    /// Those among them whose time was over.
    pub expired: u64,
    /// Those among them for which its queue had no room.
    pub queue_full: u64,
    /// Those among them that are larger than it takes.
    pub too_large: u64,
    /// QoS 2 messages of its own that it did not release in time.
    pub release_timeouts: u64,
}
