//! What the server keeps of a password, so that a client can show that it knows it.

use std::fmt;

use zeroize::Zeroizing;

use super::ScramMechanism;
use super::preparation::prepare;
use crate::pbkdf2_password::check_iterations;
use crate::{PasswordError, SALT_SEED_BYTES};

/// What the server keeps of a password (RFC 5802 §3). Whoever reads it can pose as the server, and can guess the
/// password at the speed that the iterations allow, but cannot log in with it.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramCredentials {
    mechanism: ScramMechanism,
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Vec<u8>,
    server_key: Zeroizing<Vec<u8>>,
}

impl ScramCredentials {
    /// Those of `password`, which goes through SASLprep first. `salt` should be random and new; RFC 7677 asks for 4096
    /// iterations or more.
    ///
    /// # Errors
    /// The password is empty, too long or has characters that SASLprep does not allow, the salt is empty, or the number
    /// of iterations is out of range.
    pub fn derive(
        mechanism: ScramMechanism,
        password: &str,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, PasswordError> {
        check_iterations(iterations)?;
        if salt.is_empty() {
            return Err(PasswordError::Empty);
        }
        let password = Zeroizing::new(prepare(password)?.into_owned());
        let digest = mechanism.digest();
        let salted_password = digest.pbkdf2(password.as_bytes(), salt, iterations, digest.output_bytes());
        let client_key = digest.hmac(&salted_password, b"Client Key");
        Ok(Self {
            mechanism,
            salt: salt.to_vec(),
            iterations,
            stored_key: digest.hash(&[&client_key]).to_vec(),
            server_key: digest.hmac(&salted_password, b"Server Key"),
        })
    }

    /// Those that were kept.
    ///
    /// # Errors
    /// A key has not the length of the digest, the salt is empty, or the number of iterations is out of range.
    pub fn from_parts(
        mechanism: ScramMechanism,
        salt: Vec<u8>,
        iterations: u32,
        stored_key: Vec<u8>,
        server_key: Vec<u8>,
    ) -> Result<Self, PasswordError> {
        check_iterations(iterations)?;
        if salt.is_empty() {
            return Err(PasswordError::Empty);
        }
        let expected_bytes = mechanism.digest().output_bytes();
        for actual_bytes in [stored_key.len(), server_key.len()] {
            if actual_bytes != expected_bytes {
                return Err(PasswordError::Length { expected_bytes, actual_bytes });
            }
        }
        Ok(Self { mechanism, salt, iterations, stored_key, server_key: Zeroizing::new(server_key) })
    }

    /// For a user that does not exist: no proof fits, and each name has a salt of its own that stays the same, so that
    /// the exchange does not tell who exists. `secret` is random and kept for as long as users are.
    #[must_use]
    pub fn decoy(mechanism: ScramMechanism, username: &str, secret: &[u8], iterations: u32) -> Self {
        let digest = mechanism.digest();
        let key = |purpose: &str| digest.hmac(secret, format!("{purpose} {username}").as_bytes());
        let mut salt = key("salt").to_vec();
        salt.truncate(SALT_SEED_BYTES);
        Self { mechanism, salt, iterations, stored_key: key("stored key").to_vec(), server_key: key("server key") }
    }

    /// The mechanism they are for.
    #[must_use]
    pub const fn mechanism(&self) -> ScramMechanism {
        self.mechanism
    }

    /// The salt, not encoded.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How often the HMAC is applied to the password.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// What a proof of the client is held against.
    #[must_use]
    pub fn stored_key(&self) -> &[u8] {
        &self.stored_key
    }

    /// What the server shows itself with.
    #[must_use]
    pub fn server_key(&self) -> &[u8] {
        &self.server_key
    }
}

impl fmt::Debug for ScramCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScramCredentials").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}
