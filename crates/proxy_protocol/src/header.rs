//! What a PROXY header says.

use crate::Tlvs;
use std::net::SocketAddr;

/// The form a header was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A line of text (§2.1).
    V1,
    /// Binary (§2.2).
    V2,
}

/// The two ends of the connection that the proxy accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// The proxy speaks for itself, as a health check does: the connection's own ends count (`LOCAL`, only version 2).
    Local,
    /// The proxy does not know or does not say: the connection's own ends count (`UNKNOWN`, `AF_UNSPEC`).
    Unknown,
    /// Internet addresses.
    Internet {
        /// The client.
        source: SocketAddr,
        /// Where the client connected to.
        destination: SocketAddr,
    },
    /// Sockets of the file system, as path bytes without the padding. A client's is empty as a rule.
    Unix {
        /// The client.
        source: Box<[u8]>,
        /// Where the client connected to.
        destination: Box<[u8]>,
    },
}

/// A PROXY header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The form it was written in.
    pub version: Version,
    /// Whose connection it is.
    pub addresses: Addresses,
    /// What else the proxy says; nothing in version 1 and for [`Addresses::Local`].
    pub tlvs: Tlvs,
}

impl Header {
    /// The client's internet address; `None` when the connection's own peer address is the one that counts.
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        match self.addresses {
            Addresses::Internet { source, .. } => Some(source),
            _ => None,
        }
    }

    /// The internet address the client connected to.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        match self.addresses {
            Addresses::Internet { destination, .. } => Some(destination),
            _ => None,
        }
    }
}
