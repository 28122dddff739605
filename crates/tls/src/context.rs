//! TLS of one listener: made from `ssl_options`, made anew when its files change, and what every connection starts from.

use crate::certificate_choice::{CertificateChoice, OneChoice};
use crate::cipher_list::Negotiable;
use crate::client_verifier::{ClientVerifier, Revocation};
use crate::crl_store::{CrlStore, read_list};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::handshake_failure::{FIRST_BYTES, HandshakeFailure};
use crate::key_purpose::KeyPurposes;
use crate::ocsp_staple::OcspStaple;
use crate::options::{TlsOptions, Verify};
use crate::server_identity::{IdentitySource, Loading, ServerIdentity};
use crate::stream::TlsStream;
use crate::trust::Trust;
use parking_lot::{Mutex, RwLock};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, UnbufferedServerConnection};
use rustls::{Error, HandshakeKind, ServerConfig};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// TLS 1.2 sessions kept for clients that know no tickets, per listener.
const SESSIONS_MAX: usize = 4096;

/// TLS 1.3 tickets per connection: a client uses one per reconnect, and gets the next one then.
const TICKETS_PER_CONNECTION: usize = 1;

/// What new connections of a listener start from. One for all workers, behind an [`Arc`].
#[derive(Debug)]
pub struct TlsContext {
    options: TlsOptions,
    crls: Arc<CrlStore>,
    current: RwLock<Arc<Generation>>,
    watch: Mutex<Watch>,
}

/// What looking at the files came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// They are as they were, or as broken as they were.
    Unchanged,
    /// New connections get what is in them now; connections that are up live on. An alarm about broken files can be cleared.
    Renewed,
}

#[derive(Debug)]
struct Watch {
    files: ReadFiles,
    is_broken: bool,
}

/// Everything one look at the files gave. Sessions of an earlier one cannot be resumed: what let a client in may have changed.
#[derive(Debug)]
pub(crate) struct Generation {
    config: ServerConfig,
    choice: Arc<CertificateChoice>,
    verifier: Option<Arc<ClientVerifier>>,
    ocsp: Option<Arc<OcspStaple>>,
    warnings: Vec<String>,
}

/// What a connection needs until its handshake has ended.
#[derive(Debug)]
pub(crate) struct Handshake {
    generation: Arc<Generation>,
    choice: Arc<OneChoice>,
    first_bytes: [u8; FIRST_BYTES],
    first_bytes_count: usize,
}

impl TlsContext {
    /// Reads everything the options name. Revocation lists that are fetched come from `crls`, which all listeners share.
    ///
    /// # Errors
    /// The first mistake, in one line with the key, the file and the way out. An expired certificate is none: see
    /// [`Self::warnings`].
    pub fn load(options: &TlsOptions, crls: &Arc<CrlStore>, now: SystemTime) -> Result<Self, TlsError> {
        let mut files = ReadFiles::new(now);
        let generation = Generation::load(options, crls, &mut files, now)?;
        Ok(Self {
            options: options.clone(),
            crls: Arc::clone(crls),
            current: RwLock::new(Arc::new(generation)),
            watch: Mutex::new(Watch { files, is_broken: false }),
        })
    }

    /// Starts the server's side of a connection on a non-blocking stream that was just accepted.
    ///
    /// # Errors
    /// None in practice; the library can refuse a configuration.
    pub fn accept<S>(&self, socket: S) -> io::Result<TlsStream<S>> {
        let generation = Arc::clone(&self.current.read());
        let choice = Arc::new(OneChoice::new(Arc::clone(&generation.choice)));
        // A copy of some pointers, gone after the handshake: that is how the name the client asks for is seen.
        let mut config = generation.config.clone();
        config.cert_resolver = Arc::clone(&choice) as _;
        let tls = UnbufferedServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
        let handshake = Handshake { generation, choice, first_bytes: [0; FIRST_BYTES], first_bytes_count: 0 };
        Ok(TlsStream::new(socket, tls, handshake))
    }

    /// Looks whether a file has changed and reads all of them anew if so.
    ///
    /// # Errors
    /// What is wrong with them now, once per change: the earlier contents stay in use until they are right again.
    pub fn check_for_changes(&self, now: SystemTime) -> Result<Reload, TlsError> {
        let mut watch = self.watch.lock();
        if !watch.files.have_changed() {
            return Ok(Reload::Unchanged);
        }
        self.read_anew(&mut watch, now, false)
    }

    /// Reads all files anew, changed or not.
    ///
    /// # Errors
    /// As [`Self::check_for_changes`].
    pub fn reload(&self, now: SystemTime) -> Result<Reload, TlsError> {
        self.read_anew(&mut self.watch.lock(), now, true)
    }

    fn read_anew(&self, watch: &mut Watch, now: SystemTime, is_forced: bool) -> Result<Reload, TlsError> {
        let mut files = ReadFiles::new(now);
        let result = Generation::load(&self.options, &self.crls, &mut files, now);
        let is_same = !is_forced && !watch.is_broken && files.same_content(&watch.files);
        watch.is_broken = result.is_err();
        watch.files = files;
        let next = result?;
        if is_same {
            return Ok(Reload::Unchanged);
        }
        let mut current = self.current.write();
        next.inherit(&current);
        *current = Arc::new(next);
        Ok(Reload::Renewed)
    }

    /// What is not right although it can be started with, such as an expired certificate; one line each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.current.read().warnings.clone()
    }

    /// When the first of the server's certificates stops being valid.
    #[must_use]
    pub fn not_after(&self) -> Option<SystemTime> {
        let current = self.current.read();
        let identities = current.choice.by_name.iter().chain([&*current.choice.main]);
        identities.filter_map(ServerIdentity::not_after).min()
    }

    /// How long a handshake may take; the event loop counts.
    #[must_use]
    pub fn handshake_timeout(&self) -> Duration {
        self.options.handshake_timeout
    }

    /// Where the OCSP response of the certificate in use goes, when stapling is enabled. Another one after each
    /// [`Reload::Renewed`].
    #[must_use]
    pub fn ocsp_staple(&self) -> Option<Arc<OcspStaple>> {
        self.current.read().ocsp.clone()
    }
}

impl Generation {
    fn load(
        options: &TlsOptions,
        crls: &Arc<CrlStore>,
        files: &mut ReadFiles,
        now: SystemTime,
    ) -> Result<Self, TlsError> {
        check_combinations(options)?;
        let negotiable = Negotiable::read(&options.versions, &options.ciphers)?;
        let provider = CryptoProvider { cipher_suites: negotiable.suites, ..aws_lc_rs::default_provider() };
        let trust = match &options.cacertfile {
            Some(source) if options.verify == Verify::Peer => Some(Trust::read(source, options.partial_chain, files)?),
            _ => None,
        };
        let authorities = match (&trust, &options.cacertfile) {
            (Some(trust), _) => trust.all.clone(),
            (None, Some(source)) => crate::certificate_file::read_certificates("cacertfile", source, files)?,
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
    fn inherit(&self, earlier: &Self) {
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
    let source = IdentitySource {
        certificate_key: "certfile",
        certfile,
        key_key: "keyfile",
        keyfile,
        password: options.password.as_ref(),
        names: &[],
    };
    let main = Arc::new(ServerIdentity::load(&source, loading)?);
    let mut by_name = Vec::new();
    for sni in &options.sni {
        let source = IdentitySource {
            certificate_key: "sni.certfile",
            certfile: &sni.certfile,
            key_key: "sni.keyfile",
            keyfile: &sni.keyfile,
            password: sni.password.as_ref(),
            names: &sni.names,
        };
        by_name.push(ServerIdentity::load(&source, loading)?);
    }
    Ok(CertificateChoice { main, by_name })
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
    versions: &[&'static rustls::SupportedProtocolVersion],
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
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

impl Handshake {
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
        HandshakeFailure::from_error(error, self.first_bytes.get(..self.first_bytes_count).unwrap_or_default())
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
            None if rustls::server::danger::ClientCertVerifier::client_auth_mandatory(&**verifier) => {
                Err(Error::NoCertificatesPresented)
            }
            None => Ok(()),
        }
    }
}
