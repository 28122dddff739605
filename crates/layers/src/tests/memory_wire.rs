//! A connection in memory that behaves as a non-blocking socket under an edge-triggered event loop does.

use crate::wire::Wire;
use mio::event::Source;
use mio::{Interest, Registry, Token};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

/// One end, given to the layers; [`MemoryWire::peer`] is the other one.
pub(super) struct MemoryWire {
    pipes: Arc<Mutex<Pipes>>,
}

/// The other end, and what an operating system would say about this one.
pub(super) struct Peer {
    pipes: Arc<Mutex<Pipes>>,
}

#[derive(Default)]
struct Pipes {
    incoming: VecDeque<u8>,
    incoming_has_ended: bool,
    outgoing: VecDeque<u8>,
    outgoing_has_ended: bool,
    room: usize,
    /// A write was not taken as a whole: the next room is an edge.
    is_full: bool,
    writable_edge: bool,
    vectored_writes: usize,
}

impl MemoryWire {
    /// A connection that holds so many bytes that the peer has not read.
    pub(super) fn with_room(room: usize) -> (Self, Peer) {
        let pipes = Arc::new(Mutex::new(Pipes { room, ..Pipes::default() }));
        (Self { pipes: Arc::clone(&pipes) }, Peer { pipes })
    }
}

impl Peer {
    /// Sends.
    pub(super) fn deliver(&self, bytes: &[u8]) {
        self.pipes.lock().incoming.extend(bytes);
    }

    /// Sends nothing more.
    pub(super) fn end(&self) {
        self.pipes.lock().incoming_has_ended = true;
    }

    /// Reads at most so many bytes.
    pub(super) fn drain(&self, count: usize) -> Vec<u8> {
        let mut pipes = self.pipes.lock();
        let count = count.min(pipes.outgoing.len());
        if count > 0 {
            pipes.writable_edge |= std::mem::take(&mut pipes.is_full);
        }
        pipes.outgoing.drain(..count).collect()
    }

    /// Whether room came after a write that was not taken as a whole, once.
    pub(super) fn take_writable_edge(&self) -> bool {
        std::mem::take(&mut self.pipes.lock().writable_edge)
    }

    /// Whether the layers have closed their side.
    pub(super) fn has_been_shut_down(&self) -> bool {
        self.pipes.lock().outgoing_has_ended
    }

    /// Vectored writes there were.
    pub(super) fn vectored_writes(&self) -> usize {
        self.pipes.lock().vectored_writes
    }
}

impl Read for MemoryWire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pipes = self.pipes.lock();
        if pipes.incoming.is_empty() {
            return if pipes.incoming_has_ended { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let count = buffer.len().min(pipes.incoming.len());
        for (place, byte) in buffer.iter_mut().zip(pipes.incoming.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }
}

impl Write for MemoryWire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipes = self.pipes.lock();
        assert!(!pipes.outgoing_has_ended, "nothing is written after the end");
        let count = bytes.len().min(pipes.room - pipes.outgoing.len());
        pipes.is_full |= count < bytes.len();
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        pipes.outgoing.extend(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.pipes.lock().vectored_writes += 1;
        let joined: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.write(&joined)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for MemoryWire {
    fn source(&mut self) -> &mut dyn Source {
        self
    }

    fn shut_down_write(&mut self) {
        self.pipes.lock().outgoing_has_ended = true;
    }
}

/// There is no event loop to register it with.
impl Source for MemoryWire {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}
