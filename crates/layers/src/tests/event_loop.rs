//! What a worker of the broker does with one connection, without anything that it is not told to do.

use super::memory_wire::{MemoryWire, Peer};
use crate::Layers;
use dunlin_transport::{LayeredStream, PeerFacts, Stage};
use std::io::{ErrorKind, Read, Write};

/// Where connections of the tests come from.
pub(super) const PEER: &str = "198.51.100.7:40000";

/// A connection, its layers, and what the broker has of it.
pub(super) struct EventLoop {
    pub(super) stack: Box<dyn LayeredStream>,
    pub(super) peer: Peer,
    /// Bytes that MQTT has got.
    pub(super) received: Vec<u8>,
    /// Bytes that MQTT wants to send.
    pub(super) out: Vec<u8>,
    pub(super) facts: Option<Box<PeerFacts>>,
    /// How reading has ended: the end, or an error.
    pub(super) ended: Option<Result<(), ErrorKind>>,
    buffer: Vec<u8>,
    is_blocked: bool,
}

impl EventLoop {
    /// A connection that was just accepted. Each read has a buffer of `buffer_bytes`; `room` bytes wait for the client at most.
    pub(super) fn new(layers: &Layers, buffer_bytes: usize, room: usize) -> Self {
        let (wire, peer) = MemoryWire::with_room(room);
        let stack = layers.around(wire, PEER.parse().unwrap()).unwrap();
        Self {
            stack,
            peer,
            received: Vec::new(),
            out: Vec::new(),
            facts: None,
            ended: None,
            buffer: vec![0; buffer_bytes],
            is_blocked: false,
        }
    }

    /// Bytes have come, or the end.
    pub(super) fn readable(&mut self) {
        while self.ended.is_none() {
            let may_have_more = match self.stack.read(&mut self.buffer) {
                Ok(0) => {
                    self.ended = Some(Ok(()));
                    return;
                }
                Ok(count) => {
                    assert_eq!(self.stack.stage(), Stage::Open, "nothing is MQTT's before all layers are open");
                    self.received.extend_from_slice(&self.buffer[..count]);
                    count == self.buffer.len() || self.stack.has_pending_read()
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.stack.has_pending_read(),
                Err(error) => {
                    self.ended = Some(Err(error.kind()));
                    return;
                }
            };
            if let Some(facts) = self.stack.take_facts() {
                assert!(self.facts.replace(facts).is_none(), "facts are given once");
            }
            self.is_blocked |= self.stack.wants_write();
            if !may_have_more {
                return;
            }
        }
    }

    /// The peer has read: perhaps there is room again.
    pub(super) fn writable(&mut self) {
        if self.peer.take_writable_edge() && self.is_blocked {
            self.is_blocked = self.stack.flush().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            assert_eq!(self.is_blocked, self.stack.wants_write(), "a flush that is done leaves nothing");
        }
    }

    /// Writes what MQTT wants to send, as far as nothing is in the way.
    pub(super) fn write(&mut self) {
        while !self.is_blocked && !self.out.is_empty() && self.ended.is_none() {
            match self.stack.write(&self.out) {
                Ok(count) => {
                    assert!(count > 0);
                    self.out.drain(..count);
                    self.is_blocked = self.stack.wants_write();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Before the layers are open reading goes on first.
                    self.is_blocked = self.stack.stage() == Stage::Open;
                    return;
                }
                Err(error) => self.ended = Some(Err(error.kind())),
            }
        }
    }

    /// The broker closes.
    pub(super) fn shut_down(&mut self) {
        self.stack.shut_down();
        self.is_blocked |= self.stack.wants_write();
    }
}
