//! Any password: no panic, and nobody is let in with a token that nobody signed. Any claims under a good signature: no panic, and
//! whoever is let in has rules that make sense and time left.
#![no_main]

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dunlin_access::{Authenticator, ClientAcl, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_jwt::{JwtAuthenticator, JwtSettings, KeySource};
use libfuzzer_sys::fuzz_target;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

const NOW: u64 = 1_700_000_000_000;
const SECRET: &str = "secret";

static AUTHENTICATOR: LazyLock<JwtAuthenticator> = LazyLock::new(|| {
    let keys = KeySource::Secret { secret: SECRET.into(), is_base64: false };
    JwtAuthenticator::new(JwtSettings::new(keys), Arc::new(|| NOW)).expect("a secret")
});

fuzz_target!(|data: &[u8]| {
    assert!(!matches!(show(data), Outcome::Allow(_)), "the secret is not guessed");
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(data));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), signed.as_bytes());
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
    match show(token.as_bytes()) {
        Outcome::Allow(admission) => {
            assert!(admission.expires_at.is_none_or(|end| end > NOW));
            assert!(admission.acl.is_none_or(|acl| ClientAcl::parse(&acl, None).is_ok()));
        }
        outcome => assert!(matches!(outcome, Outcome::Deny(_)), "{outcome:?}"),
    }
});

fn show(password: &[u8]) -> Outcome {
    let credentials = Credentials { client: ClientInfo::default(), password: Some(Password::new(password)) };
    let answer = pin!(AUTHENTICATOR.authenticate(&credentials)).as_mut().poll(&mut Context::from_waker(Waker::noop()));
    match answer {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("there is nobody to wait for"),
    }
}
