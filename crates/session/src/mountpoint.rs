//! The mountpoint of a connection: what stands in front of every topic its client names, without the client knowing.
//!
//! The client says `t`, the router knows `site-1/t`. Publishes, wills and filters get it in front, deliveries lose it; what lies
//! on disk, in queues and in routes is mounted. Two clients with different mountpoints cannot reach each other, so a mounted
//! topic must never be read as something else: see [`Mountpoint::new`].
//!
//! Behind which prefix it goes, where the client names one:
//!
//! | the client says | the router knows | |
//! |---|---|---|
//! | `$share/g/t`, `$queue/t`, `$exclusive/t` | `$share/g/site-1/t`, … | the prefix says who gets the messages |
//! | `$delayed/5/t` | `$delayed/5/site-1/t` | where delayed messages are on: the prefix says when |
//! | `$delayed/5/t` | `site-1/$delayed/5/t` | where they are off: it is a topic like any other |
//! | `$SYS/#` | `site-1/$SYS/#` | what the broker says of itself is outside every mountpoint |
//!
//! EMQX mounts in front of `$delayed/`, which publishes at once to a topic nobody meant, and warns of it in its manual.

use dunlin_model::ArcStr;
use dunlin_topic::{MAX_TOPIC_BYTES, SUBSCRIPTION_PREFIXES, SubscriptionFilter};

const DELAYED_PREFIX: &str = "$delayed/";
const SYSTEM_PREFIX: &str = "$SYS/";

/// First levels that no delayed message may have. Behind a mountpoint they would not be seen any more.
const LEVELS_NOT_DELAYED: [&str; 2] = ["$delayed", "$SYS"];

/// The beginning of topics that a connection is confined to, such as `site-1/`. One pointer wide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mountpoint(ArcStr);

/// Why a client cannot have this mountpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MountpointError {
    /// Nothing is left of it: the client would have all topics.
    #[error("the mountpoint is empty")]
    Empty,
    /// No topic of one byte fits behind it.
    #[error("the mountpoint is too long")]
    TooLong,
    /// It contains `+`, `#` or U+0000, which no topic name may have.
    #[error("the mountpoint contains {0:?}")]
    Forbidden(char),
    /// A topic behind it could begin with a prefix that the broker reads something into.
    #[error("topics behind the mountpoint could begin with {0}")]
    Prefix(&'static str),
    /// A placeholder stands for a text with `+`, `#`, `/` or U+0000, or one with `$` at the beginning of the mountpoint: the client
    /// would choose its topics by its name.
    #[error("${{{placeholder}}} stands for a text with {character:?}")]
    Value {
        /// The placeholder, without its braces.
        placeholder: String,
        /// The first character it may not stand for.
        character: char,
    },
}

impl Mountpoint {
    /// A mountpoint in its final form. A `/` at its end is usual but not needed.
    ///
    /// # Errors
    /// It is empty, has no room behind it, contains what a topic name may not [MQTT-3.3.2-2] [MQTT-4.7.3-2], or together with a
    /// topic it could be one of `$share/`, `$queue/`, `$exclusive/`, `$delayed/` or `$SYS/`: a client mounted on `$queue/` that
    /// subscribes to `#` would get the messages of everybody.
    pub fn new(text: &str) -> Result<Self, MountpointError> {
        if text.is_empty() {
            return Err(MountpointError::Empty);
        }
        if text.len() >= MAX_TOPIC_BYTES {
            return Err(MountpointError::TooLong);
        }
        if let Some(character) = text.chars().find(|character| matches!(character, '+' | '#' | '\0')) {
            return Err(MountpointError::Forbidden(character));
        }
        let mut prefixes = SUBSCRIPTION_PREFIXES.into_iter().chain([DELAYED_PREFIX, SYSTEM_PREFIX]);
        match prefixes.find(|prefix| prefix.starts_with(text) || text.starts_with(prefix)) {
            Some(prefix) => Err(MountpointError::Prefix(prefix)),
            None => Ok(Self(ArcStr::from(text))),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The topic of a PUBLISH or will as the router knows it; `None` when it is longer than topics can be [MQTT-4.7.3-3].
    /// `has_delayed` says whether `$delayed/{seconds}/` is a prefix here.
    pub(crate) fn mount_name(&self, name: &str, has_delayed: bool) -> Option<String> {
        let inner = if has_delayed { name_behind_delay(name) } else { Some(name) };
        match inner {
            Some(inner) => self.insert(name, inner),
            // Refused by whoever reads the prefix, which needs to see what is wrong with it.
            None => Some(name.to_owned()),
        }
    }

    /// A valid subscription filter as the router knows it; `None` when it is none with the mountpoint in it: it is too long
    /// [MQTT-4.7.3-3], or the mountpoint ends within the level of a wildcard [MQTT-4.7.1-1] [MQTT-4.7.1-2].
    pub(crate) fn mount_filter(&self, filter: &str) -> Option<String> {
        let parsed = SubscriptionFilter::parse(filter).ok()?;
        let mounted = self.insert(filter, parsed.filter())?;
        SubscriptionFilter::parse(&mounted).is_ok().then_some(mounted)
    }

    /// A mounted topic, or a mounted filter without `$share/` and the like, as the client knows it. A text that does not begin
    /// with the mountpoint is given back whole, and so is one that is nothing more: no topic is empty [MQTT-4.7.3-1].
    #[must_use]
    pub fn unmount<'a>(&self, mounted: &'a str) -> &'a str {
        mounted.strip_prefix(self.as_str()).filter(|rest| !rest.is_empty()).unwrap_or(mounted)
    }

    /// The same for a topic as bytes.
    pub(crate) fn unmount_bytes<'a>(&self, mounted: &'a [u8]) -> &'a [u8] {
        mounted.strip_prefix(self.0.as_bytes()).filter(|rest| !rest.is_empty()).unwrap_or(mounted)
    }

    /// Puts it in front of `inner`, which is the end of `text`.
    fn insert(&self, text: &str, inner: &str) -> Option<String> {
        let prefix = text.strip_suffix(inner)?;
        let mounted = [prefix, self.as_str(), inner].concat();
        (mounted.len() <= MAX_TOPIC_BYTES).then_some(mounted)
    }
}

/// What the mountpoint goes in front of: the whole of an ordinary topic, the end of a delayed one; `None` for a delayed topic
/// that is refused as it is and could be a good one with a mountpoint in it.
fn name_behind_delay(name: &str) -> Option<&str> {
    let Some(rest) = name.strip_prefix(DELAYED_PREFIX) else { return Some(name) };
    let (_delay, inner) = rest.split_once('/')?;
    let first_level = inner.split('/').next().unwrap_or(inner);
    (!inner.is_empty() && !LEVELS_NOT_DELAYED.contains(&first_level)).then_some(inner)
}

#[cfg(test)]
mod tests;
