//! What can be wrong with `ssl_options`: one line each, with the key, the file and the way out.

use crate::pem_source::PemSource;
use std::io;
use std::path::PathBuf;

/// A mistake in `ssl_options` or in the files they name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A key that has to be there is not.
    #[error("{key} is missing: {why}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What it is needed for.
        why: &'static str,
    },
    /// A bundle has no certificate, or no key.
    #[error(
        "managed_certs: there is no {file} in {}: a bundle needs a certificate and its key; they are sent to \
         `/api/v5/certs/global/name/NAME`",
        folder.display()
    )]
    IncompleteBundle {
        /// The folder of the bundle.
        folder: PathBuf,
        /// The file that is missing.
        file: &'static str,
    },
    /// A file cannot be read.
    #[error(
        "{key}: {} cannot be read: {source}; check the path, and that the user the broker runs as may read it",
        file.display()
    )]
    Unreadable {
        /// The key that names it.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no certificate in it.
    #[error(
        "{key}: {file} holds no certificate: it needs at least one block from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"
    )]
    NoCertificate {
        /// The key that names it.
        key: &'static str,
        /// Where it was looked for.
        file: PemSource,
    },
    /// A certificate is damaged or of a kind nobody accepts.
    #[error("{key}: certificate {number} in {file} cannot be used: {why}")]
    BadCertificate {
        /// The key that names it.
        key: &'static str,
        /// Where it is.
        file: PemSource,
        /// Its place there, from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// No certificate in `cacertfile` ends a chain.
    #[error(
        "cacertfile: no certificate in {file} is self-signed, so that no client could be verified; add the root certificate, or set partial_chain = true to trust the last one in the file"
    )]
    NoTrustedRoot {
        /// The file.
        file: PemSource,
    },
    /// There is no private key in it.
    #[error("{key}: {file} holds no private key: it needs a block such as -----BEGIN PRIVATE KEY-----")]
    NoPrivateKey {
        /// The key that names it.
        key: &'static str,
        /// Where it was looked for.
        file: PemSource,
    },
    /// The private key cannot be used.
    #[error("{key}: the key in {file} cannot be used: {why}")]
    BadPrivateKey {
        /// The key that names it.
        key: &'static str,
        /// Where it is.
        file: PemSource,
        /// What is wrong with it.
        why: String,
    },
    /// The private key is encrypted, and no password is set.
    #[error(
        "{key}: the key in {file} is encrypted: set password, or decrypt it with `openssl pkey -in KEY -out NEW_KEY`"
    )]
    PasswordNeeded {
        /// The key that names it.
        key: &'static str,
        /// Where it is.
        file: PemSource,
    },
    /// The password does not open the private key.
    #[error("{key}: the key in {file} does not open with the password that is set ({why})")]
    WrongPassword {
        /// The key that names it.
        key: &'static str,
        /// Where it is.
        file: PemSource,
        /// What decryption said.
        why: String,
    },
    /// The private key belongs to another certificate.
    #[error(
        "{key}: the key in {file} is not the key of the certificate in {certificate}: give the two that were made together"
    )]
    KeyMismatch {
        /// The key that names the private key.
        key: &'static str,
        /// The private key.
        file: PemSource,
        /// The certificate.
        certificate: PemSource,
    },
    /// Options that contradict each other, or a value that cannot be.
    #[error("{key}: {why}")]
    BadOption {
        /// The key.
        key: &'static str,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// A revocation list cannot be used.
    #[error("{key}: the revocation list in {file} cannot be used: {why}")]
    BadRevocationList {
        /// The key that names it.
        key: &'static str,
        /// Where it is.
        file: PemSource,
        /// What is wrong with it.
        why: String,
    },
}

impl TlsError {
    pub(crate) fn option(key: &'static str, why: impl Into<String>) -> Self {
        Self::BadOption { key, why: why.into() }
    }
}
