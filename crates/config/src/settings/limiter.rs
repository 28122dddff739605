//! How much clients may send: `mqtt.limiter`, and the keys of the same names of a listener.

use crate::rule::{EachSecond, OrWord, Rule, Shown, size_text, span_text};
use crate::section::Section;
use dunlin_hocon::unit::{self, Rate};
use dunlin_hocon::{Value, rule::PerPeriod};
use std::num::NonZeroU64;

/// What clients may do in a time. In `mqtt.limiter` it is for all clients of a node or zone together, in a listener for each of its
/// own. Every limit is `None` by default (written `infinity`): there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limiter {
    /// `messages_rate`, `messages_burst`: messages published.
    pub messages: Limit,
    /// `bytes_rate`, `bytes_burst`: bytes of PUBLISH packets.
    pub bytes: Limit,
    /// `subscribes_rate`, `subscribes_burst`: SUBSCRIBE packets.
    pub subscribes: Limit,
    /// `delivery_messages_rate`, `delivery_messages_burst`: messages delivered.
    pub delivery_messages: Limit,
    /// `delivery_bytes_rate`, `delivery_bytes_burst`: bytes of PUBLISH packets delivered.
    pub delivery_bytes: Limit,
}

/// One limit. A burst without a rate has no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// What is allowed again and again.
    pub rate: Option<Rate>,
    /// What is allowed beyond that now and then.
    pub burst: Option<Rate>,
}

/// What becomes of a PUBLISH beyond a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverLimit {
    /// `pause`: its connection is not read from until there is room for it.
    #[default]
    Pause,
    /// `reject`: it is not routed, and its client told so.
    Reject,
}

/// The words of `over_limit`.
pub(super) const OVER_LIMIT: &[(&str, OverLimit)] = &[("pause", OverLimit::Pause), ("reject", OverLimit::Reject)];

impl Limiter {
    /// Its keys.
    pub(crate) const KEYS: [&str; 10] = [
        "messages_rate",
        "messages_burst",
        "bytes_rate",
        "bytes_burst",
        "subscribes_rate",
        "subscribes_burst",
        "delivery_messages_rate",
        "delivery_messages_burst",
        "delivery_bytes_rate",
        "delivery_bytes_burst",
    ];

    /// Reads it over `default`.
    pub(super) fn read(section: &mut Section<'_>, default: Self) -> Self {
        let (count, bytes) = (OrWord("infinity", EachSecond), OrWord("infinity", BytesEachSecond));
        Self {
            messages: Limit {
                rate: section.value("messages_rate", &count, default.messages.rate),
                burst: section.value("messages_burst", &count, default.messages.burst),
            },
            bytes: Limit {
                rate: section.value("bytes_rate", &bytes, default.bytes.rate),
                burst: section.value("bytes_burst", &bytes, default.bytes.burst),
            },
            subscribes: Limit {
                rate: section.value("subscribes_rate", &count, default.subscribes.rate),
                burst: section.value("subscribes_burst", &count, default.subscribes.burst),
            },
            delivery_messages: Limit {
                rate: section.value("delivery_messages_rate", &count, default.delivery_messages.rate),
                burst: section.value("delivery_messages_burst", &count, default.delivery_messages.burst),
            },
            delivery_bytes: Limit {
                rate: section.value("delivery_bytes_rate", &bytes, default.delivery_bytes.rate),
                burst: section.value("delivery_bytes_burst", &bytes, default.delivery_bytes.burst),
            },
        }
    }

    /// The keys that differ.
    pub(crate) fn differing(&self, other: &Self) -> Vec<&'static str> {
        let Self { messages, bytes, subscribes, delivery_messages, delivery_bytes } = self;
        let pairs = [
            (messages, &other.messages, ["messages_rate", "messages_burst"]),
            (bytes, &other.bytes, ["bytes_rate", "bytes_burst"]),
            (subscribes, &other.subscribes, ["subscribes_rate", "subscribes_burst"]),
            (delivery_messages, &other.delivery_messages, ["delivery_messages_rate", "delivery_messages_burst"]),
            (delivery_bytes, &other.delivery_bytes, ["delivery_bytes_rate", "delivery_bytes_burst"]),
        ];
        let keys = pairs.into_iter().flat_map(|(one, other, [rate, burst])| {
            [(one.rate != other.rate).then_some(rate), (one.burst != other.burst).then_some(burst)]
        });
        keys.flatten().collect()
    }
}

/// A rate of bytes: `1MB/s`, `100KB/10s`, `1024` each second.
struct BytesEachSecond;

impl Rule for BytesEachSecond {
    type Value = Rate;

    fn read(&self, text: &str) -> Option<Rate> {
        let (size, period) = text.split_once('/').unwrap_or((text, "s"));
        let count = NonZeroU64::new(unit::size_bytes(size)?)?;
        let Rate { period, .. } = PerPeriod.read(&format!("1/{period}"))?;
        Some(Rate { count, period })
    }

    fn allowed(&self) -> String {
        "a rate such as `1MB/s` or `100KB/10s`".into()
    }
}

impl Shown for BytesEachSecond {
    fn shown(&self, value: &Rate) -> Option<Value> {
        Some(Value::Text(format!("{}/{}", size_text(value.count.get()), span_text(value.period))))
    }
}
