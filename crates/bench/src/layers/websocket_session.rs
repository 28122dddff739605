//! WebSocket of one connection, without its socket.

use super::frame_reader::{Control, FrameReader};
use super::websocket_client::{check_answer, new_key};
use super::{WebSocketClient, WebSocketError};

const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PONG: u8 = 0x8A;
const MASKED: u8 = 0x80;
/// Longer answers to a request are refused.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct WebSocketSession {
    /// Until the server has switched to WebSocket.
    upgrade: Option<Box<Upgrade>>,
    frames: FrameReader,
    has_ended: bool,
}

#[derive(Debug)]
struct Upgrade {
    key: String,
    /// The answer as far as it has arrived.
    answer: Vec<u8>,
}

impl WebSocketSession {
    /// Before the upgrade.
    pub(crate) fn new() -> Self {
        let upgrade = Upgrade { key: new_key(), answer: Vec::new() };
        Self { upgrade: Some(Box::new(upgrade)), frames: FrameReader::default(), has_ended: false }
    }

    /// The request for the upgrade; empty once there is nothing to ask for any more.
    pub(crate) fn request(&self, client: &WebSocketClient) -> String {
        self.upgrade.as_deref().map(|upgrade| client.request(&upgrade.key)).unwrap_or_default()
    }

    /// The server has switched to WebSocket.
    pub(crate) fn is_open(&self) -> bool {
        self.upgrade.is_none()
    }

    /// The server has said that nothing more will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Takes what arrived. Moves the payload to the front of `bytes` and returns how much that is; appends what has to be sent
    /// to `out`.
    ///
    /// # Errors
    /// The server refuses the upgrade, or sends a frame it must not send.
    pub(crate) fn receive(&mut self, bytes: &mut [u8], out: &mut Vec<u8>) -> Result<usize, WebSocketError> {
        let Some(upgrade) = &mut self.upgrade else { return self.unframe(bytes, out) };
        upgrade.answer.extend_from_slice(bytes);
        match check_answer(&upgrade.answer, &upgrade.key)? {
            None if upgrade.answer.len() > ANSWER_BYTES_MAX => Err(WebSocketError::Answer),
            None => Ok(0),
            Some(length) => {
                let frame_bytes = upgrade.answer.len() - length;
                self.upgrade = None;
                let start = bytes.len() - frame_bytes;
                bytes.copy_within(start.., 0);
                self.unframe(&mut bytes[..frame_bytes], out)
            }
        }
    }

    fn unframe(&mut self, bytes: &mut [u8], out: &mut Vec<u8>) -> Result<usize, WebSocketError> {
        let has_ended = &mut self.has_ended;
        self.frames.unframe(bytes, |control| match control {
            Control::Ping(payload) => write_frame(out, PONG, &payload),
            Control::Close(payload) => {
                *has_ended = true;
                write_frame(out, CLOSE, &payload);
            }
        })
    }

    /// Appends one binary frame with `payload`, which need not be whole packets [MQTT-6.0.0-2].
    pub(crate) fn send(payload: &[u8], out: &mut Vec<u8>) {
        write_frame(out, BINARY, payload);
    }
}

/// Clients mask every frame (RFC 6455 §5.3). The keys differ and could be guessed: no script chooses what is sent here, which is
/// what keys protect from.
fn write_frame(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    out.push(first);
    match payload.len() {
        length @ 0..=125 => out.push(MASKED | length as u8),
        length @ 126..=0xFFFF => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let mask = fastrand::u32(..).to_ne_bytes();
    out.extend_from_slice(&mask);
    let start = out.len();
    out.extend_from_slice(payload);
    apply_mask(mask, &mut out[start..]);
}

fn apply_mask(mask: [u8; 4], bytes: &mut [u8]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    rest.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn length_and_mask(frame: &[u8]) -> (usize, Range<usize>) {
        assert_eq!(frame[1] & MASKED, MASKED);
        match frame[1] & !MASKED {
            126 => (usize::from(u16::from_be_bytes([frame[2], frame[3]])), 4..8),
            127 => (u64::from_be_bytes(frame[2..10].try_into().unwrap()) as usize, 10..14),
            length => (usize::from(length), 2..6),
        }
    }

    fn unmasked(frame: &[u8]) -> Vec<u8> {
        let (length, mask) = length_and_mask(frame);
        let payload = &frame[mask.end..];
        assert_eq!(payload.len(), length);
        payload.iter().enumerate().map(|(index, byte)| byte ^ frame[mask.start + index % 4]).collect()
    }

    #[test]
    fn a_sent_frame_is_binary_and_masked() {
        for length in [0, 1, 7, 8, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let mut out = Vec::new();
            WebSocketSession::send(&payload, &mut out);
            assert_eq!(out[0], BINARY, "[MQTT-6.0.0-1]");
            assert!(unmasked(&out) == payload, "{length}");
        }
    }

    #[test]
    fn frames_right_behind_the_answer_are_read_and_control_frames_answered() {
        let mut session = WebSocketSession::new();
        let client = WebSocketClient { host: "localhost".to_owned(), path: "/".to_owned() };
        // The example of RFC 6455 §1.3.
        session.upgrade.as_mut().unwrap().key = "dGhlIHNhbXBsZSBub25jZQ==".to_owned();
        assert!(session.request(&client).contains("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
        let mut out = Vec::new();
        let mut start =
            b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n"
                .to_vec();
        assert_eq!(session.receive(&mut start, &mut out), Ok(0));
        assert!(!session.is_open());
        let mut rest =
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x82\x02hi\x89\x01?\x88\x02\x03\xe8".to_vec();
        assert_eq!(session.receive(&mut rest, &mut out), Ok(2));
        assert_eq!(&rest[..2], b"hi");
        assert!(session.is_open() && session.has_ended() && session.request(&client).is_empty());
        let (pong, close) = out.split_at(2 + 4 + 1);
        assert_eq!((pong[0], unmasked(pong)), (PONG, b"?".to_vec()));
        assert_eq!((close[0], unmasked(close)), (CLOSE, vec![0x03, 0xE8]));
    }
}
