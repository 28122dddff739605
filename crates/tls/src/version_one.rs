//! Certificates of X.509 version 1: what `openssl x509 -req` makes without `-extfile`, and many devices carry.
//!
//! The library that verifies chains knows version 3 only. A certificate of version 1 is good here when an authority of `cacertfile`
//! has signed it itself and it is neither expired nor early. It never counts as an authority, since nothing in it says that it
//! may sign; nothing about its revocation can be found out either.

use crate::certificate_file::parse;
use crate::certificate_refusal::{Refusal, webpki_error};
use crate::der;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, TrustAnchor, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::time::Duration;
use webpki::RawPublicKeyEntity;
use x509_parser::prelude::{X509Certificate, X509Version};

/// The contents of a certificate, if it is of version 1.
pub(crate) fn parse_version_one<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    parse(certificate).ok().filter(|parsed| parsed.version() == X509Version::V1 && parsed.extensions().is_empty())
}

/// Whether one of `anchors` has signed a client's certificate, and whether it is valid now.
///
/// # Errors
/// What is wrong with it, in the same words as for version 3.
pub(crate) fn verify(
    certificate: &CertificateDer<'_>,
    anchors: &[TrustAnchor<'_>],
    algorithms: &WebPkiSupportedAlgorithms,
    now: UnixTime,
) -> Result<(), Error> {
    let unsupported = || webpki_error(webpki::Error::UnsupportedCertVersion);
    let parsed = parse_version_one(certificate).ok_or_else(unsupported)?;
    let (issuer, _) = der::read(der::SEQUENCE, parsed.issuer().as_raw()).ok_or(CertificateError::BadEncoding)?;
    let mut verdict = Err(unsupported());
    // Authorities may have the same name: one whose key was renewed.
    for anchor in anchors.iter().filter(|anchor| anchor.subject.as_ref() == issuer) {
        if anchor.name_constraints.is_some() {
            let why = "it is of X.509 version 1, and its authority may sign for some names only";
            verdict = Err(CertificateError::from(Refusal::unsupported(why)).into());
            continue;
        }
        verdict = verify_signed(certificate, &parsed, anchor, algorithms);
        if verdict.is_ok() {
            break;
        }
    }
    verdict?;
    verify_validity(&parsed, now)
}

/// Whether this authority has signed it, RFC 5280 §6.1.3 (a) (1).
fn verify_signed(
    certificate: &CertificateDer<'_>,
    parsed: &X509Certificate<'_>,
    anchor: &TrustAnchor<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    let signed = parsed.tbs_certificate.as_ref();
    // The algorithm as it is written, with its parameters: outside of what is signed, and the same as inside, §4.1.1.2.
    let algorithm = der::read(der::SEQUENCE, certificate)
        .and_then(|(contents, _)| contents.strip_prefix(signed))
        .and_then(|rest| der::read(der::SEQUENCE, rest));
    let Some((algorithm, _)) = algorithm else { return Err(CertificateError::BadEncoding.into()) };
    if parsed.tbs_certificate.signature != parsed.signature_algorithm || parsed.signature_value.unused_bits != 0 {
        return Err(CertificateError::BadEncoding.into());
    }
    let key = SubjectPublicKeyInfoDer::from(der::write(der::SEQUENCE, &[anchor.subject_public_key_info.as_ref()]));
    let key = RawPublicKeyEntity::try_from(&key).map_err(webpki_error)?;
    let mut verdict = Err(CertificateError::from(Refusal::unsupported(
        "its signature is of a kind that proves nothing any more, such as SHA-1 or MD5, or that does not go with its \
         authority's key: sign it anew with SHA-256",
    )));
    for candidate in algorithms.all.iter().filter(|candidate| candidate.signature_alg_id().as_ref() == algorithm) {
        match key.verify_signature(*candidate, signed, &parsed.signature_value.data) {
            Ok(()) => return Ok(()),
            // One signature algorithm goes with keys on several curves.
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => verdict = Err(CertificateError::BadSignature),
        }
    }
    verdict.map_err(Error::from)
}

fn verify_validity(parsed: &X509Certificate<'_>, now: UnixTime) -> Result<(), Error> {
    let time_of = |seconds: i64| UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    let validity = parsed.validity();
    let not_before = time_of(validity.not_before.timestamp());
    let not_after = time_of(validity.not_after.timestamp());
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}

/// Whether a client has the key of its certificate of version 1, in a handshake of TLS 1.2; `None` for other certificates.
pub(crate) fn verify_tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Option<Result<HandshakeSignatureValid, Error>> {
    let parsed = parse_version_one(certificate)?;
    let key = SubjectPublicKeyInfoDer::from(parsed.public_key().raw);
    let key = match RawPublicKeyEntity::try_from(&key) {
        Ok(key) => key,
        Err(error) => return Some(Err(webpki_error(error))),
    };
    let scheme: SignatureScheme = signature.scheme;
    let possible = algorithms.mapping.iter().find(|(known, _)| *known == scheme).map_or(&[][..], |(_, all)| *all);
    let is_good =
        possible.iter().any(|algorithm| key.verify_signature(*algorithm, message, signature.signature()).is_ok());
    Some(if is_good { Ok(HandshakeSignatureValid::assertion()) } else { Err(CertificateError::BadSignature.into()) })
}

/// The same for TLS 1.3.
pub(crate) fn verify_tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Option<Result<HandshakeSignatureValid, Error>> {
    let parsed = parse_version_one(certificate)?;
    let key = SubjectPublicKeyInfoDer::from(parsed.public_key().raw);
    Some(verify_tls13_signature_with_raw_key(message, &key, signature, algorithms))
}
