//! A message as the broker delivered it.

use dunlin_codec::{Publish, UserProperties};
use dunlin_model::Qos;

/// A message as the broker delivered it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// Topic.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// Redelivery flag.
    pub dup: bool,
    /// Packet identifier, 0 at QoS 0.
    pub packet_id: u16,
    /// Topic alias.
    pub topic_alias: Option<u16>,
    /// Seconds.
    pub message_expiry_interval: Option<u32>,
    /// Subscription identifiers.
    pub subscription_ids: Vec<u32>,
    /// Payload format indicator.
    pub payload_format: Option<u8>,
    /// Content type.
    pub content_type: Option<String>,
    /// Response topic.
    pub response_topic: Option<String>,
    /// Correlation data.
    pub correlation_data: Option<Vec<u8>>,
    /// User properties, in order.
    pub user: Vec<(String, String)>,
}

impl ReceivedMessage {
    /// What a PUBLISH says; `topic` stands for an alias.
    pub(crate) fn of(publish: &Publish<'_>, topic: String) -> Self {
        let properties = &publish.properties;
        let bytes = properties.as_bytes();
        let user = UserProperties::from_wire_checked(&bytes);
        Self {
            topic,
            payload: publish.payload.to_vec(),
            qos: publish.qos,
            retain: publish.retain,
            dup: publish.dup,
            packet_id: publish.packet_id,
            topic_alias: publish.topic_alias,
            message_expiry_interval: publish.message_expiry_interval,
            subscription_ids: publish.subscription_ids.iter().collect(),
            payload_format: properties.payload_format_indicator(),
            content_type: properties.content_type().map(str::to_owned),
            response_topic: properties.response_topic().map(str::to_owned),
            correlation_data: properties.correlation_data().map(<[u8]>::to_vec),
            user: user.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }
}
