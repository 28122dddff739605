//! Every algorithm, and every way to pretend.

use crate::mint::{ALGORITHMS, DENIED, Mint, authenticator, credentials, is_allowed, order, show, with_key};
use dunlin_access::{Authenticator, Outcome};
use dunlin_auth_jwt::{JwtAuthenticator, JwtSettings, JwtSettingsError, KeyError, KeySource, OrElse, TokenField};
use dunlin_real_servers::Certificates;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn every_algorithm_with_its_own_key_and_no_other() {
    let orders: Vec<_> = ALGORITHMS.iter().map(|(name, key)| order(name, key, &json!({"sub": "x"}))).collect();
    let mint = Mint::make(&orders);
    for (index, (algorithm, own_key)) in ALGORITHMS.iter().enumerate() {
        let token = mint.token(index);
        for (_, key) in ALGORITHMS {
            let outcome = show(&with_key(mint.key(key)), token).await;
            assert_eq!(is_allowed(&outcome), key == *own_key, "{algorithm} with {key}: {outcome:?}");
            assert!(is_allowed(&outcome) || outcome == DENIED);
        }
        let way = with_key(mint.key(own_key));
        for damaged in damaged(token) {
            assert_eq!(show(&way, &damaged).await, DENIED, "{algorithm}: {damaged}");
        }
    }
    let others = with_key(mint.public_key("RSA-other"));
    assert_eq!(show(&others, mint.token(3)).await, DENIED);
    assert!(is_allowed(&show(&with_key(mint.bare_rsa_key()), mint.token(3)).await));
}

/// Another payload, an empty signature, one that is cut, one of another token.
fn damaged(token: &str) -> Vec<String> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let (first, rest) = signature.split_at(4);
    vec![
        format!("{header}.eyJzdWIiOiJ5In0.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{rest}"),
        format!("{header}.{payload}.{first}"),
        format!("{header}.{payload}.{rest}{first}"),
    ]
}

#[tokio::test]
async fn no_token_chooses_how_it_is_checked() {
    let claims = json!({"sub": "x"});
    let critical = json!({"alg": "RS256", "key": "RSA", "claims": claims, "headers": {"crit": ["exp"], "exp": 1}});
    let mint = Mint::make(&[order("HS256", "public", &claims), order("none", "none", &claims), critical]);
    let way = with_key(mint.public_key("RSA"));
    assert_eq!(show(&way, mint.token(0)).await, DENIED, "a public key is no secret");
    assert_eq!(show(&way, mint.token(1)).await, DENIED, "no signature is none");
    assert_eq!(show(&way, mint.token(2)).await, DENIED, "what must be understood is not");
    assert_eq!(show(&with_key(mint.secret()), mint.token(1)).await, DENIED);
    let legacy = JwtSettings { on_bad_signature: OrElse::Ignore, ..JwtSettings::new(mint.public_key("RSA")) };
    assert_eq!(show(&authenticator(legacy), mint.token(0)).await, Outcome::Ignore);
}

#[tokio::test]
async fn what_is_no_token_is_for_the_next_one() {
    let mint = Mint::make(&[order("HS256", "secret", &json!({}))]);
    let way = with_key(mint.secret());
    for password in
        [&b""[..], b"secret", b"a.b", b"a.b.c", b"..", b"\0", b"\xff.\xff.\xff", &[b'.'; 65_535], &[b'a'; 65_535]]
    {
        assert_eq!(way.authenticate(&credentials(Some(password))).await, Outcome::Ignore, "{password:?}");
    }
    assert_eq!(way.authenticate(&credentials(None)).await, Outcome::Ignore);
    let strict = authenticator(JwtSettings { on_missing: OrElse::Deny, ..JwtSettings::new(mint.secret()) });
    assert_eq!(strict.authenticate(&credentials(None)).await, DENIED);
    assert_eq!(strict.authenticate(&credentials(Some(b"secret"))).await, DENIED);
    assert!(is_allowed(&show(&strict, mint.token(0)).await));
}

#[tokio::test]
async fn a_token_may_stand_in_the_user_name() {
    let mint = Mint::make(&[order("HS256", "secret", &json!({}))]);
    let way = authenticator(JwtSettings { from: TokenField::Username, ..JwtSettings::new(mint.secret()) });
    let mut shown = credentials(None);
    assert_eq!(way.authenticate(&shown).await, Outcome::Ignore, "alice is no token");
    shown.client.username = Some(mint.token(0).into());
    assert!(is_allowed(&way.authenticate(&shown).await));
    shown.client.username = None;
    assert_eq!(way.authenticate(&shown).await, Outcome::Ignore);
}

#[tokio::test]
async fn a_secret_may_be_base64() {
    let mint = Mint::make(&[order("HS512", "secret", &json!({}))]);
    let encoded = KeySource::Secret { secret: base64_of(mint.secret_text()), is_base64: true };
    assert!(is_allowed(&show(&with_key(encoded), mint.token(0)).await));
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn keys_that_are_none_are_refused() {
    let error = |keys: KeySource| JwtAuthenticator::new(JwtSettings::new(keys), Arc::new(|| 0)).err();
    let secret = |secret: &str, is_base64| error(KeySource::Secret { secret: secret.into(), is_base64 });
    assert_eq!(secret("", false), Some(JwtSettingsError::Key(KeyError::EmptySecret)));
    assert_eq!(secret("", true), Some(JwtSettingsError::Key(KeyError::EmptySecret)));
    assert_eq!(secret("not base64!", true), Some(JwtSettingsError::Key(KeyError::SecretEncoding)));
    assert_eq!(error(KeySource::PublicKey(String::new())), Some(JwtSettingsError::Key(KeyError::NoPem)));
    let certificates = Certificates::for_host("localhost");
    let text = |path| std::fs::read_to_string(path).expect("a file");
    assert_eq!(error(KeySource::PublicKey(text(certificates.certificate()))), None, "the key of a certificate");
    let private = error(KeySource::PublicKey(text(certificates.key())));
    assert_eq!(private, Some(JwtSettingsError::Key(KeyError::NoPem)), "a private key is none");
    let shown = format!("{:?}", KeySource::Secret { secret: "do not show".into(), is_base64: false });
    assert!(!shown.contains("do not show"), "{shown}");
}
