//! Any bytes after the upgrade, plain and compressed: no panic, and the same outcome whole and byte by byte.
#![no_main]

use dunlin_websocket::{Ending, WebSocketOptions, WebSocketStream};
use libfuzzer_sys::fuzz_target;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

const REQUEST: &[u8] = b"GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

/// The most a message of a fuzzed client may unpack to, so that one run stays short.
const MAX_FRAME_SIZE: u64 = 64 * 1024;

struct Socket<'a> {
    incoming: &'a [u8],
    piece_length: usize,
    written: Vec<u8>,
}

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.piece_length.min(self.incoming.len()).min(buffer.len());
        let (piece, rest) = self.incoming.split_at(count);
        buffer[..count].copy_from_slice(piece);
        self.incoming = rest;
        Ok(count)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn play(incoming: &[u8], compress: bool, piece_length: usize, room: usize) -> (Vec<u8>, Option<Ending>) {
    let options = WebSocketOptions { compress, max_frame_size: Some(MAX_FRAME_SIZE), ..WebSocketOptions::default() };
    let mut stream = WebSocketStream::new(Socket { incoming, piece_length, written: Vec::new() }, Arc::new(options));
    let (mut payload, mut buffer) = (Vec::new(), vec![0; room]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => payload.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => assert!(stream.has_pending_read()),
            Err(_) => break,
        }
    }
    assert!(!stream.wants_write());
    (payload, stream.ending().cloned())
}

fuzz_target!(|frames: &[u8]| {
    let bytes = [REQUEST, frames].concat();
    for compress in [false, true] {
        let (whole, ending) = play(&bytes, compress, usize::MAX, 64 * 1024);
        let (split, split_ending) = play(&bytes, compress, 1, 512);
        assert_eq!(ending, split_ending);
        if ending.is_none() || !compress {
            assert_eq!(whole, split);
        } else {
            // A message that cannot be unpacked, or is too big, may show at different places of it.
            let length = whole.len().min(split.len());
            assert_eq!(whole[..length], split[..length]);
        }
    }
});
