//! Any answer of a web service that is asked for the keys of a user of SCRAM: no panic; nobody is a user but by 200, with rules that make
//! sense and time left, and nobody is unknown but by 204 or 404.
#![no_main]

mod served;

use dunlin_access::ClientAcl;
use dunlin_auth_http::http_client::http::StatusCode;
use dunlin_auth_http::{HttpScramKeys, HttpSettings, Method};
use dunlin_passwords::ScramMechanism;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

const NOW: u64 = 1_700_000_000_000;

static KEYS: LazyLock<HttpScramKeys> = LazyLock::new(|| {
    let settings = HttpSettings::new(Method::Post, "http://h/");
    HttpScramKeys::new(&settings, ScramMechanism::Sha256, 4_096, Arc::new(|| NOW)).expect("settings")
});

fuzz_target!(|data: &[u8]| {
    let answer = served::served(data);
    match KEYS.record(&answer) {
        Ok(Some(record)) => {
            assert_eq!(answer.status, StatusCode::OK);
            assert!(record.admission.expires_at.is_none_or(|end| end > NOW));
            assert!(record.admission.acl.is_none_or(|acl| ClientAcl::parse(&acl, None).is_ok()));
        }
        Ok(None) => assert!([StatusCode::NO_CONTENT, StatusCode::NOT_FOUND].contains(&answer.status)),
        Err(_) => {}
    }
});
