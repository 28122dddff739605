//! Why a QUIC listener cannot start or change.

use std::io;
use std::net::SocketAddr;

/// Why a listener cannot start or change, in words for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuicError {
    /// Something else listens there.
    #[error("UDP address {0} is in use; stop what listens there, or set another `bind`")]
    InUse(SocketAddr),
    /// Ports below 1024 need a privilege.
    #[error("no permission to listen on UDP {0}; use a port from 1024 on, or grant CAP_NET_BIND_SERVICE")]
    NoPermission(SocketAddr),
    /// The address belongs to no interface of this machine.
    #[error("address {0} is not one of this machine's; `bind` takes a local address or a port alone")]
    NotLocal(SocketAddr),
    /// Anything else about the socket.
    #[error("cannot listen on UDP {0}: {1}")]
    Socket(SocketAddr, io::Error),
    /// QUIC is made of TLS 1.3, and starts with this suite.
    #[error(
        "QUIC needs TLS 1.3 and TLS_AES_128_GCM_SHA256 among its ciphers; leave `ssl_options` without versions and ciphers"
    )]
    UnfitTls,
    /// A duration or a number that QUIC has no way to say.
    #[error("{option} = {value} is more than QUIC can say; set less")]
    OutOfRange {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
    },
    /// The operating system has no thread left.
    #[error("cannot start the thread of the QUIC listener: {0}")]
    Thread(io::Error),
}

impl QuicError {
    pub(crate) fn socket(address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            io::ErrorKind::PermissionDenied => Self::NoPermission(address),
            io::ErrorKind::AddrNotAvailable => Self::NotLocal(address),
            _ => Self::Socket(address, error),
        }
    }
}
