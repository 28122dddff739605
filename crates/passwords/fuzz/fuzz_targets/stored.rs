//! Any hash, salt and password: no panic, and what a directory holds in clear is the only text that fits itself.
#![no_main]

use dunlin_passwords::{Algorithm, BcryptPassword, Digest, DirectoryPassword, Pbkdf2Password, SaltPosition};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], &[u8])| {
    let (password, hash, salt) = input;
    let pbkdf2 = Pbkdf2Password::new(Digest::Sha256, 2, None).expect("in range");
    for algorithm in [
        Algorithm::Plain(SaltPosition::Suffix),
        Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix),
        Algorithm::Pbkdf2(pbkdf2),
    ] {
        let is_plain = matches!(algorithm, Algorithm::Plain(_)) && [password, salt].concat() == hash;
        assert_eq!(algorithm.verify(password, hash, salt), is_plain);
    }
    // A hash of high cost takes seconds, which a fuzzer takes for a hang.
    if !hash.windows(3).any(|cost| cost.starts_with(b"$") && cost > &b"$06"[..]) {
        let bcrypt = Algorithm::Bcrypt(BcryptPassword::new(4).expect("in range"));
        _ = bcrypt.verify(password, hash, salt);
        if let Ok(stored) = DirectoryPassword::parse(hash) {
            assert!(stored.verify(hash) || hash.starts_with(b"{"));
            _ = stored.verify(password);
        }
    }
});
