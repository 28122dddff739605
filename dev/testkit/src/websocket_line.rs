//! The client's side of WebSocket (RFC 6455), frame by frame.

use std::io::{self, ErrorKind, Read, Write};

/// More than this in one frame comes from no broker of a test.
const FRAME_BYTES_MAX: u64 = 64 << 20;

/// The client's key. Its answer is not checked: the layers' own tests do that.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What every payload is masked with (§5.3).
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

const FINAL: u8 = 0x80;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The client's side of WebSocket above a stream. Read and written, it is a stream of MQTT's bytes: each write is a binary frame.
#[derive(Debug)]
pub struct WebSocketLine<S> {
    stream: S,
    /// Bytes from the stream that are no whole frame yet.
    partial: Vec<u8>,
    /// Payload that was not asked for yet.
    unread: Vec<u8>,
    is_closed: bool,
}

/// A frame from the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketFrame {
    /// The first byte: the bit for the last one of a message, and what kind it is.
    pub first: u8,
    /// What is in it.
    pub payload: Vec<u8>,
}

impl WebSocketFrame {
    /// The code of a close frame; `None` if it is no such frame or has no code.
    #[must_use]
    pub fn close_code(&self) -> Option<u16> {
        let code = self.payload.first_chunk().filter(|_| self.first & 0xf == CLOSE)?;
        Some(u16::from_be_bytes(*code))
    }
}

impl<S: Read + Write> WebSocketLine<S> {
    /// Asks for the upgrade on `/mqtt`, with a subprotocol (none if it is empty) and more headers, each with its line end.
    ///
    /// # Errors
    /// Those of the stream.
    ///
    /// Inside, where the broker does not switch protocols: what it answered before it closed.
    pub fn upgrade(mut stream: S, subprotocol: &str, headers: &str) -> io::Result<Result<Self, String>> {
        let protocol = match subprotocol {
            "" => String::new(),
            subprotocol => format!("Sec-WebSocket-Protocol: {subprotocol}\r\n"),
        };
        let request = format!(
            "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {KEY}\r\n{protocol}{headers}\r\n"
        );
        stream.write_all(request.as_bytes())?;
        stream.flush()?;
        let mut line = Self { stream, partial: Vec::new(), unread: Vec::new(), is_closed: false };
        loop {
            let end = line.partial.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end.filter(|_| line.partial.starts_with(b"HTTP/1.1 101 ")) {
                line.partial.drain(..end + 4);
                return Ok(Ok(line));
            }
            if line.read_some()? == 0 {
                return Ok(Err(String::from_utf8_lossy(&line.partial).into_owned()));
            }
        }
    }

    /// Sends a frame whose first byte is this one, masked.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn send_frame(&mut self, first: u8, payload: &[u8]) -> io::Result<()> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(FINAL | length as u8),
            length @ 126..=0xffff => {
                frame.push(FINAL | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                frame.push(FINAL | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.send_raw(&frame)
    }

    /// Sends bytes that may be no frame.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// The next frame; `None` when the stream has ended.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn next_frame(&mut self) -> io::Result<Option<WebSocketFrame>> {
        loop {
            if let Some(frame) = self.take_frame()? {
                return Ok(Some(frame));
            }
            if self.read_some()? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes a whole frame off what was read.
    fn take_frame(&mut self) -> io::Result<Option<WebSocketFrame>> {
        let Some((&[first, length], rest)) = self.partial.split_first_chunk() else { return Ok(None) };
        let digits = match length {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some((digits, rest)) = rest.split_at_checked(digits) else { return Ok(None) };
        let value = digits.iter().fold(0, |value: u64, digit| value << 8 | u64::from(*digit));
        let value = if digits.is_empty() { u64::from(length) } else { value };
        // A mask counts as the highest bit of the length, which makes it too large: a server masks nothing (§5.1).
        if value > FRAME_BYTES_MAX || length > 127 {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a frame of {length:#x}, {value} bytes")));
        }
        let Some(payload) = rest.get(..value as usize) else { return Ok(None) };
        let frame = WebSocketFrame { first, payload: payload.to_vec() };
        self.partial.drain(..2 + digits.len() + frame.payload.len());
        Ok(Some(frame))
    }

    fn read_some(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer)?;
        self.partial.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

impl<S: Read + Write> Read for WebSocketLine<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() && !self.is_closed {
            let Some(frame) = self.next_frame()? else {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "WebSocket ended without a close frame"));
            };
            match frame.first & 0xf {
                0 | BINARY => self.unread = frame.payload,
                PING => self.send_frame(FINAL | PONG, &frame.payload)?,
                PONG => {}
                CLOSE => {
                    self.is_closed = true;
                    self.send_frame(FINAL | CLOSE, &frame.payload)?;
                }
                _ => return Err(io::Error::new(ErrorKind::InvalidData, format!("{frame:?} from a broker"))),
            }
        }
        let count = self.unread.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.unread[..count]);
        self.unread.drain(..count);
        Ok(count)
    }
}

impl<S: Read + Write> Write for WebSocketLine<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send_frame(FINAL | BINARY, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
