//! A listening TCP socket.

use mio::net::{TcpListener, TcpStream};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// `tcp_options` of a listener.
#[derive(Clone, Debug)]
pub struct TcpOptions {
    /// Connections the kernel holds until they are accepted.
    pub backlog: i32,
    /// `TCP_NODELAY`. The broker coalesces writes itself; Nagle's algorithm on top only adds delay.
    pub nodelay: bool,
    /// `SO_SNDBUF` in bytes.
    pub send_buffer_bytes: Option<usize>,
    /// `SO_RCVBUF` in bytes.
    pub receive_buffer_bytes: Option<usize>,
    /// TCP keep alive: idle time, interval, probes.
    pub keepalive: Option<(Duration, Duration, u32)>,
    /// `nolinger`: a close sends a reset and forgets what was not sent (`SO_LINGER` of 0 s).
    pub reset_on_close: bool,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: 1024,
            nodelay: true,
            send_buffer_bytes: None,
            receive_buffer_bytes: None,
            keepalive: None,
            reset_on_close: false,
        }
    }
}

/// Why a listener could not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Something else listens there.
    #[error("address {0} is in use; stop what listens there, or set another `bind`")]
    InUse(SocketAddr),
    /// Ports below 1024 need a privilege.
    #[error("no permission to listen on {0}; use a port from 1024 on, or grant CAP_NET_BIND_SERVICE")]
    NoPermission(SocketAddr),
    /// The address belongs to no interface of this machine.
    #[error("address {0} is not one of this machine's; `bind` takes a local address or a port alone")]
    NotLocal(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {0}: {1}")]
    Other(SocketAddr, io::Error),
}

/// Why no connection came out of an accept.
#[derive(Debug)]
pub enum AcceptError {
    /// None is waiting.
    WouldBlock,
    /// The process or the machine has no free file descriptor.
    NoDescriptors,
    /// The connection died before it was accepted, or another passing fault: try the next one.
    Passing,
}

/// A listening TCP socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    options: TcpOptions,
    address: SocketAddr,
}

impl Listener {
    /// Binds and listens. Port 0 picks a free one, see [`Listener::address`].
    ///
    /// # Errors
    /// [`BindError`], in words for the operator.
    pub fn bind(address: SocketAddr, options: TcpOptions) -> Result<Self, BindError> {
        let open = || -> io::Result<TcpListener> {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            if address.is_ipv6() {
                socket.set_only_v6(false)?;
            }
            socket.set_reuse_address(true)?;
            // Buffer sizes have to be set before the handshake to count for the window scale.
            if let Some(bytes) = options.receive_buffer_bytes {
                socket.set_recv_buffer_size(bytes)?;
            }
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(options.backlog)?;
            Ok(TcpListener::from_std(socket.into()))
        };
        let socket = open().map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            io::ErrorKind::PermissionDenied => BindError::NoPermission(address),
            io::ErrorKind::AddrNotAvailable => BindError::NotLocal(address),
            _ => BindError::Other(address, error),
        })?;
        let address = socket.local_addr().unwrap_or(address);
        Ok(Self { socket, options, address })
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For registration with an event loop.
    pub fn source(&mut self) -> &mut TcpListener {
        &mut self.socket
    }

    /// Takes one waiting connection.
    ///
    /// # Errors
    /// [`AcceptError`].
    pub fn accept(&self) -> Result<(TcpStream, SocketAddr), AcceptError> {
        match self.socket.accept() {
            Ok((stream, peer)) => {
                self.set_options(&SockRef::from(&stream));
                Ok((stream, peer))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(AcceptError::WouldBlock),
            Err(error) => match rustix::io::Errno::from_io_error(&error) {
                Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => Err(AcceptError::NoDescriptors),
                _ => Err(AcceptError::Passing),
            },
        }
    }

    /// A connection that died meanwhile refuses its options; reading from it will tell.
    fn set_options(&self, socket: &SockRef<'_>) {
        let _ = socket.set_tcp_nodelay(self.options.nodelay);
        if let Some(bytes) = self.options.send_buffer_bytes {
            let _ = socket.set_send_buffer_size(bytes);
        }
        if self.options.reset_on_close {
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
        if let Some((idle, interval, probes)) = self.options.keepalive {
            let keepalive = TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(probes);
            let _ = socket.set_tcp_keepalive(&keepalive);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named() {
        let first = Listener::bind("127.0.0.1:0".parse().unwrap(), TcpOptions::default()).unwrap();
        let error = Listener::bind(first.address(), TcpOptions::default()).unwrap_err();
        assert!(matches!(error, BindError::InUse(address) if address == first.address()), "{error}");
        assert!(error.to_string().contains(&first.address().port().to_string()));
    }

    #[test]
    fn an_address_of_another_machine_is_named() {
        let error = Listener::bind("192.0.2.1:0".parse().unwrap(), TcpOptions::default()).unwrap_err();
        assert!(matches!(error, BindError::NotLocal(_)), "{error}");
    }
}
