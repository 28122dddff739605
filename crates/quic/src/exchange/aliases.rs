//! Topic aliases (MQTT 5.0 §3.3.2.3.4), which MQTT has per connection and data streams have for themselves.

use super::stream_number::StreamNumber;
use hashbrown::HashMap;

/// Bytes of topics that aliases of a connection's data streams may stand for.
const BYTES_MAX: usize = 1024 * 1024;

/// What an alias takes beside its topic, about.
const ALIAS_BYTES: usize = 64;

/// Aliases clients set on data streams. The broker knows only those of the control stream: others are resolved on their way to it, because
/// streams that set the same alias overtake each other.
#[derive(Debug, Default)]
pub(crate) struct StreamAliases {
    topics: HashMap<(StreamNumber, u16), Box<str>>,
    bytes: usize,
}

/// Aliases the broker sets.
#[derive(Debug, Default)]
pub(crate) struct BrokerAliases {
    topics: HashMap<u16, Announced>,
}

#[derive(Debug)]
struct Announced {
    topic: Box<str>,
    /// The client has seen it on the control stream.
    on_control: bool,
}

impl StreamAliases {
    /// Remembers what an alias stands for from now on [MQTT-3.3.2-12]; false if there is no room.
    pub(crate) fn set(&mut self, stream: StreamNumber, alias: u16, topic: &str) -> bool {
        let earlier = self.topics.get(&(stream, alias)).map_or(0, |topic| topic.len() + ALIAS_BYTES);
        let bytes = self.bytes - earlier + topic.len() + ALIAS_BYTES;
        if bytes > BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        self.topics.insert((stream, alias), topic.into());
        true
    }

    pub(crate) fn topic(&self, stream: StreamNumber, alias: u16) -> Option<&str> {
        self.topics.get(&(stream, alias)).map(|topic| &**topic)
    }

    pub(crate) fn forget_stream(&mut self, stream: StreamNumber) {
        self.topics.retain(|(owner, _), _| *owner != stream);
        self.bytes = self.topics.values().map(|topic| topic.len() + ALIAS_BYTES).sum();
    }
}

impl BrokerAliases {
    /// Takes note of a PUBLISH that has an alias: its topic, given or known.
    pub(crate) fn resolve(&mut self, alias: u16, topic: &str) -> Option<&str> {
        if !topic.is_empty() {
            self.topics.insert(alias, Announced { topic: topic.into(), on_control: false });
        }
        self.topic(alias)
    }

    pub(crate) fn topic(&self, alias: u16) -> Option<&str> {
        self.topics.get(&alias).map(|announced| &*announced.topic)
    }

    /// The PUBLISH that announces an alias goes to the control stream.
    pub(crate) fn announced_on_control(&mut self, alias: u16) {
        if let Some(announced) = self.topics.get_mut(&alias) {
            announced.on_control = true;
        }
    }

    /// Whether the client knows the alias on the control stream.
    pub(crate) fn is_known_on_control(&self, alias: u16) -> bool {
        self.topics.get(&alias).is_some_and(|announced| announced.on_control)
    }
}
