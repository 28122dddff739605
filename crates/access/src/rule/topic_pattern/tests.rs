//! What a topic of a rule covers for whom.

use super::*;
use crate::{Certificate, PlaceholderMay};
use std::sync::Arc;

fn client() -> ClientInfo {
    ClientInfo {
        client_id: "c1".into(),
        username: Some("ann".into()),
        zone: "north".into(),
        certificate: Some(Arc::new(Certificate { common_name: Some("meter".into()), ..Certificate::default() })),
        attributes: [("team".to_owned(), "red".to_owned()), ("none".to_owned(), String::new())].into(),
        ..ClientInfo::default()
    }
}

fn named(username: &str) -> ClientInfo {
    ClientInfo { username: Some(username.into()), ..client() }
}

fn covers(pattern: &str, permission: Permission, client: &ClientInfo, topic: &str) -> bool {
    TopicPattern::new(pattern).covers(permission, &RuleSettings::default(), client, topic)
}

fn allows(pattern: &str, client: &ClientInfo, topic: &str) -> bool {
    covers(pattern, Permission::Allow, client, topic)
}

fn denies(pattern: &str, client: &ClientInfo, topic: &str) -> bool {
    covers(pattern, Permission::Deny, client, topic)
}

#[test]
fn each_placeholder_stands_for_a_name_of_the_client() {
    for (pattern, topic) in [
        ("a/${username}/#", "a/ann/b"),
        ("a/${clientid}/#", "a/c1"),
        ("${cert_common_name}", "meter"),
        ("${zone}/x", "north/x"),
        ("${client_attrs.team}/${username}", "red/ann"),
        ("a-${username}-${clientid}/+", "a-ann-c1/z"),
        ("eq a/${username}/#", "a/ann/#"),
    ] {
        assert!(allows(pattern, &client(), topic), "{pattern} {topic}");
        assert!(denies(pattern, &client(), topic), "{pattern} {topic}");
        assert!(!allows(pattern, &client(), "a/bob/b") && !denies(pattern, &client(), "a/bob/b"), "{pattern}");
    }
}

#[test]
fn unknown_placeholders_stand_for_themselves() {
    for pattern in ["a/${password}", "a/${", "a/${username", "${}", "a/${client_attrs.}", "a/$${x}/b", "a/{username}"] {
        assert!(allows(pattern, &client(), pattern), "{pattern}");
        assert!(!allows(pattern, &client(), "a/ann"), "{pattern}");
    }
    assert!(allows("a/${x${username}", &client(), "a/${xann"));
}

#[test]
fn exact_texts_cover_themselves_alone() {
    assert!(allows("eq a/#", &client(), "a/#") && denies("eq a/#", &client(), "a/#"));
    for topic in ["a", "a/b", "a/+", "#", "a/#/"] {
        assert!(!allows("eq a/#", &client(), topic) && !denies("eq a/#", &client(), topic), "{topic}");
    }
}

#[test]
fn filters_cover_names_below_a_fixed_beginning() {
    for (filter, topic, expected) in [
        ("t/#", "t", true),
        ("t//#", "t/", true),
        ("t/#", "tt", false),
        ("t/+/x", "t/a/x", true),
        ("/#", "/", true),
        ("#", "anything", true),
        ("a+b", "a+b", true),
        ("a+b", "axb", false),
    ] {
        assert_eq!(allows(filter, &client(), topic), expected, "{filter} {topic}");
    }
}

#[test]
fn a_name_with_wildcards_is_allowed_nothing() {
    for name in ["+", "#", "a/b", "a#", "+/+"] {
        for topic in ["s/+", "s/#", "s/x", "s/a/b", &format!("s/{name}")] {
            assert!(!allows("s/${username}", &named(name), topic), "{name} {topic}");
            assert!(!allows("eq s/${username}", &named(name), topic), "{name} {topic}");
        }
    }
}

#[test]
fn what_names_may_bring_can_be_said() {
    let settings = |plus, hash, slash| RuleSettings {
        placeholder_may: PlaceholderMay { plus, hash, slash },
        ..RuleSettings::default()
    };
    for (name, topic, settings) in [
        ("+", "s/x", settings(true, false, false)),
        ("#", "s/x/y", settings(false, true, false)),
        ("a/b", "s/a/b", settings(false, false, true)),
    ] {
        let covers = |settings: &RuleSettings| {
            TopicPattern::new("s/${username}").covers(Permission::Allow, settings, &named(name), topic)
        };
        assert!(covers(&settings), "{name}");
        let others = PlaceholderMay {
            plus: !settings.placeholder_may.plus,
            hash: !settings.placeholder_may.hash,
            slash: !settings.placeholder_may.slash,
        };
        assert!(!covers(&RuleSettings { placeholder_may: others, ..settings }), "{name}");
    }
}

#[test]
fn no_name_escapes_a_rule_that_denies() {
    assert!(denies("s/${username}/cmd", &named("+"), "s/x/cmd"), "the wildcard denies more");
    assert!(denies("s/${username}/cmd", &named("#"), "s/x/y"));
    assert!(denies("s/${username}/cmd", &named("a/b"), "s/a/b/cmd"));
    assert!(!denies("s/${username}/cmd", &named("a/b"), "s/b/cmd"));
}

#[test]
fn who_has_no_name_is_allowed_nothing_and_denied_every_name() {
    let nameless = [ClientInfo { username: None, ..client() }, named("")];
    for client in &nameless {
        for topic in ["s/x/cmd", "s//cmd", "s/${username}/cmd"] {
            assert!(!allows("s/${username}/cmd", client, topic), "{topic}");
            assert!(denies("s/${username}/cmd", client, topic), "{topic}");
            assert!(denies("s/a-${username}-b/cmd", client, topic), "{topic}");
            assert!(denies("eq s/${username}/cmd", client, topic), "{topic}");
            assert!(denies("s/${username}${clientid}/cmd", client, topic), "{topic}");
        }
        assert!(!denies("s/${username}/cmd", client, "s/x/other"));
    }
    assert!(!allows("${client_attrs.none}", &client(), "") && !allows("${client_attrs.other}", &client(), "x"));
    // Names that bring levels, before and after the one that is missing.
    let strange = ClientInfo { username: None, client_id: "p/q".into(), ..client() };
    assert!(denies("x/${clientid}${username}", &strange, "x/p/qr"));
    assert!(denies("x/${username}${clientid}", &strange, "x/rp/q"));
}

#[test]
fn what_would_be_longer_than_any_topic_is_allowed_to_nobody_and_denied() {
    let long = named(&"x".repeat(65_535));
    let pattern = "${username}".repeat(1_000);
    assert!(!allows(&pattern, &long, "x") && denies(&pattern, &long, "x"));
}

#[test]
fn old_placeholders_are_understood_where_they_are_asked_for() {
    let pattern = TopicPattern::with_old_placeholders("a/%u/%c");
    assert!(pattern.covers(Permission::Allow, &RuleSettings::default(), &client(), "a/ann/c1"));
    assert!(!allows("a/%u/%c", &client(), "a/ann/c1"));
}
