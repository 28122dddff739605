//! How the passwords of a table of users are stored, and the check of one.

#[cfg(test)]
mod tests;

use std::fmt;
use std::hint::black_box;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::bcrypt_password::{self, BcryptPassword};
use crate::{Digest, PasswordError, Pbkdf2Password};

/// The longest password: that of MQTT's binary data (MQTT 5.0 §1.5.6).
pub const MAX_PASSWORD_BYTES: usize = 65_535;
/// How many random bytes a new password needs.
pub const SALT_SEED_BYTES: usize = 16;

/// How passwords are stored: the `password_hash_algorithm` of an authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// As they are, with the salt before or after them.
    Plain(SaltPosition),
    /// A digest of salt and password, in hexadecimal.
    Digest(Digest, SaltPosition),
    /// bcrypt's own format, which holds the salt.
    Bcrypt(BcryptPassword),
    /// A key derived from password and salt, in hexadecimal.
    Pbkdf2(Pbkdf2Password),
}

/// Where the salt is put before the digest is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaltPosition {
    /// The salt is not used.
    Disable,
    /// Salt, then password.
    #[default]
    Prefix,
    /// Password, then salt.
    Suffix,
}

/// A new password, as it is to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// The hash.
    pub hash: String,
    /// The salt, as text: for bcrypt the part of the hash that holds it, else random hexadecimal digits. Empty if it is
    /// not used.
    pub salt: String,
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StoredPassword").finish_non_exhaustive()
    }
}

impl SaltPosition {
    /// What is hashed, in order.
    const fn arrange<'a>(self, password: &'a [u8], salt: &'a [u8]) -> [&'a [u8]; 2] {
        match self {
            Self::Disable => [password, b""],
            Self::Prefix => [salt, password],
            Self::Suffix => [password, salt],
        }
    }
}

impl Algorithm {
    /// Whether `hash` and `salt`, as a back end stores them, belong to `password`. False too for a hash that is none of
    /// this algorithm, or asks for unreasonable work, and for a password above [`MAX_PASSWORD_BYTES`].
    ///
    /// Hexadecimal digits count in either case. bcrypt takes the salt from the hash, and looks at no more than the
    /// first [`BCRYPT_PASSWORD_BYTES`](crate::BCRYPT_PASSWORD_BYTES) of a password.
    #[must_use]
    pub fn verify(&self, password: &[u8], hash: &[u8], salt: &[u8]) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        match self {
            Self::Plain(position) => {
                let expected = Zeroizing::new(position.arrange(password, salt).concat());
                expected.ct_eq(hash).into()
            }
            Self::Digest(digest, position) => is_hexadecimal_of(hash, &digest.hash(&position.arrange(password, salt))),
            Self::Bcrypt(_) => std::str::from_utf8(hash).is_ok_and(|hash| bcrypt_password::verify(password, hash)),
            Self::Pbkdf2(pbkdf2) => is_hexadecimal_of(hash, &pbkdf2.derive(password, salt)),
        }
    }

    /// The same, with the cost of `hash` where a hash says its own: what a password of somebody who does not exist is compared with by
    /// [`decoy`](Self::decoy) is to take as long as the hashes that are stored.
    #[must_use]
    pub fn as_costly_as(self, hash: &[u8]) -> Self {
        let rounds = || bcrypt_password::rounds_of(std::str::from_utf8(hash).ok()?);
        match self {
            Self::Bcrypt(bcrypt) => {
                Self::Bcrypt(rounds().and_then(|rounds| BcryptPassword::new(rounds).ok()).unwrap_or(bcrypt))
            }
            other => other,
        }
    }

    /// How often its digest or cipher is applied for one password, but for constant factors.
    #[must_use]
    pub const fn work(&self) -> u64 {
        match self {
            Self::Plain(_) | Self::Digest(..) => 1,
            Self::Bcrypt(bcrypt) => 1 << bcrypt.rounds(),
            Self::Pbkdf2(pbkdf2) => pbkdf2.iterations() as u64,
        }
    }

    /// As much work as [`verify`](Self::verify) takes, for a user that does not exist: time must not tell who does.
    pub fn decoy(&self, password: &[u8]) {
        let salt = [0x5a; SALT_SEED_BYTES];
        let hash = self.hash(black_box(password), &salt);
        _ = black_box(hash.is_ok());
    }

    /// The hash of `password` with a given salt. bcrypt needs a salt of 16 bytes, all others take what is stored.
    ///
    /// # Errors
    /// The password is too long, or is to be stored in clear and is no text, or the salt has not the length it needs.
    pub fn hash(&self, password: &[u8], salt: &[u8]) -> Result<String, PasswordError> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong(password.len()));
        }
        match self {
            Self::Plain(position) => {
                String::from_utf8(position.arrange(password, salt).concat()).map_err(|_| PasswordError::NotText)
            }
            Self::Digest(digest, position) => Ok(hexadecimal(&digest.hash(&position.arrange(password, salt)))),
            Self::Bcrypt(bcrypt) => {
                let length = PasswordError::Length { expected_bytes: SALT_SEED_BYTES, actual_bytes: salt.len() };
                bcrypt.hash(password, salt.try_into().map_err(|_| length)?)
            }
            Self::Pbkdf2(pbkdf2) => Ok(hexadecimal(&pbkdf2.derive(password, salt))),
        }
    }

    /// A new password, from `seed`, which must be random and new each time.
    ///
    /// # Errors
    /// As [`hash`](Self::hash).
    pub fn create(&self, password: &[u8], seed: [u8; SALT_SEED_BYTES]) -> Result<StoredPassword, PasswordError> {
        /// `$2b$10$` and 22 characters of salt.
        const BCRYPT_SALT_CHARACTERS: usize = 29;
        match self {
            Self::Bcrypt(_) => {
                let hash = self.hash(password, &seed)?;
                let salt = hash.chars().take(BCRYPT_SALT_CHARACTERS).collect();
                Ok(StoredPassword { hash, salt })
            }
            Self::Plain(SaltPosition::Disable) | Self::Digest(_, SaltPosition::Disable) => {
                Ok(StoredPassword { hash: self.hash(password, b"")?, salt: String::new() })
            }
            Self::Plain(_) | Self::Digest(..) | Self::Pbkdf2(_) => {
                let salt = hexadecimal(&seed);
                Ok(StoredPassword { hash: self.hash(password, salt.as_bytes())?, salt })
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

fn is_hexadecimal_of(text: &[u8], expected: &[u8]) -> bool {
    base16ct::mixed::decode_vec(text).is_ok_and(|bytes| bytes.ct_eq(expected).into())
}
