//! The will: a message the broker publishes when the client goes without saying goodbye (MQTT 5.0 §3.1.2.5).

use dunlin_model::{ClientId, Message, MessageParts, Millis};

/// A will, kept until the connection ends.
#[derive(Debug)]
pub(crate) struct Will {
    /// Received at 0: the moment of publication is not known yet.
    pub(crate) left: Message,
    /// Seconds between the end of the connection and the publication, as the client asked.
    pub(crate) delay_secs: u32,
    /// Set when the connection has ended: the will is published then unless the session is resumed before [MQTT-3.1.3-9].
    pub(crate) due_at: Option<Millis>,
}

impl Will {
    /// The message is as the client left it, to `topic`, which is mounted: RETAIN [MQTT-3.1.2-14] [MQTT-3.1.2-15], user properties in their order
    /// [MQTT-3.1.3-10].
    pub(crate) fn new(
        client_id: &ClientId,
        will: &dunlin_codec::Will<'_>,
        topic: &str,
        expiry_cap_secs: Option<u32>,
    ) -> Self {
        let mut properties = Vec::new();
        will.properties.write_forwarded(&mut properties);
        let left = Message::new(&MessageParts {
            topic,
            properties: &properties,
            payload: will.payload,
            qos: will.qos,
            retain: will.retain,
            expiry_secs: crate::publish_in::capped_expiry(will.message_expiry_interval, expiry_cap_secs),
            publisher: client_id,
            received_at: 0,
        });
        Self { left, delay_secs: will.delay_interval, due_at: None }
    }

    /// The message, received by the broker at the moment of publication.
    pub(crate) fn message(&self, now: Millis) -> Message {
        Message::new(&MessageParts {
            topic: self.left.topic(),
            properties: self.left.properties(),
            payload: self.left.payload(),
            qos: self.left.qos(),
            retain: self.left.retain(),
            expiry_secs: self.left.expiry_secs(),
            publisher: self.left.publisher(),
            received_at: now,
        })
    }
}
