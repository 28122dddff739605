//! TLS of a client: what it trusts and what it shows, ready for the TLS library and as PEM text for libraries that bring their own.

use crate::certificate_file::read_certificates;
use crate::cipher_list::Negotiable;
use crate::client_options::ClientTlsOptions;
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::lenient_verifier::LenientVerifier;
use crate::options::Verify;
use crate::pem_source::PemSource;
use crate::private_key::read_private_key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, Error, InconsistentKeys, RootCertStore};
use std::fmt;
use std::sync::Arc;

/// The length of a line of PEM text, RFC 7468 §2.
const PEM_LINE_BYTES: usize = 64;

/// TLS of a client.
#[derive(Clone, Debug)]
pub struct ClientTls {
    /// For the TLS library.
    pub config: Arc<ClientConfig>,
    /// `cacertfile` as PEM text; `None` where those are trusted that web browsers trust.
    pub authorities_pem: Option<String>,
    /// What it shows, if anything.
    pub identity: Option<ClientIdentity>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// A certificate with its key, as PEM text.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate and those between it and an authority.
    pub chain_pem: String,
    /// The key, not encrypted.
    pub key_pem: String,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("key_pem", &"******").finish_non_exhaustive()
    }
}

impl ClientTls {
    /// Reads everything the options name; what was read is noted in `files`.
    ///
    /// # Errors
    /// The first mistake, with the key it is about.
    pub fn load(options: &ClientTlsOptions, files: &mut ReadFiles) -> Result<Self, TlsError> {
        let options = &*options.with_bundle(files)?;
        let negotiable = Negotiable::read(&options.versions, &options.ciphers)?;
        let provider = Arc::new(CryptoProvider { cipher_suites: negotiable.suites, ..aws_lc_rs::default_provider() });
        let unusable = |error: Error| TlsError::option("versions", error.to_string());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&negotiable.versions)
            .map_err(unusable)?;
        let authorities = match &options.cacertfile {
            Some(source) => Some((source, read_certificates("cacertfile", source, files)?)),
            None => None,
        };
        let authorities_pem = authorities.as_ref().map(|(_, certificates)| certificates_pem(certificates));
        let builder = match options.verify {
            Verify::Peer if options.uses_server_name => builder.with_root_certificates(roots(authorities)?),
            Verify::Peer => {
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots(authorities)?), Arc::clone(&provider));
                let verifier = verifier.build().map_err(|error| TlsError::option("cacertfile", error.to_string()))?;
                builder.dangerous().with_custom_certificate_verifier(LenientVerifier::any_name(verifier, &provider))
            }
            Verify::None => builder.dangerous().with_custom_certificate_verifier(LenientVerifier::anyone(&provider)),
        };
        let (mut config, identity) = match read_identity(options, files)? {
            None => (builder.with_no_client_auth(), None),
            Some((chain, key)) => {
                let identity = ClientIdentity { chain_pem: certificates_pem(&chain), key_pem: key_pem(&key) };
                let config = builder.with_client_auth_cert(chain, key).map_err(|error| refused(options, &error))?;
                (config, Some(identity))
            }
        };
        config.enable_sni = options.uses_server_name;
        Ok(Self { config: Arc::new(config), authorities_pem, identity, warnings: negotiable.warnings })
    }
}

fn roots(authorities: Option<(&PemSource, Vec<CertificateDer<'static>>)>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let Some((source, certificates)) = authorities else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    for (index, certificate) in certificates.into_iter().enumerate() {
        roots.add(certificate).map_err(|error| TlsError::BadCertificate {
            key: "cacertfile",
            file: source.clone(),
            number: index + 1,
            why: error.to_string(),
        })?;
    }
    Ok(roots)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_identity(options: &ClientTlsOptions, files: &mut ReadFiles) -> Result<Option<Identity>, TlsError> {
    let why = "a certificate and its key come together";
    match (&options.certfile, &options.keyfile) {
        (None, None) => Ok(None),
        (Some(certfile), Some(keyfile)) => {
            let chain = read_certificates("certfile", certfile, files)?;
            let key = read_private_key("keyfile", keyfile, options.password.as_ref(), files)?;
            Ok(Some((chain, key)))
        }
        (None, Some(_)) => Err(TlsError::Missing { key: "certfile", why }),
        (Some(_), None) => Err(TlsError::Missing { key: "keyfile", why }),
    }
}

fn refused(options: &ClientTlsOptions, error: &Error) -> TlsError {
    let (Some(certificate), Some(file)) = (options.certfile.clone(), options.keyfile.clone()) else {
        return TlsError::option("certfile", error.to_string());
    };
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::KeyMismatch { key: "keyfile", file, certificate }
        }
        _ => TlsError::BadPrivateKey { key: "keyfile", file, why: error.to_string() },
    }
}

fn certificates_pem(certificates: &[CertificateDer<'_>]) -> String {
    certificates.iter().map(|certificate| pem("CERTIFICATE", certificate)).collect()
}

fn key_pem(key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    pem(label, key.secret_der())
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = &*STANDARD.encode(der);
    while !rest.is_empty() {
        // Base64 is ASCII: every place in it is one between characters.
        let (line, behind) = rest.split_at(rest.len().min(PEM_LINE_BYTES));
        text.push_str(line);
        text.push('\n');
        rest = behind;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests;
