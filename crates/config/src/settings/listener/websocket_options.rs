//! `websocket` of the listeners `ws` and `wss`.

use crate::rule::{AnyText, Bytes, Flag, OneOf, OrWord, Parsed, Shown, Span, Whole};
use crate::section::Section;
use std::time::Duration;

/// `websocket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketOptions {
    /// `mqtt_path`: the path that is served, default `/mqtt`.
    pub mqtt_path: String,
    /// `mqtt_piggyback`: how many MQTT packets a frame to the client holds, default `multiple`.
    pub mqtt_piggyback: Piggyback,
    /// `compress`: agree on permessage-deflate (RFC 7692) with clients that offer it, default false.
    pub compress: bool,
    /// `deflate_opts`.
    pub deflate_opts: DeflateOptions,
    /// `idle_timeout`: a connection without a byte for this long is closed, default 7200 s.
    pub idle_timeout: Duration,
    /// `max_frame_size` in bytes of a message from a client, default `None` = no limit (written `infinity`).
    pub max_frame_size_bytes: Option<u64>,
    /// `fail_if_no_subprotocol`: refuse clients that ask for no subprotocol, default true.
    pub fail_if_no_subprotocol: bool,
    /// `supported_subprotocols`, a list or one text with commas; default `mqtt`, `mqtt-v3`, `mqtt-v3.1.1` and `mqtt-v5`.
    pub supported_subprotocols: Vec<String>,
    /// `check_origin_enable`: look at the header `Origin`, which browsers always send, default false.
    pub check_origin_enable: bool,
    /// `allow_origin_absence`: no `Origin` is fine where it is looked at, default true.
    pub allow_origin_absence: bool,
    /// `check_origins`, a list or one text with commas: the origins that are fine; default those of the dashboard.
    pub check_origins: Vec<String>,
    /// `proxy_address_header`: where a proxy gives the client's address, default `x-forwarded-for`. Empty = nowhere.
    pub proxy_address_header: String,
    /// `proxy_port_header`: where a proxy gives the client's port, default `x-forwarded-port`. Empty = nowhere.
    pub proxy_port_header: String,
}

/// `mqtt_piggyback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piggyback {
    /// `multiple`: whatever is to be sent at that time.
    Multiple,
    /// `single`: one packet, for clients that cannot take more.
    Single,
}

/// `deflate_opts`: what is agreed upon with a client and how the broker compresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateOptions {
    /// `level`: size against time, default `default`.
    pub level: DeflateLevel,
    /// `mem_level`: memory of the compressor, 1 to 9, default 8.
    pub mem_level: u8,
    /// `strategy`: what the data are like, default `default`.
    pub strategy: DeflateStrategy,
    /// `server_context_takeover` is `takeover`: the broker may refer to earlier messages. Default true.
    pub server_context_takeover: bool,
    /// `client_context_takeover` is `takeover`: the client may refer to earlier messages. Default true.
    pub client_context_takeover: bool,
    /// `server_max_window_bits`, 8 to 15, default 15.
    pub server_max_window_bits: u8,
    /// `client_max_window_bits`, 8 to 15, default 15.
    pub client_max_window_bits: u8,
}

/// `deflate_opts.level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeflateLevel {
    /// `none`: packs without compressing.
    None,
    /// `default`: in between.
    Default,
    /// `best_compression`: smallest.
    BestCompression,
    /// `best_speed`: fastest.
    BestSpeed,
}

/// `deflate_opts.strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeflateStrategy {
    /// `default`: any data.
    Default,
    /// `filtered`: small values with some noise.
    Filtered,
    /// `huffman_only`: no search for repetitions.
    HuffmanOnly,
    /// `rle`: only runs of one byte.
    Rle,
}

const PIGGYBACKS: &[(&str, Piggyback)] = &[("multiple", Piggyback::Multiple), ("single", Piggyback::Single)];
const LEVELS: &[(&str, DeflateLevel)] = &[
    ("none", DeflateLevel::None),
    ("default", DeflateLevel::Default),
    ("best_compression", DeflateLevel::BestCompression),
    ("best_speed", DeflateLevel::BestSpeed),
];
const STRATEGIES: &[(&str, DeflateStrategy)] = &[
    ("default", DeflateStrategy::Default),
    ("filtered", DeflateStrategy::Filtered),
    ("huffman_only", DeflateStrategy::HuffmanOnly),
    ("rle", DeflateStrategy::Rle),
];
const TAKEOVERS: &[(&str, bool)] = &[("takeover", true), ("no_takeover", false)];
const YEAR: Duration = Duration::from_secs(365 * 86_400);

impl Default for WebSocketOptions {
    fn default() -> Self {
        Self {
            mqtt_path: "/mqtt".into(),
            mqtt_piggyback: Piggyback::Multiple,
            compress: false,
            deflate_opts: DeflateOptions::default(),
            idle_timeout: Duration::from_secs(7200),
            max_frame_size_bytes: None,
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

impl WebSocketOptions {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // There is nothing to validate where text frames are refused.
        section.ignored(&["validate_utf8"]);
        let idle_timeout = Span::in_millis(Duration::from_millis(1)..=YEAR);
        let frame_size = OrWord("infinity", Bytes(1..=u64::MAX));
        Self {
            mqtt_path: section.value("mqtt_path", &url_path(), default.mqtt_path),
            mqtt_piggyback: section.value("mqtt_piggyback", &OneOf(PIGGYBACKS), default.mqtt_piggyback),
            compress: section.value("compress", &Flag, default.compress),
            deflate_opts: section.child("deflate_opts", DeflateOptions::read),
            idle_timeout: section.value("idle_timeout", &idle_timeout, default.idle_timeout),
            max_frame_size_bytes: section.value("max_frame_size", &frame_size, default.max_frame_size_bytes),
            fail_if_no_subprotocol: section.value("fail_if_no_subprotocol", &Flag, default.fail_if_no_subprotocol),
            supported_subprotocols: section.texts("supported_subprotocols", &AnyText, default.supported_subprotocols),
            check_origin_enable: section.value("check_origin_enable", &Flag, default.check_origin_enable),
            allow_origin_absence: section.value("allow_origin_absence", &Flag, default.allow_origin_absence),
            check_origins: section.texts("check_origins", &origin(), default.check_origins),
            proxy_address_header: section.value("proxy_address_header", &header(), default.proxy_address_header),
            proxy_port_header: section.value("proxy_port_header", &header(), default.proxy_port_header),
        }
    }
}

impl DeflateOptions {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let (takeover, window_bits) = (OneOf(TAKEOVERS), Whole(8..=15));
        Self {
            level: section.value("level", &OneOf(LEVELS), default.level),
            mem_level: section.value("mem_level", &Whole(1..=9), default.mem_level),
            strategy: section.value("strategy", &OneOf(STRATEGIES), default.strategy),
            server_context_takeover: section.value(
                "server_context_takeover",
                &takeover,
                default.server_context_takeover,
            ),
            client_context_takeover: section.value(
                "client_context_takeover",
                &takeover,
                default.client_context_takeover,
            ),
            server_max_window_bits: section.value(
                "server_max_window_bits",
                &window_bits,
                default.server_max_window_bits,
            ),
            client_max_window_bits: section.value(
                "client_max_window_bits",
                &window_bits,
                default.client_max_window_bits,
            ),
        }
    }
}

/// The path of a URL, without a query.
fn url_path() -> impl Shown<Value = String> {
    let parse = |text: &str| {
        let is_path = text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic() && !b"?#".contains(&b));
        is_path.then(|| text.to_owned())
    };
    Parsed::new(parse, "a path that begins with a slash, such as `/mqtt`")
}

/// The origin of a page (RFC 6454 §6.2). A path behind it would never be sent by a browser, so that nothing would match.
fn origin() -> impl Shown<Value = String> {
    let parse = |text: &str| {
        let (scheme, host) = text.split_once("://")?;
        (!scheme.is_empty() && !host.is_empty() && !host.contains('/')).then(|| text.to_owned())
    };
    Parsed::new(parse, "an origin such as `https://example.com`, without a slash at its end")
}

/// The name of a header field (RFC 9110 §5.6.2), or nothing.
fn header() -> impl Shown<Value = String> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let parse = move |text: &str| text.bytes().all(is_token).then(|| text.to_owned());
    Parsed::new(parse, "the name of a header such as `x-forwarded-for`, or empty for none")
}
