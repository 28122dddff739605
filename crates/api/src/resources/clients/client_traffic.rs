//! What has gone over the connection of a client, and what has not, under EMQX's names.

use serde::Serialize;
use utoipa::ToSchema;

/// Counts of a client's present connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClientTraffic {
    /// Reads from its socket that gave something.
    pub recv_cnt: u64,
    /// Bytes from it, without what TLS and WebSocket add.
    pub recv_oct: u64,
    /// Packets from it.
    pub recv_pkt: u64,
    /// PUBLISH packets from it.
    pub recv_msg: u64,
    /// Those at QoS 0.
    #[serde(rename = "recv_msg.qos0")]
    pub recv_msg_qos0: u64,
    /// Those at QoS 1.
    #[serde(rename = "recv_msg.qos1")]
    pub recv_msg_qos1: u64,
    /// Those at QoS 2.
    #[serde(rename = "recv_msg.qos2")]
    pub recv_msg_qos2: u64,
    /// Messages of its own that were lost.
    #[serde(rename = "recv_msg.dropped")]
    pub recv_msg_dropped: u64,
    /// Those that it did not release in time.
    #[serde(rename = "recv_msg.dropped.await_pubrel_timeout")]
    pub recv_msg_dropped_await_pubrel_timeout: u64,
    /// Writes to its socket.
    pub send_cnt: u64,
    /// Bytes to it, without what TLS and WebSocket add.
    pub send_oct: u64,
    /// Packets to it.
    pub send_pkt: u64,
    /// PUBLISH packets to it.
    pub send_msg: u64,
    /// Those at QoS 0.
    #[serde(rename = "send_msg.qos0")]
    pub send_msg_qos0: u64,
    /// Those at QoS 1.
    #[serde(rename = "send_msg.qos1")]
    pub send_msg_qos1: u64,
    /// Those at QoS 2.
    #[serde(rename = "send_msg.qos2")]
    pub send_msg_qos2: u64,
    /// Messages that it did not get.
    #[serde(rename = "send_msg.dropped")]
    pub send_msg_dropped: u64,
    /// Those whose time was over.
    #[serde(rename = "send_msg.dropped.expired")]
    pub send_msg_dropped_expired: u64,
    /// Those for which its queue had no room.
    #[serde(rename = "send_msg.dropped.queue_full")]
    pub send_msg_dropped_queue_full: u64,
    /// Those that are larger than it takes.
    #[serde(rename = "send_msg.dropped.too_large")]
    pub send_msg_dropped_too_large: u64,
}
