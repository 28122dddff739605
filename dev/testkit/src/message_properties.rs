//! The properties of a message that a broker passes on, put together by a test.

use dunlin_codec::{Properties, PropertyId};

/// The properties of a message that a broker passes on, in the order in which they are added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageProperties(Vec<u8>);

impl MessageProperties {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// 0 for bytes, 1 for UTF-8 text.
    #[must_use]
    pub fn payload_format_indicator(mut self, indicator: u8) -> Self {
        self.0.extend([PropertyId::PayloadFormatIndicator as u8, indicator]);
        self
    }

    /// Content type.
    #[must_use]
    pub fn content_type(self, content_type: &str) -> Self {
        self.counted(PropertyId::ContentType, &[content_type.as_bytes()])
    }

    /// Response topic.
    #[must_use]
    pub fn response_topic(self, topic: &str) -> Self {
        self.counted(PropertyId::ResponseTopic, &[topic.as_bytes()])
    }

    /// Correlation data.
    #[must_use]
    pub fn correlation_data(self, data: &[u8]) -> Self {
        self.counted(PropertyId::CorrelationData, &[data])
    }

    /// One user property.
    #[must_use]
    pub fn user(self, name: &str, value: &str) -> Self {
        self.counted(PropertyId::UserProperty, &[name.as_bytes(), value.as_bytes()])
    }

    /// For a PUBLISH or a will. They are not checked: a test may send what no client should.
    #[must_use]
    pub fn as_properties(&self) -> Properties<'_> {
        Properties::from_wire_checked(&self.0)
    }

    fn counted(mut self, id: PropertyId, fields: &[&[u8]]) -> Self {
        self.0.push(id as u8);
        for field in fields {
            let len = u16::try_from(field.len()).expect("a field of at most 65,535 bytes");
            self.0.extend(len.to_be_bytes());
            self.0.extend(*field);
        }
        self
    }
}
