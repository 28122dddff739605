//! A public key as a file has it (RFC 7468 §5 and §13, and the older form of RSA keys, RFC 8017 §A.1.1).

use crate::key::{Curve, Key, KeyError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{PemObject, SectionKind};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::oid;
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

const P256: Oid<'static> = oid!(1.2.840.10045.3.1.7);
const P384: Oid<'static> = oid!(1.3.132.0.34);
const P521: Oid<'static> = oid!(1.3.132.0.35);
const ED25519: Oid<'static> = oid!(1.3.101.112);

/// Reads the first public key, or that of the first certificate.
pub(crate) fn public_key(pem: &[u8]) -> Result<Key, KeyError> {
    let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(pem);
    let found = sections.find_map(|section| match section {
        Ok((kind @ (SectionKind::PublicKey | SectionKind::Certificate), der)) => Some((kind, der)),
        _ => None,
    });
    match found {
        Some((SectionKind::Certificate, der)) => certificate_key(&CertificateDer::from(der)),
        Some((_, der)) => {
            let (_, info) = SubjectPublicKeyInfo::from_der(&der).map_err(|_| KeyError::Malformed)?;
            key_of(&info)
        }
        None => bare_rsa_key(pem),
    }
}

fn certificate_key(der: &CertificateDer<'_>) -> Result<Key, KeyError> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| KeyError::Malformed)?;
    key_of(certificate.public_key())
}

/// `RSA PUBLIC KEY`, a label that the reader of PEM leaves out.
fn bare_rsa_key(pem: &[u8]) -> Result<Key, KeyError> {
    let (_, section) = x509_parser::pem::parse_x509_pem(pem).map_err(|_| KeyError::NoPem)?;
    if section.label != "RSA PUBLIC KEY" {
        return Err(KeyError::NoPem);
    }
    let (_, key) = RSAPublicKey::from_der(&section.contents).map_err(|_| KeyError::Malformed)?;
    Key::rsa(key.modulus, key.exponent)
}

fn key_of(info: &SubjectPublicKeyInfo<'_>) -> Result<Key, KeyError> {
    if info.algorithm.algorithm == ED25519 {
        return Key::ed25519(&info.subject_public_key.data);
    }
    match info.parsed().map_err(|_| KeyError::Malformed)? {
        PublicKey::RSA(key) => Key::rsa(key.modulus, key.exponent),
        PublicKey::EC(point) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
            let curve = match curve {
                Some(name) if name == P256 => Curve::P256,
                Some(name) if name == P384 => Curve::P384,
                Some(name) if name == P521 => Curve::P521,
                other => {
                    let name = other.map_or("a curve without name".to_owned(), |name| name.to_id_string());
                    return Err(KeyError::Unsupported(name));
                }
            };
            Key::curve(curve, point.data())
        }
        _ => Err(KeyError::Unsupported(info.algorithm.algorithm.to_id_string())),
    }
}
