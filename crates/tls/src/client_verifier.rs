//! Whether a client's certificate is good: its chain, its depth, its purposes and that it is not revoked.

use crate::certificate_file::parse;
use crate::certificate_refusal::{RSA_KEY_BITS_MIN, Refusal, webpki_error};
use crate::crl_store::CrlStore;
use crate::key_purpose::KeyPurposes;
use crate::options::TlsOptions;
use crate::trust::Trust;
use crate::version_one;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy, VerifiedPath,
};
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::public_key::PublicKey;

/// Verifies client certificates as `verify = verify_peer` and its neighbours say.
#[derive(Debug)]
pub(crate) struct ClientVerifier {
    trust: Trust,
    hints: Vec<DistinguishedName>,
    depth: usize,
    purposes: KeyPurposes,
    is_mandatory: bool,
    revocation: Option<Revocation>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Where revocation lists come from.
#[derive(Debug)]
pub(crate) struct Revocation {
    /// Read from files.
    pub(crate) files: Vec<CertRevocationList<'static>>,
    /// Fetched by the owner of the listeners.
    pub(crate) store: Arc<CrlStore>,
}

impl ClientVerifier {
    pub(crate) fn new(
        trust: Trust,
        options: &TlsOptions,
        purposes: KeyPurposes,
        revocation: Option<Revocation>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        if let Some(revocation) = &revocation {
            let urls: Vec<String> = trust.all.iter().flat_map(distribution_points).collect();
            revocation.store.want(&urls);
        }
        let hints = trust.anchors.iter().map(|anchor| DistinguishedName::in_sequence(&anchor.subject)).collect();
        Self {
            trust,
            hints,
            depth: usize::from(options.depth),
            purposes,
            is_mandatory: options.fail_if_no_peer_cert,
            revocation,
            algorithms,
        }
    }

    /// Verifies a chain, the client's own certificate first.
    pub(crate) fn verify_chain(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Error> {
        let (end_entity, sent) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        let certificate = match EndEntityCert::try_from(end_entity) {
            Ok(certificate) => certificate,
            Err(webpki::Error::UnsupportedCertVersion) => return self.verify_version_one(end_entity, now),
            Err(error) => return Err(webpki_error(error)),
        };
        // What the file knows comes last: a client that sends its chain decides the path.
        let intermediates: Vec<_> = sent.iter().chain(&self.trust.intermediates).map(borrow).collect();
        let too_deep = |path: &VerifiedPath<'_>| match path.intermediate_certificates().count() {
            count if count > self.depth => Err(webpki::Error::MaximumPathDepthExceeded),
            _ => Ok(()),
        };
        let fetched = self.revocation.as_ref().map(|revocation| revocation.store.lists()).unwrap_or_default();
        let lists: Vec<&CertRevocationList<'_>> = match &self.revocation {
            Some(revocation) => fetched.iter().map(Arc::as_ref).chain(&revocation.files).collect(),
            None => Vec::new(),
        };
        let options = RevocationOptionsBuilder::new(&lists).ok().map(|builder| {
            // As EMQX does with `crl_check = peer`: the client's own certificate; a list that is overdue proves nothing.
            builder
                .with_depth(RevocationCheckDepth::EndEntity)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .with_expiration_policy(ExpirationPolicy::Enforce)
                .build()
        });
        let has_lists = options.is_some();
        let anchors = &self.trust.anchors;
        let verified = certificate.verify_for_usage(
            self.algorithms.all,
            anchors,
            &intermediates,
            now,
            &self.purposes,
            options,
            Some(&too_deep),
        );
        match verified {
            Ok(_) if self.revocation.is_some() && !has_lists => Err(self.status_unknown(end_entity)),
            Ok(_) if !self.purposes.are_named_by(end_entity) => Err(CertificateError::InvalidPurpose.into()),
            Ok(_) => Ok(()),
            // Lists come over plain HTTP: one that is not its issuer's is none.
            Err(
                webpki::Error::UnknownRevocationStatus
                | webpki::Error::CrlExpired { .. }
                | webpki::Error::InvalidCrlSignatureForPublicKey
                | webpki::Error::IssuerNotCrlSigner,
            ) => Err(self.status_unknown(end_entity)),
            Err(webpki::Error::InvalidSignatureForPublicKey) => {
                let authorities: Vec<_> = sent.iter().chain(&self.trust.all).collect();
                let short = short_key(end_entity, &authorities).map(|refusal| CertificateError::from(refusal).into());
                Err(short.unwrap_or(CertificateError::BadSignature.into()))
            }
            Err(error) => Err(webpki_error(error)),
        }
    }

    fn verify_version_one(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
        version_one::verify(certificate, &self.trust.anchors, &self.algorithms, now)?;
        if !self.purposes.are_named_by(certificate) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        if self.revocation.is_some() { Err(self.status_unknown(certificate)) } else { Ok(()) }
    }

    /// What is wrong with the proof that the client has its key; a key that is too short proves nothing.
    fn unproven(certificate: &CertificateDer<'_>, error: Error) -> Error {
        match (&error, short_key(certificate, &[])) {
            (Error::InvalidCertificate(CertificateError::BadSignature), Some(refusal)) => {
                CertificateError::from(refusal).into()
            }
            _ => error,
        }
    }

    /// The certificate is good, but nobody knows whether it is revoked: refused, and its lists are wanted.
    fn status_unknown(&self, certificate: &CertificateDer<'_>) -> Error {
        let urls = distribution_points(certificate);
        if let Some(revocation) = &self.revocation {
            revocation.store.want(&urls);
        }
        CertificateError::UnknownRevocationStatus.into()
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let chain: Vec<_> = std::iter::once(end_entity).chain(intermediates).map(borrow).collect();
        self.verify_chain(&chain, now).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms).or_else(|error| {
            version_one::verify_tls12(message, certificate, signature, &self.algorithms)
                .unwrap_or(Err(error))
                .map_err(|error| Self::unproven(certificate, error))
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms).or_else(|error| {
            version_one::verify_tls13(message, certificate, signature, &self.algorithms)
                .unwrap_or(Err(error))
                .map_err(|error| Self::unproven(certificate, error))
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The addresses a certificate gives for revocation lists, RFC 5280 §4.2.1.13.
fn distribution_points(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(parsed) = parse(certificate) else { return Vec::new() };
    let mut urls = Vec::new();
    for extension in parsed.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else { continue };
        for point in points.iter() {
            let Some(DistributionPointName::FullName(names)) = &point.distribution_point else { continue };
            for name in names {
                if let GeneralName::URI(url) = name
                    && (url.starts_with("http://") || url.starts_with("https://"))
                {
                    urls.push((*url).to_owned());
                }
            }
        }
    }
    urls
}

/// The bits of the first RSA key that is too short for a signature to be looked at, and whose it is.
fn short_key(end_entity: &CertificateDer<'_>, others: &[&CertificateDer<'_>]) -> Option<Refusal> {
    let bits = |certificate: &CertificateDer<'_>| match parse(certificate).ok()?.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(key.key_size()).filter(|bits| (1..RSA_KEY_BITS_MIN).contains(bits)),
        _ => None,
    };
    if let Some(bits) = bits(end_entity) {
        return Some(Refusal::short_key("it", bits));
    }
    others
        .iter()
        .find_map(|certificate| bits(certificate))
        .map(|bits| Refusal::short_key("an authority of its chain", bits))
}

fn borrow<'a>(certificate: &'a CertificateDer<'_>) -> CertificateDer<'a> {
    CertificateDer::from(certificate.as_ref())
}
