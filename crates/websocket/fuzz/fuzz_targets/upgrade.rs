//! Any request: no panic, an answer in HTTP or none, and a granted one has its facts.
#![no_main]

use dunlin_websocket::{Ending, WebSocketOptions, WebSocketStream};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

struct Socket<'a> {
    incoming: Cursor<&'a [u8]>,
    written: Vec<u8>,
}

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.incoming.read(buffer)
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

fuzz_target!(|request: &[u8]| {
    let options = WebSocketOptions { compress: true, check_origin_enable: true, ..WebSocketOptions::default() };
    let socket = Socket { incoming: Cursor::new(request), written: Vec::new() };
    let mut stream = WebSocketStream::new(socket, Arc::new(options));
    let _ = stream.read(&mut [0; 4096]);
    let (upgrade, written) = (stream.take_upgrade(), String::from_utf8_lossy(&stream.get_ref().written).into_owned());
    match (&upgrade, stream.ending()) {
        (Some(upgrade), _) => {
            assert!(written.starts_with("HTTP/1.1 101 "));
            assert!(upgrade.header("Host").is_some() && upgrade.headers().count() >= 5);
            let _ = (upgrade.cookies().count(), upgrade.target(), upgrade.client(([127, 0, 0, 1], 1).into()));
        }
        (None, Some(Ending::Refused(refusal))) => assert!(written.contains(&refusal.sentence)),
        (None, _) => assert!(written.is_empty() || written.starts_with("HTTP/1.1 101 ")),
    }
});
