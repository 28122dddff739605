//! What is stored of a user of SCRAM.
//!
//! ```text
//! flags         1 byte: 0x10 the format, 1 a superuser
//! mechanism     1 byte: 1 SHA-256, 2 SHA-512
//! iterations    4 bytes, the lowest first
//! stored key, server key: 32 bytes each with SHA-256, 64 with SHA-512
//! salt          up to the end
//! ```

use crate::user_table::{SUPERUSER, is_superuser};
use dunlin_passwords::{ScramCredentials, ScramMechanism};

const FORMAT: u8 = 0x10;
const FORMAT_MASK: u8 = 0xf0;

/// What is stored of a user of SCRAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScramUser {
    pub(crate) credentials: ScramCredentials,
    pub(crate) is_superuser: bool,
}

impl ScramUser {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let credentials = &self.credentials;
        let mechanism = match credentials.mechanism() {
            ScramMechanism::Sha256 => 1,
            ScramMechanism::Sha512 => 2,
        };
        let flags = FORMAT | if self.is_superuser { SUPERUSER } else { 0 };
        let iterations = credentials.iterations().to_le_bytes();
        let keys = [credentials.stored_key(), credentials.server_key()].concat();
        [&[flags, mechanism][..], &iterations, &keys, credentials.salt()].concat()
    }

    /// `None` for what another version wrote.
    pub(crate) fn decode(value: &[u8]) -> Option<Self> {
        let ([flags, mechanism], rest) = value.split_first_chunk()?;
        let mechanism = match (flags & FORMAT_MASK, mechanism) {
            (FORMAT, 1) => ScramMechanism::Sha256,
            (FORMAT, 2) => ScramMechanism::Sha512,
            _ => return None,
        };
        let (iterations, rest) = rest.split_first_chunk()?;
        let key_bytes = mechanism.digest().output_bytes();
        let (stored_key, rest) = rest.split_at_checked(key_bytes)?;
        let (server_key, salt) = rest.split_at_checked(key_bytes)?;
        let credentials = ScramCredentials::from_parts(
            mechanism,
            salt.to_vec(),
            u32::from_le_bytes(*iterations),
            stored_key.to_vec(),
            server_key.to_vec(),
        );
        Some(Self { credentials: credentials.ok()?, is_superuser: is_superuser(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_come_back_as_they_were() {
        for (mechanism, bytes) in [(ScramMechanism::Sha256, 86), (ScramMechanism::Sha512, 150)] {
            let credentials = ScramCredentials::derive(mechanism, "secret", &[7; 16], 2).unwrap();
            let user = ScramUser { credentials, is_superuser: true };
            let value = user.encode();
            assert_eq!(value.len(), bytes);
            assert_eq!(ScramUser::decode(&value), Some(user));
            for length in 0..value.len() - 15 {
                assert_eq!(ScramUser::decode(&value[..length]), None, "{length} bytes of {bytes}");
            }
        }
        assert_eq!(ScramUser::decode(&[0x20; 200]), None);
    }
}
