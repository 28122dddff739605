//! `durable_sessions.*`.

use dunlin_storage::store::StoreSpace;
use std::path::PathBuf;

/// What an acknowledgement to a publisher promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ack {
    /// The broker has the message in memory: a crash loses what was acknowledged in the last moments.
    Memory,
    /// Every matching durable session has it on this node's disk.
    #[default]
    LocalFsync,
}

/// What happens when a durable queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest messages make room; each is counted.
    #[default]
    DropOldest,
    /// The publisher is told: 0x97 Quota exceeded, or no acknowledgement before 5.0.
    Reject,
}

/// How much disk the log may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskBudget {
    /// All but the last 5 % of the file system, or the last 1 GiB where that is less.
    #[default]
    Auto,
    /// Until the file system is full.
    Unlimited,
    /// So many bytes.
    Bytes(u64),
}

impl DiskBudget {
    /// The most that [`Self::Auto`] leaves free.
    const RESERVE_BYTES_MAX: u64 = 1 << 30;

    /// Parts of the budget a log has segments for at least: with fewer too much would lie in the one in use.
    const SEGMENTS_MIN: u64 = 8;

    /// How much the log may take in such a space.
    pub(crate) fn limit_bytes(self, space: StoreSpace) -> u64 {
        match self {
            Self::Auto => {
                let reserve = (space.total_bytes / 20).min(Self::RESERVE_BYTES_MAX);
                space.used_bytes.saturating_add(space.free_bytes).saturating_sub(reserve)
            }
            Self::Unlimited => u64::MAX,
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The size of a log segment, where `wanted` is what a log without a budget would have.
    pub(crate) fn segment_bytes(self, wanted: u32) -> u32 {
        match self {
            Self::Auto | Self::Unlimited => wanted,
            Self::Bytes(bytes) => wanted.min(u32::try_from(bytes / Self::SEGMENTS_MIN).unwrap_or(u32::MAX)),
        }
    }
}

/// The acknowledgement for some topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckOverride {
    /// Topic filter.
    pub filter: String,
    /// What holds for the topics it selects.
    pub ack: Ack,
}

/// `durable_sessions.*`, and where the files lie.
#[derive(Clone, Debug)]
pub struct DurableSettings {
    /// `enable`.
    pub enable: bool,
    /// Folder of the store, inside `node.data_dir`.
    pub folder: PathBuf,
    /// `ack`.
    pub ack: Ack,
    /// `ack_overrides`; the first that selects a topic holds.
    pub ack_overrides: Vec<AckOverride>,
    /// `max_queue_bytes` of one session; `u64::MAX` is unlimited.
    pub max_queue_bytes: u64,
    /// `overflow`.
    pub overflow: Overflow,
    /// `max_disk_bytes` of the log.
    pub disk_budget: DiskBudget,
    /// Size of a log segment in bytes.
    pub segment_bytes: u32,
    /// `message_retention_period` in milliseconds; `None` is for ever.
    pub retention_ms: Option<u64>,
    /// `checkpoint_interval` in milliseconds.
    pub checkpoint_interval_ms: u64,
    /// Retained messages are kept on disk: `retainer.backend.storage_type = disc`.
    pub retained_on_disk: bool,
    /// Gives free memory back to the operating system; called by the thread that freed what a checkpoint has written. An
    /// allocator may keep the memory of a thread that asks for none.
    pub give_back_memory: Option<fn()>,
}

impl Default for DurableSettings {
    fn default() -> Self {
        Self {
            enable: false,
            folder: PathBuf::from("data/store"),
            ack: Ack::default(),
            ack_overrides: Vec::new(),
            max_queue_bytes: 64 << 20,
            overflow: Overflow::default(),
            disk_budget: DiskBudget::default(),
            segment_bytes: 64 << 20,
            retention_ms: None,
            checkpoint_interval_ms: 15_000,
            retained_on_disk: true,
            give_back_memory: None,
        }
    }
}

impl DurableSettings {
    /// What an acknowledgement for this topic promises.
    #[must_use]
    pub fn ack_for(&self, topic: &str) -> Ack {
        let selects = |entry: &&AckOverride| dunlin_topic::matches(&entry.filter, topic);
        self.ack_overrides.iter().find(selects).map_or(self.ack, |entry| entry.ack)
    }
}
