//! TLS for non-blocking sockets: `ssl_options` become a [`TlsContext`], which turns accepted sockets into [`TlsStream`]s.
//!
//! * [`TlsOptions`] is what `ssl_options` can say; [`TlsContext::load`] reads the files it names and checks everything that can be
//!   checked before a client comes. Every mistake is a [`TlsError`] of one line.
//! * [`TlsStream`] is the server's side of one connection, for an event loop with edge-triggered readiness. It owns no buffer
//!   while it is idle, and blocks never.
//! * [`HandshakeFailure`] says why a handshake failed in the words operators search for, and who refused.
//! * [`ClientTls`] is the other side, for whoever asks a database, a directory or a web service.
//! * [`TlsContext::check_for_changes`] reads certificates, keys and revocation lists anew when they change on disk.
//! * [`CrlStore`] and [`OcspStaple`] hold what must be fetched over HTTP; fetching is for their owner.
//!
//! This crate knows no event loop, no runtime and no thread. TLS 1.2 and 1.3 come from rustls; there is no pre-shared key (PSK)
//! here, and `ciphers` that ask for one are refused with that reason: `dunlin_tls_psk` is for these.

mod bundle;
mod bundle_contents;
mod certificate_choice;
mod certificate_file;
mod certificate_refusal;
mod certificate_summary;
mod cipher_list;
mod client_options;
mod client_tls;
mod client_verifier;
mod context;
mod crl_store;
mod der;
mod engine;
mod error;
mod file_stamp;
mod generation;
mod handshake;
mod handshake_failure;
mod key_purpose;
mod lenient_verifier;
mod ocsp_staple;
mod options;
mod peer_certificate;
mod pem_source;
mod private_key;
mod scratch;
mod self_signed;
mod server_identity;
mod stream;
mod trust;
mod version_one;

pub use bundle::{Bundle, BundleFile};
pub use bundle_contents::BundleContents;
pub use certificate_summary::CertificateSummary;
pub use client_options::ClientTlsOptions;
pub use client_tls::{ClientIdentity, ClientTls};
pub use context::{Beginning, Reload, TlsContext};
pub use crl_store::{CrlError, CrlStore};
pub use error::TlsError;
pub use file_stamp::ReadFiles;
pub use handshake_failure::{HandshakeFailure, Side, alert_word};
pub use lenient_verifier::LenientVerifier;
pub use ocsp_staple::{OcspError, OcspStaple};
pub use options::{IGNORED_KEYS, OcspOptions, PartialChain, Password, SniCertificate, TlsOptions, Verify};
pub use peer_certificate::{AlternativeNames, PeerCertificate};
pub use pem_source::PemSource;
pub use rustls::AlertDescription;
pub use self_signed::{SelfSigned, SelfSignedError};
pub use stream::TlsStream;
