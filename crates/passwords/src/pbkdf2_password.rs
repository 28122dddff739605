//! Passwords hashed by PBKDF2 (RFC 8018).

use zeroize::Zeroizing;

use crate::{Digest, PasswordError};

/// The most iterations that are worked off: seconds of a core.
pub const MAX_ITERATIONS: u32 = 10_000_000;
/// The longest key that is derived.
pub const MAX_DERIVED_KEY_BYTES: usize = 512;

/// PBKDF2 with all its settings; a stored hash is the derived key and says none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pbkdf2Password {
    digest: Digest,
    iterations: u32,
    key_bytes: usize,
}

impl Pbkdf2Password {
    /// `key_bytes` is the length of what is stored, by default that of the digest.
    pub fn new(digest: Digest, iterations: u32, key_bytes: Option<usize>) -> Result<Self, PasswordError> {
        check_iterations(iterations)?;
        let key_bytes = key_bytes.unwrap_or(digest.output_bytes());
        if !(1..=MAX_DERIVED_KEY_BYTES).contains(&key_bytes) {
            return Err(PasswordError::DerivedKey(key_bytes));
        }
        Ok(Self { digest, iterations, key_bytes })
    }

    /// The digest of the HMAC.
    #[must_use]
    pub const fn digest(self) -> Digest {
        self.digest
    }

    /// How often the HMAC is applied.
    #[must_use]
    pub const fn iterations(self) -> u32 {
        self.iterations
    }

    /// Length of the derived key.
    #[must_use]
    pub const fn key_bytes(self) -> usize {
        self.key_bytes
    }

    pub(crate) fn derive(self, password: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
        self.digest.pbkdf2(password, salt, self.iterations, self.key_bytes)
    }
}

pub(crate) fn check_iterations(iterations: u32) -> Result<(), PasswordError> {
    if (1..=MAX_ITERATIONS).contains(&iterations) { Ok(()) } else { Err(PasswordError::Iterations(iterations)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_refused() {
        assert_eq!(Pbkdf2Password::new(Digest::Sha256, 0, None), Err(PasswordError::Iterations(0)));
        assert_eq!(Pbkdf2Password::new(Digest::Sha256, u32::MAX, None), Err(PasswordError::Iterations(u32::MAX)));
        assert_eq!(Pbkdf2Password::new(Digest::Sha256, 1, Some(0)), Err(PasswordError::DerivedKey(0)));
        assert_eq!(Pbkdf2Password::new(Digest::Sha256, 1, Some(513)), Err(PasswordError::DerivedKey(513)));
        assert_eq!(Pbkdf2Password::new(Digest::Sha256, 1, None).unwrap().key_bytes(), 32);
    }
}
