//! `retainer`: retained messages.

use crate::rule::{Bytes, Flag, OneOf, OrWord, PerPeriod, Span, Whole, ZeroIsNone};
use crate::section::Section;
use dunlin_hocon::unit::Rate;
use std::time::Duration;

/// `retainer`: what is kept of retained messages and how it is sent to new subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retainer {
    /// `enable`: keep retained messages at all, default true.
    pub enable: bool,
    /// `msg_expiry_interval`: lifetime of a message that brings none, default `None` = for ever (written `0s`).
    pub msg_expiry_interval: Option<Duration>,
    /// `msg_expiry_interval_override`: lifetime of all messages, instead of `msg_expiry_interval` and where it is shorter than what
    /// a message brings itself; default `None` (written `disabled`). `Some(0)` is for ever (written `0s`).
    pub msg_expiry_interval_override: Option<Duration>,
    /// `msg_clear_interval`: time between sweeps for expired messages, default `None` = no sweeps (written `0s`).
    pub msg_clear_interval: Option<Duration>,
    /// `allow_never_expire`: messages that would be kept for ever are, in spite of `msg_expiry_interval_override`, default true.
    pub allow_never_expire: bool,
    /// `msg_clear_limit`: messages one sweep removes at most, default 50,000.
    pub msg_clear_limit: u32,
    /// `max_payload_size` in bytes: a bigger message is delivered but not kept, default 1 MB. `None` = no limit (written 0).
    pub max_payload_size_bytes: Option<u64>,
    /// `stop_publish_clear_msg`: do not deliver the empty message that clears a topic, default false.
    pub stop_publish_clear_msg: bool,
    /// `delivery_rate` (old name `deliver_rate`): retained messages sent to new subscribers, all together. Default `None` =
    /// no limit. EMQX has 1000/s here, which makes a big subscription wait for minutes; each connection's own window
    /// already limits what one subscriber gets at once.
    pub delivery_rate: Option<Rate>,
    /// `max_publish_rate`: messages kept; what is above is delivered but not kept. Default `None` = no limit. EMQX has
    /// 1000/s here, which loses retained state when many devices come back together.
    pub max_publish_rate: Option<Rate>,
    /// `backend.storage_type`, default `disc`. EMQX has `ram` here, which loses retained messages when the last node stops.
    pub storage: RetainedStorage,
    /// `backend.max_retained_messages`: topics with a retained message, default `None` = no limit (written 0).
    pub max_retained_messages: Option<u64>,
    /// `flow_control.batch_read_number`: messages read from the store at once for one subscriber, default 1000 (also
    /// written 0).
    pub batch_read_number: u32,
    /// `flow_control.batch_deliver_limiter`: another limit of the same as `delivery_rate`; the lower one counts. Default `None` =
    /// no limit.
    pub batch_deliver_limiter: Option<Rate>,
    /// `flow_control.batch_deliver_number`: messages sent to one subscriber at once, default `None` = no limit (written 0).
    pub batch_deliver_number: Option<u32>,
}

/// Where retained messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetainedStorage {
    /// `ram`: in memory only; a stop of the node loses them.
    Ram,
    /// `disc`: in memory and on disk.
    Disc,
}

const STORAGES: &[(&str, RetainedStorage)] = &[("ram", RetainedStorage::Ram), ("disc", RetainedStorage::Disc)];
const BACKEND_TYPES: &[(&str, ())] = &[("built_in_database", ())];
const DEFAULT_BATCH_READ_NUMBER: u32 = 1000;
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Default for Retainer {
    fn default() -> Self {
        Self {
            enable: true,
            msg_expiry_interval: None,
            msg_expiry_interval_override: None,
            allow_never_expire: true,
            msg_clear_interval: None,
            msg_clear_limit: 50_000,
            max_payload_size_bytes: Some(1 << 20),
            stop_publish_clear_msg: false,
            delivery_rate: None,
            max_publish_rate: None,
            storage: RetainedStorage::Disc,
            max_retained_messages: None,
            batch_read_number: DEFAULT_BATCH_READ_NUMBER,
            batch_deliver_limiter: None,
            batch_deliver_number: None,
        }
    }
}

impl Retainer {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut read = Self::default();
        let time = ZeroIsNone(OrWord("infinity", Span::in_millis(Duration::ZERO..=CENTURY)));
        let rate = OrWord("infinity", PerPeriod);
        section.alias("deliver_rate", "delivery_rate");
        read.enable = section.value("enable", &Flag, read.enable);
        read.msg_expiry_interval = section.value("msg_expiry_interval", &time, read.msg_expiry_interval);
        read.msg_clear_interval = section.value("msg_clear_interval", &time, read.msg_clear_interval);
        read.msg_clear_limit = section.value("msg_clear_limit", &Whole(1..=u32::MAX), read.msg_clear_limit);
        let payload_size = ZeroIsNone(OrWord("infinity", Bytes(0..=u64::MAX)));
        read.max_payload_size_bytes = section.value("max_payload_size", &payload_size, read.max_payload_size_bytes);
        read.stop_publish_clear_msg = section.value("stop_publish_clear_msg", &Flag, read.stop_publish_clear_msg);
        read.delivery_rate = section.value("delivery_rate", &rate, read.delivery_rate);
        read.max_publish_rate = section.value("max_publish_rate", &rate, read.max_publish_rate);
        let lifetime = OrWord("disabled", Span::in_millis(Duration::ZERO..=CENTURY));
        let lifetime_key = "msg_expiry_interval_override";
        read.msg_expiry_interval_override = section.value(lifetime_key, &lifetime, read.msg_expiry_interval_override);
        read.allow_never_expire = section.value("allow_never_expire", &Flag, read.allow_never_expire);
        section.not_supported(&["external_backends"]);
        section.child("backend", |backend| read.read_backend(backend));
        section.child("flow_control", |flow_control| read.read_flow_control(flow_control));
        read
    }

    /// How many messages are sent to new subscribers in a time: the lower of [`Self::delivery_rate`] and
    /// [`Self::batch_deliver_limiter`].
    #[must_use]
    pub fn delivery_limit(&self) -> Option<Rate> {
        // So many in the time of the other, and the other way round.
        let in_time_of = |one: Rate, other: Rate| u128::from(one.count.get()) * other.period.as_nanos();
        let lower = |one, other| if in_time_of(other, one) < in_time_of(one, other) { other } else { one };
        [self.delivery_rate, self.batch_deliver_limiter].into_iter().flatten().reduce(lower)
    }

    fn read_backend(&mut self, backend: &mut Section<'_>) {
        backend.value("type", &OneOf(BACKEND_TYPES), ());
        backend.ignored(&["enable"]);
        backend.not_supported(&["index_specs"]);
        self.storage = backend.value("storage_type", &OneOf(STORAGES), self.storage);
        let limit = ZeroIsNone(OrWord("infinity", Whole(0..=u64::MAX)));
        self.max_retained_messages = backend.value("max_retained_messages", &limit, self.max_retained_messages);
    }

    fn read_flow_control(&mut self, flow_control: &mut Section<'_>) {
        let number = ZeroIsNone(OrWord("infinity", Whole(0..=u32::MAX)));
        self.batch_read_number = flow_control
            .value("batch_read_number", &number, Some(self.batch_read_number))
            .unwrap_or(DEFAULT_BATCH_READ_NUMBER);
        self.batch_deliver_number = flow_control.value("batch_deliver_number", &number, self.batch_deliver_number);
        let rate = OrWord("infinity", PerPeriod);
        self.batch_deliver_limiter = flow_control.value("batch_deliver_limiter", &rate, self.batch_deliver_limiter);
    }
}
