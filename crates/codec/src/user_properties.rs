//! User properties: pairs of texts, in order, names may repeat (MQTT 5.0 §3.1.3.2.8 and others).

use crate::{property_id::PropertyId, raw_property::RawProperties, reader::Reader};

/// User properties as read from a packet, or as pairs to encode.
#[derive(Clone, Copy)]
pub struct UserProperties<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    /// Checked properties; those that are no user properties are skipped.
    Wire(&'a [u8]),
    Pairs(&'a [(&'a str, &'a str)]),
}

impl<'a> UserProperties<'a> {
    /// Takes a section of properties in wire form, without its length, that was checked before. Properties of other kinds are
    /// skipped, and what was not checked ends the list early.
    #[must_use]
    #[inline]
    pub const fn from_wire_checked(section: &'a [u8]) -> Self {
        Self(Source::Wire(section))
    }

    /// Takes names and values to encode.
    #[must_use]
    #[inline]
    pub const fn from_pairs(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Source::Pairs(pairs))
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Source::Wire(section) => section.is_empty() || self.iter().next().is_none(),
            Source::Pairs(pairs) => pairs.is_empty(),
        }
    }

    /// Names and values in order.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> UserPropertyIter<'a> {
        UserPropertyIter(match self.0 {
            Source::Wire(section) => Cursor::Wire(RawProperties::new(section)),
            Source::Pairs(pairs) => Cursor::Pairs(pairs.iter()),
        })
    }
}

impl Default for UserProperties<'_> {
    fn default() -> Self {
        Self::from_wire_checked(&[])
    }
}

impl<'a> From<&'a [(&'a str, &'a str)]> for UserProperties<'a> {
    fn from(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self::from_pairs(pairs)
    }
}

impl<'a> IntoIterator for UserProperties<'a> {
    type Item = (&'a str, &'a str);
    type IntoIter = UserPropertyIter<'a>;

    fn into_iter(self) -> UserPropertyIter<'a> {
        self.iter()
    }
}

/// Equal when names and values are, wherever they come from.
impl PartialEq for UserProperties<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for UserProperties<'_> {}

impl std::fmt::Debug for UserProperties<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Iterator over [`UserProperties`].
#[derive(Clone, Debug)]
pub struct UserPropertyIter<'a>(Cursor<'a>);

#[derive(Clone, Debug)]
enum Cursor<'a> {
    Wire(RawProperties<'a>),
    Pairs(std::slice::Iter<'a, (&'a str, &'a str)>),
}

impl<'a> Iterator for UserPropertyIter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        match &mut self.0 {
            Cursor::Wire(properties) => {
                let property = properties.by_ref().find(|property| property.id == PropertyId::UserProperty)?;
                let mut value = Reader::new(property.value);
                // Checked when the packet was decoded; `false` only keeps the second look short.
                Some((value.text(false).ok()?, value.text(false).ok()?))
            }
            Cursor::Pairs(pairs) => pairs.next().copied(),
        }
    }
}
