//! The lowest layer: the TCP connection, behind the PROXY header where one is expected.

use crate::arrival::{Arrival, Taken};
use crate::{Naming, layer::Layer, wire::Wire};
use dunlin_transport::{LayerEnding, PeerFacts, Stage};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

/// A connection; nothing of the PROXY header in front of it is ever given to the layer above.
pub(crate) struct Socket<W> {
    wire: W,
    /// Gone once somebody has taken note of it.
    arrival: Option<Box<Arrival>>,
    /// The read that ended the header filled the whole buffer, so that the wire may have more than what was given.
    may_have_more: bool,
}

impl<W: Wire> Socket<W> {
    /// A connection from which nothing was read; the other end is `peer`.
    pub(crate) fn new(wire: W, peer: SocketAddr, is_behind_proxy: bool) -> Self {
        Self { wire, arrival: Some(Box::new(Arrival::new(peer, is_behind_proxy))), may_have_more: false }
    }

    /// Reads the header, and what follows it if that is there. As it goes on until the wire has nothing, the end of the
    /// connection shows, too; the header's greatest length bounds that.
    fn read_header(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(arrival) = self.arrival.as_deref_mut().filter(|arrival| arrival.is_awaited()) {
            if arrival.has_failed() {
                return Err(refused(arrival));
            }
            let count = match self.wire.read(buffer) {
                Ok(0) => {
                    arrival.end();
                    return Ok(0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            if let Taken::Whole(used) = arrival.take(bytes)
                && used < count
            {
                self.may_have_more = count == buffer.len();
                buffer.copy_within(used..count, 0);
                return Ok(count - used);
            }
        }
        self.wire.read(buffer)
    }
}

fn refused(arrival: &Arrival) -> io::Error {
    let detail = arrival.ending().map(|ending| ending.detail);
    io::Error::new(ErrorKind::InvalidData, detail.unwrap_or_default())
}

impl<W: Wire> Read for Socket<W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.may_have_more = false;
        if self.arrival.is_some() && !buffer.is_empty() {
            return self.read_header(buffer);
        }
        self.wire.read(buffer)
    }
}

impl<W: Wire> Write for Socket<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wire.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.wire.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wire.flush()
    }
}

impl<W: Wire> Layer for Socket<W> {
    type Wire = W;

    fn wire(&mut self) -> &mut W {
        &mut self.wire
    }

    fn has_pending_read(&self) -> bool {
        self.may_have_more
    }

    fn wants_write(&self) -> bool {
        false
    }

    fn stage(&self) -> Stage {
        let is_awaited = self.arrival.as_ref().is_some_and(|arrival| arrival.is_awaited());
        if is_awaited { Stage::Proxy } else { Stage::Open }
    }

    fn take_facts(&mut self, naming: Naming) -> PeerFacts {
        let arrival = self.arrival.take();
        arrival.map_or_else(|| PeerFacts::new((Ipv4Addr::UNSPECIFIED, 0).into()), |arrival| arrival.facts(naming))
    }

    fn ending(&self) -> Option<LayerEnding> {
        self.arrival.as_ref()?.ending()
    }

    fn farewell(&mut self) -> bool {
        self.wire.shut_down_write();
        true
    }
}
