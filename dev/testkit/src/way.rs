//! What lies between a client and its socket.

use crate::WebSocketLine;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use socket2::{Domain, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

/// A stream of MQTT's bytes.
pub(crate) trait Line: Read + Write + Send {}

impl<T: Read + Write + Send> Line for T {}

/// What lies between a client and its socket, lowest first: a header of the PROXY protocol, TLS, WebSocket.
#[derive(Clone, Debug, Default)]
pub struct Way {
    header: Vec<u8>,
    tls: Option<Arc<ClientConfig>>,
    is_websocket: bool,
    in_single_bytes: bool,
    source: Option<Ipv4Addr>,
}

impl Way {
    /// Nothing.
    #[must_use]
    pub fn tcp() -> Self {
        Self::default()
    }

    /// Bytes that are sent before anything else: the header of the PROXY protocol.
    #[must_use]
    pub fn after(mut self, header: impl Into<Vec<u8>>) -> Self {
        self.header = header.into();
        self
    }

    /// TLS, with a server that is called `localhost`.
    #[must_use]
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// WebSocket.
    #[must_use]
    pub fn websocket(mut self) -> Self {
        self.is_websocket = true;
        self
    }

    /// Every byte is written on its own.
    #[must_use]
    pub fn in_single_bytes(mut self) -> Self {
        self.in_single_bytes = true;
        self
    }

    /// From this address of this machine.
    #[must_use]
    pub fn from(mut self, source: Ipv4Addr) -> Self {
        self.source = Some(source);
        self
    }

    /// The socket below everything.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if let Some(source) = self.source {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        socket.connect(&address.into())?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    pub(crate) fn open(&self, socket: &TcpStream) -> io::Result<Box<dyn Line>> {
        let socket = socket.try_clone()?;
        if self.in_single_bytes { self.wrap(SingleBytes(socket)) } else { self.wrap(socket) }
    }

    fn wrap(&self, mut socket: impl Line + 'static) -> io::Result<Box<dyn Line>> {
        socket.write_all(&self.header)?;
        let Some(config) = &self.tls else { return self.upgrade(socket) };
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        self.upgrade(StreamOwned::new(connection, socket))
    }

    fn upgrade(&self, stream: impl Line + 'static) -> io::Result<Box<dyn Line>> {
        if !self.is_websocket {
            return Ok(Box::new(stream));
        }
        let upgraded = WebSocketLine::upgrade(stream, "mqtt", "")?;
        Ok(Box::new(upgraded.map_err(|answer| io::Error::other(format!("no upgrade: {answer}")))?))
    }
}

/// Writes every byte on its own.
struct SingleBytes(TcpStream);

impl Read for SingleBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for SingleBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes.get(..1).unwrap_or_default())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
