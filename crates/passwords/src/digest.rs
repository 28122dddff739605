//! The digests that stored passwords are made with.

use std::fmt;
use std::str::FromStr;

use hmac::digest::Digest as _;
use hmac::{Hmac, KeyInit, Mac};
use zeroize::Zeroizing;

use crate::PasswordError;

/// A digest, also as the base of HMAC and PBKDF2. The old ones are here because stored passwords are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Digest {
    Md4,
    Md5,
    Ripemd160,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Evaluates `$body` with `$D` as the type that computes `$digest`.
macro_rules! with_type {
    ($digest:expr, $D:ident => $body:expr) => {
        match $digest {
            Digest::Md4 => {
                type $D = md4::Md4;
                $body
            }
            Digest::Md5 => {
                type $D = md5::Md5;
                $body
            }
            Digest::Ripemd160 => {
                type $D = ripemd::Ripemd160;
                $body
            }
            Digest::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            Digest::Sha224 => {
                type $D = sha2::Sha224;
                $body
            }
            Digest::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            Digest::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            Digest::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
        }
    };
}

impl Digest {
    /// All of them, from the weakest up.
    pub const ALL: [Self; 8] =
        [Self::Md4, Self::Md5, Self::Ripemd160, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name in the config, which for SHA-1 is `sha`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md4 => "md4",
            Self::Md5 => "md5",
            Self::Ripemd160 => "ripemd160",
            Self::Sha1 => "sha",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of the result.
    #[must_use]
    pub const fn output_bytes(self) -> usize {
        match self {
            Self::Md4 | Self::Md5 => 16,
            Self::Ripemd160 | Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of all parts, one after the other.
    pub(crate) fn hash(self, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        with_type!(self, D => {
            let mut state = D::new();
            for part in parts {
                state.update(part);
            }
            Zeroizing::new(state.finalize().to_vec())
        })
    }

    /// HMAC (RFC 2104).
    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
        with_type!(self, D => {
            let mut state = Hmac::<D>::new_from_slice(key).expect("HMAC takes a key of any length");
            state.update(message);
            Zeroizing::new(state.finalize().into_bytes().to_vec())
        })
    }

    /// PBKDF2 over HMAC (RFC 8018).
    pub(crate) fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: u32, key_bytes: usize) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(vec![0; key_bytes]);
        with_type!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, &mut key));
        key
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Digest {
    type Err = PasswordError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|digest| digest.name() == name);
        known.ok_or_else(|| PasswordError::UnknownDigest(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lengths_are_those_of_the_digests() {
        for digest in Digest::ALL {
            assert_eq!(digest.to_string().parse(), Ok(digest));
            assert_eq!(digest.hash(&[b"a", b"bc"]).len(), digest.output_bytes(), "{digest}");
            assert_eq!(digest.hash(&[b"a", b"bc"]), digest.hash(&[b"abc"]), "{digest}");
            assert_eq!(digest.hmac(b"key", b"message").len(), digest.output_bytes(), "{digest}");
        }
        assert_eq!("sha3".parse::<Digest>(), Err(PasswordError::UnknownDigest("sha3".into())));
    }

    /// Figures of another implementation (Python's hashlib; OpenSSL for MD4).
    #[test]
    fn pbkdf2_agrees_with_other_implementations() {
        let expected = [
            (Digest::Md4, "1742449931cf5788c03b79bcb43e0de3"),
            (Digest::Md5, "94fbc777377f1b8fc221580bfaa82650"),
            (Digest::Ripemd160, "dd5c70c645d038c3daf2a89c2383dbf68f225636"),
            (Digest::Sha1, "f67ae9572c90d4f194d4be093a31f8c2d0e8accb"),
            (Digest::Sha224, "440c063c7c0d945982654740d4d65da68df19dac1424297091c84282"),
            (Digest::Sha256, "5a21f11c597da1447641c0a5ba58b856a76f1084f674285a5d18776a58a0a32f"),
            (
                Digest::Sha384,
                "b54238180a44d6640882fb63d21f558049eb0443a63d9d60d47648e05463ca90e48fbd9a76178750c3016b600f8c2343",
            ),
            (
                Digest::Sha512,
                "87d9624dd999b355e0bd606f6c22bd9a19e148ddae60e7263a1ae1d695f7f927\
                 650218621b5ae98739b250dcb7e2f4553b35f862e8f8b099ecaa6202c006f550",
            ),
        ];
        for (digest, key) in expected {
            let derived = digest.pbkdf2(b"public", b"salt", 1000, digest.output_bytes());
            assert_eq!(base16ct::lower::encode_string(&derived), key, "{digest}");
        }
    }
}
