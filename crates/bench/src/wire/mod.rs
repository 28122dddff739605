//! The few MQTT packets a load generator needs, framed by hand where a run spends its time.

mod acknowledgement;
mod frame;
mod handshake;
mod publish_head;
mod received_publish;

pub use acknowledgement::{Acknowledgement, AcknowledgementKind};
pub use frame::{Frame, PacketKind, split_frame};
pub use handshake::{Accepted, ConnectOptions, Credentials, SessionKind};
pub use handshake::{DISCONNECT, PINGREQ, check_connack, check_suback, write_connect, write_subscribe};
pub use publish_head::PublishHead;
pub use received_publish::ReceivedPublish;

use dunlin_codec::{DecodeError, EncodeError};
use dunlin_model::ReasonCode;

/// A broker sent something that MQTT does not allow, or refused what the run needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A Remaining Length of more than four bytes [MQTT-1.5.5-1].
    #[error("malformed remaining length")]
    RemainingLength,
    /// A packet that is shorter than its fields.
    #[error("truncated {0}")]
    Truncated(&'static str),
    /// A packet type a client never receives, or not at this moment.
    #[error("unexpected packet, first byte {0:#04x}")]
    Unexpected(u8),
    /// A packet that does not fit into the read buffer of this many bytes.
    #[error("a packet of more than {0} bytes")]
    PacketTooLarge(usize),
    /// CONNACK with an error code.
    #[error("connection refused by the broker: {0}")]
    Refused(ReasonCode),
    /// An answer that cannot be read.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// A text that is too long to be sent.
    #[error("{0}")]
    Encode(#[from] EncodeError),
    /// SUBACK with a failure code.
    #[error("subscription refused by the broker, code {0:#04x}")]
    SubscriptionRefused(u8),
    /// A publish was answered with an error code (5.0).
    #[error("publish refused by the broker, code {0:#04x}")]
    PublishRefused(u8),
    /// An acknowledgement for a packet identifier that is not in flight.
    #[error("acknowledgement for packet identifier {0}, which is not in flight")]
    UnknownPacketId(u16),
    /// The broker ended the connection with DISCONNECT (5.0).
    #[error("disconnected by the broker, code {0:#04x}")]
    Disconnected(u8),
}

/// Writes a Variable Byte Integer in the fewest bytes [MQTT-1.5.5-1].
pub(crate) fn write_variable_integer(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = (value & 0x7F) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Reads a Variable Byte Integer: the value and the bytes it took; `None` when `bytes` ends before it does.
pub(crate) fn read_variable_integer(bytes: &[u8]) -> Result<Option<(usize, usize)>, WireError> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() >= 4 { Err(WireError::RemainingLength) } else { Ok(None) }
}

#[cfg(test)]
mod tests;
