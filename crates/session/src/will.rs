//! The will: a message the broker publishes when the client goes without saying goodbye (MQTT 5.0 §3.1.2.5).

use dunlin_model::{ArcStr, ClientId, Message, MessageParts, Millis, Qos};

/// A will, kept until the connection ends.
#[derive(Debug)]
pub(crate) struct Will {
    topic: ArcStr,
    properties: Box<[u8]>,
    payload: Box<[u8]>,
    qos: Qos,
    retain: bool,
    expiry_secs: Option<u32>,
    delay_secs: u32,
    due_at: Option<Millis>,
}

impl Will {
    pub(crate) fn new(will: &dunlin_codec::Will<'_>, expiry_cap_secs: Option<u32>) -> Self {
        let mut properties = Vec::new();
        will.properties.write_forwarded(&mut properties);
        Self {
            topic: ArcStr::from(will.topic),
            properties: properties.into(),
            payload: will.payload.into(),
            qos: will.qos,
            retain: will.retain,
            expiry_secs: crate::publish_in::capped_expiry(will.message_expiry_interval, expiry_cap_secs),
            delay_secs: will.delay_interval,
            due_at: None,
        }
    }

    /// Seconds between the end of the connection and the publication, as the client asked.
    pub(crate) fn delay_secs(&self) -> u32 {
        self.delay_secs
    }

    pub(crate) fn due_at(&self) -> Option<Millis> {
        self.due_at
    }

    /// Starts the delay: the will is published then unless the session is resumed before [MQTT-3.1.3-9].
    pub(crate) fn arm(&mut self, due_at: Millis) {
        self.due_at = Some(due_at);
    }

    /// The message, received by the broker at the moment of publication; RETAIN as the client set it [MQTT-3.1.2-14]
    /// [MQTT-3.1.2-15], user properties in their order [MQTT-3.1.3-10].
    pub(crate) fn message(&self, client_id: &ClientId, now: Millis) -> Message {
        Message::new(&MessageParts {
            topic: &self.topic,
            properties: &self.properties,
            payload: &self.payload,
            qos: self.qos,
            retain: self.retain,
            expiry_secs: self.expiry_secs,
            publisher: client_id.clone(),
            received_at: now,
        })
    }
}
