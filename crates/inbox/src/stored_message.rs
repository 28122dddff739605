//! A message as it lies in the log and in values of the key-value store: one contiguous piece that can be read and checked alone.
//!
//! ```text
//! format version   1 byte, 1
//! checksum         4 bytes, little endian: CRC-32C of all that follows
//! flags            1 byte: bits 0-1 QoS, bit 2 RETAIN, bit 3 expires
//! received at      LEB128, milliseconds since the Unix epoch
//! expiry           LEB128, seconds, less than 2^32 - 1; only when bit 3 is set
//! publisher        LEB128 length, UTF-8
//! topic            LEB128 length of at most 65,535, UTF-8
//! properties       LEB128 length, bytes in MQTT wire form
//! payload          LEB128 length, bytes
//! ```

use crate::{
    DecodeError,
    wire::{Reader, put_bytes, put_varint, varint_len},
};
use dunlin_model::{Message, MessageParts, Qos};
use std::ops::Range;

const FORMAT: u8 = 1;
/// Format version and checksum.
const HEAD_LEN: usize = 5;
const QOS_MASK: u8 = 0b11;
const RETAIN: u8 = 0b100;
const EXPIRES: u8 = 0b1000;

/// How many bytes [`encode_message`] appends for this message.
#[must_use]
pub fn encoded_message_len(message: &Message) -> usize {
    let texts = [
        message.publisher_bytes().len(),
        message.topic_bytes().len(),
        message.properties().len(),
        message.payload().len(),
    ];
    let expiry = message.expiry_secs().map_or(0, |secs| varint_len(u64::from(secs)));
    let variable = texts.iter().map(|&len| varint_len(len as u64) + len).sum::<usize>();
    HEAD_LEN + 1 + varint_len(message.received_at()) + expiry + variable
}

/// Appends the stored form of a message and says where in `out` it lies.
pub fn encode_message(message: &Message, out: &mut Vec<u8>) -> Range<usize> {
    let start = out.len();
    out.push(FORMAT);
    out.extend_from_slice(&[0; 4]);
    let expiry_secs = message.expiry_secs();
    let retain = if message.retain() { RETAIN } else { 0 };
    let expires = if expiry_secs.is_some() { EXPIRES } else { 0 };
    out.push(message.qos().as_u8() | retain | expires);
    put_varint(out, message.received_at());
    if let Some(secs) = expiry_secs {
        put_varint(out, u64::from(secs));
    }
    put_bytes(out, message.publisher_bytes());
    put_bytes(out, message.topic_bytes());
    put_bytes(out, message.properties());
    put_bytes(out, message.payload());
    let checksum = crc32c::crc32c(&out[start + HEAD_LEN..]);
    out[start + 1..start + HEAD_LEN].copy_from_slice(&checksum.to_le_bytes());
    start..out.len()
}

/// Appends a stored message behind its length and says where in `out` the message lies.
pub(crate) fn put_message(out: &mut Vec<u8>, message: &Message) -> Range<usize> {
    put_varint(out, encoded_message_len(message) as u64);
    encode_message(message, out)
}

/// Reads a stored message, all of `bytes`.
///
/// # Errors
/// When the bytes are not what [`encode_message`] wrote, or are in a newer format.
pub fn decode_message(bytes: &[u8]) -> Result<Message, DecodeError> {
    let mut reader = Reader::versioned(bytes, FORMAT)?;
    let checksum = reader.take(4)?;
    if crc32c::crc32c(reader.rest()).to_le_bytes() != checksum {
        return Err(DecodeError::Checksum);
    }
    let flags = reader.flags(QOS_MASK | RETAIN | EXPIRES)?;
    let qos = Qos::from_u8(flags & QOS_MASK).ok_or(DecodeError::Invalid("quality of service"))?;
    let received_at = reader.varint()?;
    let expiry_secs = if flags & EXPIRES == 0 { None } else { Some(reader.varint_u32()?) };
    if expiry_secs == Some(u32::MAX) {
        return Err(DecodeError::Invalid("expiry"));
    }
    let publisher = reader.text()?;
    let topic = reader.text()?;
    if topic.len() > usize::from(u16::MAX) {
        return Err(DecodeError::Invalid("length of a topic"));
    }
    let properties = reader.bytes()?;
    let payload = reader.bytes()?;
    reader.finish()?;
    Ok(Message::new(&MessageParts {
        topic,
        properties,
        payload,
        qos,
        retain: flags & RETAIN != 0,
        expiry_secs,
        publisher,
        received_at,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(expiry_secs: Option<u32>) -> Message {
        Message::new(&MessageParts {
            topic: "a/ü",
            properties: &[1, 1],
            payload: b"hello",
            qos: Qos::ExactlyOnce,
            retain: true,
            expiry_secs,
            publisher: "c1",
            received_at: 1_700_000_000_000,
        })
    }

    #[test]
    fn what_is_written_is_read() {
        for expiry_secs in [None, Some(0), Some(300)] {
            let mut out = b"before".to_vec();
            let range = encode_message(&message(expiry_secs), &mut out);
            assert_eq!(range, 6..out.len());
            assert_eq!(range.len(), encoded_message_len(&message(expiry_secs)));
            let read = decode_message(&out[range]).unwrap();
            assert_eq!((read.topic(), read.properties(), read.payload()), ("a/ü", &[1, 1][..], &b"hello"[..]));
            assert_eq!((read.qos(), read.retain(), read.expiry_secs()), (Qos::ExactlyOnce, true, expiry_secs));
            assert_eq!((read.publisher(), read.received_at()), ("c1", 1_700_000_000_000));
        }
    }

    #[test]
    fn the_format_stays() {
        let small = Message::new(&MessageParts {
            topic: "t",
            properties: &[],
            payload: b"p",
            qos: Qos::AtLeastOnce,
            retain: false,
            expiry_secs: Some(300),
            publisher: "c",
            received_at: 128,
        });
        let mut out = Vec::new();
        encode_message(&small, &mut out);
        assert_eq!(out[5..], [0b1001, 0x80, 1, 0xac, 2, 1, b'c', 1, b't', 0, 1, b'p']);
        assert_eq!(out[..5], [1, 0xac, 0xe1, 0x62, 0x63]);
    }

    #[test]
    fn a_flipped_bit_or_a_lost_byte_is_noticed() {
        let mut good = Vec::new();
        encode_message(&message(Some(1)), &mut good);
        for at in 0..good.len() {
            assert!(decode_message(&good[..at]).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(decode_message(&bad).is_err(), "bit {bit} of byte {at}");
            }
        }
    }
}
