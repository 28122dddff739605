//! PUBACK, PUBREC, PUBREL and PUBCOMP: two bytes of packet identifier, and in 5.0 sometimes a reason code.

use super::WireError;

/// Which of the four acknowledgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AcknowledgementKind {
    /// Ends QoS 1.
    PubAck = 0x40,
    /// First answer of QoS 2.
    PubRec = 0x50,
    /// Answer to PUBREC; its flag bits are 0010 [MQTT-3.6.1-1].
    PubRel = 0x62,
    /// Ends QoS 2.
    PubComp = 0x70,
}

/// The content of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Packet identifier.
    pub packet_id: u16,
    /// 0 (success) when the packet carries none.
    pub reason_code: u8,
}

impl Acknowledgement {
    /// Reads the body of an acknowledgement.
    ///
    /// # Errors
    /// A body shorter than a packet identifier.
    #[inline]
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        match body {
            [high, low] => Ok(Self { packet_id: u16::from_be_bytes([*high, *low]), reason_code: 0 }),
            [high, low, reason_code, ..] => {
                Ok(Self { packet_id: u16::from_be_bytes([*high, *low]), reason_code: *reason_code })
            }
            _ => Err(WireError::Truncated("acknowledgement")),
        }
    }

    /// Fails when the reason code is an error (0x80 and above).
    ///
    /// # Errors
    /// The code, as [`WireError::PublishRefused`].
    #[inline]
    pub fn accepted(self) -> Result<Self, WireError> {
        if self.reason_code >= 0x80 { Err(WireError::PublishRefused(self.reason_code)) } else { Ok(self) }
    }

    /// Appends a successful acknowledgement; this short form is valid in every version (MQTT 5.0 §3.4.2.1).
    #[inline]
    pub fn write(out: &mut Vec<u8>, kind: AcknowledgementKind, packet_id: u16) {
        let [high, low] = packet_id.to_be_bytes();
        out.extend_from_slice(&[kind as u8, 2, high, low]);
    }
}
