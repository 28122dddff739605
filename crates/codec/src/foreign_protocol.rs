//! Other protocols that end up on an MQTT port, told from their first bytes, so that the log can say it in one line.

use crate::error::DecodeError;

/// Request lines, and the first line of HTTP/2. None of them opens a valid MQTT packet: the flag bits are wrong, or, where a
/// lenient receiver overlooks those and after a `P` (which could be PUBREC), the fifth byte is no reason code.
const HTTP_OPENINGS: [&[u8]; 10] = [
    b"GET /",
    b"HEAD ",
    b"POST ",
    b"PUT /",
    b"PATCH ",
    b"DELETE ",
    b"OPTIONS ",
    b"CONNECT ",
    b"TRACE ",
    b"PRI * HTTP/2",
];

/// How many bytes have to be there before a match counts.
const ENOUGH: usize = 5;

/// Headers of the PROXY protocol, version 1 and 2. The same holds for them.
const PROXY_OPENINGS: [&[u8]; 2] = [b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"];

/// A TLS record of type handshake, major version 3.
const TLS_OPENING: [u8; 2] = [0x16, 0x03];

/// What the buffer holds instead of MQTT, if it is known.
#[cold]
pub(crate) fn recognize(buffer: &[u8]) -> Option<DecodeError> {
    if buffer.starts_with(&TLS_OPENING) {
        return Some(DecodeError::LooksLikeTls);
    }
    let opens_with = |opening: &&[u8]| {
        let len = opening.len().min(buffer.len());
        len >= ENOUGH && buffer.get(..len) == opening.get(..len)
    };
    if PROXY_OPENINGS.iter().any(opens_with) {
        return Some(DecodeError::LooksLikeProxyHeader);
    }
    HTTP_OPENINGS.iter().any(opens_with).then_some(DecodeError::LooksLikeHttp)
}

/// Whether two opening bytes are worth a call of [`recognize`] although they could be a packet: PUBREC with the length that is
/// a letter.
#[inline]
pub(crate) const fn could_be_text(first: u8, second: u8) -> bool {
    first == b'P' && second.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_handshakes_are_recognized() {
        for request in
            ["GET / HTTP/1.1\r\n", "POST /publish HTTP/1.1\r\n", "OPTIONS *", "HEAD /", "PRI * HTTP/2.0\r\n\r\n"]
        {
            assert_eq!(recognize(request.as_bytes()), Some(DecodeError::LooksLikeHttp), "{request}");
        }
        assert_eq!(recognize(&[0x16, 0x03, 0x01, 0x02, 0x00]), Some(DecodeError::LooksLikeTls));
        for header in
            [&b"PROXY TCP4 192.0.2.7"[..], b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11", b"\r\n\r\n\0"]
        {
            assert_eq!(recognize(header), Some(DecodeError::LooksLikeProxyHeader), "{header:02x?}");
        }
    }

    #[test]
    fn packets_and_short_beginnings_are_not() {
        for bytes in [
            &b"POST"[..],
            b"P",
            b"\x50\x02\x00\x01",
            b"\x10\x0C\x00\x04MQTT",
            b"GETTING",
            b"\x50\x55T \x10",
            b"PROX",
            b"\r\n\r\n",
        ] {
            assert_eq!(recognize(bytes), None, "{bytes:02x?}");
        }
    }
}
