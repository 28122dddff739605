//! Any answer of a web service: no panic; nobody is let in but by 204 or 200, with rules that make sense and time left.
#![no_main]

mod served;

use dunlin_access::{ClientAcl, Outcome};
use dunlin_auth_http::http_client::http::StatusCode;
use dunlin_auth_http::{HttpAuthenticator, HttpSettings, Method};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

const NOW: u64 = 1_700_000_000_000;

static AUTHENTICATOR: LazyLock<HttpAuthenticator> = LazyLock::new(|| {
    HttpAuthenticator::new(&HttpSettings::new(Method::Post, "http://h/"), Arc::new(|| NOW)).expect("settings")
});

fuzz_target!(|data: &[u8]| {
    let answer = served::served(data);
    if let Ok(Outcome::Allow(admission)) = AUTHENTICATOR.outcome(&answer) {
        assert!(answer.status == StatusCode::OK || answer.status == StatusCode::NO_CONTENT);
        assert!(admission.expires_at.is_none_or(|end| end > NOW));
        assert!(admission.acl.is_none_or(|acl| ClientAcl::parse(&acl, None).is_ok()));
    }
});
