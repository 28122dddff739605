//! Properties of a message that does not come in a packet: to the wire form in which messages keep them.

use super::error::EncodeError;
use crate::{property::Property, user_properties::UserProperties};

/// What can be said of a message besides its topic and payload (MQTT 5.0 §3.3.2.3), as far as a broker passes it on.
#[derive(Clone, Copy, Debug, Default)]
pub struct PropertyList<'a> {
    /// Payload format indicator: 0 for bytes, 1 for UTF-8 text.
    pub payload_format_indicator: Option<u8>,
    /// Content type.
    pub content_type: Option<&'a str>,
    /// Response topic: a topic name.
    pub response_topic: Option<&'a str>,
    /// Correlation data.
    pub correlation_data: Option<&'a [u8]>,
    /// User properties in order.
    pub user_properties: UserProperties<'a>,
}

impl PropertyList<'_> {
    /// The wire bytes, without their length. What the values mean is not checked: `Properties::parse` does that.
    ///
    /// # Errors
    /// [`EncodeError::FieldTooLong`].
    pub fn to_wire(&self) -> Result<Vec<u8>, EncodeError> {
        let single = [
            self.payload_format_indicator.map(Property::PayloadFormatIndicator),
            self.content_type.map(Property::ContentType),
            self.response_topic.map(Property::ResponseTopic),
            self.correlation_data.map(Property::CorrelationData),
        ];
        let mut bytes = Vec::new();
        single.iter().flatten().try_for_each(|property| property.write(&mut bytes))?;
        self.user_properties.iter().try_for_each(|(name, value)| Property::User(name, value).write(&mut bytes))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Properties;

    #[test]
    fn what_is_written_is_read() {
        let list = PropertyList {
            payload_format_indicator: Some(1),
            content_type: Some("text/plain"),
            response_topic: Some("answers"),
            correlation_data: Some(b"\x007"),
            user_properties: UserProperties::from_pairs(&[("a", "1"), ("a", "2")]),
        };
        let bytes = list.to_wire().unwrap();
        let read = Properties::parse(&bytes, true).unwrap();
        assert_eq!((read.payload_format_indicator(), read.content_type()), (Some(1), Some("text/plain")));
        assert_eq!((read.response_topic(), read.correlation_data()), (Some("answers"), Some(&b"\x007"[..])));
        assert_eq!(read.user_properties(), list.user_properties);
        assert_eq!(PropertyList::default().to_wire().unwrap(), b"");
    }

    #[test]
    fn a_text_that_is_too_long_has_no_wire_form() {
        let long = "x".repeat(65_536);
        let list = PropertyList { content_type: Some(&long), ..PropertyList::default() };
        assert_eq!(list.to_wire(), Err(EncodeError::FieldTooLong { len: 65_536 }));
    }
}
