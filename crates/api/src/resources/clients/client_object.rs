//! A client, as EMQX shows it.

use super::client_traffic::ClientTraffic;
use crate::MomentMillis;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A client that is connected, or a session that waits for its client. What is only known of a connection is null without one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClientObject {
    /// The node it is on.
    #[schema(example = "dunlin@127.0.0.1")]
    pub node: String,
    /// Its client id.
    pub clientid: String,
    /// Its user name.
    pub username: Option<String>,
    /// Its own address, behind proxies too.
    pub ip_address: Option<String>,
    /// The port of that address.
    pub port: Option<u16>,
    /// The same.
    pub peerport: Option<u16>,
    /// The listener it came through.
    #[schema(example = "tcp:default")]
    pub listener: Option<String>,
    /// The zone whose settings it has.
    pub zone: String,
    /// `MQTT`, or `MQIsdp` for version 3.
    pub proto_name: &'static str,
    /// 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.
    pub proto_ver: u8,
    /// Seconds it may be silent; 0 is for ever.
    pub keepalive: Option<u16>,
    /// Clean Start (Clean Session) of the present connection.
    pub clean_start: bool,
    /// Seconds its session outlives its connection; 4294967295 is for ever.
    pub expiry_interval: u32,
    /// Whether it has a connection.
    pub connected: bool,
    /// When its connection began.
    pub connected_at: Option<MomentMillis>,
    /// When its connection ended, while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnected_at: Option<MomentMillis>,
    /// When its session began; null for one from before the start of the node.
    pub created_at: Option<MomentMillis>,
    /// Whether it said that it is a bridge: no version says so here.
    pub is_bridge: bool,
    /// Whether its session has expired: such a session is not here any more.
    pub is_expired: bool,
    /// Whether its session outlives its connection.
    pub is_persistent: bool,
    /// Whether its session is on disk.
    pub durable: bool,
    /// Whether authenticators are asked about clients of its listener.
    pub enable_authn: bool,
    /// What stands in front of its topics.
    pub mountpoint: Option<String>,
    /// Its attributes.
    pub client_attrs: BTreeMap<String, String>,
    /// Subscriptions.
    pub subscriptions_cnt: usize,
    /// How many it may have.
    pub subscriptions_max: Limit,
    /// Messages it was sent and has not acknowledged.
    pub inflight_cnt: usize,
    /// How many of those there may be.
    pub inflight_max: u16,
    /// Messages that wait for it, on disk too.
    pub mqueue_len: usize,
    /// How many may wait in memory; 0 is unlimited.
    pub mqueue_max: usize,
    /// Messages that its queue in memory lost because it was full, since its session began.
    pub mqueue_dropped: u64,
    /// QoS 2 exchanges it has begun and not ended.
    pub awaiting_rel_cnt: usize,
    /// How many of those there may be.
    pub awaiting_rel_max: Limit,
    /// Bytes of memory that its messages, topic aliases and buffers take.
    pub heap_size: usize,
    /// What has gone over its present connection; zeros without one.
    #[serde(flatten)]
    pub traffic: ClientTraffic,
}

/// A number, or `infinity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Limit {
    /// So many.
    At(usize),
    /// Any number.
    None(Infinity),
}

/// The word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Infinity {
    /// Any number.
    Infinity,
}

impl From<Option<usize>> for Limit {
    fn from(limit: Option<usize>) -> Self {
        limit.map_or(Self::None(Infinity::Infinity), Self::At)
    }
}

/// A message that waits for a client, or that it has not acknowledged.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageObject {
    /// Tells it apart from others of this list.
    pub msgid: String,
    /// Its topic.
    pub topic: String,
    /// What it is sent with.
    pub qos: u8,
    /// When the node received it, in milliseconds since 1970.
    pub publish_at: u64,
    /// Who published it.
    pub from_clientid: String,
    /// The user name of who published it, where that is known.
    pub from_username: String,
    /// Its payload, as it was asked for; absent for `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Its place in the list.
    pub inserted_at: String,
    /// The priority of its topic, of a message that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqueue_priority: Option<u16>,
}
