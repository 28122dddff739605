//! What a bundle is called.

use super::BundleError;
use dunlin_config::ManagedCertificate;
use std::path::{Path, PathBuf};

const FOLDER: &str = "certs2";

/// The name of a bundle, and its namespace if it has one. Both can be names of folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BundleId<'a> {
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> BundleId<'a> {
    /// # Errors
    /// [`BundleError::BadName`].
    pub(crate) fn new(namespace: Option<&'a str>, name: &'a str) -> Result<Self, BundleError> {
        let bad = namespace.into_iter().chain([name]).find(|name| !ManagedCertificate::is_name(name));
        match bad {
            Some(bad) => Err(BundleError::BadName(bad.escape_debug().to_string())),
            None => Ok(Self { namespace, name }),
        }
    }

    /// That of a bundle which the configuration names.
    pub(crate) fn of(certificate: &'a ManagedCertificate) -> Self {
        Self { namespace: certificate.namespace.as_deref(), name: &certificate.bundle_name }
    }

    pub(crate) const fn namespace(self) -> Option<&'a str> {
        self.namespace
    }

    pub(crate) const fn name(self) -> &'a str {
        self.name
    }

    /// Where its files are.
    pub(crate) fn folder(self, data_dir: &Path) -> PathBuf {
        folder_of(data_dir, self.namespace).join(self.name)
    }
}

/// Where the bundles of a namespace are, or those for everybody.
pub(super) fn folder_of(data_dir: &Path, namespace: Option<&str>) -> PathBuf {
    match namespace {
        None => data_dir.join(FOLDER).join("global"),
        Some(namespace) => data_dir.join(FOLDER).join("ns").join(namespace),
    }
}
