//! What a connection needs until its handshake has ended, and what it comes to.

use crate::certificate_choice::OneChoice;
use crate::generation::Generation;
use crate::handshake_failure::{FIRST_BYTES, HandshakeFailure};
use rustls::server::UnbufferedServerConnection;
use rustls::server::danger::ClientCertVerifier;
use rustls::{Error, HandshakeKind};
use std::sync::Arc;

/// A handshake under way: what it began with stays, whatever is reloaded meanwhile.
#[derive(Debug)]
pub(crate) struct Handshake {
    generation: Arc<Generation>,
    choice: Arc<OneChoice>,
    first_bytes: [u8; FIRST_BYTES],
    first_bytes_count: usize,
}

impl Handshake {
    pub(crate) fn new(generation: Arc<Generation>, choice: Arc<OneChoice>) -> Self {
        Self { generation, choice, first_bytes: [0; FIRST_BYTES], first_bytes_count: 0 }
    }

    /// Keeps what tells TLS from other protocols, and its versions from each other.
    pub(crate) fn note_first_bytes(&mut self, received: &[u8]) {
        if self.first_bytes_count < self.first_bytes.len() {
            let count = received.len().min(self.first_bytes.len());
            self.first_bytes[..count].copy_from_slice(&received[..count]);
            self.first_bytes_count = count;
        }
    }

    pub(crate) fn asked_name(&self) -> Option<&str> {
        self.choice.asked_name()
    }

    pub(crate) fn failure(&self, error: &Error) -> HandshakeFailure {
        let first_bytes = self.first_bytes.get(..self.first_bytes_count).unwrap_or_default();
        HandshakeFailure::from_error(error, first_bytes, self.choice.lacks_suite())
    }

    /// A resumed session brings its certificate along without a look at it: it may have expired or been revoked meanwhile.
    pub(crate) fn check_resumed(&self, tls: &UnbufferedServerConnection) -> Result<(), Error> {
        let (Some(verifier), Some(HandshakeKind::Resumed)) = (&self.generation.verifier, tls.handshake_kind()) else {
            return Ok(());
        };
        match tls.peer_certificates() {
            Some(chain) => {
                let now = self.generation.config.time_provider.current_time().ok_or(Error::FailedToGetCurrentTime)?;
                verifier.verify_chain(chain, now)
            }
            None if verifier.client_auth_mandatory() => Err(Error::NoCertificatesPresented),
            None => Ok(()),
        }
    }
}
