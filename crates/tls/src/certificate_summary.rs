//! What an operator wants to know of a certificate at a glance.

use crate::certificate_file::{not_after, read_certificates};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::peer_certificate::PeerCertificate;
use crate::pem_source::PemSource;
use crate::server_identity::names_in;
use std::time::SystemTime;

/// The first certificate of a chain, the one that is shown for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSummary {
    /// Its subject, the last part first, such as `CN=mqtt.example.com,O=Example`; empty where all names are alternative ones.
    pub subject: String,
    /// The host names it is for; its common name where it has none.
    pub names: Vec<String>,
    /// When it stops being valid.
    pub not_after: SystemTime,
}

impl CertificateSummary {
    /// Reads it.
    ///
    /// # Errors
    /// [`TlsError::Unreadable`], [`TlsError::NoCertificate`] or [`TlsError::BadCertificate`].
    pub fn read(chain: &PemSource, now: SystemTime) -> Result<Self, TlsError> {
        let key = "chain";
        let certificates = read_certificates(key, chain, &mut ReadFiles::new(now))?;
        let missing = || TlsError::NoCertificate { key, file: chain.clone() };
        let first = certificates.first().ok_or_else(missing)?;
        Ok(Self {
            subject: PeerCertificate::new(first).subject().unwrap_or_default(),
            names: names_in(first),
            not_after: not_after(first).ok_or_else(missing)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SelfSigned;
    use std::time::Duration;

    #[test]
    fn the_first_certificate_is_what_counts() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let of = |name: &str| SelfSigned::generate(&[name.to_owned()], now).unwrap().certificate_pem;
        let chain = PemSource::Inline(of("first.example") + &of("second.example"));
        let summary = CertificateSummary::read(&chain, now).unwrap();
        assert_eq!(summary.names, ["first.example"]);
        assert!(summary.subject.ends_with("CN=first.example"), "{summary:?}");
        assert!(summary.not_after > now);
        assert!(CertificateSummary::read(&PemSource::Inline("x".into()), now).is_err());
    }
}
