//! Who is meant by a rule, and which rule is the first.

use super::*;
use dunlin_model::Qos;

fn client() -> ClientInfo {
    ClientInfo {
        client_id: "c1".into(),
        username: Some("ann".into()),
        peer: "[::ffff:10.1.2.3]:999".parse().expect("an address"),
        listener: "tcp:default".into(),
        attributes: [("team".to_owned(), "red".to_owned())].into(),
        ..ClientInfo::default()
    }
}

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtMostOnce };

fn is(who: &Who) -> bool {
    who.is(&RuleSettings::default(), &client())
}

fn address(texts: &[&str]) -> Who {
    Who::Address(texts.iter().map(|text| parse_network(text).expect("a network")).collect())
}

#[test]
fn clients_are_named_by_what_is_known_of_them() {
    let exact = TextPattern::exact;
    let attribute = |name: &str, value| Who::Attribute { name: name.into(), value: TextPattern::exact(value) };
    for (who, expected) in [
        (Who::All, true),
        (Who::Username(exact("ann")), true),
        (Who::Username(exact("")), false),
        (Who::ClientId(exact("c1")), true),
        (Who::ClientId(exact("c2")), false),
        (address(&["10.0.0.0/8"]), true),
        (address(&["10.1.2.3"]), true),
        (address(&["10.1.2.9/24"]), true),
        (address(&["::/0"]), false),
        (address(&["192.168.0.0/16", "10.1.0.0/16"]), true),
        (address(&[]), false),
        (attribute("team", "red"), true),
        (attribute("team", "blue"), false),
        (attribute("other", ""), false),
        (Who::Zone(exact("default")), true),
        (Who::Listener(exact("tcp:default")), true),
        (Who::Listener(exact("ssl:default")), false),
        (Who::SecurityProfile(SecurityProfile::Hardened), true),
        (Who::SecurityProfile(SecurityProfile::Legacy), false),
        (Who::And([].into()), true),
        (Who::Or([].into()), false),
        (Who::And([Who::All, Who::Username(exact("bob"))].into()), false),
        (Who::Or([Who::Username(exact("bob")), Who::All].into()), true),
    ] {
        assert_eq!(is(&who), expected, "{who:?}");
    }
    let nameless = ClientInfo { username: None, ..client() };
    let anything = Who::Username(TextPattern::regex("").expect("an expression"));
    assert!(is(&anything) && !anything.is(&RuleSettings::default(), &nameless), "no name is no empty name");
}

#[test]
fn the_first_rule_about_it_decides() {
    let listed = |permission, action: ActionPattern, topic: &str| Rule {
        permission,
        who: Who::All,
        action,
        topics: Topics::Listed([TopicPattern::new(topic)].into()),
    };
    let rules = [
        listed(Permission::Deny, ActionPattern::of(ActionKind::Subscribe), "a/b"),
        listed(Permission::Allow, ActionPattern::ALL, "a/#"),
        listed(Permission::Deny, ActionPattern::ALL, "#"),
    ];
    let verdict = |action, topic| Rule::first_verdict(&rules, &RuleSettings::default(), &client(), action, topic);
    assert_eq!(verdict(PUBLISH, "a/b"), Verdict::Allow);
    assert_eq!(verdict(SUBSCRIBE, "a/b"), Verdict::Deny);
    assert_eq!(verdict(SUBSCRIBE, "a/c"), Verdict::Allow);
    assert_eq!(verdict(PUBLISH, "b"), Verdict::Deny);
    assert_eq!(verdict(PUBLISH, "$SYS/b"), Verdict::NoMatch);
    let everything = Rule::about_everything(Permission::Allow, Who::All);
    assert!(everything.is_about(&RuleSettings::default(), &client(), PUBLISH, "$SYS/b"));
}
