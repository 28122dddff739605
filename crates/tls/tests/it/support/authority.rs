//! An authority that signs what a test needs.

use dunlin_tls::{PemSource, TlsOptions};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    SigningKey, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate that can sign others.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Signed {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let (parameters, key) = Self::parameters(name);
        let certificate = parameters.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let (parameters, key) = Self::parameters(name);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    fn parameters(name: &str) -> (CertificateParams, KeyPair) {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (parameters, KeyPair::generate().unwrap())
    }

    pub(crate) fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Signed {
        self.sign_key(KeyPair::generate().unwrap(), change)
    }

    pub(crate) fn sign_key(&self, key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let mut parameters = CertificateParams::default();
        parameters.use_authority_key_identifier_extension = true;
        change(&mut parameters);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Signed { certificate, key }
    }

    pub(crate) fn server(&self, name: &str) -> Signed {
        self.sign(|parameters| {
            *parameters = CertificateParams::new([name.to_owned()]).unwrap();
            parameters.use_authority_key_identifier_extension = true;
            parameters.distinguished_name.push(DnType::CommonName, name);
        })
    }

    pub(crate) fn client(&self, name: &str) -> Signed {
        self.sign(client_named(name))
    }

    /// What it signed, as a certificate of X.509 version 1: without the version and the extensions, RFC 5280 §4.1.
    pub(crate) fn as_version_one(&self, signed: &Signed) -> CertificateDer<'static> {
        let whole = signed.certificate.der();
        let [to_be_signed, algorithm, _] = parts_of(whole)[..] else { panic!("a certificate has three parts") };
        let fields = parts_of(to_be_signed);
        let (version, extensions) = (fields[0], fields[fields.len() - 1]);
        assert_eq!((version[0], extensions[0]), (0xa0, 0xa3));
        let to_be_signed = sequence(&fields[1..fields.len() - 1].concat());
        let signature = self.issuer.key().sign(&to_be_signed).unwrap();
        let signature = [&[0x03, u8::try_from(signature.len() + 1).unwrap(), 0][..], &signature].concat();
        CertificateDer::from(sequence(&[&to_be_signed, algorithm, &signature].concat()))
    }

    /// A revocation list that is current in the year given.
    pub(crate) fn revoke(&self, serials: &[u64], next_update_year: i32) -> Vec<u8> {
        let revoked = |&serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(serial),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let parameters = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(next_update_year, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        parameters.signed_by(&self.issuer).unwrap().der().to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }
}

impl Signed {
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    pub(crate) fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()))
    }

    /// Options of a listener that shows this certificate.
    pub(crate) fn options(&self) -> TlsOptions {
        TlsOptions {
            certfile: Some(PemSource::parse(&self.certificate.pem())),
            keyfile: Some(PemSource::parse(&self.key.serialize_pem())),
            ..TlsOptions::default()
        }
    }
}

/// The values in a DER value, each with its tag and length.
fn parts_of(value: &[u8]) -> Vec<&[u8]> {
    let mut rest = &value[header_bytes(value)..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let header = header_bytes(rest);
        let length = if header == 2 {
            usize::from(rest[1])
        } else {
            rest[2..header].iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte))
        };
        let (part, behind) = rest.split_at(header + length);
        parts.push(part);
        rest = behind;
    }
    parts
}

fn header_bytes(value: &[u8]) -> usize {
    if value[1] < 0x80 { 2 } else { 2 + usize::from(value[1] & 0x7f) }
}

fn sequence(contents: &[u8]) -> Vec<u8> {
    let header = match contents.len() {
        length @ ..0x80 => vec![0x30, length as u8],
        length @ 0x80..0x100 => vec![0x30, 0x81, length as u8],
        length => [&[0x30, 0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    };
    [&header, contents].concat()
}

/// A client's certificate with this common name.
pub(crate) fn client_named(name: &str) -> impl FnOnce(&mut CertificateParams) {
    let name = name.to_owned();
    move |parameters| {
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    }
}

/// With a number and an address to look it up in.
pub(crate) fn revocable(serial: u64, url: &str) -> impl FnOnce(&mut CertificateParams) {
    let url = url.to_owned();
    move |parameters| {
        client_named("client")(parameters);
        parameters.serial_number = Some(SerialNumber::from(serial));
        parameters.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![url] }];
    }
}
