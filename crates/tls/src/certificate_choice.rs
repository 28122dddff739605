//! Which certificate a client gets: by the name it asks for (SNI, RFC 6066 §3), else the listener's own.

use crate::server_identity::ServerIdentity;
use rustls::CipherSuite;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The certificates of a listener.
#[derive(Debug)]
pub(crate) struct CertificateChoice {
    pub(crate) main: Arc<ServerIdentity>,
    pub(crate) by_name: Vec<ServerIdentity>,
    /// The cipher suites of the listener.
    pub(crate) suites: Vec<CipherSuite>,
}

/// The choice for one handshake, which keeps the name that was asked for, and whether there is a cipher suite for both.
#[derive(Debug)]
pub(crate) struct OneChoice {
    choice: Arc<CertificateChoice>,
    asked_name: OnceLock<Box<str>>,
    lacks_suite: AtomicBool,
}

impl CertificateChoice {
    fn for_name(&self, name: &str) -> &ServerIdentity {
        let name = name.to_ascii_lowercase();
        // `*` stands for one label, RFC 6125 §6.4.3.
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let exact = |identity: &&ServerIdentity| identity.names.contains(&name);
        let wildcard = |identity: &&ServerIdentity| {
            identity.names.iter().any(|pattern| pattern.strip_prefix("*.").is_some_and(|rest| Some(rest) == parent))
        };
        let found = self
            .by_name
            .iter()
            .find(exact)
            .or_else(|| if self.main.names.contains(&name) { None } else { self.by_name.iter().find(wildcard) });
        found.unwrap_or(&self.main)
    }
}

impl OneChoice {
    pub(crate) fn new(choice: Arc<CertificateChoice>) -> Self {
        Self { choice, asked_name: OnceLock::new(), lacks_suite: AtomicBool::new(false) }
    }

    /// The name the client asked for.
    pub(crate) fn asked_name(&self) -> Option<&str> {
        self.asked_name.get().map(AsRef::as_ref)
    }

    /// None of the cipher suites that the client offers is one of the listener's.
    pub(crate) fn lacks_suite(&self) -> bool {
        self.lacks_suite.load(Ordering::Relaxed)
    }
}

impl ResolvesServerCert for OneChoice {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if !hello.cipher_suites().iter().any(|offered| self.choice.suites.contains(offered)) {
            self.lacks_suite.store(true, Ordering::Relaxed);
        }
        let Some(name) = hello.server_name() else { return Some(self.choice.main.certified_key()) };
        // A second hello, after a retry, asks for the same name or is refused.
        let _ = self.asked_name.set(name.into());
        Some(self.choice.for_name(name).certified_key())
    }
}
