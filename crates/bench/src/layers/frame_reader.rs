//! Frames of a WebSocket server (RFC 6455 §5): their payload is what MQTT sees.
//!
//! MQTT packets are not aligned with frames [MQTT-6.0.0-2], so payload is passed on as it comes, whatever frame it is in.

use super::WebSocketError;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const CONTROL_BYTES_MAX: u64 = 125;

/// Where in a frame the connection is.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// The header of the frame, as far as it has arrived.
    header: [u8; 10],
    header_bytes: usize,
    /// Payload of the frame that has not arrived.
    payload_left: u64,
    /// Payload of a control frame, as far as it has arrived.
    control: Vec<u8>,
    /// A message is not over: continuation frames follow.
    in_message: bool,
}

/// A control frame that needs an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// To be answered with the same payload (RFC 6455 §5.5.2).
    Ping(Vec<u8>),
    /// To be answered with the same payload; nothing follows (RFC 6455 §5.5.1).
    Close(Vec<u8>),
}

impl FrameReader {
    /// Moves the payload in `bytes` to its front and returns how much that is; `answer` is given the control frames.
    pub(super) fn unframe(
        &mut self,
        bytes: &mut [u8],
        mut answer: impl FnMut(Control),
    ) -> Result<usize, WebSocketError> {
        let (mut position, mut filled) = (0, 0);
        while position < bytes.len() {
            if !self.is_header_complete() {
                self.header[self.header_bytes] = bytes[position];
                self.header_bytes += 1;
                position += 1;
                if !self.is_header_complete() {
                    continue;
                }
                self.begin()?;
            }
            let left = usize::try_from(self.payload_left).unwrap_or(usize::MAX);
            let end = position + left.min(bytes.len() - position);
            if self.is_control() {
                self.control.extend_from_slice(&bytes[position..end]);
            } else {
                bytes.copy_within(position..end, filled);
                filled += end - position;
            }
            self.payload_left -= (end - position) as u64;
            position = end;
            if self.payload_left == 0 {
                self.finish(&mut answer);
            }
        }
        Ok(filled)
    }

    fn is_header_complete(&self) -> bool {
        let length_bytes = match self.header[1] & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        self.header_bytes >= 2 && self.header_bytes == 2 + length_bytes
    }

    fn is_control(&self) -> bool {
        self.header[0] & OPCODE >= CLOSE
    }

    /// The header is there.
    fn begin(&mut self) -> Result<(), WebSocketError> {
        let [first, second, length @ ..] = self.header;
        self.payload_left = match second & !MASKED {
            126 => u64::from(u16::from_be_bytes([length[0], length[1]])),
            127 => u64::from_be_bytes(length),
            short => u64::from(short),
        };
        let wrong = match first & OPCODE {
            _ if second & MASKED != 0 => Some("a mask"),
            _ if first & RESERVED != 0 => Some("reserved bits"),
            CONTINUATION if !self.in_message => Some("nothing to continue"),
            BINARY if self.in_message => Some("the start of a message within another"),
            CONTINUATION | BINARY => None,
            CLOSE | PING | PONG if first & FINAL == 0 || self.payload_left > CONTROL_BYTES_MAX => {
                Some("an oversized or fragmented control message")
            }
            CLOSE | PING | PONG => None,
            // MQTT is binary data [MQTT-6.0.0-1].
            1 => Some("text"),
            _ => Some("an unknown opcode"),
        };
        wrong.map_or(Ok(()), |wrong| Err(WebSocketError::Frame(wrong)))
    }

    /// The payload is there.
    fn finish(&mut self, answer: &mut impl FnMut(Control)) {
        self.header_bytes = 0;
        let payload = std::mem::take(&mut self.control);
        match self.header[0] & OPCODE {
            CLOSE => answer(Control::Close(payload)),
            PING => answer(Control::Ping(payload)),
            PONG => {}
            _ => self.in_message = self.header[0] & FINAL == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Payload and control frames of bytes that arrive in pieces of this size.
    fn read(bytes: &[u8], piece_bytes: usize) -> Result<(Vec<u8>, Vec<Control>), WebSocketError> {
        let (mut reader, mut payload, mut controls) = (FrameReader::default(), Vec::new(), Vec::new());
        for piece in bytes.chunks(piece_bytes) {
            let mut piece = piece.to_vec();
            let count = reader.unframe(&mut piece, |control| controls.push(control))?;
            payload.extend_from_slice(&piece[..count]);
        }
        Ok((payload, controls))
    }

    #[test]
    fn payload_and_control_frames_come_out_however_the_bytes_are_cut() {
        let mut bytes = vec![0x82, 3, b'a', b'b', b'c', 0x89, 1, b'!', 0x8A, 0, 0x82, 0, 0x02, 1, b'd', 0x89, 0];
        bytes.extend_from_slice(&[0x80, 126, 0x01, 0x00]);
        bytes.extend_from_slice(&[b'e'; 256]);
        bytes.extend_from_slice(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        bytes.extend_from_slice(&[b'f'; 65_536]);
        bytes.extend_from_slice(&[0x88, 2, 3, 232]);
        let expected_payload = [b"abcd".as_slice(), &[b'e'; 256], &[b'f'; 65_536]].concat();
        let expected_controls = [Control::Ping(b"!".to_vec()), Control::Ping(Vec::new()), Control::Close(vec![3, 232])];
        for piece_bytes in [1, 2, 3, 5, 7, 64, 1000, bytes.len()] {
            let (payload, controls) = read(&bytes, piece_bytes).unwrap();
            assert!(payload == expected_payload, "{piece_bytes}");
            assert_eq!(controls, expected_controls, "{piece_bytes}");
        }
    }

    #[test]
    fn a_wrong_frame_is_named() {
        let rows: [(&[u8], &str); 9] = [
            (&[0x82, 0x81, 0, 0, 0, 0, b'x'], "a mask"),
            (&[0xC2, 1, b'x'], "reserved bits"),
            (&[0x80, 1, b'x'], "nothing to continue"),
            (&[0x02, 1, b'x', 0x82, 1, b'x'], "the start of a message within another"),
            (&[0x09, 1, b'x'], "an oversized or fragmented control message"),
            (&[0x88, 126, 0, 126], "an oversized or fragmented control message"),
            // [MQTT-6.0.0-1]
            (&[0x81, 1, b'x'], "text"),
            (&[0x83, 1, b'x'], "an unknown opcode"),
            (&[0x8B, 0], "an unknown opcode"),
        ];
        for (bytes, wrong) in rows {
            assert_eq!(read(bytes, 64), Err(WebSocketError::Frame(wrong)), "{bytes:?}");
        }
    }
}
