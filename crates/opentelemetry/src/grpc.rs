//! A call of gRPC with one message and one answer, as HTTP/2 carries it.
//!
//! ```text
//! request body:   0 (not compressed) | length: u32, big-endian | message
//! answer:         headers, a body of the same shape, trailers with grpc-status and grpc-message
//! ```
//! Where there is no answer but a refusal, `grpc-status` stands in the headers ("Trailers-Only").

use crate::send_error::SendError;
use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderMap;
use prost::Message;

/// Flag and length.
const PREFIX_BYTES: usize = 5;

/// Codes after which OTLP has a client try again: CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE,
/// UNAVAILABLE, DATA_LOSS.
const PASSING: [u32; 7] = [1, 4, 8, 10, 11, 14, 15];

/// A message as a body.
pub(crate) fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut body = BytesMut::with_capacity(PREFIX_BYTES + length);
    body.put_u8(0);
    // Batches are small: a message of 4 GB is none of ours.
    body.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // There is room.
    let _ = message.encode(&mut body);
    body.freeze()
}

/// The message in a body; an empty one where it is none that can be read.
pub(crate) fn unframed(body: &Bytes) -> Bytes {
    match body.first() {
        Some(0) if body.len() >= PREFIX_BYTES => body.slice(PREFIX_BYTES..),
        _ => Bytes::new(),
    }
}

/// What headers or trailers say of the call; `None` where they say nothing.
pub(crate) fn status(fields: &HeaderMap) -> Option<Result<(), SendError>> {
    let code: u32 = fields.get("grpc-status")?.to_str().ok()?.parse().ok()?;
    if code == 0 {
        return Some(Ok(()));
    }
    let message = fields.get("grpc-message").and_then(|text| text.to_str().ok()).unwrap_or_default();
    let reason = format!("grpc-status {code}: {message}");
    let is_passing = PASSING.contains(&code);
    Some(Err(if is_passing { SendError::passing(reason) } else { SendError::lasting(reason) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_length_in_front() {
        let body = framed(&"abc".to_owned());
        // Field 1 of three bytes.
        assert_eq!(&*body, [0, 0, 0, 0, 5, 0x0a, 3, b'a', b'b', b'c']);
        assert_eq!(&*unframed(&body), [0x0a, 3, b'a', b'b', b'c']);
        for unreadable in [&[][..], &[0, 0], &[1, 0, 0, 0, 0, 7]] {
            assert!(unframed(&Bytes::copy_from_slice(unreadable)).is_empty());
        }
    }

    #[test]
    fn a_status_says_whether_to_try_again() {
        let fields = |code: &str| HeaderMap::from_iter([("grpc-status".parse().unwrap(), code.parse().unwrap())]);
        assert_eq!(status(&HeaderMap::new()), None);
        assert_eq!(status(&fields("0")), Some(Ok(())));
        for (code, is_passing) in [("14", true), ("8", true), ("3", false), ("16", false), ("12", false)] {
            let error = status(&fields(code)).unwrap().unwrap_err();
            assert_eq!(error.is_passing, is_passing, "{code}");
        }
    }
}
