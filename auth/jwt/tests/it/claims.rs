//! What becomes of the claims of a good token.

use crate::mint::{DENIED, Mint, NOW, authenticator, is_allowed, order, show};
use dunlin_access::{Authenticator, Credentials, Outcome};
use dunlin_auth_jwt::JwtSettings;
use serde_json::json;

#[tokio::test]
async fn claims_become_an_admission() {
    let exp = NOW / 1_000 + 60;
    let claims = json!({
        "exp": exp, "is_superuser": true, "client_attrs": {"team": "a"}, "clientid_override": "c2",
        "acl": [{"permission": "allow", "action": "publish", "topic": "t/${clientid}"}],
        "rules": {"pub": ["a"], "sub": ["b"]},
    });
    let orders = [
        order("HS256", "secret", &claims),
        order("HS256", "secret", &json!({"exp": (exp - 61).to_string()})),
        order("HS256", "secret", &json!({"nbf": exp})),
        order("HS256", "secret", &json!({"acl": "everything"})),
        order("HS256", "secret", &json!({"acl": [{"permission": "perhaps"}]})),
    ];
    let mint = Mint::make(&orders);
    let settings = JwtSettings::new(mint.secret());
    let way = authenticator(settings.clone());
    let Outcome::Allow(admission) = show(&way, mint.token(0)).await else { panic!("it is let in") };
    assert!(admission.is_superuser);
    assert_eq!(admission.attributes, [("team".to_owned(), "a".to_owned())].into());
    assert_eq!((admission.client_id.as_deref(), admission.expires_at), (Some("c2"), Some(exp * 1_000)));
    assert!(admission.acl.is_some_and(|acl| acl.contains("t/${clientid}")));
    for (index, order) in orders.iter().enumerate().skip(1) {
        assert_eq!(show(&way, mint.token(index)).await, DENIED, "{order}");
    }
    let other = JwtSettings { acl_claim_name: "rules".into(), disconnect_after_expire: false, ..settings };
    let Outcome::Allow(admission) = show(&authenticator(other), mint.token(0)).await else { panic!("it is let in") };
    assert_eq!(admission.expires_at, None);
    assert!(admission.acl.is_some_and(|acl| acl.contains("\"pub\"")));
}

#[tokio::test]
async fn claims_can_have_to_name_the_client() {
    let claims = |sub: &str| order("HS256", "secret", &json!({"sub": sub, "aud": ["other", "mqtt-c1"]}));
    let mint = Mint::make(&[claims("alice"), claims("bob"), claims("")]);
    let settings = JwtSettings {
        verify_claims: vec![("sub".into(), "${username}".into()), ("aud".into(), "mqtt-${clientid}".into())],
        ..JwtSettings::new(mint.secret())
    };
    let way = authenticator(settings.clone());
    assert!(is_allowed(&show(&way, mint.token(0)).await));
    assert_eq!(show(&way, mint.token(1)).await, DENIED);
    let mut nameless: Credentials = crate::mint::credentials(Some(mint.token(2).as_bytes()));
    nameless.client.username = None;
    assert_eq!(way.authenticate(&nameless).await, DENIED, "nobody's name is no name");
    let literal = JwtSettings { verify_claims: vec![("sub".into(), "${password}".into())], ..settings };
    assert_eq!(show(&authenticator(literal), mint.token(0)).await, DENIED, "no placeholder but text");
}
