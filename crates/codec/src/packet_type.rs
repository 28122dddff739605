//! The fifteen control packet types and the flag bits each of them has in its first byte (MQTT 5.0 §2.1.2, §2.1.3).

use dunlin_model::ProtocolVersion;

/// Control packet type: the high half of the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// CONNECT.
    Connect = 1,
    /// CONNACK.
    ConnAck = 2,
    /// PUBLISH.
    Publish = 3,
    /// PUBACK.
    PubAck = 4,
    /// PUBREC.
    PubRec = 5,
    /// PUBREL.
    PubRel = 6,
    /// PUBCOMP.
    PubComp = 7,
    /// SUBSCRIBE.
    Subscribe = 8,
    /// SUBACK.
    SubAck = 9,
    /// UNSUBSCRIBE.
    Unsubscribe = 10,
    /// UNSUBACK.
    UnsubAck = 11,
    /// PINGREQ.
    PingReq = 12,
    /// PINGRESP.
    PingResp = 13,
    /// DISCONNECT.
    Disconnect = 14,
    /// AUTH (5.0).
    Auth = 15,
}

impl PacketType {
    /// The type in a first byte; `None` for 0, which is reserved.
    #[must_use]
    pub const fn from_first_byte(first_byte: u8) -> Option<Self> {
        Some(match first_byte >> 4 {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// The first byte of such a packet, with the flag bits the protocol fixes for it [MQTT-2.1.3-1]; PUBLISH adds its own.
    #[must_use]
    pub const fn first_byte(self) -> u8 {
        ((self as u8) << 4) | self.required_flags()
    }

    /// PUBREL, SUBSCRIBE and UNSUBSCRIBE carry 0010 [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1], the others 0000.
    pub(crate) const fn required_flags(self) -> u8 {
        match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 0b0010,
            _ => 0,
        }
    }

    /// Whether `flags` are right for this type. In 3.1 those packets that travel with QoS 1 have a DUP flag.
    pub(crate) const fn allows_flags(self, version: ProtocolVersion, flags: u8) -> bool {
        let required = self.required_flags();
        match (self, version) {
            (Self::Publish, _) => true,
            (Self::PubRel | Self::Subscribe | Self::Unsubscribe, ProtocolVersion::V3) => flags & 0b0111 == required,
            _ => flags == required,
        }
    }

    /// Whether a lenient receiver may overlook wrong flags: where no statement of that version demands that the connection
    /// be closed. 3.1.1 always demands it [MQTT-2.2.2-2], 5.0 for five types, and a CONNECT has no known version yet.
    pub(crate) const fn may_overlook_flags(self, version: ProtocolVersion) -> bool {
        match version {
            ProtocolVersion::V3 => !matches!(self, Self::Connect),
            ProtocolVersion::V4 => false,
            ProtocolVersion::V5 => !matches!(
                self,
                Self::Connect | Self::PubRel | Self::Subscribe | Self::Unsubscribe | Self::Disconnect | Self::Auth
            ),
        }
    }
}

/// Which of the four acknowledgements of a PUBLISH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AckKind {
    /// QoS 1 acknowledgement.
    PubAck,
    /// QoS 2, first acknowledgement.
    PubRec,
    /// QoS 2, release.
    PubRel,
    /// QoS 2, completion.
    PubComp,
}

impl AckKind {
    /// The packet type.
    #[must_use]
    pub const fn packet_type(self) -> PacketType {
        match self {
            Self::PubAck => PacketType::PubAck,
            Self::PubRec => PacketType::PubRec,
            Self::PubRel => PacketType::PubRel,
            Self::PubComp => PacketType::PubComp,
        }
    }
}
