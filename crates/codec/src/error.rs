//! Why bytes are no MQTT packet.

use crate::{packet_type::PacketType, property_id::PropertyId};
use dunlin_model::{DisconnectReason, ReasonCode};

/// Why bytes are no packet of the protocol; the connection they came on has to be closed [MQTT-4.13.1-1].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The peer speaks HTTP.
    #[error("this is an HTTP request, not MQTT (WebSocket has its own listener)")]
    LooksLikeHttp,
    /// The peer opens a TLS connection.
    #[error("this is a TLS handshake on a listener without TLS")]
    LooksLikeTls,
    /// A proxy says whose connection it is.
    #[error("this is a header of the PROXY protocol on a listener without proxy_protocol")]
    LooksLikeProxyHeader,
    /// Packet type 0, or AUTH before 5.0.
    #[error("packet type {packet_type} does not exist in this protocol version")]
    ReservedPacketType {
        /// The high half of the first byte.
        packet_type: u8,
    },
    /// Wrong flag bits in the first byte.
    #[error("wrong flag bits in the first byte of {packet_type:?}")]
    ReservedFlags {
        /// Type of the packet.
        packet_type: PacketType,
    },
    /// QoS 3 in a PUBLISH.
    #[error("PUBLISH with QoS 3")]
    InvalidPublishQos,
    /// DUP in a PUBLISH of QoS 0.
    #[error("PUBLISH with DUP at QoS 0")]
    DupAtQos0,
    /// A fifth byte in a variable byte integer.
    #[error("variable byte integer of more than four bytes")]
    VariableByteIntegerTooLong,
    /// Padding in a variable byte integer.
    #[error("variable byte integer with padding")]
    VariableByteIntegerNotMinimal,
    /// The packet is larger than the receiver takes.
    #[error("packet of {size} bytes, limit {limit}")]
    PacketTooLarge {
        /// Length in bytes with the fixed header.
        size: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// A field runs past the end of the packet.
    #[error("a field runs past the end of the packet")]
    Truncated,
    /// Bytes follow the last field.
    #[error("bytes after the last field of the packet")]
    TrailingBytes,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    InvalidUtf8,
    /// Text with U+0000.
    #[error("text with the null character")]
    NullCharacter,
    /// Text with another control character (strict mode).
    #[error("text with a control character")]
    ControlCharacter,
    /// A protocol name other than `MQTT` and `MQIsdp`.
    #[error("unknown protocol name")]
    UnknownProtocolName,
    /// A protocol level that does not exist, or does not go with the protocol name.
    #[error("unsupported protocol level {level}")]
    UnsupportedProtocolVersion {
        /// The level in the CONNECT.
        level: u8,
    },
    /// The reserved connect flag is set.
    #[error("reserved connect flag set")]
    ReservedConnectFlag,
    /// Will QoS 3, or not 0 without a will.
    #[error("will QoS is 3, or not 0 without a will")]
    InvalidWillQos,
    /// Will retain without a will.
    #[error("will retain without a will")]
    WillRetainWithoutWill,
    /// A password without a user name before 5.0 (strict mode).
    #[error("password without user name")]
    PasswordWithoutUserName,
    /// Packet identifier 0.
    #[error("packet identifier 0")]
    ZeroPacketId,
    /// A property, or the section, runs past its end.
    #[error("a property runs past the end of its section")]
    TruncatedProperties,
    /// A property identifier that does not exist.
    #[error("unknown property 0x{id:02X}")]
    UnknownProperty {
        /// The identifier.
        id: u8,
    },
    /// A property that this packet cannot have.
    #[error("property {id:?} is not allowed in this packet")]
    PropertyNotAllowed {
        /// The property.
        id: PropertyId,
    },
    /// A property twice.
    #[error("property {id:?} appears twice")]
    DuplicateProperty {
        /// The property.
        id: PropertyId,
    },
    /// A boolean property that is neither 0 nor 1.
    #[error("property {id:?} is neither 0 nor 1")]
    NotBoolean {
        /// The property.
        id: PropertyId,
    },
    /// Payload format indicator above 1.
    #[error("payload format indicator above 1")]
    InvalidPayloadFormatIndicator,
    /// Maximum QoS above 1.
    #[error("maximum QoS above 1")]
    InvalidMaximumQos,
    /// Receive maximum 0.
    #[error("receive maximum 0")]
    ReceiveMaximumZero,
    /// Maximum packet size 0.
    #[error("maximum packet size 0")]
    MaximumPacketSizeZero,
    /// Subscription identifier 0.
    #[error("subscription identifier 0")]
    SubscriptionIdZero,
    /// Topic alias 0.
    #[error("topic alias 0")]
    TopicAliasZero,
    /// A response topic with a wildcard.
    #[error("response topic with a wildcard")]
    WildcardInResponseTopic,
    /// Authentication data without an authentication method.
    #[error("authentication data without a method")]
    AuthenticationDataWithoutMethod,
    /// A PUBLISH with neither topic nor alias.
    #[error("PUBLISH without topic and topic alias")]
    MissingTopic,
    /// A SUBSCRIBE or UNSUBSCRIBE without a filter.
    #[error("no topic filter")]
    NoFilter,
    /// Reserved bits in subscription options.
    #[error("reserved bits in subscription options")]
    ReservedSubscriptionOptions,
    /// QoS 3 in subscription options.
    #[error("subscription with QoS 3")]
    InvalidSubscriptionQos,
    /// Retain handling 3 in subscription options.
    #[error("subscription with retain handling 3")]
    InvalidRetainHandling,
    /// A reason or return code that does not exist.
    #[error("unknown reason code 0x{code:02X}")]
    UnknownReasonCode {
        /// The code.
        code: u8,
    },
    /// A reason code that this packet cannot have (strict mode).
    #[error("reason code {code} is not allowed in this packet")]
    ReasonCodeNotAllowed {
        /// The code.
        code: ReasonCode,
    },
    /// A SUBACK or UNSUBACK without a code.
    #[error("no reason code")]
    NoReasonCode,
    /// Reserved bits in the flags of a CONNACK.
    #[error("reserved bits in the flags of CONNACK")]
    ReservedConnAckFlags,
    /// A CONNACK that refuses and yet has a session.
    #[error("CONNACK with session present and an error")]
    SessionPresentWithError,
}

impl DecodeError {
    /// The code for the CONNACK or DISCONNECT that goes to a 5.0 peer before the connection is closed (MQTT 5.0 §4.13.1).
    #[must_use]
    pub const fn reason_code(self) -> ReasonCode {
        match self {
            Self::PacketTooLarge { .. } => ReasonCode::PacketTooLarge,
            Self::UnknownProtocolName | Self::UnsupportedProtocolVersion { .. } => {
                ReasonCode::UnsupportedProtocolVersion
            }
            Self::TopicAliasZero => ReasonCode::TopicAliasInvalid,
            Self::DuplicateProperty { .. }
            | Self::NotBoolean { .. }
            | Self::InvalidPayloadFormatIndicator
            | Self::InvalidMaximumQos
            | Self::ReceiveMaximumZero
            | Self::MaximumPacketSizeZero
            | Self::SubscriptionIdZero
            | Self::WildcardInResponseTopic
            | Self::AuthenticationDataWithoutMethod
            | Self::MissingTopic
            | Self::NoFilter
            | Self::InvalidSubscriptionQos
            | Self::InvalidRetainHandling
            | Self::ReasonCodeNotAllowed { .. }
            | Self::NoReasonCode
            | Self::SessionPresentWithError => ReasonCode::ProtocolError,
            _ => ReasonCode::MalformedPacket,
        }
    }

    /// The name under which the end of the connection is counted.
    #[must_use]
    pub const fn disconnect_reason(self) -> DisconnectReason {
        match self {
            Self::LooksLikeHttp | Self::LooksLikeTls | Self::LooksLikeProxyHeader => DisconnectReason::FrameError,
            Self::ReservedPacketType { .. }
            | Self::ReservedFlags { .. }
            | Self::InvalidPublishQos
            | Self::DupAtQos0 => DisconnectReason::BadFrameHeader,
            Self::VariableByteIntegerTooLong | Self::VariableByteIntegerNotMinimal => {
                DisconnectReason::MalformedVariableByteInteger
            }
            Self::PacketTooLarge { .. } => DisconnectReason::FrameTooLarge,
            Self::InvalidUtf8 | Self::NullCharacter | Self::ControlCharacter => DisconnectReason::InvalidUtf8,
            Self::UnknownProtocolName | Self::UnsupportedProtocolVersion { .. } => {
                DisconnectReason::UnsupportedProtocolVersion
            }
            Self::ReservedConnectFlag => DisconnectReason::ReservedConnectFlag,
            Self::InvalidWillQos => DisconnectReason::InvalidWillQos,
            Self::WillRetainWithoutWill => DisconnectReason::InvalidWillRetain,
            Self::PasswordWithoutUserName => DisconnectReason::InvalidPasswordFlag,
            Self::ZeroPacketId => DisconnectReason::InvalidPacketId,
            Self::InvalidSubscriptionQos => DisconnectReason::BadQos,
            Self::TopicAliasZero => DisconnectReason::TopicAliasInvalid,
            Self::TruncatedProperties | Self::UnknownProperty { .. } | Self::PropertyNotAllowed { .. } => {
                DisconnectReason::MalformedProperties
            }
            _ => match self.reason_code() {
                ReasonCode::ProtocolError => DisconnectReason::ProtocolError,
                _ => DisconnectReason::MalformedPacket,
            },
        }
    }
}
