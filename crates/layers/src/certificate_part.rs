//! `mqtt.peer_cert_as_username` and `mqtt.peer_cert_as_clientid`.

use dunlin_tls::PeerCertificate;

/// What of a client's certificate names the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificatePart {
    /// `cn`: the common name of the subject. The only part that a proxy in front can vouch for.
    CommonName,
    /// `dn`: the whole subject.
    Subject,
    /// `crt`: the certificate in DER form. As that is no text, it is written in base64, as [`Self::Pem`] is.
    Der,
    /// `pem`: what is between the lines of its PEM form, in one line.
    Pem,
    /// `md5`: the MD5 digest of the DER form, in 32 hexadecimal digits.
    Md5,
}

/// What stands in for what a client calls itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// In place of the user name.
    pub username: Option<CertificatePart>,
    /// In place of the client id.
    pub client_id: Option<CertificatePart>,
}

impl CertificatePart {
    /// `None` when the certificate has no such part.
    pub(crate) fn of(self, certificate: &PeerCertificate<'_>) -> Option<String> {
        match self {
            Self::CommonName => certificate.common_name(),
            Self::Subject => certificate.subject(),
            Self::Der | Self::Pem => Some(certificate.base64()),
            Self::Md5 => Some(certificate.md5()),
        }
    }

    /// The same where only a proxy has seen the certificate and passes on its common name.
    pub(crate) fn of_common_name(self, common_name: &str) -> Option<String> {
        (self == Self::CommonName).then(|| common_name.to_owned())
    }
}
