//! Why a packet has no wire form.

/// Why a packet has no wire form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A text or binary field is longer than its two-byte length can say.
    #[error("field of {len} bytes, limit 65,535")]
    FieldTooLong {
        /// Length in bytes.
        len: usize,
    },
    /// The packet is longer than its remaining length can say.
    #[error("packet body of {len} bytes, limit 268,435,455")]
    PacketTooLarge {
        /// Length in bytes without the fixed header.
        len: usize,
    },
    /// Packet identifier 0 where the protocol wants one [MQTT-2.2.1-3] [MQTT-2.2.1-4].
    #[error("packet identifier 0")]
    ZeroPacketId,
    /// A subscription identifier that is not 1 to 268,435,455.
    #[error("subscription identifier {id}, allowed are 1 to 268,435,455")]
    SubscriptionIdOutOfRange {
        /// The identifier.
        id: u32,
    },
    /// A SUBSCRIBE or UNSUBSCRIBE without a filter, or its acknowledgement without a code.
    #[error("no topic filter or reason code")]
    EmptyList,
    /// A byte that is no reason code.
    #[error("unknown reason code 0x{code:02X}")]
    UnknownReasonCode {
        /// The byte.
        code: u8,
    },
    /// AUTH before 5.0.
    #[error("this packet does not exist in this protocol version")]
    NotInThisVersion,
}
