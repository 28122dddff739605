//! Passwords as they are stored, and how a client shows that it knows one.
//!
//! - [`Algorithm`] checks and makes what a table of users holds: digests with a salt, bcrypt, PBKDF2.
//! - [`DirectoryPassword`] checks what a directory holds: `{SSHA}…` and its relatives (RFC 2307).
//! - [`ScramClientFirst`], [`ScramChallenge`] and [`ScramCredentials`] are the server side of SCRAM (RFC 5802, RFC 7677),
//!   where the password itself never travels.
//!
//! Nothing here reads a clock, a file or a source of randomness: salts and nonces are handed in. Comparisons of secrets
//! take the same time wherever they differ, derived secrets are wiped from memory, and no `Debug` shows one.

mod algorithm;
mod bcrypt_password;
mod digest;
mod directory_password;
mod error;
mod pbkdf2_password;
mod scram;

pub use algorithm::{Algorithm, MAX_PASSWORD_BYTES, SALT_SEED_BYTES, SaltPosition, StoredPassword};
pub use bcrypt_password::{BCRYPT_PASSWORD_BYTES, BcryptPassword, MAX_BCRYPT_ROUNDS, MIN_BCRYPT_ROUNDS};
pub use digest::Digest;
pub use directory_password::{DirectoryPassword, DirectoryPasswordError};
pub use error::PasswordError;
pub use pbkdf2_password::{MAX_DERIVED_KEY_BYTES, MAX_ITERATIONS, Pbkdf2Password};
pub use scram::{
    MAX_SCRAM_MESSAGE_BYTES, MIN_NONCE_BYTES, ScramChallenge, ScramClient, ScramClientFinal, ScramClientFirst,
    ScramCredentials, ScramError, ScramMechanism,
};
