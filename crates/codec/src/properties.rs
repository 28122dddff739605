//! The properties of a message that a broker passes on, in wire form and in the order they came.

use crate::{
    error::DecodeError,
    property_id::{PropertyId, PropertySet},
    property_section::PropertySection,
    raw_property::{RawProperties, RawProperty},
    user_properties::UserProperties,
};
use std::borrow::Cow;

/// Payload format indicator, content type, response topic, correlation data and user properties of a PUBLISH or a will.
///
/// Nearly always these are one slice of the packet. Only where a property that is not passed on (topic alias, message expiry,
/// subscription identifier, will delay) lies between them, the slice holds that one too, and it is skipped at every use.
#[derive(Clone, Copy, Default)]
pub struct Properties<'a> {
    section: &'a [u8],
    /// `section` holds properties that are not passed on.
    has_gaps: bool,
}

impl<'a> Properties<'a> {
    /// Takes wire bytes that were checked before, as [`Properties::as_bytes`] gives them: whole properties, all of them to be
    /// passed on, without the length in front. Bytes that were not checked do no harm here, but go out as they are:
    /// [`Properties::parse`] is for those.
    #[must_use]
    #[inline]
    pub const fn from_wire_checked(bytes: &'a [u8]) -> Self {
        Self { section: bytes, has_gaps: false }
    }

    /// Takes wire bytes from anywhere and checks them as those of a PUBLISH.
    ///
    /// # Errors
    /// What [`crate::decode_next`] says about properties; one that is not passed on is [`DecodeError::PropertyNotAllowed`].
    pub fn parse(bytes: &'a [u8], strict: bool) -> Result<Self, DecodeError> {
        let mut section = PropertySection::over(bytes, PropertySet::FORWARDED, PropertySet::FORWARDED, strict);
        while section.next()?.is_some() {}
        Ok(section.forwarded())
    }

    #[inline]
    pub(crate) const fn from_section(section: &'a [u8], has_gaps: bool) -> Self {
        Self { section, has_gaps }
    }

    /// Whether there is nothing to pass on.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        // A section with gaps begins and ends with properties that are passed on.
        self.section.is_empty()
    }

    /// The wire bytes to pass on: borrowed, or put together where they do not lie together.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> Cow<'a, [u8]> {
        if self.has_gaps {
            let mut bytes = Vec::with_capacity(self.section.len());
            self.write_forwarded(&mut bytes);
            Cow::Owned(bytes)
        } else {
            Cow::Borrowed(self.section)
        }
    }

    /// Length of the bytes to pass on.
    #[must_use]
    #[inline]
    pub fn forwarded_len(&self) -> usize {
        if self.has_gaps { self.iter().map(|property| property.encoded.len()).sum() } else { self.section.len() }
    }

    /// Appends the bytes to pass on; one copy where they lie together.
    #[inline]
    pub fn write_forwarded(&self, out: &mut Vec<u8>) {
        self.for_each_piece(|piece| out.extend_from_slice(piece));
    }

    #[inline]
    pub(crate) fn for_each_piece(&self, mut take: impl FnMut(&'a [u8])) {
        if self.has_gaps {
            self.iter().for_each(|property| take(property.encoded));
        } else {
            take(self.section);
        }
    }

    /// Payload format indicator: 0 for bytes, 1 for UTF-8 text.
    #[must_use]
    pub fn payload_format_indicator(&self) -> Option<u8> {
        self.find(PropertyId::PayloadFormatIndicator)?.value.first().copied()
    }

    /// Content type.
    #[must_use]
    pub fn content_type(&self) -> Option<&'a str> {
        std::str::from_utf8(self.find(PropertyId::ContentType)?.counted()).ok()
    }

    /// Response topic: a topic name.
    #[must_use]
    pub fn response_topic(&self) -> Option<&'a str> {
        std::str::from_utf8(self.find(PropertyId::ResponseTopic)?.counted()).ok()
    }

    /// Correlation data.
    #[must_use]
    pub fn correlation_data(&self) -> Option<&'a [u8]> {
        Some(self.find(PropertyId::CorrelationData)?.counted())
    }

    /// User properties in order.
    #[must_use]
    pub const fn user_properties(&self) -> UserProperties<'a> {
        UserProperties::from_wire_checked(self.section)
    }

    fn find(&self, id: PropertyId) -> Option<RawProperty<'a>> {
        RawProperties::new(self.section).find(id)
    }

    fn iter(&self) -> impl Iterator<Item = RawProperty<'a>> {
        RawProperties::new(self.section).filter(|property| PropertySet::FORWARDED.contains(property.id))
    }
}

/// Equal when the bytes to pass on are.
impl PartialEq for Properties<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.has_gaps || other.has_gaps {
            self.as_bytes() == other.as_bytes()
        } else {
            self.section == other.section
        }
    }
}

impl Eq for Properties<'_> {}

impl std::fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Properties")
            .field("payload_format_indicator", &self.payload_format_indicator())
            .field("content_type", &self.content_type())
            .field("response_topic", &self.response_topic())
            .field("correlation_data", &self.correlation_data())
            .field("user_properties", &self.user_properties())
            .finish()
    }
}
