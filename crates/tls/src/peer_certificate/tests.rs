//! Names out of certificates.

use super::{AlternativeNames, PeerCertificate};
use rcgen::string::BmpString;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, KeyPair, SanType};
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

#[test]
fn other_names_are_told_apart_by_kind() {
    let mut parameters = CertificateParams::default();
    parameters.subject_alt_names = vec![
        SanType::DnsName("a.example".try_into().unwrap()),
        SanType::URI("spiffe://example/meter-7".try_into().unwrap()),
        SanType::IpAddress("192.0.2.1".parse().unwrap()),
        SanType::Rfc822Name("a@b.se".try_into().unwrap()),
        SanType::DnsName("*.b.example".try_into().unwrap()),
        SanType::IpAddress("2001:db8::1".parse().unwrap()),
    ];
    let der = parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let expected = AlternativeNames {
        dns: texts(&["a.example", "*.b.example"]),
        ip: texts(&["192.0.2.1", "2001:db8::1"]),
        email: texts(&["a@b.se"]),
        uri: texts(&["spiffe://example/meter-7"]),
    };
    assert_eq!(PeerCertificate::new(&der).alternative_names(), expected);
    let der = certificate(&[(DnType::CommonName, text("x"))]);
    assert_eq!(PeerCertificate::new(&der).alternative_names(), AlternativeNames::default());
}

/// Addresses are of four bytes or sixteen; anything else is passed over, and what is no extension gives nothing.
#[test]
fn other_names_that_make_no_sense_are_left_out() {
    const SUBJECT_ALTERNATIVE_NAME: [u64; 4] = [2, 5, 29, 17];
    let with_extension = |content: &[u8]| {
        let mut parameters = CertificateParams::default();
        let extension = CustomExtension::from_oid_content(&SUBJECT_ALTERNATIVE_NAME, content.to_vec());
        parameters.custom_extensions = vec![extension];
        let der = parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
        PeerCertificate::new(&der).alternative_names()
    };
    let names = with_extension(&[0x30, 0x08, 0x87, 0x03, 1, 2, 3, 0x82, 0x01, b'a']);
    assert_eq!(names, AlternativeNames { dns: vec!["a".to_owned()], ..AlternativeNames::default() });
    assert_eq!(with_extension(&[0x30, 0x7f, 0x82]), AlternativeNames::default());
    assert_eq!(with_extension(b"text"), AlternativeNames::default());
}
