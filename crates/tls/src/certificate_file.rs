//! Certificates out of PEM text, and the few facts the start-up checks need.

use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::pem_source::PemSource;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::time::{Duration, SystemTime};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Reads every certificate; there is at least one, and each can be parsed.
///
/// # Errors
/// [`TlsError::Unreadable`], [`TlsError::NoCertificate`] or [`TlsError::BadCertificate`].
pub(crate) fn read_certificates(
    key: &'static str,
    source: &PemSource,
    files: &mut ReadFiles,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = source.read(key, files)?;
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let number = certificates.len() + 1;
        let bad = |why| TlsError::BadCertificate { key, file: source.clone(), number, why };
        let certificate = certificate.map_err(|error| bad(format!("its PEM text is damaged ({error})")))?;
        parse(&certificate).map_err(&bad)?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { key, file: source.clone() });
    }
    Ok(certificates)
}

/// A certificate's contents.
///
/// # Errors
/// Why it is none.
pub(crate) fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, String> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        Ok(_) => Err("bytes follow its end".into()),
        Err(error) => Err(format!("it is damaged ({error})")),
    }
}

/// Whether a certificate names itself as its issuer.
pub(crate) fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    parse(certificate).is_ok_and(|parsed| parsed.subject().as_raw() == parsed.issuer().as_raw())
}

/// When a certificate stops being valid.
pub(crate) fn not_after(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    parse(certificate).ok().map(|parsed| time_of(parsed.validity().not_after.timestamp()))
}

/// A line for the log when a certificate is not valid at `now`.
pub(crate) fn validity_warning(
    key: &'static str,
    source: &PemSource,
    certificate: &CertificateDer<'_>,
    now: SystemTime,
) -> Option<String> {
    let parsed = parse(certificate).ok()?;
    let validity = parsed.validity();
    let subject = parsed.subject();
    if now > time_of(validity.not_after.timestamp()) {
        let until = validity.not_after;
        return Some(format!(
            "{key}: the certificate of {subject} in {source} expired at {until}: clients that verify it will refuse to connect"
        ));
    }
    if now < time_of(validity.not_before.timestamp()) {
        let from = validity.not_before;
        return Some(format!(
            "{key}: the certificate of {subject} in {source} is not valid before {from}: check this machine's clock; clients that verify it will refuse to connect"
        ));
    }
    None
}

/// Appends to a chain what leads from its last certificate towards a root: some operators keep the server's own certificate
/// in `certfile` and the intermediate ones in `cacertfile`, and Erlang joins them.
pub(crate) fn complete_chain(chain: &mut Vec<CertificateDer<'static>>, authorities: &[CertificateDer<'static>]) {
    while let Some(last) = chain.last() {
        let Ok(parsed) = parse(last) else { return };
        if parsed.subject().as_raw() == parsed.issuer().as_raw() {
            return;
        }
        let issues = |candidate: &&CertificateDer<'static>| {
            // Clients have the root themselves.
            !is_self_issued(candidate)
                && !chain.contains(candidate)
                && parse(candidate).is_ok_and(|authority| authority.subject().as_raw() == parsed.issuer().as_raw())
        };
        let Some(issuer) = authorities.iter().find(issues).cloned() else { return };
        chain.push(issuer);
    }
}

fn time_of(timestamp: i64) -> SystemTime {
    match u64::try_from(timestamp) {
        Ok(seconds) => SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        Err(_) => SystemTime::UNIX_EPOCH,
    }
}
