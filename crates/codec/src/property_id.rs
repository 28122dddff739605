//! The property identifiers of MQTT 5.0 (§2.2.2.2): their wire types, and which packet may carry which.

/// Identifier of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are those of the specification's table")]
pub enum PropertyId {
    PayloadFormatIndicator = 0x01,
    MessageExpiryInterval = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiryInterval = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelayInterval = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2A,
}

/// How the value of a property is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireType {
    Byte,
    TwoBytes,
    FourBytes,
    VariableByteInteger,
    /// Text or binary data after a two-byte length.
    Counted,
    /// Two texts, each after a two-byte length.
    TextPair,
}

impl PropertyId {
    /// The property with this identifier, `None` where the specification defines none. (Identifiers are variable byte
    /// integers, but all that exist fit one byte.)
    #[must_use]
    #[inline]
    pub const fn from_u8(value: u8) -> Option<Self> {
        Some(match value {
            0x01 => Self::PayloadFormatIndicator,
            0x02 => Self::MessageExpiryInterval,
            0x03 => Self::ContentType,
            0x08 => Self::ResponseTopic,
            0x09 => Self::CorrelationData,
            0x0B => Self::SubscriptionIdentifier,
            0x11 => Self::SessionExpiryInterval,
            0x12 => Self::AssignedClientIdentifier,
            0x13 => Self::ServerKeepAlive,
            0x15 => Self::AuthenticationMethod,
            0x16 => Self::AuthenticationData,
            0x17 => Self::RequestProblemInformation,
            0x18 => Self::WillDelayInterval,
            0x19 => Self::RequestResponseInformation,
            0x1A => Self::ResponseInformation,
            0x1C => Self::ServerReference,
            0x1F => Self::ReasonString,
            0x21 => Self::ReceiveMaximum,
            0x22 => Self::TopicAliasMaximum,
            0x23 => Self::TopicAlias,
            0x24 => Self::MaximumQos,
            0x25 => Self::RetainAvailable,
            0x26 => Self::UserProperty,
            0x27 => Self::MaximumPacketSize,
            0x28 => Self::WildcardSubscriptionAvailable,
            0x29 => Self::SubscriptionIdentifierAvailable,
            0x2A => Self::SharedSubscriptionAvailable,
            _ => return None,
        })
    }

    /// The wire value.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self as u8
    }

    #[inline]
    pub(crate) const fn wire_type(self) -> WireType {
        match self {
            Self::PayloadFormatIndicator
            | Self::RequestProblemInformation
            | Self::RequestResponseInformation
            | Self::MaximumQos
            | Self::RetainAvailable
            | Self::WildcardSubscriptionAvailable
            | Self::SubscriptionIdentifierAvailable
            | Self::SharedSubscriptionAvailable => WireType::Byte,
            Self::ServerKeepAlive | Self::ReceiveMaximum | Self::TopicAliasMaximum | Self::TopicAlias => {
                WireType::TwoBytes
            }
            Self::MessageExpiryInterval
            | Self::SessionExpiryInterval
            | Self::WillDelayInterval
            | Self::MaximumPacketSize => WireType::FourBytes,
            Self::SubscriptionIdentifier => WireType::VariableByteInteger,
            Self::UserProperty => WireType::TextPair,
            Self::ContentType
            | Self::ResponseTopic
            | Self::CorrelationData
            | Self::AssignedClientIdentifier
            | Self::AuthenticationMethod
            | Self::AuthenticationData
            | Self::ResponseInformation
            | Self::ServerReference
            | Self::ReasonString => WireType::Counted,
        }
    }
}

/// A set of property identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PropertySet(u64);

impl PropertySet {
    pub(crate) const EMPTY: Self = Self(0);

    pub(crate) const fn of(ids: &[PropertyId]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < ids.len() {
            bits |= 1 << ids[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    #[inline]
    pub(crate) const fn contains(self, id: PropertyId) -> bool {
        self.0 & (1 << id as u8) != 0
    }

    /// Adds; `false` when it was there already.
    #[inline]
    pub(crate) const fn insert(&mut self, id: PropertyId) -> bool {
        let is_new = !self.contains(id);
        self.0 |= 1 << id as u8;
        is_new
    }

    const fn with(self, ids: &[PropertyId]) -> Self {
        Self(self.0 | Self::of(ids).0)
    }
}

/// Who may carry what (table 2-4).
impl PropertySet {
    pub(crate) const USER: Self = Self::of(&[PropertyId::UserProperty]);
    /// What a broker passes on unchanged with a message [MQTT-3.3.2-4] [MQTT-3.3.2-15..-20].
    pub(crate) const FORWARDED: Self = Self::USER.with(&[
        PropertyId::PayloadFormatIndicator,
        PropertyId::ContentType,
        PropertyId::ResponseTopic,
        PropertyId::CorrelationData,
    ]);
    pub(crate) const PUBLISH: Self = Self::FORWARDED.with(&[
        PropertyId::MessageExpiryInterval,
        PropertyId::SubscriptionIdentifier,
        PropertyId::TopicAlias,
    ]);
    pub(crate) const WILL: Self =
        Self::FORWARDED.with(&[PropertyId::MessageExpiryInterval, PropertyId::WillDelayInterval]);
    pub(crate) const CONNECT: Self = Self::USER.with(&[
        PropertyId::SessionExpiryInterval,
        PropertyId::AuthenticationMethod,
        PropertyId::AuthenticationData,
        PropertyId::RequestProblemInformation,
        PropertyId::RequestResponseInformation,
        PropertyId::ReceiveMaximum,
        PropertyId::TopicAliasMaximum,
        PropertyId::MaximumPacketSize,
    ]);
    pub(crate) const CONNACK: Self = Self::USER.with(&[
        PropertyId::SessionExpiryInterval,
        PropertyId::AssignedClientIdentifier,
        PropertyId::ServerKeepAlive,
        PropertyId::AuthenticationMethod,
        PropertyId::AuthenticationData,
        PropertyId::ResponseInformation,
        PropertyId::ServerReference,
        PropertyId::ReasonString,
        PropertyId::ReceiveMaximum,
        PropertyId::TopicAliasMaximum,
        PropertyId::MaximumQos,
        PropertyId::RetainAvailable,
        PropertyId::MaximumPacketSize,
        PropertyId::WildcardSubscriptionAvailable,
        PropertyId::SubscriptionIdentifierAvailable,
        PropertyId::SharedSubscriptionAvailable,
    ]);
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK.
    pub(crate) const ACK: Self = Self::USER.with(&[PropertyId::ReasonString]);
    pub(crate) const SUBSCRIBE: Self = Self::USER.with(&[PropertyId::SubscriptionIdentifier]);
    pub(crate) const DISCONNECT: Self =
        Self::ACK.with(&[PropertyId::SessionExpiryInterval, PropertyId::ServerReference]);
    pub(crate) const AUTH: Self = Self::ACK.with(&[PropertyId::AuthenticationMethod, PropertyId::AuthenticationData]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_round_trips_and_fits_a_set() {
        let known: Vec<_> = (0..=255).filter_map(PropertyId::from_u8).collect();
        assert_eq!(known.len(), 27);
        for &id in &known {
            assert_eq!(PropertyId::from_u8(id.as_u8()), Some(id));
            let mut set = PropertySet::EMPTY;
            assert!(set.insert(id) && set.contains(id) && !set.insert(id));
        }
    }
}
