//! The server's certificate with its key, and the OCSP response that goes with it.

use crate::certificate_file::{complete_chain, not_after, parse, read_certificates, validity_warning};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::options::Password;
use crate::pem_source::PemSource;
use crate::private_key::read_private_key;
use crate::version_one::parse_version_one;
use parking_lot::RwLock;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use std::sync::Arc;
use std::time::SystemTime;
use x509_parser::extensions::GeneralName;

/// A certificate the server can show.
#[derive(Debug)]
pub(crate) struct ServerIdentity {
    /// Names it is for, lower case.
    pub(crate) names: Vec<String>,
    certified_key: RwLock<Arc<CertifiedKey>>,
}

/// Where a certificate is, under the keys that say so.
pub(crate) struct IdentitySource<'a> {
    pub(crate) certificate_key: &'static str,
    pub(crate) certfile: &'a PemSource,
    pub(crate) key_key: &'static str,
    pub(crate) keyfile: &'a PemSource,
    pub(crate) password: Option<&'a Password>,
    /// Empty: those in the certificate.
    pub(crate) names: &'a [String],
}

/// What loading needs beside the options.
pub(crate) struct Loading<'a> {
    pub(crate) provider: &'a CryptoProvider,
    pub(crate) authorities: &'a [CertificateDer<'static>],
    pub(crate) files: &'a mut ReadFiles,
    pub(crate) warnings: Vec<String>,
    pub(crate) now: SystemTime,
}

impl ServerIdentity {
    /// Reads a certificate and its key; one that is expired or not yet valid is a warning only.
    ///
    /// # Errors
    /// What is wrong with either, or that they do not belong together.
    pub(crate) fn load(source: &IdentitySource<'_>, loading: &mut Loading<'_>) -> Result<Self, TlsError> {
        let mut chain = read_certificates(source.certificate_key, source.certfile, loading.files)?;
        let key = read_private_key(source.key_key, source.keyfile, source.password, loading.files)?;
        let validity = validity_warning(source.certificate_key, source.certfile, &chain[0], loading.now);
        loading.warnings.extend(validity);
        complete_chain(&mut chain, loading.authorities);
        let mut names: Vec<String> = source.names.iter().map(|name| name.to_ascii_lowercase()).collect();
        if names.is_empty() {
            names = names_in(&chain[0]);
        }
        let certified_key = certify(chain, key, source, loading)?;
        Ok(Self { names, certified_key: RwLock::new(Arc::new(certified_key)) })
    }

    /// What a handshake needs.
    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified_key.read())
    }

    /// Puts an OCSP response beside the certificate, or takes it away.
    pub(crate) fn set_ocsp_response(&self, response: Option<Vec<u8>>) {
        let mut current = self.certified_key.write();
        let mut changed = CertifiedKey::clone(&current);
        changed.ocsp = response;
        *current = Arc::new(changed);
    }

    /// When the certificate stops being valid.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        self.certified_key.read().cert.first().and_then(not_after)
    }
}

/// Joins a chain and its key, which must belong together.
fn certify(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    source: &IdentitySource<'_>,
    loading: &mut Loading<'_>,
) -> Result<CertifiedKey, TlsError> {
    let (certfile, keyfile) = (source.certfile, source.keyfile);
    let signing_key = loading.provider.key_provider.load_private_key(key).map_err(|error| TlsError::BadPrivateKey {
        key: source.key_key,
        file: keyfile.clone(),
        why: format!("{error}; RSA with at least 2048 bits, ECDSA on P-256, P-384 or P-521, and Ed25519 can"),
    })?;
    let certified_key = CertifiedKey::new(chain, signing_key);
    let mismatch =
        || TlsError::KeyMismatch { key: source.key_key, file: keyfile.clone(), certificate: certfile.clone() };
    let version_one = certified_key.cert.first().and_then(parse_version_one);
    match (version_one, certified_key.keys_match()) {
        // The TLS library reads no certificate of version 1, but may show one.
        (Some(parsed), _) => {
            if certified_key.key.public_key().is_some_and(|key| key.as_ref() != parsed.public_key().raw) {
                return Err(mismatch());
            }
            loading.warnings.push(format!(
                "{}: the certificate in {certfile} is of X.509 version 1, which some clients refuse: sign it anew as version 3, with \
                 `openssl x509 -req -extfile FILE` and a FILE that says subjectAltName=DNS:NAME",
                source.certificate_key
            ));
        }
        // A key whose public half is not known cannot be compared.
        (None, Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown))) => {}
        (None, Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch))) => return Err(mismatch()),
        (None, Err(error)) => {
            let why = error.to_string();
            return Err(TlsError::BadCertificate {
                key: source.certificate_key,
                file: certfile.clone(),
                number: 1,
                why,
            });
        }
    }
    Ok(certified_key)
}

/// The DNS names in a certificate; its common name where there are none.
pub(crate) fn names_in(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(parsed) = parse(certificate) else { return Vec::new() };
    let mut names = Vec::new();
    if let Ok(Some(extension)) = parsed.subject_alternative_name() {
        for name in &extension.value.general_names {
            if let GeneralName::DNSName(name) = name {
                names.push(name.to_ascii_lowercase());
            }
        }
    }
    if names.is_empty() {
        let common_names = parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok());
        names.extend(common_names.map(str::to_ascii_lowercase));
    }
    names
}
