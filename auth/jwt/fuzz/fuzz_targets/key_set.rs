//! Any bytes as a key set, and as a public key in PEM: no panic, and no set without keys.
#![no_main]

use dunlin_auth_jwt::{JwtAuthenticator, JwtSettings, KeySet, KeySource};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    if let Ok(keys) = KeySet::from_json(data) {
        assert!(!keys.is_empty());
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = JwtAuthenticator::new(JwtSettings::new(KeySource::PublicKey(text.into())), Arc::new(|| 0));
    }
});
