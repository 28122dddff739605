//! `listeners.<ws|wss>.<name>.websocket`: names and defaults as users of EMQX know them.

use std::time::Duration;

/// The options of a listener. `validate_utf8` is not among them: there is nothing to validate where text frames are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketOptions {
    /// The path that is served; a slash at its end does not matter, nor does a query.
    pub mqtt_path: String,
    /// How many MQTT packets a frame to the client holds. Frames from clients may hold any number, and parts of packets.
    pub mqtt_piggyback: Piggyback,
    /// Whether permessage-deflate is agreed upon with clients that offer it.
    pub compress: bool,
    /// How it compresses.
    pub deflate_opts: DeflateOptions,
    /// A connection without a byte for this long is closed. A stream has no clock: its owner watches this.
    pub idle_timeout: Duration,
    /// Bytes of a message from a client, its frames taken together and, where it is compressed, unpacked. `None` is infinity.
    pub max_frame_size: Option<u64>,
    /// Whether a client that asks for no subprotocol is refused. One that asks only for others always is.
    pub fail_if_no_subprotocol: bool,
    /// What may be agreed upon; of several the client's order decides.
    pub supported_subprotocols: Vec<String>,
    /// Whether `Origin` is looked at, which browsers always send.
    pub check_origin_enable: bool,
    /// Whether no `Origin` is fine where it is looked at.
    pub allow_origin_absence: bool,
    /// The origins that are fine, as `https://example.com`.
    pub check_origins: Vec<String>,
    /// The header in which a proxy gives the client's address; the first of several counts. Empty: none.
    ///
    /// Whoever reaches the listener can write this header. Where not all clients come through a proxy that overwrites it,
    /// it has to be empty.
    pub proxy_address_header: String,
    /// The same for the client's port.
    pub proxy_port_header: String,
}

impl Default for WebSocketOptions {
    fn default() -> Self {
        Self {
            mqtt_path: "/mqtt".into(),
            mqtt_piggyback: Piggyback::Multiple,
            compress: false,
            deflate_opts: DeflateOptions::default(),
            idle_timeout: Duration::from_secs(7200),
            max_frame_size: None,
            fail_if_no_subprotocol: true,
            supported_subprotocols: ["mqtt", "mqtt-v3", "mqtt-v3.1.1", "mqtt-v5"].map(String::from).into(),
            check_origin_enable: false,
            allow_origin_absence: true,
            check_origins: ["http://localhost:18083", "http://127.0.0.1:18083"].map(String::from).into(),
            proxy_address_header: "x-forwarded-for".into(),
            proxy_port_header: "x-forwarded-port".into(),
        }
    }
}

/// `mqtt_piggyback`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Piggyback {
    /// A frame holds whatever is to be sent at that time.
    #[default]
    Multiple,
    /// Each frame holds one packet, for clients that cannot take more. Costs a system call per packet.
    Single,
}

/// `deflate_opts`: what is agreed upon with a client and how the broker compresses.
///
/// With takeover each connection keeps its windows for its whole life, some 300 KiB at the defaults; without, an idle
/// connection keeps nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateOptions {
    /// Size against time.
    pub level: DeflateLevel,
    /// Memory of the compressor, 1 to 9: 2 to the power of this plus 9 in bytes.
    pub mem_level: u8,
    /// What the data are like.
    pub strategy: DeflateStrategy,
    /// Whether the broker may refer to earlier messages; a client may refuse that.
    pub server_context_takeover: bool,
    /// Whether the client may refer to earlier messages.
    pub client_context_takeover: bool,
    /// The broker's window, 8 to 15: 2 to the power of this in bytes. A client may ask for less.
    pub server_max_window_bits: u8,
    /// The client's window; only clients that say that they can are told.
    pub client_max_window_bits: u8,
}

impl Default for DeflateOptions {
    fn default() -> Self {
        Self {
            level: DeflateLevel::Default,
            mem_level: 8,
            strategy: DeflateStrategy::Default,
            server_context_takeover: true,
            client_context_takeover: true,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}

/// `deflate_opts.level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeflateLevel {
    /// Packs without compressing.
    None,
    /// In between.
    #[default]
    Default,
    /// Smallest.
    BestCompression,
    /// Fastest.
    BestSpeed,
}

/// `deflate_opts.strategy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeflateStrategy {
    /// Any data.
    #[default]
    Default,
    /// Small values with some noise.
    Filtered,
    /// No search for repetitions.
    HuffmanOnly,
    /// Only runs of one byte.
    Rle,
}
