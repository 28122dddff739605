//! `password_hash_algorithm`: how the passwords of a table of users are stored.

use crate::rule::{OneOf, Optional, Whole};
use crate::section::Section;
use dunlin_passwords::{
    Algorithm, BcryptPassword, Digest, MAX_BCRYPT_ROUNDS, MAX_DERIVED_KEY_BYTES, MAX_ITERATIONS, MIN_BCRYPT_ROUNDS,
    Pbkdf2Password, SaltPosition,
};

#[derive(Clone, Copy, PartialEq)]
enum Name {
    Plain,
    Digest(Digest),
    Bcrypt,
    Pbkdf2,
}

const NAMES: &[(&str, Name)] = &[
    ("plain", Name::Plain),
    ("md5", Name::Digest(Digest::Md5)),
    ("sha", Name::Digest(Digest::Sha1)),
    ("sha256", Name::Digest(Digest::Sha256)),
    ("sha512", Name::Digest(Digest::Sha512)),
    ("bcrypt", Name::Bcrypt),
    ("pbkdf2", Name::Pbkdf2),
];
const SALT_POSITIONS: &[(&str, SaltPosition)] =
    &[("disable", SaltPosition::Disable), ("prefix", SaltPosition::Prefix), ("suffix", SaltPosition::Suffix)];
const DIGESTS: &[(&str, Digest)] = &[
    ("md4", Digest::Md4),
    ("md5", Digest::Md5),
    ("ripemd160", Digest::Ripemd160),
    ("sha", Digest::Sha1),
    ("sha224", Digest::Sha224),
    ("sha256", Digest::Sha256),
    ("sha384", Digest::Sha384),
    ("sha512", Digest::Sha512),
];
/// `salt_rounds` of new hashes: 5 to 10 in EMQX.
const DEFAULT_ROUNDS: u32 = 10;

/// Reads `password_hash_algorithm`, by default `sha256` with the salt before the password.
pub(super) fn read_password_hash(section: &mut Section<'_>) -> Algorithm {
    let default = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);
    section.child("password_hash_algorithm", |algorithm| read(algorithm).unwrap_or(default))
}

fn read(section: &mut Section<'_>) -> Option<Algorithm> {
    let name = if section.is_written() {
        section.required("name", &OneOf(NAMES))
    } else {
        Some(section.value("name", &OneOf(NAMES), Name::Digest(Digest::Sha256)))
    };
    let Some(name) = name else {
        // Nobody knows what may stand here.
        section.take_entries();
        return None;
    };
    match name {
        Name::Plain => Some(Algorithm::Plain(read_salt_position(section))),
        Name::Digest(digest) => Some(Algorithm::Digest(digest, read_salt_position(section))),
        Name::Bcrypt => {
            let rounds = Whole(MIN_BCRYPT_ROUNDS..=MAX_BCRYPT_ROUNDS);
            let rounds = section.value("salt_rounds", &rounds, DEFAULT_ROUNDS);
            // Files that were changed by hand have it: the salt of bcrypt is in the hash.
            section.ignored(&["salt_position"]);
            BcryptPassword::new(rounds).ok().map(Algorithm::Bcrypt)
        }
        Name::Pbkdf2 => {
            let digest = section.required("mac_fun", &OneOf(DIGESTS));
            let iterations = section.required("iterations", &Whole(1..=MAX_ITERATIONS));
            let key_bytes = section.value("dk_length", &Optional(Whole(1..=MAX_DERIVED_KEY_BYTES)), None);
            section.ignored(&["salt_position"]);
            Pbkdf2Password::new(digest?, iterations?, key_bytes).ok().map(Algorithm::Pbkdf2)
        }
    }
}

fn read_salt_position(section: &mut Section<'_>) -> SaltPosition {
    section.value("salt_position", &OneOf(SALT_POSITIONS), SaltPosition::Prefix)
}
