//! The options that only `quic` listeners have.

use crate::rule::{AnyText, OrWord, Span, Whole, ZeroIsNone};
use crate::section::Section;
use std::time::Duration;

/// The options of QUIC (RFC 9000) that stand directly in a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuicOptions {
    /// `idle_timeout`: a connection without a packet for this long is closed, default `None` (written 0): the keep alive of
    /// MQTT decides.
    pub idle_timeout: Option<Duration>,
    /// `handshake_idle_timeout`: how long a handshake may be silent, 1 ms to 1 day, default 10 s.
    pub handshake_idle_timeout: Duration,
    /// `keep_alive_interval`: time between pings to a silent client, default `None` (written 0).
    pub keep_alive_interval: Option<Duration>,
    /// `peer_bidi_stream_count`: streams in both directions that a client may have open, 1 to 65,535, default 10.
    pub peer_bidi_stream_count: u16,
    /// `peer_unidi_stream_count`: streams in one direction that a client may have open, 0 to 65,535, default 1.
    pub peer_unidi_stream_count: u16,
}

/// What tunes msquic.
const WITHOUT_COUNTERPART: &[&str] = &[
    "conn_flow_control_window",
    "datagram_receive_enabled",
    "disconnect_timeout_ms",
    "initial_rtt_ms",
    "initial_window_packets",
    "load_balancing_mode",
    "max_ack_delay_ms",
    "max_binding_stateless_operations",
    "max_bytes_per_key",
    "max_operations_per_drain",
    "max_stateless_operations",
    "max_worker_queue_delay_us",
    "maximum_mtu",
    "migration_enabled",
    "minimum_mtu",
    "mtu_discovery_missing_probe_count",
    "mtu_discovery_search_complete_timeout_us",
    "pacing_enabled",
    "retry_memory_limit",
    "send_buffering_enabled",
    "send_idle_timeout_ms",
    "server_resumption_level",
    "stateless_operation_expiration_ms",
    "stream_recv_buffer_default",
    "stream_recv_window_default",
    "tls_client_max_send_buffer",
    "tls_server_max_send_buffer",
];
const DAY: Duration = Duration::from_secs(86_400);

impl Default for QuicOptions {
    fn default() -> Self {
        Self {
            idle_timeout: None,
            handshake_idle_timeout: Duration::from_secs(10),
            keep_alive_interval: None,
            peer_bidi_stream_count: 10,
            peer_unidi_stream_count: 1,
        }
    }
}

impl QuicOptions {
    /// Reads the options, and the ciphers, which stand beside them.
    pub(super) fn read(section: &mut Section<'_>) -> (Self, Vec<String>) {
        let default = Self::default();
        section.without_counterpart(WITHOUT_COUNTERPART);
        for (old, key) in [
            ("idle_timeout_ms", "idle_timeout"),
            ("handshake_idle_timeout_ms", "handshake_idle_timeout"),
            ("keep_alive_interval_ms", "keep_alive_interval"),
        ] {
            section.alias(old, key);
        }
        let handshake = Span::in_millis(Duration::from_millis(1)..=DAY);
        let or_never = ZeroIsNone(OrWord("infinity", Span::in_millis(Duration::ZERO..=DAY)));
        let options = Self {
            idle_timeout: section.value("idle_timeout", &or_never, default.idle_timeout),
            handshake_idle_timeout: section.value("handshake_idle_timeout", &handshake, default.handshake_idle_timeout),
            keep_alive_interval: section.value("keep_alive_interval", &or_never, default.keep_alive_interval),
            peer_bidi_stream_count: section.value(
                "peer_bidi_stream_count",
                &Whole(1..=u16::MAX),
                default.peer_bidi_stream_count,
            ),
            peer_unidi_stream_count: section.value(
                "peer_unidi_stream_count",
                &Whole(0..=u16::MAX),
                default.peer_unidi_stream_count,
            ),
        };
        (options, section.texts("ciphers", &AnyText, Vec::new()))
    }
}
