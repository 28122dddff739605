//! Which certificates of `cacertfile` end a chain, and which only stand in the middle.

use crate::certificate_file::{is_self_issued, read_certificates};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::options::PartialChain;
use crate::pem_source::PemSource;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use webpki::anchor_from_trusted_cert;

/// What `cacertfile` says.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Where chains end.
    pub(crate) anchors: Vec<TrustAnchor<'static>>,
    /// Certificates that may stand between a client's and an anchor although the client did not send them.
    pub(crate) intermediates: Vec<CertificateDer<'static>>,
    /// Every certificate of the file, in its order.
    pub(crate) all: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Reads `cacertfile`.
    ///
    /// Like OpenSSL and Erlang, and unlike the TLS library, an intermediate certificate is trusted only as far as its own
    /// issuer is, unless `partial_chain` says otherwise.
    ///
    /// # Errors
    /// What is wrong with the file; [`TlsError::NoTrustedRoot`] when nothing in it could end a chain.
    pub(crate) fn read(
        source: &PemSource,
        partial_chain: PartialChain,
        files: &mut ReadFiles,
    ) -> Result<Self, TlsError> {
        let all = read_certificates("cacertfile", source, files)?;
        let trusted_at_end = match partial_chain {
            PartialChain::Off => 0,
            PartialChain::LastCertificate => 1,
            PartialChain::LastTwoCertificates => 2,
        };
        let first_trusted = all.len().saturating_sub(trusted_at_end);
        let (mut anchors, mut intermediates) = (Vec::new(), Vec::new());
        for (index, certificate) in all.iter().enumerate() {
            if index < first_trusted && !is_self_issued(certificate) {
                intermediates.push(certificate.clone());
                continue;
            }
            let anchor = anchor_from_trusted_cert(certificate).map_err(|error| TlsError::BadCertificate {
                key: "cacertfile",
                file: source.clone(),
                number: index + 1,
                why: format!("it cannot be trusted as an authority ({error})"),
            })?;
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() {
            return Err(TlsError::NoTrustedRoot { file: source.clone() });
        }
        Ok(Self { anchors, intermediates, all })
    }
}
