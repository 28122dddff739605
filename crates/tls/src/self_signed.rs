//! A certificate nobody signed but itself, for a first start without one.

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use std::time::{Duration, SystemTime};

/// Clients whose clock is a little behind accept the certificate all the same.
const BACKDATED: Duration = Duration::from_secs(24 * 3600);

/// Long enough that a test bench does not stop one day.
const VALID_FOR: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A self-signed certificate and its key (ECDSA P-256), for testing: clients cannot verify it unless they are given it.
pub struct SelfSigned {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its key, PKCS#8 in PEM. Write it where only the broker can read it.
    pub key_pem: String,
}

/// Names no certificate can hold.
#[derive(Debug, thiserror::Error)]
#[error("no certificate can be made for these names: {why}")]
pub struct SelfSignedError {
    /// What is wrong.
    pub why: String,
}

impl SelfSigned {
    /// Makes one for host names and IP addresses; the first is its common name too.
    ///
    /// # Errors
    /// [`SelfSignedError`] when a name cannot be in a certificate.
    pub fn generate(names: &[String], now: SystemTime) -> Result<Self, SelfSignedError> {
        let failed = |error: rcgen::Error| SelfSignedError { why: error.to_string() };
        let key = KeyPair::generate().map_err(failed)?;
        let mut parameters = CertificateParams::new(names).map_err(failed)?;
        parameters.not_before = (now - BACKDATED).into();
        parameters.not_after = (now + VALID_FOR).into();
        parameters.distinguished_name.push(DnType::OrganizationName, "Dunlin self-signed, for testing only");
        let common_name = names.first().map_or("localhost", String::as_str);
        parameters.distinguished_name.push(DnType::CommonName, common_name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = parameters.self_signed(&key).map_err(failed)?;
        Ok(Self { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}
