//! What OpenSSL reads from and writes to in place of a socket: bytes that were received, and bytes to be sent.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};

/// The most that is read from a socket at once.
pub(crate) const READ_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// Lent to the connection that is read from: one that is idle owns none.
    static RECEIVING: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static SENDING: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes on their way between a socket and OpenSSL.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    received: Vec<u8>,
    /// What of `received` OpenSSL has not taken yet.
    at: usize,
    end: usize,
    out: Vec<u8>,
}

impl Memory {
    /// Lets `read` fill a buffer of this thread, at most `wanted` bytes. Only while nothing received is left; [`Self::settle`] comes
    /// after it.
    pub(crate) fn receive(
        &mut self,
        wanted: usize,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut buffer = RECEIVING.take();
        buffer.resize(READ_BYTES_MAX, 0);
        let room = wanted.min(READ_BYTES_MAX);
        let result = read(&mut buffer[..room]);
        (self.at, self.end) = (0, *result.as_ref().unwrap_or(&0).min(&room));
        self.received = buffer;
        result
    }

    /// Gives the buffer back to the thread; what OpenSSL has not taken is kept.
    pub(crate) fn settle(&mut self) {
        let rest = self.received.get(self.at..self.end).unwrap_or_default().to_vec();
        (self.at, self.end) = (0, rest.len());
        let buffer = std::mem::replace(&mut self.received, rest);
        if buffer.len() == READ_BYTES_MAX {
            RECEIVING.set(buffer);
        }
    }

    /// Whether something received is left.
    pub(crate) fn has_received(&self) -> bool {
        self.at < self.end
    }

    /// What is to be sent.
    pub(crate) fn out(&self) -> &[u8] {
        &self.out
    }

    /// So many bytes in front were sent.
    pub(crate) fn sent(&mut self, count: usize) {
        if count < self.out.len() {
            self.out.drain(..count);
        } else {
            let mut buffer = std::mem::take(&mut self.out);
            buffer.clear();
            SENDING.set(buffer);
        }
    }
}

impl Read for Memory {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let received = self.received.get(self.at..self.end).unwrap_or_default();
        if received.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = received.len().min(buffer.len());
        buffer[..count].copy_from_slice(&received[..count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.is_empty() {
            self.out = SENDING.take();
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_memory_owns_nothing() {
        let mut memory = Memory::default();
        memory.receive(100, |buffer| Ok(buffer.len())).unwrap();
        assert_eq!(memory.read(&mut [0; 60]).unwrap(), 60);
        memory.settle();
        assert_eq!((memory.has_received(), memory.received.len()), (true, 40), "only the rest is kept");
        assert_eq!(memory.read(&mut [0; 60]).unwrap(), 40);
        memory.settle();
        memory.write_all(b"answer").unwrap();
        memory.sent(2);
        assert_eq!(memory.out(), b"swer");
        memory.sent(4);
        assert_eq!((memory.received.capacity(), memory.out.capacity()), (0, 0));
        assert_eq!(memory.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn a_read_that_fails_leaves_nothing() {
        let mut memory = Memory::default();
        assert!(memory.receive(100, |_| Err(ErrorKind::WouldBlock.into())).is_err());
        assert!(!memory.has_received());
    }
}
