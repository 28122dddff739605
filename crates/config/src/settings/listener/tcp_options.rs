//! `tcp_options` of a listener: everything but QUIC has them.

use crate::rule::{Bytes, Flag, OrWord, Parsed, Shown, Span, Whole, Written};
use crate::section::Section;
use dunlin_hocon::{Value, unit};
use std::time::Duration;

/// `tcp_options`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpOptions {
    /// `backlog`: connections the kernel holds until they are accepted, 1 to 65,535, default 1024.
    pub backlog: u32,
    /// `nodelay`: send small segments at once, default true.
    pub nodelay: bool,
    /// `nolinger`: a close throws away what is not sent yet and resets the connection (`SO_LINGER` with 0 seconds), default
    /// false.
    pub nolinger: bool,
    /// `send_timeout`: how long a peer may read nothing while acknowledged messages wait for it, 1 ms to 1 day, default 15 s.
    pub send_timeout: Duration,
    /// `keepalive`: probes of the kernel on a silent connection, default `None` (written `none`).
    pub keepalive: Option<TcpKeepalive>,
    /// `sndbuf` in bytes, default `None` = what the kernel chooses (written `auto`).
    pub send_buffer_bytes: Option<u32>,
    /// `recbuf` in bytes, default `None` = what the kernel chooses (written `auto`).
    pub receive_buffer_bytes: Option<u32>,
    /// `high_watermark` in bytes: from this much unsent data on a connection counts as congested, default 1 MB.
    pub high_watermark_bytes: u64,
}

/// `tcp_options.keepalive = "Idle,Interval,Probes"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpKeepalive {
    /// Silence before the first probe, 1 s to 72,000 s.
    pub idle: Duration,
    /// Time between probes, 1 s to 750 s.
    pub interval: Duration,
    /// Unanswered probes that end the connection, 1 to 90.
    pub probes: u8,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: 1024,
            nodelay: true,
            nolinger: false,
            send_timeout: Duration::from_secs(15),
            keepalive: None,
            send_buffer_bytes: None,
            receive_buffer_bytes: None,
            high_watermark_bytes: 1 << 20,
        }
    }
}

impl TcpOptions {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Erlang's socket driver; nothing here answers to these, and nothing gets worse without them.
        section.ignored(&["active_n", "buffer", "reuseaddr", "send_timeout_close"]);
        let timeout = Span::in_millis(Duration::from_millis(1)..=Duration::from_secs(86_400));
        let socket_buffer = OrWord("auto", Bytes(1..=1_u32 << 30));
        Self {
            backlog: section.value("backlog", &Whole(1..=65_535), default.backlog),
            nodelay: section.value("nodelay", &Flag, default.nodelay),
            nolinger: section.value("nolinger", &Flag, default.nolinger),
            send_timeout: section.value("send_timeout", &timeout, default.send_timeout),
            keepalive: section.value("keepalive", &OrWord("none", tcp_keepalive()), default.keepalive),
            send_buffer_bytes: section.value("sndbuf", &socket_buffer, default.send_buffer_bytes),
            receive_buffer_bytes: section.value("recbuf", &socket_buffer, default.receive_buffer_bytes),
            high_watermark_bytes: section.value(
                "high_watermark",
                &Bytes(1..=1_u64 << 40),
                default.high_watermark_bytes,
            ),
        }
    }
}

impl Written for TcpKeepalive {
    fn written(&self) -> Value {
        Value::Text(format!("{},{},{}", self.idle.as_secs(), self.interval.as_secs(), self.probes))
    }
}

fn tcp_keepalive() -> impl Shown<Value = TcpKeepalive> {
    let parse = |text: &str| {
        let numbers: Vec<u64> = text.split(',').map(unit::whole).collect::<Option<_>>()?;
        let [idle @ 1..=72_000, interval @ 1..=750, probes @ 1..=90] = numbers[..] else { return None };
        let (idle, interval) = (Duration::from_secs(idle), Duration::from_secs(interval));
        Some(TcpKeepalive { idle, interval, probes: u8::try_from(probes).ok()? })
    };
    Parsed::new(parse, "\"Idle,Interval,Probes\" with 1-72000 seconds, 1-750 seconds and 1-90, such as \"240,30,5\"")
}
