//! The `mqtt.*` and `force_shutdown.*` settings that a session obeys.

use dunlin_model::{ArcStr, Qos};
use hashbrown::HashMap;

/// Settings of a session; one copy per zone, shared by its sessions. Defaults are those of the configuration reference.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// `mqtt.max_packet_size` in bytes, announced in CONNACK.
    pub max_packet_size: u32,
    /// `mqtt.max_clientid_len` in bytes, 23 to 65,535.
    pub max_client_id_len: usize,
    /// `mqtt.max_topic_levels`; 0 is unlimited.
    pub max_topic_levels: usize,
    /// `mqtt.max_topic_alias`: topic aliases a client may set; 0 is none.
    pub max_topic_alias: u16,
    /// `mqtt.max_qos_allowed`.
    pub max_qos: Qos,
    /// `mqtt.retain_available`.
    pub retain_available: bool,
    /// `mqtt.wildcard_subscription`.
    pub wildcard_subscription: bool,
    /// `mqtt.shared_subscription`. Where it is off, a SUBSCRIBE to one closes the connection of a client of any version.
    pub shared_subscription: bool,
    /// `mqtt.exclusive_subscription`.
    pub exclusive_subscription: bool,
    /// `mqtt.ignore_loop_deliver`: no-local for every subscription of 3.1 and 3.1.1 clients.
    pub ignore_loop_deliver: bool,
    /// `mqtt.response_information`; empty is none.
    pub response_information: ArcStr,
    /// `mqtt.server_keepalive` in seconds.
    pub server_keep_alive: Option<u16>,
    /// `mqtt.keepalive_multiplier`.
    pub keep_alive_multiplier: f64,
    /// `mqtt.session_expiry_interval` in seconds: for 3.1 and 3.1.1 clients with clean session 0.
    pub session_expiry_secs: u32,
    /// `mqtt.max_session_expiry_interval` in seconds; `None` is no cap.
    pub max_session_expiry_secs: Option<u32>,
    /// `mqtt.message_expiry_interval` in seconds: default and cap; `None` is none.
    pub message_expiry_secs: Option<u32>,
    /// `mqtt.max_inflight`: the window towards the client, and the Receive Maximum announced to it; at least 1.
    pub max_inflight: u16,
    /// `mqtt.max_mqueue_len` in messages; 0 is unlimited.
    pub max_queue_len: usize,
    /// `mqtt.mqueue_store_qos0`.
    pub queue_qos0: bool,
    /// `mqtt.mqueue_priorities`; `None` is one queue for all.
    pub queue_priorities: Option<QueuePriorities>,
    /// `mqtt.max_awaiting_rel`: open QoS 2 publishes of one client; 0 is unlimited.
    pub max_awaiting_release: usize,
    /// `mqtt.await_rel_timeout` in milliseconds.
    pub await_release_timeout_ms: u64,
    /// `mqtt.upgrade_qos`: deliver with the higher of published and subscribed QoS.
    pub upgrade_qos: bool,
    /// `mqtt.max_subscriptions`; `None` is unlimited.
    pub max_subscriptions: Option<usize>,
    /// `force_shutdown.max_mailbox_size` in messages; `None` when off.
    pub max_mailbox_len: Option<usize>,
    /// `force_shutdown.max_heap_size` in bytes; `None` when off.
    pub max_memory_bytes: Option<usize>,
}

impl SessionSettings {
    /// The Receive Maximum announced to 5.0 clients: no more than may be open at QoS 2, at least 1.
    #[must_use]
    pub fn receive_maximum(&self) -> u16 {
        let awaiting = u16::try_from(self.max_awaiting_release).unwrap_or(u16::MAX);
        let limit = if awaiting == 0 { self.max_inflight } else { self.max_inflight.min(awaiting) };
        limit.max(1)
    }
}

/// `mqtt.mqueue_priorities`: exact topics with their own priority.
#[derive(Clone, Debug, Default)]
pub struct QueuePriorities {
    /// Topic to priority, 1 to 255.
    pub topics: HashMap<String, u8>,
    /// `mqtt.mqueue_default_priority = highest`: other topics go before the listed ones instead of after them.
    pub default_is_highest: bool,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            max_packet_size: 1 << 20,
            max_client_id_len: 65_535,
            max_topic_levels: 128,
            max_topic_alias: 65_535,
            max_qos: Qos::ExactlyOnce,
            retain_available: true,
            wildcard_subscription: true,
            shared_subscription: true,
            exclusive_subscription: false,
            ignore_loop_deliver: false,
            response_information: ArcStr::new(),
            server_keep_alive: None,
            keep_alive_multiplier: 1.5,
            session_expiry_secs: 7_200,
            max_session_expiry_secs: None,
            message_expiry_secs: None,
            max_inflight: 32,
            max_queue_len: 1_000,
            queue_qos0: true,
            queue_priorities: None,
            max_awaiting_release: 100,
            await_release_timeout_ms: 300_000,
            upgrade_qos: false,
            max_subscriptions: None,
            max_mailbox_len: Some(1_000),
            max_memory_bytes: Some(32 << 20),
        }
    }
}
