//! Names out of certificates.

use super::PeerCertificate;
use rcgen::string::BmpString;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, KeyPair};
use rustls::pki_types::{CertificateDer, pem::PemObject};

fn certificate(parts: &[(DnType, DnValue)]) -> CertificateDer<'static> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    for (kind, value) in parts {
        parameters.distinguished_name.push(kind.clone(), value.clone());
    }
    parameters.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0])];
    parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

fn text(value: &str) -> DnValue {
    DnValue::Utf8String(value.into())
}

#[test]
fn the_subject_is_written_from_its_end_with_emqx_labels() {
    let der = certificate(&[
        (DnType::CountryName, DnValue::PrintableString("SE".try_into().unwrap())),
        (DnType::OrganizationName, text("Example")),
        (DnType::OrganizationalUnitName, text("plant")),
        (DnType::CommonName, text("sensor 7")),
        (DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]), text("a@b.se")),
        (DnType::CustomDnType(vec![1, 2, 3]), text("x")),
    ]);
    let peer = PeerCertificate::new(&der);
    assert_eq!(peer.subject().unwrap(), "1.2.3=x,EMAILADDRESS=a@b.se,CN=sensor 7,OU=plant,O=Example,C=SE");
    assert_eq!(peer.common_name().unwrap(), "sensor 7");
}

#[test]
fn what_separates_and_what_is_not_printable_is_escaped_in_the_subject_only() {
    let der = certificate(&[(DnType::OrganizationName, text("#a, b ")), (DnType::CommonName, text(" Åsa+1"))]);
    let peer = PeerCertificate::new(&der);
    assert_eq!(peer.subject().unwrap(), "CN=\\ \\C3\\85sa\\+1,O=\\#a\\, b\\ ");
    assert_eq!(peer.common_name().unwrap(), " Åsa+1");
}

#[test]
fn other_character_sets_become_utf_8() {
    let der = certificate(&[(DnType::CommonName, DnValue::BmpString(BmpString::try_from("λ1").unwrap()))]);
    assert_eq!(PeerCertificate::new(&der).common_name().unwrap(), "λ1");
}

#[test]
fn a_subject_without_a_common_name_has_none() {
    let der = certificate(&[(DnType::OrganizationName, text("Example"))]);
    assert_eq!(PeerCertificate::new(&der).common_name(), None);
}

#[test]
fn the_pem_text_holds_the_certificate_and_the_digest_is_that_of_its_bytes() {
    let der = certificate(&[(DnType::CommonName, text("x"))]);
    let peer = PeerCertificate::new(&der);
    assert_eq!(CertificateDer::from_pem_slice(peer.pem().as_bytes()).unwrap(), der);
    assert_eq!(peer.pem().replace('\n', "").len(), peer.base64().len() + 27 + 25);
    let empty = CertificateDer::from(Vec::new());
    assert_eq!(PeerCertificate::new(&empty).md5(), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(peer.der(), der.as_ref());
}
