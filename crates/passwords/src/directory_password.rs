//! Passwords as a directory holds them: the values of `userPassword` (RFC 2307 §5.3, RFC 4519 §2.41, and what OpenLDAP
//! added).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Digest, MAX_PASSWORD_BYTES, bcrypt_password};

/// One value of `userPassword`: `{SSHA}` and base64, or another scheme, or a password in clear.
#[derive(Clone)]
pub struct DirectoryPassword {
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Clear(Zeroizing<Vec<u8>>),
    Digest { digest: Digest, hash: Vec<u8>, salt: Vec<u8> },
    Bcrypt(String),
}

/// Why a value of `userPassword` cannot be checked. No message holds the value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DirectoryPasswordError {
    /// A scheme that is not known here.
    #[error("password scheme {{{0}}} is not supported")]
    UnsupportedScheme(String),
    /// What follows the scheme does not fit it.
    #[error("a {{{0}}} password is malformed")]
    Malformed(&'static str),
    /// `{CRYPT}` with a method other than bcrypt.
    #[error("of {{CRYPT}} passwords only those of bcrypt ($2a$, $2b$, $2y$) are supported")]
    UnsupportedCrypt,
}

/// (scheme, digest, is a salt appended to the digest)
const DIGEST_SCHEMES: [(&str, Digest, bool); 12] = [
    ("MD5", Digest::Md5, false),
    ("SMD5", Digest::Md5, true),
    ("SHA", Digest::Sha1, false),
    ("SSHA", Digest::Sha1, true),
    ("SHA224", Digest::Sha224, false),
    ("SSHA224", Digest::Sha224, true),
    ("SHA256", Digest::Sha256, false),
    ("SSHA256", Digest::Sha256, true),
    ("SHA384", Digest::Sha384, false),
    ("SSHA384", Digest::Sha384, true),
    ("SHA512", Digest::Sha512, false),
    ("SSHA512", Digest::Sha512, true),
];

impl DirectoryPassword {
    /// Reads a value. Schemes count in either case; a value without one is a password in clear.
    pub fn parse(value: &[u8]) -> Result<Self, DirectoryPasswordError> {
        let clear = |password: &[u8]| Self { secret: Secret::Clear(Zeroizing::new(password.to_vec())) };
        let Some((scheme, rest)) = split_scheme(value) else { return Ok(clear(value)) };
        let is = |name: &str| scheme.eq_ignore_ascii_case(name.as_bytes());
        if let Some((name, digest, is_salted)) = DIGEST_SCHEMES.into_iter().find(|(name, ..)| is(name)) {
            return digest_secret(rest, digest, is_salted)
                .map(|secret| Self { secret })
                .ok_or(DirectoryPasswordError::Malformed(name));
        }
        if is("CRYPT") {
            let text = std::str::from_utf8(rest).ok().filter(|text| text.parse::<bcrypt::HashParts>().is_ok());
            let text = text.ok_or(DirectoryPasswordError::UnsupportedCrypt)?;
            return Ok(Self { secret: Secret::Bcrypt(text.to_owned()) });
        }
        if is("CLEARTEXT") {
            return Ok(clear(rest));
        }
        Err(DirectoryPasswordError::UnsupportedScheme(String::from_utf8_lossy(scheme).into_owned()))
    }

    /// Whether this is `password`.
    #[must_use]
    pub fn verify(&self, password: &[u8]) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        match &self.secret {
            Secret::Clear(expected) => expected.ct_eq(password).into(),
            Secret::Digest { digest, hash, salt } => digest.hash(&[password, salt]).ct_eq(hash).into(),
            Secret::Bcrypt(stored) => bcrypt_password::verify(password, stored),
        }
    }

    /// A password of the same kind that nobody has: to be compared with what somebody shows who does not exist, so that time does not
    /// tell that.
    #[must_use]
    pub fn decoy(&self) -> Self {
        let secret = match &self.secret {
            Secret::Clear(expected) => Secret::Clear(Zeroizing::new(vec![0; expected.len()])),
            Secret::Digest { digest, hash, salt } => {
                Secret::Digest { digest: *digest, hash: vec![0; hash.len()], salt: vec![0; salt.len()] }
            }
            Secret::Bcrypt(stored) => Secret::Bcrypt(bcrypt_password::decoy(stored)),
        };
        Self { secret }
    }

    /// How often its digest or cipher is applied for one password, but for constant factors.
    #[must_use]
    pub fn work(&self) -> u64 {
        match &self.secret {
            Secret::Clear(_) | Secret::Digest { .. } => 1,
            Secret::Bcrypt(stored) => bcrypt_password::rounds_of(stored).map_or(1, |rounds| 1 << rounds),
        }
    }
}

impl fmt::Debug for DirectoryPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DirectoryPassword").finish_non_exhaustive()
    }
}

/// `{SCHEME}rest`.
fn split_scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = value.strip_prefix(b"{")?;
    let end = inner.iter().position(|byte| *byte == b'}')?;
    let (scheme, rest) = inner.split_at(end);
    let is_scheme =
        !scheme.is_empty() && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(byte));
    is_scheme.then_some((scheme, rest.get(1..)?))
}

fn digest_secret(encoded: &[u8], digest: Digest, is_salted: bool) -> Option<Secret> {
    let bytes = STANDARD.decode(encoded).ok()?;
    let (hash, salt) = bytes.split_at_checked(digest.output_bytes())?;
    (is_salted != salt.is_empty()).then(|| Secret::Digest { digest, hash: hash.to_vec(), salt: salt.to_vec() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of the password `public`, by another implementation.
    const STORED: [&str; 14] = [
        "public",
        "{CLEARTEXT}public",
        "{cleartext}public",
        "{SHA}YcmysX23eieEG77qv/kjRIsPY4g=",
        "{SSHA}Db6jf6yDx3isyHJy/9ZchF2h6K9zYWx0U0FMVA==",
        "{ssha}Db6jf6yDx3isyHJy/9ZchF2h6K9zYWx0U0FMVA==",
        "{MD5}TJGE83z/AbzcMtxIbsNpYQ==",
        "{SMD5}uc2PhGRRBIB7X2V37X4zDnNhbHRTQUxU",
        "{SHA256}76HzdddhlPpRo1Vql+ZB5haF+RTURpedpQpVGkMz/9c=",
        "{SSHA256}Gqdxe8aHf3FWX241xZxa6Ltfhk0fTjxJAUab3gVDRnZzYWx0U0FMVA==",
        "{SHA384}t+1d4RBzhCuAtZS45WpM7jqGCmP8FzJ0brGV04OOJM0zt8RW+CPYMWILlzFWgPSq",
        "{SSHA384}95LIrv7efe5LNniOlePo3/fPC89DuBWpBor5LRSpzMjNKi8B/+abxJ0/xZyzNl7bc2FsdFNBTFQ=",
        "{SHA512}0ymX6XR7ZaPs9luCUzpMhDxOFt0wzzcejIGrYKNB3gAFHaQi1B/ynFVpXyM6Hgb6yLea6wpNka5dPRjI4JuMcw==",
        "{SSHA512}RDx6QbpsvoH1PAa7oNZA6IzinmPDQ7HewjzmnTlA8ToW4l02HEIh32Wtrgy9VI6P+K1oBSfDCQUGobh0Ne2HCHNhbHRTQUxU",
    ];

    #[test]
    fn values_of_every_scheme_are_understood() {
        let bcrypt = crate::BcryptPassword::new(4).unwrap().hash(b"public", [7; 16]).unwrap();
        for stored in STORED.map(str::to_owned).into_iter().chain([format!("{{CRYPT}}{bcrypt}")]) {
            let stored = DirectoryPassword::parse(stored.as_bytes()).unwrap();
            assert!(stored.verify(b"public"));
            assert!(!stored.verify(b"Public"));
            assert!(!stored.verify(b""));
            assert_eq!(format!("{stored:?}"), "DirectoryPassword { .. }");
        }
    }

    #[test]
    fn a_decoy_takes_as_much_and_is_nobodys() {
        let bcrypt = crate::BcryptPassword::new(5).unwrap().hash(b"public", [7; 16]).unwrap();
        for (stored, work) in [(STORED[0], 1), (STORED[4], 1), (STORED[13], 1), (&format!("{{CRYPT}}{bcrypt}"), 32)] {
            let stored = DirectoryPassword::parse(stored.as_bytes()).unwrap();
            let decoy = stored.decoy();
            assert_eq!((stored.work(), decoy.work()), (work, work));
            assert!(!decoy.verify(b"public") && !decoy.verify(b""));
        }
    }

    #[test]
    fn what_cannot_be_checked_says_why() {
        use DirectoryPasswordError::*;
        let cases = [
            ("{ARGON2}$argon2id$v=19", UnsupportedScheme("ARGON2".into())),
            ("{CRYPT}$6$salt$hash", UnsupportedCrypt),
            ("{CRYPT}$2b$04$short", UnsupportedCrypt),
            ("{SHA}YcmysX23", Malformed("SHA")),
            ("{SHA}!", Malformed("SHA")),
            ("{SSHA}YcmysX23eieEG77qv/kjRIsPY4g=", Malformed("SSHA")),
            ("{SHA}Db6jf6yDx3isyHJy/9ZchF2h6K9zYWx0U0FMVA==", Malformed("SHA")),
        ];
        for (stored, expected) in cases {
            assert_eq!(DirectoryPassword::parse(stored.as_bytes()).err(), Some(expected), "{stored}");
        }
    }

    #[test]
    fn braces_alone_make_no_scheme() {
        for stored in ["{", "{}", "{a b}c", "{é}", "}x{"] {
            assert!(DirectoryPassword::parse(stored.as_bytes()).unwrap().verify(stored.as_bytes()), "{stored}");
        }
    }

    proptest! {
        #[test]
        fn any_value_can_be_read(value in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(stored) = DirectoryPassword::parse(&value) {
                prop_assert_eq!(stored.verify(&value), split_scheme(&value).is_none());
            }
        }
    }
}
