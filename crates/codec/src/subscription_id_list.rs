//! The subscription identifiers of a PUBLISH (MQTT 5.0 §3.3.2.3.8).

use crate::{
    packet::SubscriptionIdList, property_id::PropertyId, raw_property::RawProperties,
    variable_byte_integer::VariableByteInteger,
};

impl<'a> SubscriptionIdList<'a> {
    /// The identifiers in order, 1 to 268,435,455 each.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> SubscriptionIdIter<'a> {
        SubscriptionIdIter(match *self {
            Self::Wire(section) => Cursor::Wire(RawProperties::new(section)),
            Self::Values(ids) => Cursor::Values(ids.iter()),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Wire(_) => self.iter().count(),
            Self::Values(ids) => ids.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Wire(section) => section.is_empty() || self.iter().next().is_none(),
            Self::Values(ids) => ids.is_empty(),
        }
    }
}

impl Default for SubscriptionIdList<'_> {
    fn default() -> Self {
        Self::Values(&[])
    }
}

impl<'a> IntoIterator for SubscriptionIdList<'a> {
    type Item = u32;
    type IntoIter = SubscriptionIdIter<'a>;

    fn into_iter(self) -> SubscriptionIdIter<'a> {
        self.iter()
    }
}

/// Equal when the identifiers are, wherever they come from.
impl PartialEq for SubscriptionIdList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for SubscriptionIdList<'_> {}

/// Iterator over a [`SubscriptionIdList`].
#[derive(Clone, Debug)]
pub struct SubscriptionIdIter<'a>(Cursor<'a>);

#[derive(Clone, Debug)]
enum Cursor<'a> {
    Wire(RawProperties<'a>),
    Values(std::slice::Iter<'a, u32>),
}

impl Iterator for SubscriptionIdIter<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match &mut self.0 {
            Cursor::Wire(properties) => {
                let property =
                    properties.by_ref().find(|property| property.id == PropertyId::SubscriptionIdentifier)?;
                VariableByteInteger::read(property.value).ok().flatten().map(|integer| integer.value)
            }
            Cursor::Values(ids) => ids.next().copied(),
        }
    }
}
