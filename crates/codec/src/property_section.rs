//! The properties of one packet, read one after the other with everything checked that MQTT 5.0 §2.2.2 asks for.
//!
//! ```text
//! | property length (variable byte integer) | property | property | ...
//! ```

use crate::{
    error::DecodeError,
    properties::Properties,
    property::Property,
    property_id::{PropertyId, PropertySet},
    raw_property::RawProperty,
    reader::Reader,
    user_properties::UserProperties,
};

/// A section under way, and where in it the properties lie that stay in wire form.
pub(crate) struct PropertySection<'a> {
    section: &'a [u8],
    rest: &'a [u8],
    current: RawProperty<'a>,
    allowed: PropertySet,
    seen: PropertySet,
    /// The kind of property that stays in wire form; `first..end` is the smallest range that holds all of them.
    kept: PropertySet,
    kept_range: std::ops::Range<usize>,
    /// Something else lies in that range.
    kept_has_gaps: bool,
    strict: bool,
}

impl<'a> PropertySection<'a> {
    /// Reads the property length and takes that much off `reader`. Properties in `kept` are remembered in wire form.
    #[inline]
    pub(crate) fn open(
        reader: &mut Reader<'a>,
        allowed: PropertySet,
        kept: PropertySet,
        strict: bool,
    ) -> Result<Self, DecodeError> {
        let len = reader.variable_byte_integer().map_err(truncated)?;
        let section = reader.take(len as usize).map_err(truncated)?;
        Ok(Self::over(section, allowed, kept, strict))
    }

    /// Reads a section whose length is known.
    #[inline]
    pub(crate) const fn over(section: &'a [u8], allowed: PropertySet, kept: PropertySet, strict: bool) -> Self {
        Self {
            section,
            rest: section,
            current: RawProperty::NONE,
            allowed,
            seen: PropertySet::EMPTY,
            kept,
            kept_range: 0..0,
            kept_has_gaps: false,
            strict,
        }
    }

    /// The next property, `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Property<'a>>, DecodeError> {
        if self.advance()? { Property::read(&self.current, self.strict).map(Some) } else { Ok(None) }
    }

    /// Moves on to the next property, whose value is still to be checked; `false` at the end.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, DecodeError> {
        let start = self.section.len() - self.rest.len();
        let Some(raw) = RawProperty::take_first(&mut self.rest)? else { return Ok(false) };
        if !self.allowed.contains(raw.id) {
            return Err(DecodeError::PropertyNotAllowed { id: raw.id });
        }
        if !self.seen.insert(raw.id) && !self.may_repeat(raw.id) {
            return Err(DecodeError::DuplicateProperty { id: raw.id });
        }
        if self.kept.contains(raw.id) {
            self.keep(start, start + raw.encoded.len());
        }
        self.current = raw;
        Ok(true)
    }

    /// Where [`Self::advance`] has moved to.
    #[inline]
    pub(crate) const fn current(&self) -> &RawProperty<'a> {
        &self.current
    }

    /// User properties may repeat anywhere, subscription identifiers in a PUBLISH.
    #[inline]
    fn may_repeat(&self, id: PropertyId) -> bool {
        match id {
            PropertyId::UserProperty => true,
            PropertyId::SubscriptionIdentifier => self.allowed == PropertySet::PUBLISH,
            _ => false,
        }
    }

    #[inline]
    fn keep(&mut self, start: usize, end: usize) {
        if self.kept_range.is_empty() {
            self.kept_range.start = start;
        } else if self.kept_range.end != start {
            self.kept_has_gaps = true;
        }
        self.kept_range.end = end;
    }

    #[inline]
    fn kept_bytes(&self) -> &'a [u8] {
        self.section.get(self.kept_range.clone()).unwrap_or_default()
    }

    /// All bytes of the section.
    #[inline]
    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        self.section
    }

    /// The kept properties, where those a broker passes on were kept.
    #[inline]
    pub(crate) fn forwarded(&self) -> Properties<'a> {
        Properties::from_section(self.kept_bytes(), self.kept_has_gaps)
    }

    /// The kept properties, where user properties were kept.
    pub(crate) fn user_properties(&self) -> UserProperties<'a> {
        UserProperties::from_wire_checked(self.kept_bytes())
    }
}

/// Running past the end of the section has its own name.
#[inline]
fn truncated(error: DecodeError) -> DecodeError {
    match error {
        DecodeError::Truncated => DecodeError::TruncatedProperties,
        other => other,
    }
}
