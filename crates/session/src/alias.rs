//! Topic aliases of one connection, both ways (MQTT 5.0 §3.3.2.3.4). They end with the connection [MQTT-3.3.2-7].

use crate::Fault;
use dunlin_model::{ArcStr, DisconnectReason, ReasonCode};
use hashbrown::HashMap;

/// Aliases the broker assigns itself are capped here whatever the client offers: memory per connection stays small.
const MAX_OUTBOUND_ALIASES: u16 = 256;

/// Bytes of topics that aliases may stand for on one connection. A topic can have 65,535: the number of aliases alone would let
/// every client hold 16 MiB. 256 topics of 64 bytes fit.
const MAX_OUTBOUND_ALIAS_BYTES: usize = 16 * 1024;

/// Aliases set by the client.
#[derive(Debug, Default)]
pub(crate) struct InboundAliases {
    topics: HashMap<u16, ArcStr>,
    bytes: usize,
}

impl InboundAliases {
    /// The topic a PUBLISH means, remembering it when the packet carries both topic and alias [MQTT-3.3.2-12].
    pub(crate) fn resolve(&mut self, alias: u16, topic: &str, maximum: u16) -> Result<ArcStr, Fault> {
        // [MQTT-3.3.2-8] [MQTT-3.3.2-9] zero, or above what was announced in CONNACK [MQTT-3.2.2-17]
        if alias == 0 || alias > maximum {
            return Err(Fault::new(ReasonCode::TopicAliasInvalid, DisconnectReason::TopicAliasInvalid));
        }
        if topic.is_empty() {
            return self.topics.get(&alias).cloned().ok_or(Fault::PROTOCOL_ERROR);
        }
        let topic = ArcStr::from(topic);
        self.bytes += topic.len();
        if let Some(previous) = self.topics.insert(alias, topic.clone()) {
            self.bytes -= previous.len();
        }
        Ok(topic)
    }

    /// The topic an alias stands for.
    pub(crate) fn get(&self, alias: u16) -> Option<&str> {
        self.topics.get(&alias).map(ArcStr::as_str)
    }

    /// Bytes of topics held.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes + self.topics.len() * 16
    }
}

/// How a topic goes into an outgoing PUBLISH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutboundAlias {
    /// Topic only.
    None,
    /// Topic and alias: the client learns it.
    New(u16),
    /// Alias only.
    Known(u16),
}

/// Aliases assigned by the broker, first come first served, never re-mapped.
#[derive(Debug)]
pub(crate) struct OutboundAliases {
    maximum: u16,
    aliases: HashMap<Box<[u8]>, u16>,
    bytes: usize,
}

impl OutboundAliases {
    /// Room for as many as the client takes [MQTT-3.1.2-26], within the broker's own caps.
    pub(crate) fn new(client_maximum: u16) -> Self {
        Self { maximum: client_maximum.min(MAX_OUTBOUND_ALIASES), aliases: HashMap::new(), bytes: 0 }
    }

    /// What to do with this topic; assigns a free alias while there is room for the topic.
    pub(crate) fn assign(&mut self, topic: &[u8]) -> OutboundAlias {
        if let Some(&alias) = self.aliases.get(topic) {
            return OutboundAlias::Known(alias);
        }
        let bytes = self.bytes + topic.len();
        match u16::try_from(self.aliases.len() + 1) {
            Ok(next) if next <= self.maximum && bytes <= MAX_OUTBOUND_ALIAS_BYTES => {
                self.bytes = bytes;
                self.aliases.insert(topic.into(), next);
                OutboundAlias::New(next)
            }
            _ => OutboundAlias::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mqtt_3_3_2_12_registers_reuses_and_remaps() {
        let mut aliases = InboundAliases::default();
        assert_eq!(aliases.resolve(5, "a/b", 10).unwrap(), "a/b");
        assert_eq!(aliases.resolve(5, "", 10).unwrap(), "a/b");
        assert_eq!(aliases.resolve(5, "c", 10).unwrap(), "c");
        assert_eq!(aliases.resolve(5, "", 10).unwrap(), "c");
        assert_eq!(aliases.bytes, 1);
    }

    #[test]
    fn mqtt_3_3_2_8_zero_unknown_or_too_high_is_refused() {
        let mut aliases = InboundAliases::default();
        for (alias, topic, code) in [
            (0, "a", ReasonCode::TopicAliasInvalid),
            (11, "a", ReasonCode::TopicAliasInvalid),
            (3, "", ReasonCode::ProtocolError),
        ] {
            assert_eq!(aliases.resolve(alias, topic, 10).unwrap_err().code, code, "{alias} {topic:?}");
        }
    }

    #[test]
    fn b032_outbound_aliases_are_given_once_and_never_remapped() {
        let mut aliases = OutboundAliases::new(1);
        assert_eq!(aliases.assign(b"topic/1"), OutboundAlias::New(1));
        assert_eq!(aliases.assign(b"topic/1"), OutboundAlias::Known(1));
        assert_eq!(aliases.assign(b"topic/2"), OutboundAlias::None);
    }
}
