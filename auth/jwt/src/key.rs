//! What signatures are checked with.
//!
//! A key knows which algorithms it is for, and no header of a token changes that: a public key is never taken for the secret of
//! an HMAC, and a signature on one curve never checked on another.

use crate::algorithm::Algorithm;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm};
use std::fmt;

/// RSA keys of fewer bits can be broken, and of more only slow the broker down.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Why something cannot be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Everybody knows it.
    #[error("the secret is empty")]
    EmptySecret,
    /// It is said to be base64 and is not.
    #[error("the secret is no base64")]
    SecretEncoding,
    /// No `-----BEGIN PUBLIC KEY-----`, `RSA PUBLIC KEY` or `CERTIFICATE`.
    #[error("no public key in PEM")]
    NoPem,
    /// Of another kind than RSA, P-256, P-384, P-521 and Ed25519.
    #[error("a kind of key that is not supported: {0}")]
    Unsupported(String),
    /// Not what its kind asks for.
    #[error("the key is malformed")]
    Malformed,
    /// The number of bits.
    #[error("an RSA key of {0} bits; 2048 to 8192 are accepted")]
    RsaBits(usize),
    /// Of a key set.
    #[error("no key set: {0}")]
    NoKeySet(String),
}

/// A curve of NIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn algorithm(self) -> &'static signature::EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::P384 => &signature::ECDSA_P384_SHA384_FIXED,
            Self::P521 => &signature::ECDSA_P521_SHA512_FIXED,
        }
    }

    /// Of one coordinate.
    pub(crate) fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// What signatures are checked with.
pub(crate) enum Key {
    Secret(Vec<u8>),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    Curve(Curve, ParsedPublicKey),
    Ed25519(ParsedPublicKey),
}

impl Key {
    pub(crate) fn secret(bytes: Vec<u8>) -> Result<Self, KeyError> {
        if bytes.is_empty() { Err(KeyError::EmptySecret) } else { Ok(Self::Secret(bytes)) }
    }

    /// Both numbers big-endian, zeros in front allowed.
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let trim = |number: &[u8]| -> Vec<u8> { number.iter().copied().skip_while(|byte| *byte == 0).collect() };
        let (n, e) = (trim(modulus), trim(exponent));
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            return Err(KeyError::RsaBits(bits));
        }
        if e.last().is_none_or(|last| last % 2 == 0) || n.last().is_none_or(|last| last % 2 == 0) {
            return Err(KeyError::Malformed);
        }
        Ok(Self::Rsa(RsaPublicKeyComponents { n, e }))
    }

    /// `point` in its uncompressed form: 4, x, y.
    pub(crate) fn curve(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        if point.len() != 1 + 2 * curve.coordinate_bytes() {
            return Err(KeyError::Malformed);
        }
        Ok(Self::Curve(curve, parsed(curve.algorithm(), point)?))
    }

    pub(crate) fn ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != 32 {
            return Err(KeyError::Malformed);
        }
        Ok(Self::Ed25519(parsed(&signature::ED25519, bytes)?))
    }

    /// Whether tokens of this algorithm can be checked with it.
    pub(crate) fn is_for(&self, algorithm: Algorithm) -> bool {
        use Algorithm as A;
        match self {
            Self::Secret(_) => matches!(algorithm, A::Hs256 | A::Hs384 | A::Hs512),
            Self::Rsa(_) => {
                matches!(algorithm, A::Rs256 | A::Rs384 | A::Rs512 | A::Ps256 | A::Ps384 | A::Ps512)
            }
            Self::Curve(Curve::P256, _) => algorithm == A::Es256,
            Self::Curve(Curve::P384, _) => algorithm == A::Es384,
            Self::Curve(Curve::P521, _) => algorithm == A::Es512,
            Self::Ed25519(_) => algorithm == A::EdDsa,
        }
    }

    /// Whether the signature is this key's, of this message, by this algorithm.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.is_for(algorithm) {
            return false;
        }
        match self {
            Self::Secret(secret) => hmac_algorithm(algorithm)
                .is_some_and(|hmac| hmac::verify(&hmac::Key::new(hmac, secret), message, signature).is_ok()),
            Self::Rsa(key) => {
                rsa_parameters(algorithm).is_some_and(|parameters| key.verify(parameters, message, signature).is_ok())
            }
            Self::Curve(_, key) | Self::Ed25519(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(******)",
            Self::Rsa(_) => "Rsa",
            Self::Curve(..) => "Curve",
            Self::Ed25519(_) => "Ed25519",
        })
    }
}

fn parsed(algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    ParsedPublicKey::new(algorithm, bytes).map_err(|_| KeyError::Malformed)
}

fn hmac_algorithm(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::Hs256 => Some(hmac::HMAC_SHA256),
        Algorithm::Hs384 => Some(hmac::HMAC_SHA384),
        Algorithm::Hs512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}
