//! How the clients of a run speak TLS: whom they trust, who they are, which version.

use super::session_store::SessionStore;
use crate::error::RunError;
use dunlin_tls::LenientVerifier;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    V12,
    /// TLS 1.3, RFC 8446.
    V13,
}

/// What a client has to know for TLS.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// Certificates of the authorities to trust, PEM; without a file, every server is trusted.
    pub authorities: Option<PathBuf>,
    /// Files of the clients' certificate chain and of its key, PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name or address that the server's certificate is for.
    pub server_name: String,
    /// The version to speak; without it, the highest of both sides.
    pub version: Option<TlsVersion>,
}

/// TLS of all clients of a run.
#[derive(Clone, Debug)]
pub struct TlsClient {
    pub(super) config: Arc<ClientConfig>,
    pub(super) server_name: ServerName<'static>,
    sessions: Option<Arc<SessionStore>>,
}

impl TlsClient {
    /// Reads the files. Every handshake is a full one.
    ///
    /// # Errors
    /// [`RunError::Usage`] that names the file or option that is of no use.
    pub fn load(options: &TlsOptions) -> Result<Self, RunError> {
        let name = options.server_name.clone();
        let server_name = ServerName::try_from(name)
            .map_err(|error| RunError::Usage(format!("server name {}: {error}", options.server_name)))?;
        let provider = Arc::new(default_provider());
        let usage = |error: rustls::Error| RunError::Usage(format!("TLS: {error}"));
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions(options.version))
            .map_err(usage)?;
        let builder = match &options.authorities {
            Some(file) => builder.with_root_certificates(authorities(file)?),
            None => builder.dangerous().with_custom_certificate_verifier(LenientVerifier::anyone(&provider)),
        };
        let mut config = match &options.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
                .map_err(|error| RunError::Usage(format!("{}: {error}", key.display())))?,
        };
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), server_name, sessions: None })
    }

    /// The same, but sessions are kept, to be resumed once [`Self::offer_sessions`] is called.
    #[must_use]
    pub fn keeping_sessions(mut self) -> Self {
        let sessions = Arc::new(SessionStore::default());
        Arc::make_mut(&mut self.config).resumption = Resumption::store(Arc::clone(&sessions) as _);
        self.sessions = Some(sessions);
        self
    }

    /// From now on, connections resume the sessions of earlier ones.
    pub fn offer_sessions(&self) {
        if let Some(sessions) = &self.sessions {
            sessions.offer();
        }
    }
}

fn versions(wanted: Option<TlsVersion>) -> Vec<&'static SupportedProtocolVersion> {
    match wanted {
        None => vec![&TLS13, &TLS12],
        Some(TlsVersion::V12) => vec![&TLS12],
        Some(TlsVersion::V13) => vec![&TLS13],
    }
}

fn of_no_use(file: &Path, error: &impl Display) -> RunError {
    RunError::Usage(format!("{}: {error}", file.display()))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, RunError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| of_no_use(file, &error))?;
    if certificates.is_empty() { Err(of_no_use(file, &"no certificate in it")) } else { Ok(certificates) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, RunError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| of_no_use(file, &error))
}

fn authorities(file: &Path) -> Result<RootCertStore, RunError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| of_no_use(file, &error))?;
    }
    Ok(roots)
}
