//! Stored passwords: those of other brokers, those made here, and those that are none.

use proptest::prelude::*;

use super::*;

fn pbkdf2(digest: Digest, iterations: u32, key_bytes: Option<usize>) -> Algorithm {
    Algorithm::Pbkdf2(Pbkdf2Password::new(digest, iterations, key_bytes).unwrap())
}

fn bcrypt() -> Algorithm {
    Algorithm::Bcrypt(BcryptPassword::new(4).unwrap())
}

fn all() -> Vec<Algorithm> {
    let positions = [SaltPosition::Disable, SaltPosition::Prefix, SaltPosition::Suffix];
    let plain = positions.map(Algorithm::Plain);
    let digests = positions.map(|position| Digest::ALL.map(|digest| Algorithm::Digest(digest, position))).concat();
    let derived = Digest::ALL.map(|digest| pbkdf2(digest, 2, Some(21)));
    [&plain[..], &digests, &derived, &[bcrypt()]].concat()
}

/// (algorithm, password, salt, hash), as EMQX stores them.
fn stored_by_emqx() -> [(Algorithm, &'static str, &'static str, &'static str); 8] {
    [
        (Algorithm::Plain(SaltPosition::Suffix), "plain", "salt", "plainsalt"),
        (Algorithm::Digest(Digest::Md5, SaltPosition::Disable), "md5", "salt", "1bc29b36f623ba82aaf6724fd3b16718"),
        (
            Algorithm::Digest(Digest::Sha1, SaltPosition::Prefix),
            "sha",
            "salt",
            "c665d4c0a9e5498806b7d9fd0b417d272853660e",
        ),
        (
            Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix),
            "sha256",
            "salt",
            "ac63a624e7074776d677dd61a003b8c803eb11db004d0ec6ae032a5d7c9c5caf",
        ),
        (
            Algorithm::Digest(Digest::Sha512, SaltPosition::Prefix),
            "sha512",
            "salt",
            "a1509ab67bfacbad020927b5ac9d91e9100a82e33a0ebb01459367ce921c0aa8\
             157aa5652f94bc84fa3babc08283e44887d61c48bcf8ad7bcb3259ee7d0eafcd",
        ),
        (
            bcrypt(),
            "bcrypt",
            "$2b$12$wtY3h20mUjjmeaClpqZVve",
            "$2b$12$wtY3h20mUjjmeaClpqZVveDWGlHzCGsvuThMlneGHA7wVeFYyns2u",
        ),
        (
            pbkdf2(Digest::Sha1, 2, Some(32)),
            "password",
            "ATHENA.MIT.EDUraeburn",
            "01dbee7f4a9e243e988b62c73cda935da05378b93244ec8f48a99e61ad799d86",
        ),
        (
            pbkdf2(Digest::Sha1, 2, None),
            "password",
            "ATHENA.MIT.EDUraeburn",
            "01dbee7f4a9e243e988b62c73cda935da05378b9",
        ),
    ]
}

#[test]
fn passwords_stored_by_emqx_are_understood() {
    for (algorithm, password, salt, hash) in stored_by_emqx() {
        assert!(algorithm.verify(password.as_bytes(), hash.as_bytes(), salt.as_bytes()), "{algorithm:?}");
        assert!(!algorithm.verify(b"wrongpass", hash.as_bytes(), salt.as_bytes()), "{algorithm:?}");
        if algorithm != bcrypt() {
            assert_eq!(algorithm.hash(password.as_bytes(), salt.as_bytes()).as_deref(), Ok(hash), "{algorithm:?}");
        }
    }
}

#[test]
fn case_matters_in_passwords_and_not_in_hexadecimal_digits() {
    let digest = Algorithm::Digest(Digest::Md5, SaltPosition::Disable);
    assert!(digest.verify(b"md5", b"1BC29B36f623ba82aaf6724fd3b16718", b""));
    assert!(!Algorithm::Plain(SaltPosition::Disable).verify(b"PASSWORD", b"password", b""));
    assert!(Algorithm::Plain(SaltPosition::Disable).verify(b"password", b"password", b"unused"));
}

#[test]
fn what_is_no_hash_is_no_match() {
    for algorithm in all() {
        for hash in [&b""[..], b"x", b"zz", &[0xff; 60], &[b'0'; 100_000]] {
            assert!(!algorithm.verify(b"password", hash, b"salt"), "{algorithm:?}");
        }
    }
}

#[test]
fn a_password_is_as_long_as_mqtt_allows() {
    let longest = vec![b'p'; MAX_PASSWORD_BYTES];
    let too_long = vec![b'p'; MAX_PASSWORD_BYTES + 1];
    for algorithm in all() {
        let stored = algorithm.create(&longest, [1; SALT_SEED_BYTES]).unwrap();
        assert!(algorithm.verify(&longest, stored.hash.as_bytes(), stored.salt.as_bytes()));
        assert!(!algorithm.verify(&too_long, stored.hash.as_bytes(), stored.salt.as_bytes()));
        assert_eq!(algorithm.hash(&too_long, &[0; 16]), Err(PasswordError::TooLong(too_long.len())));
    }
}

#[test]
fn a_new_salt_makes_another_hash() {
    for algorithm in all() {
        let [first, second] = [1, 2].map(|seed| algorithm.create(b"password", [seed; SALT_SEED_BYTES]).unwrap());
        assert_eq!(first.hash == second.hash, first.salt.is_empty(), "{algorithm:?}");
    }
    assert!(bcrypt().create(b"password", [1; 16]).unwrap().salt.starts_with("$2b$04$"));
    assert!(matches!(bcrypt().hash(b"password", b"short"), Err(PasswordError::Length { expected_bytes: 16, .. })));
    assert_eq!(Algorithm::Plain(SaltPosition::Disable).hash(&[0xff], b""), Err(PasswordError::NotText));
}

#[test]
fn debug_output_shows_no_hash() {
    let stored = Algorithm::Plain(SaltPosition::Disable).create(b"opensesame", [1; SALT_SEED_BYTES]).unwrap();
    assert!(!format!("{stored:?}").contains("opensesame"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_created_is_found_again_and_nothing_else(
        password in "\\PC{0,12}",
        other in "\\PC{0,12}",
        seed in any::<[u8; SALT_SEED_BYTES]>(),
    ) {
        for algorithm in all() {
            let stored = algorithm.create(password.as_bytes(), seed).unwrap();
            let verify = |text: &str| algorithm.verify(text.as_bytes(), stored.hash.as_bytes(), stored.salt.as_bytes());
            prop_assert!(verify(&password));
            prop_assert_eq!(verify(&other), password == other);
        }
    }
}
