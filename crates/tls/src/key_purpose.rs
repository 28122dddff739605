//! `verify_peer_ext_key_usage`: what a client's certificate must be made for.

use crate::certificate_file::parse;
use crate::error::TlsError;
use rustls::pki_types::CertificateDer;
use webpki::{ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage};

/// The names RFC 5280 §4.2.1.12 gives, without `OID:`.
const NAMES: [(&str, &str); 6] = [
    ("serverAuth", "1.3.6.1.5.5.7.3.1"),
    ("clientAuth", "1.3.6.1.5.5.7.3.2"),
    ("codeSigning", "1.3.6.1.5.5.7.3.3"),
    ("emailProtection", "1.3.6.1.5.5.7.3.4"),
    ("timeStamping", "1.3.6.1.5.5.7.3.8"),
    ("ocspSigning", "1.3.6.1.5.5.7.3.9"),
];

/// Purposes a certificate must name, all of them. Empty: `clientAuth` where it names any.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyPurposes(Vec<String>);

impl KeyPurposes {
    /// Reads the configured names.
    ///
    /// # Errors
    /// A name that is none.
    pub(crate) fn read(names: &[String]) -> Result<Self, TlsError> {
        let read = |name: &str| {
            let name = name.trim();
            let known =
                NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, oid)| (*oid).to_owned());
            known.or_else(|| name.strip_prefix("OID:").filter(|oid| is_oid(oid)).map(str::to_owned)).ok_or_else(|| {
                let possible = NAMES.map(|(known, _)| known).join(", ");
                let why = format!("{name} is no purpose; possible are: {possible} and OID:1.2.3");
                TlsError::option("verify_peer_ext_key_usage", why)
            })
        };
        names.iter().flat_map(|list| list.split(',')).map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a client's own certificate names every purpose.
    pub(crate) fn are_named_by(&self, certificate: &CertificateDer<'_>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Ok(parsed) = parse(certificate) else { return false };
        let Ok(Some(extension)) = parsed.extended_key_usage() else { return false };
        let usage = extension.value;
        self.0.iter().all(|wanted| match wanted.as_str() {
            "1.3.6.1.5.5.7.3.1" => usage.server_auth,
            "1.3.6.1.5.5.7.3.2" => usage.client_auth,
            "1.3.6.1.5.5.7.3.3" => usage.code_signing,
            "1.3.6.1.5.5.7.3.4" => usage.email_protection,
            "1.3.6.1.5.5.7.3.8" => usage.time_stamping,
            "1.3.6.1.5.5.7.3.9" => usage.ocsp_signing,
            other => usage.other.iter().any(|oid| oid.to_id_string() == other),
        })
    }
}

/// While a path is built: the configured purposes are looked at afterwards, and only in the client's own certificate.
impl ExtendedKeyUsageValidator for &KeyPurposes {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        if self.0.is_empty() { KeyUsage::client_auth().validate(purposes) } else { Ok(()) }
    }
}

fn is_oid(text: &str) -> bool {
    text.contains('.') && text.split('.').all(|part| part.parse::<u64>().is_ok())
}
