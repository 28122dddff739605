//! What is stored of a user with a password.
//!
//! ```text
//! flags       1 byte: 0x10 the format, 1 a superuser, 2 the hash is packed, 4 the salt is packed
//! length      4 bytes, the lowest first: of the hash
//! hash        as it is, or two hexadecimal digits in a byte
//! salt        likewise, up to the end
//! ```
//! Packed, a user with SHA-256 takes 53 bytes instead of 101.

use crate::user_table::{SUPERUSER, is_superuser};
use dunlin_passwords::StoredPassword;

const FORMAT: u8 = 0x10;
const FORMAT_MASK: u8 = 0xf0;
const PACKED_HASH: u8 = 2;
const PACKED_SALT: u8 = 4;

/// What is stored of a user with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredUser {
    pub(crate) password: StoredPassword,
    pub(crate) is_superuser: bool,
}

impl StoredUser {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut flags = FORMAT | if self.is_superuser { SUPERUSER } else { 0 };
        let mut pack = |text: &str, flag: u8| match packed(text) {
            Some(bytes) => {
                flags |= flag;
                bytes
            }
            None => text.as_bytes().to_vec(),
        };
        let (hash, salt) = (pack(&self.password.hash, PACKED_HASH), pack(&self.password.salt, PACKED_SALT));
        // A hash comes from a password of at most 65,535 bytes, or from a file of at most some megabytes.
        let length = u32::try_from(hash.len()).unwrap_or(u32::MAX).to_le_bytes();
        [&[flags][..], &length, &hash, &salt].concat()
    }

    /// `None` for what another version wrote.
    pub(crate) fn decode(value: &[u8]) -> Option<Self> {
        let (flags, rest) = value.split_first()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (hash, salt) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let unpack = |bytes: &[u8], flag: u8| match flags & flag {
            0 => String::from_utf8(bytes.to_vec()).ok(),
            _ => Some(base16ct::lower::encode_string(bytes)),
        };
        if flags & FORMAT_MASK != FORMAT {
            return None;
        }
        let password = StoredPassword { hash: unpack(hash, PACKED_HASH)?, salt: unpack(salt, PACKED_SALT)? };
        Some(Self { password, is_superuser: is_superuser(value) })
    }
}

/// Hexadecimal digits, if they come back as they are.
fn packed(text: &str) -> Option<Vec<u8>> {
    base16ct::lower::decode_vec(text).ok().filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user(hash: &str, salt: &str, is_superuser: bool) -> StoredUser {
        StoredUser { password: StoredPassword { hash: hash.into(), salt: salt.into() }, is_superuser }
    }

    #[test]
    fn digests_are_packed_and_everything_else_is_not() {
        assert_eq!(user(&"0a".repeat(32), &"f9".repeat(16), true).encode().len(), 53);
        assert_eq!(user("0A", "s", false).encode(), b"\x10\x02\0\0\x000As");
        assert_eq!(user("0a", "s", true).encode(), b"\x13\x01\0\0\0\x0as");
        for value in [&b""[..], b"\x20\0\0\0\0", b"\x10\x02\0\0\0a", b"\x10\x01\0\0\0\xff", b"\x10\0\0\0"] {
            assert_eq!(StoredUser::decode(value), None, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn users_come_back_as_they_were(
            hash in "[0-9a-f]{0,9}|\\PC{0,9}", salt in "[0-9a-f]{0,9}|\\PC{0,9}", is_superuser: bool
        ) {
            let user = user(&hash, &salt, is_superuser);
            prop_assert_eq!(StoredUser::decode(&user.encode()), Some(user));
        }
    }
}
