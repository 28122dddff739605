//! What is to be in a bundle, looked at before it is kept.

use crate::certificate_file::{read_certificates, validity_warning};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::options::Password;
use crate::pem_source::PemSource;
use crate::private_key::read_private_key;
use crate::server_identity::{IdentitySource, Loading, ServerIdentity};
use rustls::crypto::aws_lc_rs;
use std::time::SystemTime;

/// What is to be in a bundle: a part at least.
#[derive(Clone, Debug, Default)]
pub struct BundleContents {
    /// The certificate, followed by the intermediate ones.
    pub chain: Option<PemSource>,
    /// The private key.
    pub key: Option<PemSource>,
    /// Certificates of authorities.
    pub ca: Option<PemSource>,
    /// The key of an ACME account.
    pub acc_key: Option<PemSource>,
    /// The password of the private key.
    pub key_password: Option<Password>,
}

impl BundleContents {
    /// Whether each part can be used, and the key is that of the certificate. Gives back what keeps nothing from being used and
    /// should be known all the same, such as an expired certificate.
    ///
    /// # Errors
    /// The first mistake, with the name of the part.
    pub fn check(&self, now: SystemTime) -> Result<Vec<String>, TlsError> {
        let (provider, mut files) = (aws_lc_rs::default_provider(), ReadFiles::new(now));
        if let Some(authorities) = &self.ca {
            read_certificates("ca", authorities, &mut files)?;
        }
        if let Some(account) = &self.acc_key {
            read_private_key("acc_key", account, None, &mut files)?;
        }
        let password = self.key_password.as_ref();
        match (&self.chain, &self.key) {
            (Some(certfile), Some(keyfile)) => {
                let source = IdentitySource {
                    certificate_key: "chain",
                    certfile,
                    key_key: "key",
                    keyfile,
                    password,
                    names: &[],
                };
                let mut loading =
                    Loading { provider: &provider, authorities: &[], files: &mut files, warnings: Vec::new(), now };
                ServerIdentity::load(&source, &mut loading)?;
                Ok(loading.warnings)
            }
            (Some(chain), None) => {
                let certificates = read_certificates("chain", chain, &mut files)?;
                let validity = certificates.first().and_then(|first| validity_warning("chain", chain, first, now));
                Ok(validity.into_iter().collect())
            }
            (None, Some(keyfile)) => {
                let key = read_private_key("key", keyfile, password, &mut files)?;
                provider.key_provider.load_private_key(key).map_err(|error| TlsError::BadPrivateKey {
                    key: "key",
                    file: keyfile.clone(),
                    why: error.to_string(),
                })?;
                Ok(Vec::new())
            }
            (None, None) => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SelfSigned;

    fn sent(text: &str) -> Option<PemSource> {
        Some(PemSource::Request(text.into()))
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_750_000_000);
        let [one, other] = [(); 2].map(|()| SelfSigned::generate(&["localhost".into()], now).unwrap());
        let pair = |chain: &str, key: &str| {
            let contents = BundleContents { chain: sent(chain), key: sent(key), ..BundleContents::default() };
            contents.check(now).map_err(|error| error.to_string())
        };
        assert_eq!(pair(&one.certificate_pem, &one.key_pem), Ok(vec![]));
        assert_eq!(
            pair(&one.certificate_pem, &other.key_pem).unwrap_err(),
            "key: the key in the request is not the key of the certificate in the request: give the two that were made together"
        );
        assert!(pair("rubbish", &one.key_pem).unwrap_err().starts_with("chain: the request holds no certificate"));
        assert!(pair(&one.key_pem, &one.key_pem).unwrap_err().starts_with("chain: the request holds no certificate"));
        let damaged = one.certificate_pem.replacen('M', "!", 3);
        assert!(
            pair(&damaged, &one.key_pem).unwrap_err().starts_with("chain: certificate 1 in the request cannot be used")
        );
        let alone = |contents: BundleContents| contents.check(now).map_err(|error| error.to_string());
        assert_eq!(alone(BundleContents { key: sent(&one.key_pem), ..BundleContents::default() }), Ok(vec![]));
        for (contents, expected) in [
            (BundleContents { key: sent("x"), ..BundleContents::default() }, "key: the request holds no private key"),
            (BundleContents { ca: sent("x"), ..BundleContents::default() }, "ca: the request holds no certificate"),
            (
                BundleContents { acc_key: sent("x"), ..BundleContents::default() },
                "acc_key: the request holds no private key",
            ),
        ] {
            let error = alone(contents).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        let late = now + std::time::Duration::from_secs(40 * 365 * 86_400);
        let expired = BundleContents { chain: sent(&one.certificate_pem), ..BundleContents::default() };
        assert!(expired.check(late).unwrap()[0].contains("expired"));
    }
}
