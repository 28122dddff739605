//! The certificates of all listeners: loaded for each of them, and kept up to date.

use super::error::ListeningError;
use super::self_signed_pair::SelfSignedPair;
use super::tls_options;
use crate::calendar::now;
use dunlin_config::{Config, SslOptions};
use dunlin_tls::{CrlStore, PemSource, TlsContext};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tracing::warn;

/// The certificates of all listeners.
#[derive(Debug)]
pub struct Certificates {
    data_folder: PathBuf,
    crls: Arc<CrlStore>,
    contexts: Mutex<BTreeMap<String, Arc<TlsContext>>>,
}

impl Certificates {
    /// None yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            data_folder: config.node.data_dir.clone(),
            crls: CrlStore::new(config.crl_cache.capacity as usize),
            contexts: Mutex::default(),
        }
    }

    /// Reads what `ssl_options` of a listener name. What was loaded for the listener before is no longer kept up to date.
    pub(super) fn load(&self, listener: &str, ssl: &SslOptions) -> Result<Arc<TlsContext>, ListeningError> {
        let mut options = tls_options::read(listener, ssl)?;
        if options.certfile.is_none() {
            let failed = |source| ListeningError::SelfSigned { listener: listener.into(), source };
            let pair = SelfSignedPair::of(&self.data_folder, now()).map_err(failed)?;
            warn!(
                msg = "self_signed_certificate",
                listener,
                certificate = %pair.certificate.display(),
                hint = "for testing only: no client can verify this server; set ssl_options.certfile and keyfile"
            );
            options.certfile = Some(PemSource::File(pair.certificate));
            options.keyfile = Some(PemSource::File(pair.key));
            options.password = None;
        }
        let failed = |source| ListeningError::Tls { listener: listener.into(), source };
        let context = Arc::new(TlsContext::load(&options, &self.crls, now()).map_err(failed)?);
        for warning in context.warnings() {
            warn!(msg = "certificate_warning", listener, reason = warning);
        }
        self.contexts.lock().insert(listener.into(), Arc::clone(&context));
        Ok(context)
    }

    /// A listener is gone.
    pub fn forget(&self, listener: &str) {
        self.contexts.lock().remove(listener);
    }
}
