//! The topic filters of SUBSCRIBE and UNSUBSCRIBE (MQTT 5.0 §3.8.3, §3.10.3).
//!
//! ```text
//! SUBSCRIBE    | length (2) | filter | options (1) | ...
//! UNSUBSCRIBE  | length (2) | filter | ...
//! ```

use crate::{
    error::DecodeError,
    packet::{SubscribeFilters, UnsubscribeFilters},
    reader::Reader,
};
use dunlin_model::{ProtocolVersion, Qos, RetainHandling, SubscriptionOptions};

const NO_LOCAL: u8 = 0b0000_0100;
const RETAIN_AS_PUBLISHED: u8 = 0b0000_1000;

/// Reads an options byte: `| 0 | 0 | retain handling (2) | retain as published | no local | QoS (2) |`.
pub(crate) fn decode_options(version: ProtocolVersion, byte: u8) -> Result<SubscriptionOptions, DecodeError> {
    let qos = Qos::from_u8(byte & 0b11).ok_or(DecodeError::InvalidSubscriptionQos)?;
    // Older versions have only the QoS [MQTT-3.8.3-4 of 3.1.1]; two bits are reserved in all [MQTT-3.8.3-5].
    let reserved = if version.is_v5() { 0b1100_0000 } else { 0b1111_1100 };
    if byte & reserved != 0 {
        return Err(DecodeError::ReservedSubscriptionOptions);
    }
    Ok(SubscriptionOptions {
        qos,
        no_local: byte & NO_LOCAL != 0,
        retain_as_published: byte & RETAIN_AS_PUBLISHED != 0,
        retain_handling: RetainHandling::from_u8((byte >> 4) & 0b11).ok_or(DecodeError::InvalidRetainHandling)?,
    })
}

/// The options byte; older versions get the QoS alone.
pub(crate) const fn encode_options(version: ProtocolVersion, options: SubscriptionOptions) -> u8 {
    let mut byte = options.qos.as_u8();
    if version.is_v5() {
        if options.no_local {
            byte |= NO_LOCAL;
        }
        if options.retain_as_published {
            byte |= RETAIN_AS_PUBLISHED;
        }
        byte |= (options.retain_handling as u8) << 4;
    }
    byte
}

impl<'a> SubscribeFilters<'a> {
    /// Filters with their options, in order.
    #[must_use]
    pub fn iter(&self) -> SubscribeFilterIter<'a> {
        SubscribeFilterIter(match *self {
            Self::Wire(payload, version) => SubscribeCursor::Wire(Reader::new(payload), version),
            Self::Values(filters) => SubscribeCursor::Values(filters.iter()),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none; a decoded packet has one at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'a> IntoIterator for SubscribeFilters<'a> {
    type Item = (&'a str, SubscriptionOptions);
    type IntoIter = SubscribeFilterIter<'a>;

    fn into_iter(self) -> SubscribeFilterIter<'a> {
        self.iter()
    }
}

/// Equal when filters and options are, wherever they come from.
impl PartialEq for SubscribeFilters<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for SubscribeFilters<'_> {}

/// Iterator over [`SubscribeFilters`].
#[derive(Clone, Debug)]
pub struct SubscribeFilterIter<'a>(SubscribeCursor<'a>);

#[derive(Clone, Debug)]
enum SubscribeCursor<'a> {
    Wire(Reader<'a>, ProtocolVersion),
    Values(std::slice::Iter<'a, (&'a str, SubscriptionOptions)>),
}

impl<'a> Iterator for SubscribeFilterIter<'a> {
    type Item = (&'a str, SubscriptionOptions);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            SubscribeCursor::Wire(reader, version) => {
                let filter = reader.text(false).ok()?;
                let options = decode_options(*version, reader.byte().ok()?).ok()?;
                Some((filter, options))
            }
            SubscribeCursor::Values(filters) => filters.next().copied(),
        }
    }
}

impl<'a> UnsubscribeFilters<'a> {
    /// Filters in order.
    #[must_use]
    pub fn iter(&self) -> UnsubscribeFilterIter<'a> {
        UnsubscribeFilterIter(match *self {
            Self::Wire(payload) => UnsubscribeCursor::Wire(Reader::new(payload)),
            Self::Values(filters) => UnsubscribeCursor::Values(filters.iter()),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none; a decoded packet has one at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'a> IntoIterator for UnsubscribeFilters<'a> {
    type Item = &'a str;
    type IntoIter = UnsubscribeFilterIter<'a>;

    fn into_iter(self) -> UnsubscribeFilterIter<'a> {
        self.iter()
    }
}

/// Equal when the filters are, wherever they come from.
impl PartialEq for UnsubscribeFilters<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for UnsubscribeFilters<'_> {}

/// Iterator over [`UnsubscribeFilters`].
#[derive(Clone, Debug)]
pub struct UnsubscribeFilterIter<'a>(UnsubscribeCursor<'a>);

#[derive(Clone, Debug)]
enum UnsubscribeCursor<'a> {
    Wire(Reader<'a>),
    Values(std::slice::Iter<'a, &'a str>),
}

impl<'a> Iterator for UnsubscribeFilterIter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        match &mut self.0 {
            UnsubscribeCursor::Wire(reader) => reader.text(false).ok(),
            UnsubscribeCursor::Values(filters) => filters.next().copied(),
        }
    }
}
