//! What a QUIC listener can be told.

use std::time::Duration;

/// Options of a listener.
#[derive(Clone, Debug)]
pub struct QuicOptions {
    /// How often the listener sends something so that the client and what lies between do not forget the connection. `None`: never.
    pub keep_alive: Option<Duration>,
    /// Silence after which a connection is given up; the client's own limit counts too if it is shorter. `None`: never, MQTT's keep
    /// alive does it.
    pub idle_timeout: Option<Duration>,
    /// From the first packet until the control stream is open, at most. Default 10 s.
    pub handshake_idle_timeout: Duration,
    /// Streams a client may have open at a time, the control stream counted. Default 10.
    pub peer_bidi_stream_count: u32,
    /// The largest MQTT packet in bytes. Default 1 MiB.
    pub max_packet_bytes: u32,
    /// Handshakes under way at a time. From half as many on, clients have to prove their address first, which costs them a round
    /// trip; more are refused. Default 1,024.
    pub handshakes_max: usize,
    /// The kernel's buffers for the UDP socket in bytes, each way, as far as it allows. All clients share them. Default 2 MiB.
    pub socket_buffer_bytes: usize,
}

impl Default for QuicOptions {
    fn default() -> Self {
        Self {
            keep_alive: None,
            idle_timeout: None,
            handshake_idle_timeout: Duration::from_secs(10),
            peer_bidi_stream_count: 10,
            max_packet_bytes: 1024 * 1024,
            handshakes_max: 1024,
            socket_buffer_bytes: 2 * 1024 * 1024,
        }
    }
}
