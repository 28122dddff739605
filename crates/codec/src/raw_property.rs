//! One property as it lies on the wire, found without looking into its value.
//!
//! ```text
//! | identifier (1 byte) | value: 1, 2 or 4 bytes, a variable byte integer, a counted field, or two of them |
//! ```

use crate::{
    error::DecodeError,
    property_id::{PropertyId, WireType},
    text,
    variable_byte_integer::VariableByteInteger,
};

/// The bytes of one property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawProperty<'a> {
    pub(crate) id: PropertyId,
    /// Identifier and value.
    pub(crate) encoded: &'a [u8],
    /// The value, with the length that precedes a counted field.
    pub(crate) value: &'a [u8],
}

impl<'a> RawProperty<'a> {
    /// A place holder before the first property is read.
    pub(crate) const NONE: Self = Self { id: PropertyId::UserProperty, encoded: &[], value: &[] };

    /// Takes the first property off a section; `None` at its end.
    #[inline]
    pub(crate) fn take_first(section: &mut &'a [u8]) -> Result<Option<Self>, DecodeError> {
        let Some((&id, after_id)) = section.split_first() else { return Ok(None) };
        let id = PropertyId::from_u8(id).ok_or(DecodeError::UnknownProperty { id })?;
        let value_len = value_len(id.wire_type(), after_id)?;
        // `value_len` counted no byte that is not there, and the identifier adds one.
        let (encoded, rest) = section.split_at_checked(1 + value_len).ok_or(DecodeError::TruncatedProperties)?;
        *section = rest;
        Ok(Some(Self { id, encoded, value: encoded.get(1..).unwrap_or_default() }))
    }

    /// Checks the texts of a pair.
    #[inline]
    pub(crate) fn check_text_pair(&self, strict: bool) -> Result<(), DecodeError> {
        let (first, second) = self.value.split_at_checked(counted_len(self.value)?).ok_or(DecodeError::Truncated)?;
        text::check(first.get(2..).unwrap_or_default(), strict)?;
        text::check(second.get(2..).unwrap_or_default(), strict)?;
        Ok(())
    }

    /// Bytes of a counted field; empty for any other.
    #[inline]
    pub(crate) fn counted(&self) -> &'a [u8] {
        self.value.get(2..).unwrap_or_default()
    }
}

#[inline]
fn value_len(wire_type: WireType, bytes: &[u8]) -> Result<usize, DecodeError> {
    match wire_type {
        WireType::Byte => Ok(1),
        WireType::TwoBytes => Ok(2),
        WireType::FourBytes => Ok(4),
        WireType::VariableByteInteger => {
            Ok(VariableByteInteger::read(bytes)?.ok_or(DecodeError::TruncatedProperties)?.len)
        }
        WireType::Counted => counted_len(bytes),
        WireType::TextPair => {
            let first = counted_len(bytes)?;
            let second = counted_len(bytes.get(first..).ok_or(DecodeError::TruncatedProperties)?)?;
            Ok(first + second)
        }
    }
}

/// Length of a counted field, its two length bytes included.
#[inline]
fn counted_len(bytes: &[u8]) -> Result<usize, DecodeError> {
    let count = bytes.first_chunk().ok_or(DecodeError::TruncatedProperties)?;
    Ok(2 + usize::from(u16::from_be_bytes(*count)))
}

/// The properties of a section that was checked before; ends early, instead of failing, where it was not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawProperties<'a> {
    rest: &'a [u8],
}

impl<'a> RawProperties<'a> {
    #[inline]
    pub(crate) const fn new(section: &'a [u8]) -> Self {
        Self { rest: section }
    }

    /// The first property with this identifier.
    #[inline]
    pub(crate) fn find(mut self, id: PropertyId) -> Option<RawProperty<'a>> {
        Iterator::find(&mut self, |property| property.id == id)
    }
}

impl<'a> Iterator for RawProperties<'a> {
    type Item = RawProperty<'a>;

    #[inline]
    fn next(&mut self) -> Option<RawProperty<'a>> {
        RawProperty::take_first(&mut self.rest).ok().flatten()
    }
}
