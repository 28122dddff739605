//! The certificates of all listeners: loaded for each of them, and read anew when their files change.

use super::HTTPS;
use super::certificate_watch::{CertificateHooks, CertificateWatch};
use super::default_files::DefaultFiles;
use super::error::ListeningError;
#[cfg(feature = "psk")]
use super::pre_shared_keys::{ALARM, Looked, PreSharedKeys, Taken};
use super::self_signed_pair::SelfSignedPair;
use super::tls_options;
use crate::calendar::now;
use crate::certificate_bundles::BundleFolder;
use dunlin_config::{Config, CrlCache, ListenerKind, OcspOptions, SslOptions};
use dunlin_layers::Tls;
use dunlin_tls::{CrlStore, PemSource, Reload, TlsContext, TlsError, TlsOptions};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;
use tracing::{error, info, warn};

/// The certificates of all listeners, and the revocation lists they share.
#[derive(Debug)]
pub struct Certificates {
    data_folder: PathBuf,
    bundles: BundleFolder,
    default_files: DefaultFiles,
    pub(super) crl_cache: CrlCache,
    pub(super) crls: Arc<CrlStore>,
    #[cfg(feature = "psk")]
    keys: PreSharedKeys,
    loaded: Mutex<BTreeMap<String, Loaded>>,
    hooks: OnceLock<CertificateHooks>,
}

/// What came of reading the files of all listeners anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// So many listeners have what is in their files now.
    pub renewed: u64,
    /// Why the others have not, one sentence each: what they had stays in use.
    pub failed: Vec<String>,
}

/// What a listener has loaded.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) tls: Tls,
    /// How to fetch what shows that the server's certificate is not revoked.
    pub(super) ocsp: Option<OcspOptions>,
    checks_revocation: bool,
}

impl Certificates {
    /// None yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            data_folder: config.node.data_dir.clone(),
            bundles: BundleFolder::below(&config.node.data_dir),
            default_files: DefaultFiles::beside(config.etc_dir.as_deref()),
            crl_cache: config.crl_cache,
            crls: CrlStore::new(usize::try_from(config.crl_cache.capacity).unwrap_or(usize::MAX)),
            #[cfg(feature = "psk")]
            keys: PreSharedKeys::new(config.psk_authentication.clone()),
            loaded: Mutex::default(),
            hooks: OnceLock::new(),
        }
    }

    /// Keeps them up to date until what it gives is dropped: reads files anew when they change, fetches revocation lists and
    /// OCSP responses. Once only: the hooks of a second call are not used.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn watch(self: &Arc<Self>, hooks: CertificateHooks) -> io::Result<CertificateWatch> {
        let _ = self.hooks.set(hooks);
        CertificateWatch::start(Arc::clone(self))
    }

    /// The bundles that `managed_certs` can name.
    pub(crate) const fn bundles(&self) -> &BundleFolder {
        &self.bundles
    }

    /// Reads what `ssl_options` of a listener name. From now on that is what is kept up to date for the listener.
    pub(super) fn load(&self, listener: &str, ssl: &SslOptions) -> Result<Tls, ListeningError> {
        let _reading = self.bundles.reading();
        let options = self.options(listener, ssl)?;
        let tls = self.read(listener, options)?;
        self.keep(listener, ssl, tls.clone());
        Ok(tls)
    }

    /// The same for a listener that has no use for pre-shared keys: QUIC.
    pub(super) fn load_certificates(
        &self,
        listener: &str,
        ssl: &SslOptions,
    ) -> Result<Arc<TlsContext>, ListeningError> {
        let _reading = self.bundles.reading();
        let context = self.read_certificates(listener, self.options(listener, ssl)?)?;
        self.keep(listener, ssl, Tls::Certificates(Arc::clone(&context)));
        Ok(context)
    }

    /// The same for a listener of the API.
    ///
    /// # Errors
    /// [`ListeningError`].
    pub(crate) fn load_https(&self, listener: &str, ssl: &SslOptions) -> Result<(), ListeningError> {
        self.load_certificates(listener, ssl).map(drop)
    }

    /// TLS of a listener of the API with the certificates in use now.
    pub(crate) fn https_server_config(&self, listener: &str) -> Option<Arc<rustls::ServerConfig>> {
        let loaded = self.loaded.lock().get(listener)?.clone();
        Some(Arc::new(loaded.tls.certificates()?.server_config(&[super::ALPN_HTTP])))
    }

    /// When the first certificate of each listener stops being valid, by the ids of the listeners.
    #[must_use]
    pub fn expiries(&self) -> Vec<(String, SystemTime)> {
        let loaded = self.loaded.lock();
        let expiry =
            |(listener, loaded): (&String, &Loaded)| Some((listener.clone(), loaded.tls.certificates()?.not_after()?));
        loaded.iter().filter_map(expiry).collect()
    }

    fn options(&self, listener: &str, ssl: &SslOptions) -> Result<TlsOptions, ListeningError> {
        let mut options = tls_options::read(listener, ssl, &self.bundles)?;
        self.default_files.fill_in(&mut options);
        Ok(options)
    }

    #[cfg(not(feature = "psk"))]
    fn read(&self, listener: &str, options: TlsOptions) -> Result<Tls, ListeningError> {
        self.read_certificates(listener, options).map(Tls::Certificates)
    }

    #[cfg(feature = "psk")]
    fn read(&self, listener: &str, mut options: TlsOptions) -> Result<Tls, ListeningError> {
        Ok(match self.keys.taken_by(listener, &mut options)? {
            None => Tls::Certificates(self.read_certificates(listener, options)?),
            Some(Taken { keys, are_needed: true }) => Tls::Keys(keys),
            Some(Taken { keys, are_needed: false }) => Tls::Either(self.read_certificates(listener, options)?, keys),
        })
    }

    fn read_certificates(&self, listener: &str, mut options: TlsOptions) -> Result<Arc<TlsContext>, ListeningError> {
        if options.certfile.is_none() && options.bundles.is_empty() {
            self.use_self_signed(listener, &mut options)?;
        }
        let failed = |source| ListeningError::Tls { listener: listener.into(), source };
        TlsContext::load(&options, &self.crls, now()).map(Arc::new).map_err(failed)
    }

    fn keep(&self, listener: &str, ssl: &SslOptions, tls: Tls) {
        warn_about(listener, &tls);
        let loaded = Loaded { tls, ocsp: ssl.ocsp.clone(), checks_revocation: ssl.enable_crl_check };
        self.loaded.lock().insert(listener.into(), loaded);
        self.end_alarm(listener);
    }

    /// Reads the files that the listeners of a configuration name, and nothing else: what would keep one from being started. Returns
    /// what is not as it should be and keeps nothing from starting.
    ///
    /// # Errors
    /// [`ListeningError`] of the first listener with something wrong.
    pub fn check(config: &Config) -> Result<Vec<String>, ListeningError> {
        let mut warnings = Vec::new();
        // What is read here is kept by nobody.
        let checked = Self::new(config);
        for listener in config.listeners.iter().filter(|listener| listener.enable) {
            let Some(ssl) = listener.kind.ssl() else { continue };
            let id = listener.id();
            let mut options = checked.options(&id, ssl)?;
            if checked.needs_certificates(&id, &listener.kind, &mut options)? {
                warnings.extend(checked.check_pair(&id, options)?);
            }
        }
        let dashboard = &config.dashboard;
        if dashboard.listeners().any(|(id, _)| id == HTTPS) {
            warnings.extend(checked.check_pair(HTTPS, checked.options(HTTPS, &dashboard.ssl)?)?);
        }
        Ok(warnings)
    }

    /// Reads the bundles that the listeners of a configuration name, and what goes with them, as they would be if it were in effect.
    ///
    /// # Errors
    /// [`ListeningError`] of the first listener that could not use them.
    pub(crate) fn check_bundles(&self, config: &Config) -> Result<(), ListeningError> {
        let _reading = self.bundles.reading();
        let listeners = config.listeners.iter().filter(|listener| listener.enable);
        let of_listeners = listeners.filter_map(|listener| Some((listener.id(), listener.kind.ssl()?)));
        let https = config.dashboard.listeners().find(|(id, _)| *id == HTTPS);
        let of_dashboard = https.map(|(id, _)| (id.to_owned(), &*config.dashboard.ssl));
        for (id, ssl) in of_listeners.chain(of_dashboard).filter(|(_, ssl)| !ssl.managed_certs.is_empty()) {
            let failed = |source| ListeningError::Tls { listener: id.clone(), source };
            TlsContext::load(&self.options(&id, ssl)?, &self.crls, now()).map_err(failed)?;
        }
        Ok(())
    }

    /// What should be known of the certificate of a listener, which can be read.
    fn check_pair(&self, id: &str, options: TlsOptions) -> Result<Vec<String>, ListeningError> {
        if options.certfile.is_none() && options.bundles.is_empty() {
            return Ok(vec![format!(
                "listener {id}: no certificate is configured: it shows one for testing only, that clients cannot verify; set \
                 ssl_options.certfile and keyfile"
            )]);
        }
        let context = self.read_certificates(id, options)?;
        Ok(context.warnings().into_iter().map(|warning| format!("listener {id}: {warning}")).collect())
    }

    /// Whether there is more to read for a listener than pre-shared keys, which are read now.
    #[cfg(feature = "psk")]
    fn needs_certificates(
        &self,
        listener: &str,
        kind: &ListenerKind,
        options: &mut TlsOptions,
    ) -> Result<bool, ListeningError> {
        if let ListenerKind::Quic { .. } = kind {
            return Ok(true);
        }
        Ok(self.keys.taken_by(listener, options)?.is_none_or(|taken| !taken.are_needed))
    }

    #[cfg(not(feature = "psk"))]
    #[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
    fn needs_certificates(&self, _: &str, _: &ListenerKind, _: &mut TlsOptions) -> Result<bool, ListeningError> {
        Ok(true)
    }

    fn use_self_signed(&self, listener: &str, options: &mut TlsOptions) -> Result<(), ListeningError> {
        let failed = |source| ListeningError::SelfSigned { listener: listener.into(), source };
        let pair = SelfSignedPair::of(&self.data_folder, now()).map_err(failed)?;
        warn!(
            msg = "self_signed_certificate",
            listener,
            certificate = %pair.certificate.display(),
            hint = "for testing only: clients cannot verify this server; set ssl_options.certfile and keyfile"
        );
        options.certfile = Some(PemSource::File(pair.certificate));
        options.keyfile = Some(PemSource::File(pair.key));
        options.password = None;
        Ok(())
    }

    /// TLS of a QUIC listener with the certificates in use now, for its new connections.
    #[must_use]
    pub fn quic_server_config(&self, listener: &str) -> Option<Arc<rustls::ServerConfig>> {
        let loaded = self.loaded.lock().get(listener)?.clone();
        Some(Arc::new(loaded.tls.certificates()?.server_config(&[super::ALPN])))
    }

    /// A listener is gone, and so is what is wrong with its files.
    pub fn forget(&self, listener: &str) {
        self.loaded.lock().remove(listener);
        self.end_alarm(listener);
    }

    /// Reads the files of all listeners anew, changed or not. What is wrong with some is logged and an alarm, too.
    pub fn clean_pem_cache(&self) -> Reread {
        #[cfg(feature = "psk")]
        let failed = self.check_keys();
        #[cfg(not(feature = "psk"))]
        let failed = None;
        let mut reread = self.for_each(|tls| tls.reload(now()));
        reread.failed.extend(failed);
        reread
    }

    /// Reads the files anew that have changed. What is wrong is logged and an alarm, too.
    pub(crate) fn check_files(&self) -> Reread {
        #[cfg(feature = "psk")]
        let _ = self.check_keys();
        self.for_each(|tls| tls.check_for_changes(now()))
    }

    /// What listeners have loaded, by their ids.
    pub(super) fn loaded(&self) -> Vec<(String, Loaded)> {
        self.loaded.lock().iter().map(|(listener, loaded)| (listener.clone(), loaded.clone())).collect()
    }

    /// Whether anything has to be fetched over HTTP.
    pub(super) fn needs_fetching(&self) -> bool {
        self.loaded.lock().values().any(|loaded| loaded.checks_revocation || loaded.ocsp.is_some())
    }

    pub(super) fn hooks(&self) -> Option<&CertificateHooks> {
        self.hooks.get()
    }

    /// Files are read without the lock: listeners that are started meanwhile do not wait for a disk.
    fn for_each(&self, reload: impl Fn(&Tls) -> Result<Reload, TlsError>) -> Reread {
        let mut reread = Reread::default();
        for (listener, loaded) in self.loaded() {
            let reloaded = {
                let _reading = self.bundles.reading();
                reload(&loaded.tls)
            };
            match reloaded {
                Ok(Reload::Unchanged) => {}
                Ok(Reload::Renewed) => {
                    reread.renewed += 1;
                    info!(msg = "certificates_reloaded", listener);
                    warn_about(&listener, &loaded.tls);
                    self.end_alarm(&listener);
                    if let Some(hooks) = self.hooks() {
                        (hooks.renewed)(&listener);
                    }
                }
                Err(source) => reread.failed.push(self.reload_failed(&listener, source)),
            }
        }
        reread
    }

    #[cfg(feature = "psk")]
    fn check_keys(&self) -> Option<String> {
        match self.keys.look() {
            Looked::Renewed => {
                if let Some(hooks) = self.hooks() {
                    (hooks.end_alarm)(ALARM);
                }
                None
            }
            Looked::Failed(reason) => {
                if let Some(hooks) = self.hooks() {
                    (hooks.raise_alarm)(ALARM, &reason);
                }
                Some(reason)
            }
            _ => None,
        }
    }

    fn reload_failed(&self, listener: &str, source: TlsError) -> String {
        let reason = ListeningError::Tls { listener: listener.into(), source }.to_string();
        error!(msg = "certificate_reload_failed", listener, reason, hint = "the earlier certificates stay in use");
        if let Some(hooks) = self.hooks() {
            (hooks.raise_alarm)(&alarm(listener), &reason);
        }
        reason
    }

    fn end_alarm(&self, listener: &str) {
        if let Some(hooks) = self.hooks() {
            (hooks.end_alarm)(&alarm(listener));
        }
    }
}

fn alarm(listener: &str) -> String {
    format!("certificate_reload_failed:{listener}")
}

fn warn_about(listener: &str, tls: &Tls) {
    for reason in tls.warnings() {
        warn!(msg = "certificate_warning", listener, reason);
    }
}
