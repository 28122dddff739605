//! What one look at the files of a listener gives: a configuration of the TLS library and what goes with it.

use crate::bundle;
use crate::certificate_choice::{CertificateChoice, OneChoice};
use crate::certificate_file::read_certificates;
use crate::cipher_list::Negotiable;
use crate::client_verifier::{ClientVerifier, Revocation};
use crate::crl_store::{CrlStore, read_list};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::key_purpose::KeyPurposes;
use crate::ocsp_staple::OcspStaple;
use crate::options::{TlsOptions, Verify};
use crate::server_identity::{IdentitySource, Loading, ServerIdentity};
use crate::trust::Trust;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, ProducesTickets, ServerSessionMemoryCache};
use rustls::{Error, ServerConfig, SupportedProtocolVersion};
use std::sync::Arc;
use std::time::SystemTime;

/// TLS 1.2 sessions kept for clients that know no tickets, per listener.
const SESSIONS_MAX: usize = 4096;

/// TLS 1.3 tickets per connection: a client uses one per reconnect, and gets the next one then.
const TICKETS_PER_CONNECTION: usize = 1;

/// Everything one look at the files gave. Sessions of an earlier one cannot be resumed: what let a client in may have changed.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) config: ServerConfig,
    pub(crate) choice: Arc<CertificateChoice>,
    pub(crate) verifier: Option<Arc<ClientVerifier>>,
    pub(crate) ocsp: Option<Arc<OcspStaple>>,
    pub(crate) warnings: Vec<String>,
}

impl Generation {
    /// Reads everything the options name.
    ///
    /// # Errors
    /// The first mistake.
    pub(crate) fn load(
        options: &TlsOptions,
        crls: &Arc<CrlStore>,
        files: &mut ReadFiles,
        now: SystemTime,
    ) -> Result<Self, TlsError> {
        let options = &*options.with_bundles(files)?;
        check_combinations(options)?;
        let negotiable = Negotiable::read(&options.versions, &options.ciphers)?;
        let provider = CryptoProvider { cipher_suites: negotiable.suites, ..aws_lc_rs::default_provider() };
        let trust = match &options.cacertfile {
            Some(source) if options.verify == Verify::Peer => Some(Trust::read(source, options.partial_chain, files)?),
            _ => None,
        };
        let authorities = match (&trust, &options.cacertfile) {
            (Some(trust), _) => trust.all.clone(),
            (None, Some(source)) => read_certificates("cacertfile", source, files)?,
            (None, None) => Vec::new(),
        };
        let mut loading =
            Loading { provider: &provider, authorities: &authorities, files, warnings: negotiable.warnings, now };
        let choice = load_certificates(options, &mut loading)?;
        let warnings = std::mem::take(&mut loading.warnings);
        let ocsp = match &options.ocsp {
            Some(ocsp) => Some(Arc::new(OcspStaple::new(&choice.main, ocsp, &authorities, files)?)),
            None => None,
        };
        let verifier = match trust {
            Some(trust) => Some(Arc::new(load_verifier(options, trust, crls, &provider, files)?)),
            None => None,
        };
        let choice = Arc::new(choice);
        let config = configure(options, provider, &negotiable.versions, verifier.as_ref(), &choice)
            .map_err(|error| TlsError::option("ssl_options", error.to_string()))?;
        Ok(Self { config, choice, verifier, ocsp, warnings })
    }

    /// The OCSP response of the same certificate stays.
    pub(crate) fn inherit(&self, earlier: &Self) {
        let leaf = |generation: &Self| generation.choice.main.certified_key().cert.first().cloned();
        if let (Some(ocsp), Some(response)) = (&self.ocsp, earlier.ocsp.as_ref().and_then(|ocsp| ocsp.current()))
            && leaf(self) == leaf(earlier)
        {
            // It was good before, for the same certificate.
            let _ = ocsp.set(&response);
        }
    }
}

fn check_combinations(options: &TlsOptions) -> Result<(), TlsError> {
    if options.verify == Verify::Peer {
        if options.cacertfile.is_none() {
            let why = "verify = verify_peer needs the certificates of those who sign the clients' certificates";
            return Err(TlsError::Missing { key: "cacertfile", why });
        }
        return Ok(());
    }
    for (key, is_set) in
        [("fail_if_no_peer_cert", options.fail_if_no_peer_cert), ("enable_crl_check", options.enable_crl_check)]
    {
        if is_set {
            let why = "it has no effect without verify = verify_peer: set that, or take this key away";
            return Err(TlsError::option(key, why));
        }
    }
    Ok(())
}

fn load_certificates(options: &TlsOptions, loading: &mut Loading<'_>) -> Result<CertificateChoice, TlsError> {
    let why = "a TLS listener needs a certificate and its key";
    let certfile = options.certfile.as_ref().ok_or(TlsError::Missing { key: "certfile", why })?;
    let keyfile = options.keyfile.as_ref().ok_or(TlsError::Missing { key: "keyfile", why })?;
    // Of bundles, the first is the listener's own; the others come first among those chosen by name.
    let first = options.bundles.first();
    let source = IdentitySource {
        certificate_key: first.map_or("certfile", |_| bundle::KEY),
        certfile,
        key_key: first.map_or("keyfile", |_| bundle::KEY),
        keyfile,
        password: options.password.as_ref(),
        names: first.map_or(&[], |bundle| &bundle.names),
    };
    let main = Arc::new(ServerIdentity::load(&source, loading)?);
    let mut by_name = Vec::new();
    for (index, sni) in options.sni.iter().enumerate() {
        let is_bundle = index + 1 < options.bundles.len();
        let source = IdentitySource {
            certificate_key: if is_bundle { bundle::KEY } else { "sni_certs.certfile" },
            certfile: &sni.certfile,
            key_key: if is_bundle { bundle::KEY } else { "sni_certs.keyfile" },
            keyfile: &sni.keyfile,
            password: sni.password.as_ref(),
            names: &sni.names,
        };
        by_name.push(ServerIdentity::load(&source, loading)?);
    }
    let suites = loading.provider.cipher_suites.iter().map(|suite| suite.suite()).collect();
    Ok(CertificateChoice { main, by_name, suites })
}

fn load_verifier(
    options: &TlsOptions,
    trust: Trust,
    crls: &Arc<CrlStore>,
    provider: &CryptoProvider,
    files: &mut ReadFiles,
) -> Result<ClientVerifier, TlsError> {
    let purposes = KeyPurposes::read(&options.verify_peer_ext_key_usage)?;
    let revocation = if options.enable_crl_check {
        let mut lists = Vec::new();
        for source in &options.crl_files {
            let bad = |why| TlsError::BadRevocationList { key: "crl_files", file: source.clone(), why };
            lists.push(read_list(&source.read("crl_files", files)?).map_err(bad)?);
        }
        Some(Revocation { files: lists, store: Arc::clone(crls) })
    } else {
        None
    };
    Ok(ClientVerifier::new(trust, options, purposes, revocation, provider.signature_verification_algorithms))
}

fn configure(
    options: &TlsOptions,
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
    verifier: Option<&Arc<ClientVerifier>>,
    choice: &Arc<CertificateChoice>,
) -> Result<ServerConfig, Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(versions)?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(Arc::clone(verifier) as _),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(OneChoice::new(Arc::clone(choice))));
    config.ignore_client_order = options.honor_cipher_order;
    if options.reuse_sessions || options.session_tickets {
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS_MAX);
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        config.send_tls13_tickets = TICKETS_PER_CONNECTION;
    } else {
        switch_resumption_off(&mut config);
    }
    Ok(config)
}

/// Every handshake is a full one.
pub(crate) fn switch_resumption_off(config: &mut ServerConfig) {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = Arc::new(NoTickets);
    config.send_tls13_tickets = 0;
}

/// In place of the tickets of other configurations.
#[derive(Debug)]
struct NoTickets;

impl ProducesTickets for NoTickets {
    fn enabled(&self) -> bool {
        false
    }

    fn lifetime(&self) -> u32 {
        0
    }

    fn encrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
