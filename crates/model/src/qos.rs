//! Quality of service of a message or a subscription.

/// Quality of service: the delivery promise between one sender and one receiver (MQTT 5.0 §4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Qos {
    /// Fire and forget.
    #[default]
    AtMostOnce = 0,
    /// Acknowledged by PUBACK; may arrive twice.
    AtLeastOnce = 1,
    /// Two-step handshake; arrives exactly once.
    ExactlyOnce = 2,
}

impl Qos {
    /// The level for a wire value; `None` for 3, which the protocol forbids [MQTT-3.3.1-4].
    #[must_use]
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    /// The wire value, 0 to 2.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self as u8
    }
}
