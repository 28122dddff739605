//! Both forms, their end, and what is refused.

use super::*;
use dunlin_model::Qos;
use proptest::prelude::*;

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtMostOnce };

fn client() -> ClientInfo {
    ClientInfo { username: Some("ann".into()), client_id: "c1".into(), ..ClientInfo::default() }
}

fn verdicts(acl: &ClientAcl, topic: &str, now: Millis) -> (Verdict, Verdict) {
    let verdict = |action| acl.verdict(&RuleSettings::default(), &client(), action, topic, now);
    (verdict(PUBLISH), verdict(SUBSCRIBE))
}

#[test]
fn a_list_of_rules_leaves_the_rest_to_the_sources() {
    let text = r##"[
        {"permission": "allow", "action": "pub", "topic": "t/${clientid}/#", "qos": [0, 1], "retain": "all"},
        {"permission": "deny", "action": "all", "topics": ["#", "eq +/#"]}]"##;
    let acl = ClientAcl::parse(text, None).expect("rules");
    assert_eq!(verdicts(&acl, "t/c1/x", 0), (Verdict::Allow, Verdict::Deny));
    assert_eq!(verdicts(&acl, "$SYS/x", 0), (Verdict::NoMatch, Verdict::NoMatch));
    assert_eq!(acl.rules().len(), 2);
}

#[test]
fn lists_of_topics_are_final() {
    let acl =
        ClientAcl::parse(r#"{"pub": ["p/%c"], "sub": ["s/${username}", "eq x/#"], "all": "a", "other": null}"#, None);
    let acl = acl.expect("rules");
    for (topic, expected) in [
        ("p/c1", (Verdict::Allow, Verdict::Deny)),
        ("s/ann", (Verdict::Deny, Verdict::Allow)),
        ("x/#", (Verdict::Deny, Verdict::Allow)),
        ("a", (Verdict::Allow, Verdict::Allow)),
        ("else", (Verdict::Deny, Verdict::Deny)),
    ] {
        assert_eq!(verdicts(&acl, topic, 0), expected, "{topic}");
    }
    let nothing = ClientAcl::parse("{}", None).expect("rules");
    assert_eq!(verdicts(&nothing, "a", 0), (Verdict::Deny, Verdict::Deny));
}

#[test]
fn nothing_is_allowed_after_their_end() {
    for text in [r#"{"all": ["a"]}"#, r#"[{"permission": "allow", "action": "all", "topic": "a"}]"#] {
        let acl = ClientAcl::parse(text, Some(1_000)).expect("rules");
        assert_eq!(verdicts(&acl, "a", 999), (Verdict::Allow, Verdict::Allow));
        assert_eq!(verdicts(&acl, "a", 1_000), (Verdict::Deny, Verdict::Deny));
        assert_eq!(acl.expires_at(), Some(1_000));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for text in ["", "7", "null", "\"all\"", "[1]", r#"{"read": ["a"]}"#, r#"{"pub": [1]}"#, r#"[{"action": "pub"}]"#] {
        assert!(ClientAcl::parse(text, None).is_err(), "{text}");
    }
    let long = format!("[{}]", " ".repeat(MAX_CLIENT_ACL_BYTES));
    assert!(ClientAcl::parse(&long, None).is_err());
    assert!(ClientAcl::parse(&"[".repeat(MAX_CLIENT_ACL_BYTES), None).is_err());
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        if let Err(error) = ClientAcl::parse(&text, None) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
