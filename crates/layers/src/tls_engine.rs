//! What both kinds of TLS have in common: with certificates, and with pre-shared keys.

use crate::layer::Layer;
use dunlin_tls::{HandshakeFailure, PeerCertificate, TlsStream};
#[cfg(feature = "psk")]
use dunlin_tls_psk::PskStream;
use std::io::{Read, Write};

/// A TLS connection over a layer: a byte stream by the rules of [`dunlin_tls::TlsStream`].
pub(crate) trait TlsEngine: Read + Write + Send {
    /// What is below.
    type Below: Layer;

    fn below(&self) -> &Self::Below;

    fn below_mut(&mut self) -> &mut Self::Below;

    fn is_handshaking(&self) -> bool;

    fn handshake_failure(&self) -> Option<&HandshakeFailure>;

    /// Without what is below.
    fn has_pending_read(&self) -> bool;

    /// Without what is below.
    fn wants_write(&self) -> bool;

    fn server_name(&self) -> Option<&str>;

    /// The client's own certificate, if it showed one.
    fn peer_certificate(&self) -> Option<PeerCertificate<'_>>;

    fn close_notify(&mut self);
}

impl<L: Layer> TlsEngine for TlsStream<L> {
    type Below = L;

    fn below(&self) -> &L {
        self.socket()
    }

    fn below_mut(&mut self) -> &mut L {
        self.socket_mut()
    }

    fn is_handshaking(&self) -> bool {
        Self::is_handshaking(self)
    }

    fn handshake_failure(&self) -> Option<&HandshakeFailure> {
        Self::handshake_failure(self)
    }

    fn has_pending_read(&self) -> bool {
        Self::has_pending_read(self)
    }

    fn wants_write(&self) -> bool {
        Self::wants_write(self)
    }

    fn server_name(&self) -> Option<&str> {
        Self::server_name(self)
    }

    fn peer_certificate(&self) -> Option<PeerCertificate<'_>> {
        Self::peer_certificate(self)
    }

    fn close_notify(&mut self) {
        Self::close_notify(self);
    }
}

/// A key is no certificate, and an identity is nothing that EMQX tells MQTT either.
#[cfg(feature = "psk")]
impl<L: Layer> TlsEngine for PskStream<L> {
    type Below = L;

    fn below(&self) -> &L {
        self.socket()
    }

    fn below_mut(&mut self) -> &mut L {
        self.socket_mut()
    }

    fn is_handshaking(&self) -> bool {
        Self::is_handshaking(self)
    }

    fn handshake_failure(&self) -> Option<&HandshakeFailure> {
        Self::handshake_failure(self)
    }

    fn has_pending_read(&self) -> bool {
        Self::has_pending_read(self)
    }

    fn wants_write(&self) -> bool {
        Self::wants_write(self)
    }

    fn server_name(&self) -> Option<&str> {
        Self::server_name(self)
    }

    fn peer_certificate(&self) -> Option<PeerCertificate<'_>> {
        None
    }

    fn close_notify(&mut self) {
        Self::close_notify(self);
    }
}
