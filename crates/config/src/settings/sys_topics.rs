//! `sys_topics`: what the broker publishes about itself below `$SYS/brokers`.

use crate::rule::{Flag, OrWord, Span};
use crate::section::Section;
use std::time::Duration;

/// `sys_topics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SysTopics {
    /// `sys_msg_interval`: how often version, statistics and metrics are published, 1 s to 30 days, default 1 min; `None` is never
    /// (written `disabled`).
    pub sys_msg_interval: Option<Duration>,
    /// `sys_heartbeat_interval`: how often uptime and time of day are published, default 30 s; `None` is never (written
    /// `disabled`).
    pub sys_heartbeat_interval: Option<Duration>,
    /// `sys_event_messages`: what clients do that is published.
    pub sys_event_messages: SysEventMessages,
}

/// `sys_topics.sys_event_messages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four switches of four messages")]
pub struct SysEventMessages {
    /// `client_connected`, default true.
    pub client_connected: bool,
    /// `client_disconnected`, default true.
    pub client_disconnected: bool,
    /// `client_subscribed`, default false.
    pub client_subscribed: bool,
    /// `client_unsubscribed`, default false.
    pub client_unsubscribed: bool,
}

const SECOND: Duration = Duration::from_secs(1);
const MONTH: Duration = Duration::from_secs(30 * 86_400);

impl Default for SysTopics {
    fn default() -> Self {
        Self {
            sys_msg_interval: Some(Duration::from_secs(60)),
            sys_heartbeat_interval: Some(Duration::from_secs(30)),
            sys_event_messages: SysEventMessages {
                client_connected: true,
                client_disconnected: true,
                client_subscribed: false,
                client_unsubscribed: false,
            },
        }
    }
}

impl SysTopics {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let interval = OrWord("disabled", Span::in_millis(SECOND..=MONTH));
        let events = default.sys_event_messages;
        Self {
            sys_msg_interval: section.value("sys_msg_interval", &interval, default.sys_msg_interval),
            sys_heartbeat_interval: section.value("sys_heartbeat_interval", &interval, default.sys_heartbeat_interval),
            sys_event_messages: section.child("sys_event_messages", |section| SysEventMessages {
                client_connected: section.value("client_connected", &Flag, events.client_connected),
                client_disconnected: section.value("client_disconnected", &Flag, events.client_disconnected),
                client_subscribed: section.value("client_subscribed", &Flag, events.client_subscribed),
                client_unsubscribed: section.value("client_unsubscribed", &Flag, events.client_unsubscribed),
            }),
        }
    }
}
