//! TLS as a layer.

use crate::tls_engine::TlsEngine;
use crate::{Naming, layer::Layer};
use dunlin_tls::{AlternativeNames, HandshakeFailure, Side};
use dunlin_transport::{LayerEnding, PeerFacts, SeenCertificate, Stage};
use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

/// Bytes that are joined for one write; TLS takes no more at once.
const JOINED_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// Where the slices of a vectored write are joined: one per worker, not per connection.
    static JOINED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// TLS above a layer.
pub(crate) struct TlsLayer<E> {
    stream: E,
    closure: Option<Box<Closure>>,
}

/// How the connection ended after its handshake.
enum Closure {
    /// The client closed.
    ByPeer,
    /// A record that could not be accepted.
    Record(String),
}

impl<E: TlsEngine> TlsLayer<E> {
    /// A connection whose handshake is to come.
    pub(crate) fn new(stream: E) -> Self {
        Self { stream, closure: None }
    }

    fn own_ending(&self) -> Option<LayerEnding> {
        let ending = |word, detail, by_peer| LayerEnding { layer: Stage::Tls, word, detail, by_peer };
        if let Some(HandshakeFailure { word, side, detail }) = self.stream.handshake_failure() {
            return Some(ending(word, detail.clone(), *side == Side::Client));
        }
        match &**self.closure.as_ref()? {
            Closure::ByPeer => Some(ending("ssl_closed", "the client closed the connection".into(), true)),
            Closure::Record(detail) => Some(ending("ssl_error", detail.clone(), false)),
        }
    }
}

impl<E: TlsEngine> Read for TlsLayer<E> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer);
        match &read {
            Ok(0) if !buffer.is_empty() => {
                self.closure.get_or_insert_with(|| Box::new(Closure::ByPeer));
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                self.closure.get_or_insert_with(|| Box::new(Closure::Record(error.to_string())));
            }
            _ => {}
        }
        read
    }
}

impl<E: TlsEngine> Write for TlsLayer<E> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    /// Joins the slices, so that the header of a frame and its payload become one record.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        JOINED.with_borrow_mut(|joined| {
            joined.clear();
            for slice in slices {
                let room = JOINED_BYTES_MAX - joined.len();
                joined.extend_from_slice(slice.get(..room).unwrap_or(slice));
            }
            self.stream.write(joined)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<E: TlsEngine> Layer for TlsLayer<E> {
    type Wire = <E::Below as Layer>::Wire;

    fn wire(&mut self) -> &mut Self::Wire {
        self.stream.below_mut().wire()
    }

    fn has_pending_read(&self) -> bool {
        self.stream.has_pending_read() || self.stream.below().has_pending_read()
    }

    fn wants_write(&self) -> bool {
        self.stream.wants_write() || self.stream.below().wants_write()
    }

    fn stage(&self) -> Stage {
        match self.stream.below().stage() {
            Stage::Open if self.stream.is_handshaking() || self.stream.handshake_failure().is_some() => Stage::Tls,
            stage => stage,
        }
    }

    fn take_facts(&mut self, naming: Naming) -> PeerFacts {
        let mut facts = self.stream.below_mut().take_facts(naming);
        if let Some(name) = self.stream.server_name() {
            facts.server_name = Some(name.into());
        }
        if let Some(certificate) = self.stream.peer_certificate() {
            facts.username = naming.username.and_then(|part| part.of(&certificate));
            facts.client_id = naming.client_id.and_then(|part| part.of(&certificate));
            facts.certificate_common_name = certificate.common_name();
            facts.certificate_subject = certificate.subject();
            let AlternativeNames { dns, ip, email, uri } = certificate.alternative_names();
            facts.certificate = Some(SeenCertificate {
                pem: certificate.pem(),
                dns_names: dns,
                ip_addresses: ip,
                email_addresses: email,
                uris: uri,
            });
        }
        facts
    }

    fn ending(&self) -> Option<LayerEnding> {
        self.stream.below().ending().or_else(|| self.own_ending())
    }

    fn farewell(&mut self) -> bool {
        self.stream.close_notify();
        !self.stream.wants_write() && self.stream.below_mut().farewell()
    }
}
