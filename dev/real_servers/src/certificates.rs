//! Certificates for a server that speaks TLS.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A certificate for a server, and the authority that signed it, as files in a folder of their own.
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// A new authority, and a certificate of it for a host.
    ///
    /// # Panics
    /// The files cannot be written.
    #[must_use]
    pub fn for_host(host: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Names that differ, as OpenSSL tells by them what has signed itself.
        parameters.distinguished_name.push(DnType::CommonName, "authority of a test");
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer =
            CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key")).expect("a certificate");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new([host.to_owned()]).expect("a name").signed_by(&key, &issuer);
        let certificates = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::write(certificates.authority(), issuer.pem()).expect("it can be written");
        fs::write(certificates.certificate(), certificate.expect("a certificate").pem()).expect("it can be written");
        fs::write(certificates.key(), key.serialize_pem()).expect("it can be written");
        certificates
    }

    /// The folder of all files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the certificate of the authority.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The file with the certificate of the server.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The file with its key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// How a client connects that trusts this authority, and no other.
    ///
    /// # Panics
    /// The file of the authority is gone.
    #[must_use]
    pub fn trusting(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(self.authority()).expect("a certificate");
        roots.add(authority).expect("a certificate of an authority");
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    }
}
