//! Version of the MQTT protocol spoken on a connection.

/// Version of the MQTT protocol spoken on a connection; ordered by age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ProtocolVersion {
    /// MQTT 3.1, protocol name `MQIsdp`, level 3.
    V3 = 3,
    /// MQTT 3.1.1, protocol name `MQTT`, level 4.
    #[default]
    V4 = 4,
    /// MQTT 5.0, protocol name `MQTT`, level 5.
    V5 = 5,
}

impl ProtocolVersion {
    /// Whether packets of this version carry properties and reason codes.
    #[must_use]
    pub const fn is_v5(self) -> bool {
        matches!(self, Self::V5)
    }

    /// The version as people write it: `3.1`, `3.1.1` or `5.0`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "3.1",
            Self::V4 => "3.1.1",
            Self::V5 => "5.0",
        }
    }
}
