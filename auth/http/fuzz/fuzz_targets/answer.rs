//! Any answer of a web service: no panic; nobody is let in but by 204 or 200, with rules that make sense and time left.
#![no_main]

use dunlin_access::{ClientAcl, Outcome};
use dunlin_auth_http::http_client::http::StatusCode;
use dunlin_auth_http::http_client::{Answer, Bytes};
use dunlin_auth_http::{HttpAuthenticator, HttpSettings, Method};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

const NOW: u64 = 1_700_000_000_000;
const TYPES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "text/html"];

static AUTHENTICATOR: LazyLock<HttpAuthenticator> = LazyLock::new(|| {
    HttpAuthenticator::new(&HttpSettings::new(Method::Post, "http://h/"), Arc::new(|| NOW)).expect("settings")
});

fuzz_target!(|data: &[u8]| {
    let (choice, body) = data.split_first().unwrap_or((&0, &[]));
    let status = match choice / 3 {
        0..60 => StatusCode::OK,
        other => StatusCode::from_u16(100 + u16::from(other) * 3).unwrap_or(StatusCode::OK),
    };
    let content_type = TYPES[usize::from(choice % 3)].to_owned();
    let answer = Answer { status, content_type, body: Bytes::copy_from_slice(body) };
    if let Ok(Outcome::Allow(admission)) = AUTHENTICATOR.outcome(&answer) {
        assert!(status == StatusCode::OK || status == StatusCode::NO_CONTENT);
        assert!(admission.expires_at.is_none_or(|end| end > NOW));
        assert!(admission.acl.is_none_or(|acl| ClientAcl::parse(&acl, None).is_ok()));
    }
});
