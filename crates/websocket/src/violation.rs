//! What a client can do wrong once it speaks WebSocket.

use crate::CloseCode;

/// What a client did wrong; the connection is closed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// MQTT goes in binary frames.
    #[error("text frame: MQTT goes in binary frames")]
    TextFrame,
    /// A message of more bytes than `max_frame_size`.
    #[error("message is bigger than `max_frame_size`")]
    MessageTooBig,
    /// A frame that is not masked (RFC 6455 §5.1).
    #[error("frame is not masked")]
    NotMasked,
    /// A reserved bit that nothing was agreed upon for (§5.2).
    #[error("reserved bit is set without an agreed extension")]
    ReservedBit,
    /// A reserved opcode (§5.2).
    #[error("opcode {0} is reserved")]
    ReservedOpcode(u8),
    /// A length that is not in its shortest form, or above 2^63 (§5.2).
    #[error("length is not in its shortest form")]
    Length,
    /// A control frame in several frames (§5.5).
    #[error("control frame is fragmented")]
    FragmentedControl,
    /// A control frame of more than 125 bytes (§5.5).
    #[error("control frame is longer than 125 bytes")]
    ControlTooLong,
    /// A continuation of nothing (§5.4).
    #[error("continuation frame without a message")]
    NothingToContinue,
    /// A new message before the end of the one before (§5.4).
    #[error("new message before the end of the one before")]
    UnfinishedMessage,
    /// A code that no peer may send, or half of one (§7.4).
    #[error("close frame has no valid code")]
    CloseCode,
    /// A reason that is no UTF-8 (§5.5.1).
    #[error("reason of a close frame is not UTF-8")]
    CloseReason,
    /// A compressed message that cannot be unpacked (RFC 7692 §7.2.2).
    #[error("compressed message cannot be unpacked")]
    Compression,
}

impl Violation {
    /// The code the client is told.
    #[must_use]
    pub fn close_code(self) -> CloseCode {
        match self {
            // [MQTT-6.0.0-1]
            Self::TextFrame => CloseCode::UnsupportedData,
            Self::MessageTooBig => CloseCode::MessageTooBig,
            Self::CloseReason | Self::Compression => CloseCode::InvalidPayload,
            _ => CloseCode::ProtocolError,
        }
    }
}
