//! The other end: a socket that gives and takes as it is told, and a client's frames.

use dunlin_websocket::{WebSocketOptions, WebSocketStream};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

/// What a client that offers no compression sends first.
pub(crate) const REQUEST: &str = "GET /mqtt HTTP/1.1\r\nHost: broker:8083\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";

/// A request with more headers.
pub(crate) fn request_with(headers: &str) -> String {
    REQUEST.replace("\r\n\r\n", &format!("\r\n{headers}\r\n\r\n"))
}

/// A non-blocking socket in memory.
#[derive(Default)]
pub(crate) struct Socket {
    /// Pieces that one read each gives.
    pub(crate) incoming: VecDeque<Vec<u8>>,
    /// After them: the end instead of `WouldBlock`.
    pub(crate) ends: bool,
    /// What was written.
    pub(crate) written: Vec<u8>,
    /// Bytes it still takes.
    pub(crate) room: Option<usize>,
    /// Calls that took bytes.
    pub(crate) writes: usize,
}

impl Socket {
    fn take(&mut self, parts: &[&[u8]]) -> io::Result<usize> {
        let all = parts.concat();
        let count = all.len().min(self.room.unwrap_or(usize::MAX));
        if count == 0 && !all.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        if let Some(room) = &mut self.room {
            *room -= count;
        }
        self.writes += 1;
        self.written.extend_from_slice(&all[..count]);
        Ok(count)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.incoming.front_mut() else {
            return if self.ends { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        };
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            self.incoming.pop_front();
        }
        Ok(count)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(&[bytes])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.take(&parts.iter().map(|part| &part[..]).collect::<Vec<_>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) type Stream = WebSocketStream<Socket>;

/// A connection that is about to read these pieces.
pub(crate) fn stream_of(options: WebSocketOptions, pieces: impl IntoIterator<Item = Vec<u8>>) -> Stream {
    let incoming = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
    WebSocketStream::new(Socket { incoming, ..Socket::default() }, Arc::new(options))
}

/// A connection after the upgrade, the answer to which is forgotten.
pub(crate) fn open_stream(options: WebSocketOptions, request: &str) -> Stream {
    let mut stream = stream_of(options, [request.as_bytes().to_vec()]);
    assert_eq!(read_all(&mut stream, 4096), (Vec::new(), Some(ErrorKind::WouldBlock)));
    assert!(stream.is_open(), "{}", String::from_utf8_lossy(&stream.get_ref().written));
    stream.get_mut().written.clear();
    stream.get_mut().writes = 0;
    stream
}

/// Reads as an event loop does, until there is nothing more: the payload, and the error or `None` for the end.
pub(crate) fn read_all(stream: &mut Stream, buffer_length: usize) -> (Vec<u8>, Option<ErrorKind>) {
    let mut payload = Vec::new();
    let mut buffer = vec![0xee; buffer_length];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (payload, None),
            Ok(count) => payload.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock && stream.has_pending_read() => {}
            Err(error) => return (payload, Some(error.kind())),
        }
    }
}

/// Gives the connection bytes and reads.
pub(crate) fn feed(stream: &mut Stream, bytes: &[u8]) -> (Vec<u8>, Option<ErrorKind>) {
    stream.get_mut().incoming.push_back(bytes.to_vec());
    read_all(stream, 4096)
}

/// A client's frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0xa1, 0xb2, 0xc3, 0xd4];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// First bytes and payloads of a server's frames, all of them whole.
pub(crate) fn server_frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        assert_eq!(second & 0x80, 0, "a server does not mask [RFC 6455 §5.1]");
        let (length, rest) = match second {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => (u64::from_be_bytes(rest[..8].try_into().expect("8 bytes")) as usize, &rest[8..]),
            short => (usize::from(*short), rest),
        };
        frames.push((*first, rest[..length].to_vec()));
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty(), "a piece of a frame is left: {bytes:x?}");
    frames
}

/// The code of the close frame that was written last.
pub(crate) fn close_code(stream: &Stream) -> Option<u16> {
    let (first, payload) = server_frames(&stream.get_ref().written).pop()?;
    assert_eq!(first, 0x88, "the last frame closes");
    payload.try_into().ok().map(u16::from_be_bytes)
}
