//! Revocation lists fetched from where certificates say: kept here, shared by all listeners, asked at every handshake.

use parking_lot::RwLock;
use std::collections::VecDeque;
use std::sync::Arc;
use webpki::{CertRevocationList, OwnedCertRevocationList};

/// The longest address that is remembered.
const URL_BYTES_MAX: usize = 2048;

/// Revocation lists by the address they come from. Whoever owns the store fetches: what [`Self::wanted_urls`] and
/// [`Self::known_urls`] say, into [`Self::set`].
///
/// A client whose certificate's list is not here yet is refused, and its address is wanted from then on: as in EMQX the first
/// attempt may fail and the next one succeeds. The addresses in the authorities' own certificates are wanted from the start.
#[derive(Debug)]
pub struct CrlStore {
    lists: RwLock<Lists>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Lists {
    /// The oldest first.
    known: VecDeque<Known>,
    /// The oldest first.
    wanted: VecDeque<String>,
}

#[derive(Debug)]
struct Known {
    url: String,
    list: Arc<CertRevocationList<'static>>,
}

/// Bytes that are no revocation list this build can check.
#[derive(Debug, thiserror::Error)]
#[error("the revocation list from {url} cannot be used: {why}")]
pub struct CrlError {
    /// Where it came from.
    pub url: String,
    /// What is wrong with it.
    pub why: String,
}

impl CrlStore {
    /// An empty store for so many lists (`crl_cache.capacity`, EMQX's default is 100); one more takes the oldest one's place.
    #[must_use]
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { lists: RwLock::default(), capacity: capacity.max(1) })
    }

    /// Keeps the list fetched from an address, DER or PEM, in place of an earlier one.
    ///
    /// # Errors
    /// [`CrlError`]; an earlier list stays.
    pub fn set(&self, url: &str, bytes: &[u8]) -> Result<(), CrlError> {
        let list = read_list(bytes).map_err(|why| CrlError { url: url.into(), why })?;
        let mut lists = self.lists.write();
        lists.wanted.retain(|wanted| wanted != url);
        lists.known.retain(|known| known.url != url);
        if lists.known.len() >= self.capacity {
            lists.known.pop_front();
        }
        lists.known.push_back(Known { url: url.into(), list: Arc::new(list) });
        Ok(())
    }

    /// Forgets the list from an address: its clients are refused until there is a new one.
    pub fn forget(&self, url: &str) {
        let mut lists = self.lists.write();
        lists.known.retain(|known| known.url != url);
        lists.wanted.retain(|wanted| wanted != url);
    }

    /// Addresses whose lists are needed and not here.
    #[must_use]
    pub fn wanted_urls(&self) -> Vec<String> {
        self.lists.read().wanted.iter().cloned().collect()
    }

    /// Addresses whose lists are here, to be fetched again every `crl_cache.refresh_interval`.
    #[must_use]
    pub fn known_urls(&self) -> Vec<String> {
        self.lists.read().known.iter().map(|known| known.url.clone()).collect()
    }

    /// Remembers that lists are needed; those that are here are not wanted. At most as many as there is room for.
    pub(crate) fn want(&self, urls: &[String]) {
        let mut lists = self.lists.write();
        for url in urls {
            let is_here = lists.known.iter().any(|known| known.url == *url);
            if is_here || lists.wanted.contains(url) || url.len() > URL_BYTES_MAX {
                continue;
            }
            if lists.wanted.len() >= self.capacity {
                lists.wanted.pop_front();
            }
            lists.wanted.push_back(url.clone());
        }
    }

    /// Every list, the newest first.
    pub(crate) fn lists(&self) -> Vec<Arc<CertRevocationList<'static>>> {
        self.lists.read().known.iter().rev().map(|known| Arc::clone(&known.list)).collect()
    }
}

/// Parses one list, DER or PEM.
pub(crate) fn read_list(bytes: &[u8]) -> Result<CertRevocationList<'static>, String> {
    use rustls::pki_types::{CertificateRevocationListDer, pem::PemObject};
    let parsed = if bytes.trim_ascii_start().starts_with(b"-----BEGIN ") {
        let der = CertificateRevocationListDer::from_pem_slice(bytes).map_err(|error| error.to_string())?;
        OwnedCertRevocationList::from_der(&der)
    } else {
        OwnedCertRevocationList::from_der(bytes)
    };
    parsed.map(CertRevocationList::Owned).map_err(|error| error.to_string())
}
