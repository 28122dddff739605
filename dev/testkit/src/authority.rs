//! An authority that signs the certificates of a test, as files.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Names under which the broker of a test is reached.
const SERVER_NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// An authority, with its certificate and those it has signed in a folder of its own.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate that was signed, and its key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The file with the certificate.
    pub certificate: PathBuf,
    /// The file with its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one, which nobody trusts yet.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(parameters, key).expect("a certificate");
        let authority = Self { issuer, folder: TempDir::new().expect("a temporary directory") };
        write(&authority.certificate(), &authority.issuer.pem());
        authority
    }

    /// The folder of all its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with its own certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Signs a certificate for a server on this machine or a client. Another one of the same name takes its place.
    #[must_use]
    pub fn issue(&self, name: &str) -> Issued {
        self.issue_with(name, |_| {})
    }

    /// Signs a certificate that was valid until the end of 2020.
    #[must_use]
    pub fn issue_expired(&self, name: &str) -> Issued {
        self.issue_with(name, |parameters| parameters.not_after = date_time_ymd(2020, 12, 31))
    }

    fn issue_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut parameters = CertificateParams::new(SERVER_NAMES.map(String::from)).expect("names");
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.use_authority_key_identifier_extension = true;
        change(&mut parameters);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        let file = |end: &str| self.folder.path().join(format!("{name}{end}"));
        let issued = Issued { certificate: file(".pem"), key: file("-key.pem") };
        write(&issued.key, &key.serialize_pem());
        write(&issued.certificate, &certificate.pem());
        issued
    }

    /// How a client connects that trusts this authority and shows no certificate.
    #[must_use]
    pub fn trusting(&self) -> Arc<ClientConfig> {
        Arc::new(self.builder().with_no_client_auth())
    }

    /// How a client connects that trusts this authority and shows a certificate, whoever has signed it.
    #[must_use]
    pub fn trusting_as(&self, client: &Issued) -> Arc<ClientConfig> {
        let certificate = CertificateDer::from_pem_file(&client.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&client.key).expect("a key");
        Arc::new(self.builder().with_client_auth_cert(vec![certificate], key).expect("a key that fits"))
    }

    fn builder(&self) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an authority");
        ClientConfig::builder().with_root_certificates(roots)
    }
}

impl Issued {
    /// `certfile` and `keyfile` of `ssl_options`.
    #[must_use]
    pub fn keys(&self) -> String {
        format!("certfile = \"{}\", keyfile = \"{}\"", self.certificate.display(), self.key.display())
    }
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("the folder can be written");
}
