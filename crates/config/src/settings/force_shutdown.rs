//! `force_shutdown`: limits that close a single connection.

use crate::rule::{Bytes, Flag, Whole};
use crate::section::Section;

/// `force_shutdown`: a connection that costs more than this is closed, so that one client cannot use up the node's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForceShutdown {
    /// `enable`, default true.
    pub enable: bool,
    /// `max_mailbox_size` (old name `max_message_queue_len`): messages that may wait for one connection, default 1000.
    /// 0 switches this limit off.
    pub max_mailbox_size: u32,
    /// `max_heap_size`: memory one connection may use, in bytes, default 32 MB. 0 switches this limit off.
    pub max_heap_size_bytes: u64,
}

impl Default for ForceShutdown {
    fn default() -> Self {
        Self { enable: true, max_mailbox_size: 1000, max_heap_size_bytes: 32 << 20 }
    }
}

impl ForceShutdown {
    /// Reads it over `default`.
    pub(crate) fn read(section: &mut Section<'_>, default: Self) -> Self {
        section.alias("max_message_queue_len", "max_mailbox_size");
        Self {
            enable: section.value("enable", &Flag, default.enable),
            max_mailbox_size: section.value("max_mailbox_size", &Whole(0..=u32::MAX), default.max_mailbox_size),
            max_heap_size_bytes: section.value("max_heap_size", &Bytes(0..=128_u64 << 30), default.max_heap_size_bytes),
        }
    }
}
