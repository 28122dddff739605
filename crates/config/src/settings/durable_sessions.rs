//! `durable_sessions`: what sessions that outlive their connections keep on disk, and what an acknowledgement means.
//!
//! `enable`, `checkpoint_interval` and `message_retention_period` are EMQX's keys; the others are Dunlin's own.

use crate::rule::{Bytes, Flag, OneOf, OrWord, Rule, Shown, Span, ZeroIsNone, topic_filter};
use crate::section::Section;
use dunlin_hocon::{Value, unit};
use std::time::Duration;

/// `durable_sessions`: sessions with an expiry interval above 0 on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurableSessions {
    /// `enable`: keep such sessions on disk, default true. Without, they live in memory and end with the node; EMQX has
    /// false here.
    pub enable: bool,
    /// `ack`: where a message for a durable session is when its publisher gets PUBACK or PUBREC, default `local_fsync`.
    pub ack: DurableAck,
    /// `ack_overrides`: a list of `{ topic = "site/+/telemetry", ack = memory }`, default empty. The first entry whose filter
    /// matches the topic of a message takes the place of `ack`.
    pub ack_overrides: Vec<AckOverride>,
    /// `max_queue_bytes`: messages that wait for one session, default 64 MB. `None` = no limit (written 0 or `infinity`).
    pub max_queue_bytes: Option<u64>,
    /// `message_retention_period`: age at which a waiting message is dropped, at least 1 s. Default `None` = never (written
    /// `infinity`): EMQX has one day here, which loses messages of clients that are away for longer.
    pub message_retention_period: Option<Duration>,
    /// `overflow`: what gives way when `max_queue_bytes` is reached, default `drop_oldest`.
    pub overflow: QueueOverflow,
    /// `max_disk_bytes`: what the files of this node may take, default `auto`.
    pub max_disk_bytes: DiskBudget,
    /// `checkpoint_interval`: time between two checkpoints, 10 ms to 1 day, default 15 s. A longer one writes less and takes
    /// longer to start after a crash; nothing that was acknowledged depends on it.
    pub checkpoint_interval: Duration,
}

/// An entry of [`DurableSessions::ack_overrides`]. Both keys are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckOverride {
    /// `topic`: a filter as in a subscription; one that begins with a wildcard does not match topics that begin with `$`.
    pub topic: String,
    /// `ack` of messages whose topic the filter matches.
    pub ack: DurableAck,
}

/// What an acknowledgement to the publisher promises when at least one durable session gets the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurableAck {
    /// `memory`: the node has it. A crash can lose what was acknowledged in the last moments.
    Memory,
    /// `local_fsync`: the disk of the node has it.
    LocalFsync,
}

/// What gives way when a message does not fit into the queue of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueOverflow {
    /// `drop_oldest`: messages at the head of the queue, counted as dropped.
    DropOldest,
    /// `reject`: the message itself; its publisher gets reason code 0x97, Quota exceeded (MQTT 5.0 §3.4.2.1).
    Reject,
}

/// How much disk durable data may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskBudget {
    /// `auto`: all but the last 5 % of the file system, or the last 1 GB where that is less. What others need to log the
    /// trouble and what compaction needs to end it stays free.
    Auto,
    /// `infinity` or 0: until the file system is full.
    Unlimited,
    /// A size in bytes.
    Bytes(u64),
}

const OVERFLOWS: &[(&str, QueueOverflow)] =
    &[("drop_oldest", QueueOverflow::DropOldest), ("reject", QueueOverflow::Reject)];
const DAY: Duration = Duration::from_secs(86_400);
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Keys of EMQX 5 and 6 for streams, batches and leaders of its own storage.
const WITHOUT_COUNTERPART: &[&str] = &[
    "batch_size",
    "commit_retries",
    "commit_retry_interval",
    "commit_timeout",
    "disconnected_session_count_refresh_interval",
    "force_persistence",
    "heartbeat_interval",
    "idle_poll_interval",
    "renew_streams_interval",
    "session_gc_batch_size",
    "session_gc_interval",
    "shared_subs",
    "subscription_count_refresh_interval",
];

impl Default for DurableSessions {
    fn default() -> Self {
        Self {
            enable: true,
            ack: DurableAck::LocalFsync,
            ack_overrides: Vec::new(),
            max_queue_bytes: Some(64 << 20),
            message_retention_period: None,
            overflow: QueueOverflow::DropOldest,
            max_disk_bytes: DiskBudget::Auto,
            checkpoint_interval: Duration::from_secs(15),
        }
    }
}

impl DurableSessions {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let queue_bytes = ZeroIsNone(OrWord("infinity", Bytes(0..=u64::MAX)));
        let retention = OrWord("infinity", Span::in_millis(Duration::from_secs(1)..=CENTURY));
        let checkpoint = Span::in_millis(Duration::from_millis(10)..=DAY);
        section.without_counterpart(WITHOUT_COUNTERPART);
        Self {
            enable: section.value("enable", &Flag, default.enable),
            ack: section.value("ack", &AckWord, default.ack),
            ack_overrides: section.list("ack_overrides", AckOverride::read).into_iter().flatten().collect(),
            max_queue_bytes: section.value("max_queue_bytes", &queue_bytes, default.max_queue_bytes),
            message_retention_period: section.value(
                "message_retention_period",
                &retention,
                default.message_retention_period,
            ),
            overflow: section.value("overflow", &OneOf(OVERFLOWS), default.overflow),
            max_disk_bytes: section.value("max_disk_bytes", &BudgetText, default.max_disk_bytes),
            checkpoint_interval: section.value("checkpoint_interval", &checkpoint, default.checkpoint_interval),
        }
    }
}

impl AckOverride {
    fn read(entry: &mut Section<'_>) -> Option<Self> {
        // Both are asked for before either is missed, so that all that is wrong is reported.
        let (topic, ack) = (entry.required("topic", &topic_filter()), entry.required("ack", &AckWord));
        Some(Self { topic: topic?, ack: ack? })
    }
}

/// One of the words of [`DurableAck`]. `quorum` is a word of tomorrow: who asks for it must not get less and believe it.
struct AckWord;

impl Rule for AckWord {
    type Value = DurableAck;

    fn read(&self, text: &str) -> Option<DurableAck> {
        match text {
            "memory" => Some(DurableAck::Memory),
            "local_fsync" => Some(DurableAck::LocalFsync),
            _ => None,
        }
    }

    fn allowed(&self) -> String {
        "one of `memory`, `local_fsync`; `quorum` needs a cluster, which is not supported yet".into()
    }
}

impl Shown for AckWord {
    fn shown(&self, value: &DurableAck) -> Option<Value> {
        let word = match value {
            DurableAck::Memory => "memory",
            DurableAck::LocalFsync => "local_fsync",
        };
        Some(Value::Text(word.into()))
    }
}

/// The texts of [`DiskBudget`].
struct BudgetText;

impl Rule for BudgetText {
    type Value = DiskBudget;

    fn read(&self, text: &str) -> Option<DiskBudget> {
        match text {
            "auto" => Some(DiskBudget::Auto),
            "infinity" => Some(DiskBudget::Unlimited),
            size => unit::size_bytes(size).map(|bytes| match bytes {
                0 => DiskBudget::Unlimited,
                bytes => DiskBudget::Bytes(bytes),
            }),
        }
    }

    fn allowed(&self) -> String {
        "`auto`, `infinity` or a size such as `512MB` or `100GB`; 0 means the same as `infinity`".into()
    }
}

impl Shown for BudgetText {
    fn shown(&self, value: &DiskBudget) -> Option<Value> {
        match value {
            DiskBudget::Auto => Some(Value::Text("auto".into())),
            DiskBudget::Unlimited => Some(Value::Text("infinity".into())),
            DiskBudget::Bytes(bytes) => Bytes(0..=u64::MAX).shown(bytes),
        }
    }
}
