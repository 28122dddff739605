//! Why a client's certificate is refused, in sentences for people who have to make a better one.

use rustls::{CertificateError, OtherError, PeerIncompatible};
use std::fmt;
use std::sync::Arc;

/// Keys of RSA are at least as long, in bits; shorter ones have been broken or soon will be.
pub(crate) const RSA_KEY_BITS_MIN: usize = 2048;

/// A reason that the TLS library has no name for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The word for logs and counters.
    pub(crate) word: &'static str,
    /// What is wrong, and what to do.
    pub(crate) sentence: String,
}

impl Refusal {
    /// A certificate of a kind that is not taken.
    pub(crate) fn unsupported(sentence: impl Into<String>) -> Self {
        Self { word: "unsupported_certificate", sentence: sentence.into() }
    }

    /// One that none of the better words fits.
    pub(crate) fn other(sentence: impl Into<String>) -> Self {
        Self { word: "certificate_unknown", sentence: sentence.into() }
    }

    /// A key of RSA that is too short.
    pub(crate) fn short_key(whose: &str, bits: usize) -> Self {
        Self::unsupported(format!(
            "{whose} has an RSA key of {bits} bits: make a key of at least {RSA_KEY_BITS_MIN} bits and sign anew"
        ))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// As it is displayed: the TLS library and that of QUIC write it into texts of theirs.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for CertificateError {
    fn from(refusal: Refusal) -> Self {
        Self::Other(OtherError(Arc::new(refusal)))
    }
}

/// A verdict in the words of the TLS library, which knows the alert for each.
pub(crate) fn webpki_error(error: webpki::Error) -> rustls::Error {
    use webpki::Error as Verdict;
    let refused = match error {
        Verdict::BadDer | Verdict::BadDerTime | Verdict::TrailingData(_) => CertificateError::BadEncoding,
        Verdict::CertExpired { time, not_after } => CertificateError::ExpiredContext { time, not_after },
        Verdict::CertNotValidYet { time, not_before } => CertificateError::NotValidYetContext { time, not_before },
        Verdict::CertRevoked => CertificateError::Revoked,
        Verdict::UnknownIssuer => CertificateError::UnknownIssuer,
        Verdict::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        Verdict::UnsupportedCriticalExtension => CertificateError::UnhandledCriticalExtension,
        Verdict::RequiredEkuNotFoundContext(_) => CertificateError::InvalidPurpose,
        Verdict::UnsupportedCertVersion => Refusal::unsupported(
            "it is of X.509 version 1, and no authority of cacertfile has signed it itself: sign it anew as version 3, \
             with `openssl x509 -req -extfile FILE` and a FILE that says basicConstraints=CA:FALSE",
        )
        .into(),
        Verdict::UnsupportedSignatureAlgorithmContext(_)
        | Verdict::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Verdict::SignatureAlgorithmMismatch => Refusal::unsupported(
            "a signature in its chain is of a kind that proves nothing any more, such as SHA-1 or MD5, or that this build \
             does not know: sign it anew with SHA-256",
        )
        .into(),
        Verdict::MaximumPathDepthExceeded => {
            Refusal::other("there are more certificates between it and an authority of cacertfile than `depth` allows").into()
        }
        other => Refusal::other(other.to_string()).into(),
    };
    refused.into()
}

/// A sentence about a certificate that is refused.
pub(crate) fn sentence(reason: &CertificateError) -> String {
    match reason {
        CertificateError::UnknownIssuer => "no authority of cacertfile has signed the client's certificate, or the client \
            does not send the certificates between: add its root to cacertfile, or have the client send its chain"
            .into(),
        CertificateError::UnknownRevocationStatus => {
            format!("{reason:?}: no current revocation list says whether the client's certificate is revoked")
        }
        CertificateError::BadSignature => {
            "a signature was not made with the key that it should be: the client has another key than its certificate, or an \
             authority of the same name as one in cacertfile has signed it"
                .into()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the client's certificate is not for clients: extendedKeyUsage must name clientAuth, and all that \
             verify_peer_ext_key_usage asks for"
                .into()
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<Refusal>() {
            Some(refusal) => format!("the client's certificate is refused: {refusal}"),
            None => other.to_string(),
        },
        other => format!("the client's certificate is refused: {other}"),
    }
}

/// The word for a certificate that is refused, where it is another than that of its alert.
pub(crate) fn narrower_word(reason: &CertificateError) -> Option<&'static str> {
    match reason {
        CertificateError::UnknownRevocationStatus => Some("bad_certificate"),
        CertificateError::Other(other) => other.0.downcast_ref::<Refusal>().map(|refusal| refusal.word),
        _ => None,
    }
}

/// Word and sentence for a client that has nothing in common with the listener. `lacks_suite`: none of its cipher suites is one of the
/// listener's.
pub(crate) fn incompatible(reason: &PeerIncompatible, lacks_suite: bool) -> (&'static str, String) {
    let no_suite = "the client offers no cipher suite that the listener has for its version and certificate: there are only those \
                    with ECDHE and AES-GCM or ChaCha20-Poly1305, and those of TLS 1.3";
    match reason {
        // Whoever knows key exchange with RSA alone names no groups, which are looked at first.
        PeerIncompatible::NoKxGroupsInCommon if lacks_suite => ("no_suitable_cipher", no_suite.into()),
        PeerIncompatible::NoCipherSuitesInCommon => ("no_suitable_cipher", no_suite.into()),
        PeerIncompatible::NoKxGroupsInCommon => {
            let groups = rustls::crypto::aws_lc_rs::DEFAULT_KX_GROUPS;
            let names: Vec<String> = groups.iter().map(|group| format!("{:?}", group.name())).collect();
            let names = names.join(", ");
            (
                "handshake_failure",
                format!("the client offers no group for the exchange of keys but others than {names}"),
            )
        }
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => {
            ("protocol_version", "the client knows none of the versions of TLS that the listener allows".into())
        }
        other => ("handshake_failure", format!("peer is incompatible: {other:?}")),
    }
}
