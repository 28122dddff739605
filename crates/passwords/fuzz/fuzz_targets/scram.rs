//! Any two messages of a client: no panic, and nobody gets in.
#![no_main]

use dunlin_passwords::{ScramClientFirst, ScramCredentials, ScramMechanism};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (first, last) = input;
    // What is read of the first message, or else one that is right, so that the last one is reached.
    let first = ScramClientFirst::parse(first);
    let first = first.unwrap_or_else(|_| ScramClientFirst::parse(b"n,,n=user,r=nonce").expect("it is one"));
    assert!(!first.username().is_empty());
    let credentials = ScramCredentials::decoy(ScramMechanism::Sha256, first.username(), b"secret", 4096);
    let challenge = first.challenge(credentials, "0123456789abcdef").expect("the nonce is one");
    assert!(challenge.finish(last).is_err());
});
