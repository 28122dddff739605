//! A client of the TLS library and a stream of ours, joined in memory.

use super::memory_socket::MemorySocket;
use dunlin_tls::{HandshakeFailure, TlsContext, TlsStream};
use rustls::client::{ClientConnection, Resumption, WebPkiServerVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// A client's certificate and key.
pub(crate) type ClientIdentity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Both ends.
pub(crate) struct Pair {
    pub(crate) server: TlsStream<MemorySocket>,
    pub(crate) client: ClientConnection,
    pub(crate) client_socket: MemorySocket,
    /// What went wrong at the client.
    pub(crate) client_error: Option<rustls::Error>,
    /// What the server has read.
    pub(crate) received: Vec<u8>,
    /// What went wrong at the server.
    pub(crate) server_error: Option<io::Error>,
}

/// How a client connects.
pub(crate) fn client_config(
    root: &CertificateDer<'static>,
    identity: Option<ClientIdentity>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_webpki_verifier(verifier);
    let mut config = match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::in_memory_sessions(8);
    config
}

impl Pair {
    pub(crate) fn new(context: &TlsContext, config: &Arc<ClientConfig>, name: &str) -> Self {
        Self::with_room(context, config, name, 1 << 20)
    }

    pub(crate) fn with_room(context: &TlsContext, config: &Arc<ClientConfig>, name: &str, room: usize) -> Self {
        let (server_socket, client_socket) = MemorySocket::pair(room);
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self {
            server: context.accept(server_socket).unwrap(),
            client: ClientConnection::new(Arc::clone(config), name).unwrap(),
            client_socket,
            client_error: None,
            received: Vec::new(),
            server_error: None,
        }
    }

    /// Moves bytes both ways until nothing moves any more.
    pub(crate) fn run(&mut self) {
        // What the server answers shows in the next turn of the client.
        while self.step() || self.step() {}
    }

    /// One turn of both ends; false when nothing moved.
    pub(crate) fn step(&mut self) -> bool {
        let moved = self.step_client();
        self.step_server() || moved
    }

    pub(crate) fn step_client(&mut self) -> bool {
        let mut moved = false;
        while self.client.wants_write() && self.client.write_tls(&mut self.client_socket).is_ok_and(|count| count > 0) {
            moved = true;
        }
        while self.client_error.is_none()
            && self.client.wants_read()
            && self.client.read_tls(&mut self.client_socket).is_ok_and(|count| count > 0)
        {
            moved = true;
            self.client_error = self.client.process_new_packets().err();
        }
        moved
    }

    /// As a worker does: reads until the stream says that there is nothing, and writes what waits.
    pub(crate) fn step_server(&mut self) -> bool {
        let waiting = self.server.outgoing_bytes();
        let _ = self.server.flush();
        let mut moved = self.server.outgoing_bytes() != waiting;
        let mut buffer = vec![0; 64 * 1024];
        while self.server_error.is_none() {
            match self.server.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    moved = true;
                    self.received.extend_from_slice(&buffer[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.server.has_pending_read() {
                        break;
                    }
                }
                Err(error) => self.server_error = Some(error),
            }
        }
        moved
    }

    /// Everything the client can read now.
    pub(crate) fn client_received(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.client.reader().read_to_end(&mut bytes);
        bytes
    }

    /// Sends from the client and runs.
    pub(crate) fn client_sends(&mut self, bytes: &[u8]) {
        self.client.writer().write_all(bytes).unwrap();
        self.run();
    }

    pub(crate) fn failure(&self) -> HandshakeFailure {
        let inner = self.server_error.as_ref().and_then(io::Error::get_ref).expect("the server's side failed");
        inner.downcast_ref::<HandshakeFailure>().expect("it failed in the handshake").clone()
    }
}
