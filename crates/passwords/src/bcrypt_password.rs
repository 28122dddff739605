//! Passwords hashed by bcrypt.

use subtle::ConstantTimeEq;

use crate::PasswordError;

/// The least cost that bcrypt has.
pub const MIN_BCRYPT_ROUNDS: u32 = 4;
/// The highest cost that is worked off, also when a stored hash asks for it: each step doubles the work, and 15 takes
/// seconds of a core for every client that connects.
pub const MAX_BCRYPT_ROUNDS: u32 = 15;
/// How much of a password bcrypt looks at: what follows does not matter.
pub const BCRYPT_PASSWORD_BYTES: usize = 72;

/// bcrypt with the cost of new hashes. A stored hash says its own cost and salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BcryptPassword {
    rounds: u32,
}

impl BcryptPassword {
    /// `rounds` is the binary logarithm of the work, [`MIN_BCRYPT_ROUNDS`] to [`MAX_BCRYPT_ROUNDS`].
    pub fn new(rounds: u32) -> Result<Self, PasswordError> {
        let is_allowed = (MIN_BCRYPT_ROUNDS..=MAX_BCRYPT_ROUNDS).contains(&rounds);
        is_allowed.then_some(Self { rounds }).ok_or(PasswordError::Rounds(rounds))
    }

    /// The cost of new hashes.
    #[must_use]
    pub const fn rounds(self) -> u32 {
        self.rounds
    }

    /// `$2b$`, the cost, the salt and the hash: 60 characters.
    pub(crate) fn hash(self, password: &[u8], salt: [u8; 16]) -> Result<String, PasswordError> {
        let parts =
            bcrypt::hash_with_salt(password, self.rounds, salt).map_err(|_| PasswordError::Rounds(self.rounds))?;
        Ok(parts.to_string())
    }
}

/// The cost of `stored`, where it is a hash that is worked off.
pub(crate) fn rounds_of(stored: &str) -> Option<u32> {
    let parts = stored.parse::<bcrypt::HashParts>().ok()?;
    Some(parts.get_cost()).filter(|cost| (MIN_BCRYPT_ROUNDS..=MAX_BCRYPT_ROUNDS).contains(cost))
}

/// A hash with the cost of another one, and salt and hash of zeros.
pub(crate) fn decoy(stored: &str) -> String {
    format!("$2b${:02}${}", rounds_of(stored).unwrap_or(MIN_BCRYPT_ROUNDS), ".".repeat(53))
}

/// Whether `stored`, of any version of bcrypt, is a hash of `password`. A cost above [`MAX_BCRYPT_ROUNDS`] never is.
pub(crate) fn verify(password: &[u8], stored: &str) -> bool {
    let Ok(parts) = stored.parse::<bcrypt::HashParts>() else { return false };
    if parts.get_cost() > MAX_BCRYPT_ROUNDS {
        return false;
    }
    let Ok(computed) = bcrypt::hash_with_salt(password, parts.get_cost(), parts.get_salt_raw()) else { return false };
    // All versions that are in use compute the same; they differ in the text.
    computed.to_string().as_bytes().ct_eq(parts.to_string().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = "$2b$12$wtY3h20mUjjmeaClpqZVveDWGlHzCGsvuThMlneGHA7wVeFYyns2u";

    #[test]
    fn hashes_of_others_are_understood() {
        assert!(verify(b"bcrypt", STORED));
        assert!(verify(b"bcrypt", &STORED.replace("$2b$", "$2y$")));
        assert!(!verify(b"Bcrypt", STORED));
    }

    #[test]
    fn a_hash_that_asks_for_hours_is_refused_at_once() {
        for cost in ["16", "31", "99", "03"] {
            assert!(!verify(b"bcrypt", &STORED.replace("$12$", &format!("${cost}$"))));
        }
        assert_eq!(BcryptPassword::new(16), Err(PasswordError::Rounds(16)));
        assert_eq!(BcryptPassword::new(3), Err(PasswordError::Rounds(3)));
    }

    #[test]
    fn what_is_no_hash_is_no_match() {
        for stored in ["", "bcrypt", "$2b$12$", &STORED[..59], &STORED.replace('D', "é"), &STORED.replace("2b", "3b")]
        {
            assert!(!verify(b"bcrypt", stored), "{stored}");
        }
    }

    #[test]
    fn only_the_first_72_bytes_matter() {
        let bcrypt = BcryptPassword::new(MIN_BCRYPT_ROUNDS).unwrap();
        let stored = bcrypt.hash(&[b'a'; BCRYPT_PASSWORD_BYTES + 1], *b"0123456789abcdef").unwrap();
        assert!(verify(&[b'a'; BCRYPT_PASSWORD_BYTES], &stored));
        assert!(!verify(&[b'a'; BCRYPT_PASSWORD_BYTES - 1], &stored));
    }
}
