//! Why a side closes (RFC 6455 §7.4).

/// The codes the broker sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// The purpose is fulfilled.
    Normal = 1000,
    /// The broker stops.
    GoingAway = 1001,
    /// The peer broke a rule of WebSocket.
    ProtocolError = 1002,
    /// A kind of message that is not taken: text.
    UnsupportedData = 1003,
    /// Data that are not what they say.
    InvalidPayload = 1007,
    /// The broker does not want this client.
    PolicyViolation = 1008,
    /// A message that is too big.
    MessageTooBig = 1009,
    /// The broker failed.
    InternalError = 1011,
}

impl CloseCode {
    /// Whether a peer may send such a code: the assigned ones, those of libraries and the private ones (§7.4.1, §7.4.2).
    pub(crate) fn may_be_received(code: u16) -> bool {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}
