//! A message that reached a client.

use crate::Frame;
use dunlin_model::Qos;

/// A message that reached a client: the PUBLISH packet with its values taken out of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Topic name; empty where the broker sent an alias alone.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// DUP flag.
    pub dup: bool,
    /// Packet identifier, 0 at QoS 0.
    pub packet_id: u16,
    /// Topic alias.
    pub topic_alias: Option<u16>,
    /// Message expiry interval in seconds: what is left of it.
    pub message_expiry_interval: Option<u32>,
    /// Subscription identifiers in order.
    pub subscription_ids: Vec<u32>,
    /// Payload format indicator.
    pub payload_format_indicator: Option<u8>,
    /// Content type.
    pub content_type: Option<String>,
    /// Response topic.
    pub response_topic: Option<String>,
    /// Correlation data.
    pub correlation_data: Option<Vec<u8>>,
    /// User properties in order.
    pub user_properties: Vec<(String, String)>,
}

impl Delivery {
    pub(crate) fn new(frame: &Frame) -> Self {
        let publish = frame.publish();
        let properties = publish.properties;
        let pairs = properties.user_properties();
        Self {
            topic: publish.topic.to_owned(),
            payload: publish.payload.to_vec(),
            qos: publish.qos,
            retain: publish.retain,
            dup: publish.dup,
            packet_id: publish.packet_id,
            topic_alias: publish.topic_alias,
            message_expiry_interval: publish.message_expiry_interval,
            subscription_ids: publish.subscription_ids.iter().collect(),
            payload_format_indicator: properties.payload_format_indicator(),
            content_type: properties.content_type().map(str::to_owned),
            response_topic: properties.response_topic().map(str::to_owned),
            correlation_data: properties.correlation_data().map(<[u8]>::to_vec),
            user_properties: pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }

    /// The payload as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("the test sent text")
    }
}
