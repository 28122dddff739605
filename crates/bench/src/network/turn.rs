//! The event loop: poll, read and hand out packets, flush every touched connection once.

use super::ClientError;
use super::connection::{Connection, Outbox};
use super::scratch::Scratch;
use super::stream::Stream;
use crate::target::Target;
use crate::wire::{Frame, WireError, split_frame};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::time::Duration;

/// Reads of one connection in a row before the others get their turn.
const READS_IN_A_ROW_MAX: usize = 4;
/// Bytes of the read buffer on top of room for the largest packet.
const READ_BUFFER_BYTES: usize = 256 * 1024;
const EVENTS_MAX: usize = 1024;

/// What a phase of a run does with the packets.
pub trait Handler {
    /// The connection of `client` is up, the layers above TCP included.
    ///
    /// # Errors
    /// Nothing can be said to the broker; the connection is closed and [`Handler::failed`] is called.
    fn opened(&mut self, _client: usize, _outbox: &mut Outbox) -> Result<(), ClientError> {
        Ok(())
    }
    /// A packet arrived.
    ///
    /// # Errors
    /// Whatever is wrong with it; the connection is closed and [`Handler::failed`] is called.
    fn received(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError>;
    /// The connection of `client` is gone, and not because [`Network::close`] was called.
    fn failed(&mut self, client: usize, error: ClientError);
    /// A read brought bytes; its packets follow. The place to read the clock once for all of them.
    fn reading(&mut self) {}
}

/// All connections of a run. A client is named by its index, in the order of [`Network::open`].
#[derive(Debug)]
pub struct Network {
    poll: Poll,
    events: Events,
    sockets: Sockets,
}

#[derive(Debug)]
struct Sockets {
    connections: Vec<Option<Connection>>,
    read_buffer: Vec<u8>,
    scratch: Scratch,
    /// Connections whose TLS session is that of an earlier one.
    resumed: usize,
    /// Clients with bytes to send.
    dirty: Vec<usize>,
    /// Clients whose socket was not read dry in the last turn.
    unread: Vec<usize>,
}

impl Network {
    /// An empty network that can receive packets of up to `packet_bytes_max` bytes.
    ///
    /// # Errors
    /// The kernel gives no epoll.
    pub fn new(packet_bytes_max: usize) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            sockets: Sockets {
                connections: Vec::new(),
                read_buffer: vec![0; READ_BUFFER_BYTES + packet_bytes_max],
                scratch: Scratch::new(),
                resumed: 0,
                dirty: Vec::new(),
                unread: Vec::new(),
            },
        })
    }

    /// Starts a connection and returns the client's index.
    ///
    /// # Errors
    /// No socket: out of files or of ports.
    pub fn open(&mut self, target: &Target) -> io::Result<usize> {
        let client = self.sockets.connections.len();
        let mut socket = TcpStream::connect(target.address)?;
        self.poll.registry().register(&mut socket, Token(client), Interest::READABLE | Interest::WRITABLE)?;
        let stream = Stream::new(socket, &target.layers).map_err(io::Error::other)?;
        self.sockets.connections.push(Some(Connection::new(stream)));
        Ok(client)
    }

    /// How many connections went on with the TLS session of an earlier one.
    #[must_use]
    pub fn resumed_count(&self) -> usize {
        self.sockets.resumed
    }

    /// How many clients were opened, closed ones included.
    #[must_use]
    pub fn opened_count(&self) -> usize {
        self.sockets.connections.len()
    }

    /// Closes a connection at once; what waits in its outbox is lost.
    pub fn close(&mut self, client: usize) {
        self.sockets.connections[client] = None;
    }

    /// The outbox of a client, which will be flushed by the next [`Network::flush`]; `None` when it is closed.
    #[inline]
    pub fn outbox(&mut self, client: usize) -> Option<&mut Outbox> {
        let outbox = &mut self.sockets.connections[client].as_mut()?.outbox;
        if !outbox.listed {
            outbox.listed = true;
            self.sockets.dirty.push(client);
        }
        Some(outbox)
    }

    /// Bytes of a client that the kernel has not taken yet; a closed client never takes any.
    #[must_use]
    pub fn pending_bytes(&self, client: usize) -> usize {
        self.sockets.connections[client].as_ref().map_or(usize::MAX, |connection| connection.outbox.pending_bytes())
    }

    /// Waits up to `timeout` for events and hands all that arrived to `handler`.
    ///
    /// # Errors
    /// The poll failed; errors of single connections go to the handler.
    pub fn turn(&mut self, timeout: Duration, handler: &mut impl Handler) -> io::Result<()> {
        let timeout = if self.sockets.unread.is_empty() { timeout } else { Duration::ZERO };
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        }
        for client in std::mem::take(&mut self.sockets.unread) {
            self.sockets.guarded(client, handler, Sockets::read);
        }
        for event in &self.events {
            self.sockets.ready(event, handler);
        }
        Ok(())
    }

    /// Writes the outbox of every touched connection, once.
    pub fn flush(&mut self, handler: &mut impl Handler) {
        let mut dirty = std::mem::take(&mut self.sockets.dirty);
        for client in dirty.drain(..) {
            self.sockets.guarded(client, handler, |sockets, client, _| sockets.write(client));
        }
        self.sockets.dirty = dirty;
    }
}

impl Sockets {
    fn ready(&mut self, event: &Event, handler: &mut impl Handler) {
        let client = event.token().0;
        let Some(connection) = self.connections[client].as_mut() else { return };
        if connection.opening {
            let opened = connection.finish_opening(&mut self.read_buffer, &mut self.scratch).and_then(|is_open| {
                if is_open {
                    self.resumed += usize::from(connection.stream.is_resumed());
                    handler.opened(client, &mut connection.outbox)?;
                }
                Ok(is_open)
            });
            match opened {
                Ok(true) => self.list_if_dirty(client),
                // There is no other edge for the end.
                Ok(false) if event.is_read_closed() => return self.fail(client, ClientError::Closed, handler),
                Ok(false) => return,
                Err(error) => return self.fail(client, error, handler),
            }
        }
        let has_unsent = self.connections[client].as_ref().is_some_and(Connection::has_unsent);
        if event.is_writable() && has_unsent {
            self.guarded(client, handler, |sockets, client, _| sockets.write(client));
        }
        if event.is_readable() {
            self.guarded(client, handler, Self::read);
        }
        if event.is_read_closed() {
            // The end came with the last bytes, and there is no other edge for it.
            self.guarded(client, handler, Self::read);
        }
    }

    fn list_if_dirty(&mut self, client: usize) {
        let Some(connection) = self.connections[client].as_mut() else { return };
        if !connection.outbox.listed && !connection.outbox.bytes.is_empty() {
            connection.outbox.listed = true;
            self.dirty.push(client);
        }
    }

    fn guarded<H: Handler>(
        &mut self,
        client: usize,
        handler: &mut H,
        action: impl FnOnce(&mut Self, usize, &mut H) -> Result<(), ClientError>,
    ) {
        if let Err(error) = action(self, client, handler) {
            self.fail(client, error, handler);
        }
    }

    fn fail(&mut self, client: usize, error: ClientError, handler: &mut impl Handler) {
        self.connections[client] = None;
        handler.failed(client, error);
    }

    fn write(&mut self, client: usize) -> Result<(), ClientError> {
        let Some(connection) = self.connections[client].as_mut() else { return Ok(()) };
        connection.outbox.listed = false;
        connection.flush(&mut self.scratch)
    }

    fn read(&mut self, client: usize, handler: &mut impl Handler) -> Result<(), ClientError> {
        for _ in 0..READS_IN_A_ROW_MAX {
            let Some(connection) = self.connections[client].as_mut() else { return Ok(()) };
            let arrival = connection.read(&mut self.read_buffer, &mut self.scratch)?;
            handler.reading();
            let mut rest = &self.read_buffer[..arrival.bytes];
            while let Some((frame, used)) = split_frame(rest)? {
                handler.received(client, frame, &mut connection.outbox)?;
                rest = &rest[used..];
            }
            if rest.len() == self.read_buffer.len() {
                return Err(WireError::PacketTooLarge(rest.len()).into());
            }
            connection.partial.extend_from_slice(rest);
            self.list_if_dirty(client);
            if arrival.is_dry {
                return Ok(());
            }
        }
        self.unread.push(client);
        Ok(())
    }
}
