//! All layers of one connection, as the event loop sees them.

use crate::facts_check::refuse_unsafe;
use crate::{Naming, layer::Layer, wire::Wire};
use dunlin_transport::{LayerEnding, LayeredStream, PeerFacts, Stage};
use mio::event::Source;
use std::io::{self, ErrorKind, Read, Write};

/// All layers of one connection.
pub(crate) struct Stack<L> {
    layer: L,
    introduction: Introduction,
    farewell: Farewell,
}

/// What is known of the other end.
enum Introduction {
    /// The layers are not open yet.
    Awaited(Naming),
    /// To be taken.
    Ready(Box<PeerFacts>),
    /// Taken.
    Done,
    /// Something about it cannot be accepted.
    Refused(Box<LayerEnding>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Farewell {
    /// The broker has not closed.
    None,
    /// A layer waits for the wire before it can say goodbye.
    Waiting,
    /// Said.
    Said,
}

impl<L: Layer> Stack<L> {
    /// Around a connection from which nothing was read.
    pub(crate) fn new(layer: L, naming: Naming) -> Self {
        Self { layer, introduction: Introduction::Awaited(naming), farewell: Farewell::None }
    }

    /// Learns who is at the other end as soon as the layers are open, before anything that was read is given away.
    fn introduce(&mut self, naming: Naming, read: io::Result<usize>) -> io::Result<usize> {
        if self.layer.stage() != Stage::Open {
            return read;
        }
        if self.layer.ending().is_some() {
            // A client has to wait for the answer to its upgrade (RFC 6455 §4.1). One that says everything up to its goodbye
            // at once is gone before it is known, and what it said is nobody's.
            return read.map(|_| 0);
        }
        let facts = self.layer.take_facts(naming);
        if let Some(refused) = refuse_unsafe(&facts) {
            self.introduction = Introduction::Refused(Box::new(refused));
            return self.refused();
        }
        self.introduction = Introduction::Ready(Box::new(facts));
        read
    }

    fn refused(&self) -> io::Result<usize> {
        let ending = self.ending().map(|ending| ending.detail);
        Err(io::Error::new(ErrorKind::InvalidData, ending.unwrap_or_default()))
    }

    fn say_farewell(&mut self) {
        self.farewell = if self.layer.farewell() { Farewell::Said } else { Farewell::Waiting };
    }
}

impl<L: Layer> Read for Stack<L> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Introduction::Refused(_) = self.introduction {
            return self.refused();
        }
        let read = self.layer.read(buffer);
        match self.introduction {
            Introduction::Awaited(naming) => self.introduce(naming, read),
            _ => read,
        }
    }
}

impl<L: Layer> Write for Stack<L> {
    /// Writes until a layer takes no more: a layer may take less than there is room for, and then nothing but another write
    /// would find that out.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.layer.stage() != Stage::Open && self.layer.ending().is_none() {
            return Err(ErrorKind::WouldBlock.into());
        }
        if self.farewell == Farewell::Said {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match self.layer.write(rest) {
                Ok(0) if written == 0 => return Err(ErrorKind::WriteZero.into()),
                Ok(0) => break,
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What is wrong shows at the next write.
                Err(_) if written > 0 => break,
                Err(error) => return Err(error),
            }
            // What waited for the end of a frame, such as the answer to a ping, may have nothing in its way now.
            if self.layer.wants_write() && self.layer.flush().is_err() {
                break;
            }
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.layer.flush()?;
        if self.farewell == Farewell::Waiting {
            self.say_farewell();
        }
        // A goodbye that followed may have filled the wire again.
        if self.layer.wants_write() { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}

impl<L: Layer> LayeredStream for Stack<L> {
    fn source(&mut self) -> &mut dyn Source {
        self.layer.wire().source()
    }

    fn has_pending_read(&self) -> bool {
        self.layer.has_pending_read()
    }

    fn wants_write(&self) -> bool {
        self.layer.wants_write()
    }

    fn stage(&self) -> Stage {
        self.layer.stage()
    }

    fn take_facts(&mut self) -> Option<Box<PeerFacts>> {
        match std::mem::replace(&mut self.introduction, Introduction::Done) {
            Introduction::Ready(facts) => Some(facts),
            other => {
                self.introduction = other;
                None
            }
        }
    }

    fn ending(&self) -> Option<LayerEnding> {
        match &self.introduction {
            Introduction::Refused(ending) => Some((**ending).clone()),
            _ => self.layer.ending(),
        }
    }

    fn shut_down(&mut self) {
        if self.farewell == Farewell::None {
            self.say_farewell();
        }
    }
}
