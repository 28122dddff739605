//! A bundle (`managed_certs`): a certificate, its key and what goes with them, in a folder where each file has its name.
//!
//! ```text
//! key.pem  chain.pem           needed
//! ca.pem  key-password         used where they are there
//! acc-key.pem                  of an ACME account: kept, not used
//! ```

use crate::client_options::ClientTlsOptions;
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::options::{Password, SniCertificate, TlsOptions};
use crate::pem_source::PemSource;
use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::PathBuf;

/// What `ssl_options` calls it.
pub(crate) const KEY: &str = "managed_certs";

/// A file of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BundleFile {
    /// The private key.
    Key,
    /// The certificate and those between it and an authority.
    Chain,
    /// Certificates of authorities.
    Authorities,
    /// The key of an ACME account.
    AccountKey,
    /// The password of the private key.
    KeyPassword,
}

/// A bundle that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Its folder.
    pub folder: PathBuf,
    /// Names that clients ask for (SNI), such as `mqtt.example.com` or `*.example.com`; empty = those in the certificate.
    pub names: Vec<String>,
}

impl BundleFile {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Key, Self::Chain, Self::Authorities, Self::AccountKey, Self::KeyPassword];

    /// What the file is called.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Key => "key.pem",
            Self::Chain => "chain.pem",
            Self::Authorities => "ca.pem",
            Self::AccountKey => "acc-key.pem",
            Self::KeyPassword => "key-password",
        }
    }
}

impl Bundle {
    /// The certificate and its chain.
    #[must_use]
    pub fn certfile(&self) -> PemSource {
        PemSource::File(self.path(BundleFile::Chain))
    }

    /// Its key.
    #[must_use]
    pub fn keyfile(&self) -> PemSource {
        PemSource::File(self.path(BundleFile::Key))
    }

    /// Its certificates of authorities, if it has some. That it has none is noted in `files`, too.
    #[must_use]
    pub fn cacertfile(&self, files: &mut ReadFiles) -> Option<PemSource> {
        let path = self.path(BundleFile::Authorities);
        let is_missing = files.read(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        (!is_missing).then_some(PemSource::File(path))
    }

    /// The password of its key, if it has one. Blanks around it do not belong to it.
    ///
    /// # Errors
    /// [`TlsError::Unreadable`].
    pub fn password(&self, files: &mut ReadFiles) -> Result<Option<Password>, TlsError> {
        let file = self.path(BundleFile::KeyPassword);
        match files.read(&file) {
            Ok(bytes) => Ok(Some(Password::new(String::from_utf8_lossy(&bytes).trim()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(TlsError::Unreadable { key: KEY, file, source }),
        }
    }

    /// # Errors
    /// [`TlsError::IncompleteBundle`] where a file is missing that it needs.
    fn check_complete(&self, files: &mut ReadFiles) -> Result<(), TlsError> {
        for needed in [BundleFile::Chain, BundleFile::Key] {
            if files.read(&self.path(needed)).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
                return Err(TlsError::IncompleteBundle { folder: self.folder.clone(), file: needed.file_name() });
            }
        }
        Ok(())
    }

    fn path(&self, file: BundleFile) -> PathBuf {
        self.folder.join(file.file_name())
    }
}

impl TlsOptions {
    /// With what is in the bundles now in the place of `certfile` and what goes with it. The first bundle is for clients that ask
    /// for no name, or for one that nothing is for.
    pub(crate) fn with_bundles(&self, files: &mut ReadFiles) -> Result<Cow<'_, Self>, TlsError> {
        let Some((first, others)) = self.bundles.split_first() else { return Ok(Cow::Borrowed(self)) };
        for bundle in &self.bundles {
            bundle.check_complete(files)?;
        }
        let mut options = self.clone();
        options.certfile = Some(first.certfile());
        options.keyfile = Some(first.keyfile());
        options.password = first.password(files)?;
        options.cacertfile = first.cacertfile(files).or(options.cacertfile);
        let mut by_name = Vec::with_capacity(others.len() + self.sni.len());
        for bundle in others {
            by_name.push(SniCertificate {
                names: bundle.names.clone(),
                certfile: bundle.certfile(),
                keyfile: bundle.keyfile(),
                password: bundle.password(files)?,
            });
        }
        by_name.append(&mut options.sni);
        options.sni = by_name;
        Ok(Cow::Owned(options))
    }
}

impl ClientTlsOptions {
    /// With what is in the bundle now in the place of `certfile` and what goes with it.
    pub(crate) fn with_bundle(&self, files: &mut ReadFiles) -> Result<Cow<'_, Self>, TlsError> {
        let Some(bundle) = &self.bundle else { return Ok(Cow::Borrowed(self)) };
        bundle.check_complete(files)?;
        let mut options = self.clone();
        options.certfile = Some(bundle.certfile());
        options.keyfile = Some(bundle.keyfile());
        options.password = bundle.password(files)?;
        options.cacertfile = bundle.cacertfile(files).or(options.cacertfile);
        Ok(Cow::Owned(options))
    }
}
