//! What the source says.

use crate::site::{Site, client};
use dunlin_access::{Action, AuthorizationSource, BackendFailure, BackendStatus, RuleSettings, Verdict};
use dunlin_auth_ldap::{LdapAuthorization, LdapSettings, RuleAttributes};
use dunlin_model::Qos;

const PUBLISH: Action = Action::Publish { qos: Qos::AtLeastOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtLeastOnce };

#[tokio::test]
async fn attributes_are_rules() {
    let site = Site::new();
    let settings = LdapSettings { rules: RuleAttributes::for_rules(), ..site.settings() };
    let source = LdapAuthorization::new(&settings, RuleSettings::default()).expect("settings");
    assert_eq!(source.kind(), "ldap");
    for (username, action, topic, expected) in [
        ("rules", PUBLISH, "pub/c1", Verdict::Allow),
        ("rules", PUBLISH, "pub/c2", Verdict::NoMatch),
        ("rules", SUBSCRIBE, "pub/c1", Verdict::NoMatch),
        ("rules", SUBSCRIBE, "sub/a/b", Verdict::Allow),
        ("rules", SUBSCRIBE, "sub/#", Verdict::Allow),
        ("rules", PUBLISH, "sub/a", Verdict::NoMatch),
        ("rules", PUBLISH, "both/x", Verdict::Allow),
        ("rules", SUBSCRIBE, "both/x", Verdict::Allow),
        ("rules", SUBSCRIBE, "both/secret", Verdict::Deny),
        ("ssha", PUBLISH, "pub/c1", Verdict::NoMatch),
        ("nobody", PUBLISH, "pub/c1", Verdict::NoMatch),
        ("", PUBLISH, "pub/c1", Verdict::NoMatch),
        ("*", PUBLISH, "pub/c1", Verdict::NoMatch),
    ] {
        assert_eq!(
            source.authorize(&client(username), action, topic).await,
            Ok(expected),
            "{username} {action:?} {topic}"
        );
    }
    let failed = source.authorize(&client("bad-rules"), PUBLISH, "t").await;
    assert!(matches!(failed, Err(BackendFailure::BadAnswer(_))), "{failed:?}");
    assert_eq!(source.status(), BackendStatus::Connected);
}
