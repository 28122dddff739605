//! Two ends of a connection in memory: non-blocking, with as much room as a test gives.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// One direction.
#[derive(Debug)]
struct Pipe {
    bytes: VecDeque<u8>,
    room: usize,
    is_closed: bool,
}

/// One end.
#[derive(Debug)]
pub(crate) struct MemorySocket {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
    /// The most one read gives.
    pub(crate) read_bytes_max: usize,
}

impl MemorySocket {
    /// Both ends; each direction holds so many bytes.
    pub(crate) fn pair(room: usize) -> (Self, Self) {
        let pipe = || Arc::new(Mutex::new(Pipe { bytes: VecDeque::new(), room, is_closed: false }));
        let (there, back) = (pipe(), pipe());
        let end = |incoming, outgoing| Self { incoming, outgoing, read_bytes_max: usize::MAX };
        (end(Arc::clone(&there), Arc::clone(&back)), end(back, there))
    }

    /// Ends the direction away from here.
    pub(crate) fn shutdown(&self) {
        self.outgoing.lock().is_closed = true;
    }

    /// Bytes the other end has not read.
    pub(crate) fn unread_by_peer(&self) -> usize {
        self.outgoing.lock().bytes.len()
    }
}

impl Read for MemorySocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.incoming.lock();
        if pipe.bytes.is_empty() {
            return if pipe.is_closed { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let count = buffer.len().min(self.read_bytes_max);
        let count = pipe.bytes.read(&mut buffer[..count])?;
        if pipe.bytes.is_empty() {
            pipe.bytes = VecDeque::new();
        }
        Ok(count)
    }
}

impl Write for MemorySocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.outgoing.lock();
        let count = bytes.len().min(pipe.room - pipe.bytes.len());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        pipe.bytes.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
