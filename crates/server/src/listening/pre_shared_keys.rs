//! `psk_authentication`: the keys that clients and the broker share, and which listeners take them.

use super::error::ListeningError;
use crate::calendar::now;
use dunlin_config::PskAuthentication;
use dunlin_tls::{ReadFiles, Reload, TlsOptions};
use dunlin_tls_psk::{KeyFileError, PskContext, PskKeys, PskOptions, RsaCertificate, is_psk_suite};
use parking_lot::Mutex;
use std::sync::Arc;
use tracing::{error, info, warn};

/// The alarm while the file of keys cannot be read anew.
pub(super) const ALARM: &str = "psk_reload_failed";

/// The keys of all listeners, read when the first listener needs them.
#[derive(Debug)]
pub(super) struct PreSharedKeys {
    options: PskAuthentication,
    loaded: Mutex<Option<Arc<PskKeys>>>,
}

/// What clients of a listener can show.
pub(super) struct Taken {
    pub(super) keys: Arc<PskContext>,
    /// Clients without a key have no business there.
    pub(super) are_needed: bool,
}

/// What looking at the file came to.
pub(super) enum Looked {
    Unchanged,
    Renewed,
    /// With the reason.
    Failed(String),
}

impl PreSharedKeys {
    pub(super) fn new(options: PskAuthentication) -> Self {
        Self { options, loaded: Mutex::default() }
    }

    /// Takes the suites for keys out of `ciphers`; `None` for a listener that takes no keys.
    ///
    /// # Errors
    /// [`ListeningError`], in one line for the operator.
    pub(super) fn taken_by(&self, listener: &str, options: &mut TlsOptions) -> Result<Option<Taken>, ListeningError> {
        let names_keys = options.ciphers.iter().any(|name| is_psk_suite(name));
        if !self.options.enable || !(names_keys || options.ciphers.is_empty()) {
            return Ok(None);
        }
        let failed = |source| ListeningError::Tls { listener: listener.into(), source };
        let keys = Arc::new(PskContext::load(psk_options(options), self.keys()?, now()).map_err(failed)?);
        options.ciphers.retain(|name| !is_psk_suite(name));
        Ok(Some(Taken { keys, are_needed: names_keys && options.ciphers.is_empty() }))
    }

    fn keys(&self) -> Result<Arc<PskKeys>, ListeningError> {
        let mut loaded = self.loaded.lock();
        if let Some(keys) = &*loaded {
            return Ok(Arc::clone(keys));
        }
        let keys = PskKeys::load(self.options.init_file.clone(), self.options.separator, now());
        let keys = Arc::new(keys.map_err(ListeningError::Keys)?);
        match keys.identities() {
            0 => warn!(
                msg = "psk_without_keys",
                hint = "set psk_authentication.init_file: no client has a key that is known"
            ),
            identities => info!(msg = "psk_loaded", identities),
        }
        *loaded = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// Reads the file anew if it has changed.
    pub(super) fn look(&self) -> Looked {
        let keys = self.loaded.lock().clone();
        let Some(keys) = keys else { return Looked::Unchanged };
        match keys.check_for_changes(now()) {
            Ok(Reload::Unchanged) => Looked::Unchanged,
            Ok(Reload::Renewed) => {
                info!(msg = "psk_reloaded", identities = keys.identities());
                Looked::Renewed
            }
            Err(source) => Looked::Failed(told(source)),
        }
    }
}

fn told(source: KeyFileError) -> String {
    let reason = ListeningError::Keys(source).to_string();
    error!(msg = ALARM, reason, hint = "the earlier keys stay in use");
    reason
}

fn psk_options(options: &TlsOptions) -> PskOptions {
    let has = |version: &str| options.versions.iter().any(|known| known == version);
    let bundle = options.bundles.first();
    let certificate = match bundle {
        Some(bundle) => Some((bundle.certfile(), bundle.keyfile())),
        None => options.certfile.clone().zip(options.keyfile.clone()),
    };
    let password = match bundle {
        // A password that cannot be read is missed where the key is.
        Some(bundle) => bundle.password(&mut ReadFiles::new(now())).unwrap_or_default(),
        None => options.password.clone(),
    };
    PskOptions {
        tls13: has("tlsv1.3"),
        tls12: has("tlsv1.2"),
        ciphers: options.ciphers.clone(),
        honor_cipher_order: options.honor_cipher_order,
        certificate: certificate.map(|(certfile, keyfile)| RsaCertificate { certfile, keyfile, password }),
        handshake_timeout: options.handshake_timeout,
    }
}
