//! Clients whose names would be more than names in a topic: `+`, `#`, `a/b`. In rules that allow, they are not, unless
//! `topic_template_allow` says so.

use crate::access_services::token;
use crate::clients::{EVERY_VERSION, play_against, python};
use dunlin_auth_built_in_database::RuleSubject;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{self, NoMatchingSubscribers, NotAuthorized};
use dunlin_model::SubscriptionOptions;
use dunlin_testkit::{Authority, Client, TestBroker};

/// The rules, as two of the sources have them: a file, and a token.
const FILE: &str = "{allow, all, all, [\"by-id/${clientid}/#\", \"by-user/${username}/#\", \"end/${clientid}\"]}.";
const SECRET: &str = "a secret that is long enough for HS256";

fn node(allow: &str, parts: &str) -> TestBroker {
    TestBroker::with(&format!("authorization {{ no_match = deny, {allow} }}\n{parts}"))
}

fn by_file(allow: &str) -> TestBroker {
    node(allow, &format!("authorization.sources = [{{ type = file, rules = {} }}]", serde_json::json!(FILE)))
}

/// Clients whose names are this one: a newer one with both, and an older one with a client id of its own.
fn named(broker: &TestBroker, name: &str, password: Option<&str>) -> [Client; 2] {
    let come = |connecting: dunlin_testkit::Connecting<'_>| {
        let connecting = connecting.with(|connect| {
            connect.username = Some(name);
            connect.password = password.map(str::as_bytes);
        });
        connecting.connect(broker)
    };
    [come(Client::v5(name)), come(Client::v4("older"))]
}

fn publishes(broker: &TestBroker, name: &str, password: Option<&str>, topic: &str) -> ReasonCode {
    let [mut newer, _] = named(broker, name, password);
    newer.publish(topic, "x", AtLeastOnce)
}

fn subscribes(broker: &TestBroker, name: &str, password: Option<&str>, filter: &str) -> bool {
    let [mut newer, mut older] = named(broker, name, password);
    let codes = newer.subscribe_all(None, &[(filter, SubscriptionOptions::default())]);
    // Its user name is the same, its client id is not.
    if filter.starts_with("by-user") {
        assert_eq!(
            older.subscribe_all(None, &[(filter, SubscriptionOptions::default())])[0].is_error(),
            codes[0].is_error()
        );
    }
    !codes[0].is_error()
}

/// What those may do that call themselves so, where nothing is switched on.
fn expect_names_and_nothing_more(broker: &TestBroker, password: impl Fn(&str) -> Option<String>) {
    for kind in ["by-id", "by-user"] {
        for name in ["+", "#", "+/+", "plain/#", "pl+in", "a/b", "a/", "/"] {
            let password = password(name);
            let password = password.as_deref();
            for topic in ["plain/x", "a/b/x", "a/x", "x"] {
                assert_eq!(
                    publishes(broker, name, password, &format!("{kind}/{topic}")),
                    NotAuthorized,
                    "{name} {topic}"
                );
            }
            for filter in ["+/x", "#", "plain/#", "plain/x", "a/b/#", "a/#"] {
                assert!(!subscribes(broker, name, password, &format!("{kind}/{filter}")), "{name} {filter}");
            }
        }
        for name in ["plain", "$plain", "a b", "a.b", "${username}", "%2B", "%u"] {
            let password = password(name);
            let password = password.as_deref();
            let own = format!("{kind}/{name}/x");
            assert_eq!(publishes(broker, name, password, &own), NoMatchingSubscribers, "{own}");
            assert!(subscribes(broker, name, password, &format!("{kind}/{name}/#")), "{own}");
            assert_eq!(publishes(broker, name, password, &format!("{kind}/other/x")), NotAuthorized, "{name}");
        }
    }
}

#[test]
fn in_rules_of_a_file_a_name_is_a_name() {
    expect_names_and_nothing_more(&by_file(""), |_| None);
}

#[test]
fn in_rules_of_a_token_a_name_is_a_name() {
    let broker = node(
        "sources = []",
        &format!(
            "authentication = [{{ mechanism = jwt, algorithm = hmac-based, secret = \"{SECRET}\", \
             verify_claims {{ sub = \"${{username}}\" }} }}]"
        ),
    );
    let rules = r#"[{"permission":"allow","action":"all","topics":["by-id/${clientid}/#","by-user/${username}/#"]}]"#;
    let claims = |name: &str| format!(r#"{{"sub":{},"acl":{rules}}}"#, serde_json::json!(name));
    expect_names_and_nothing_more(&broker, |name| Some(token(SECRET, &claims(name))));
}

#[test]
fn in_rules_of_the_database_a_name_is_a_name() {
    let broker = node("sources = [{ type = built_in_database }]", "");
    let rules = ["by-id/${clientid}/#", "by-user/${username}/#"].map(|topic| {
        let rule = serde_json::json!({"permission": "allow", "action": "all", "topic": topic});
        rule.as_object().cloned().expect("an object")
    });
    broker.server().set_rules(vec![(RuleSubject::All, rules.to_vec())], true).expect("it is on disk");
    expect_names_and_nothing_more(&broker, |_| None);
}

#[test]
fn what_names_may_bring_can_be_switched_on_one_by_one() {
    for (allow, name, topic, is_allowed) in [
        ("topic_template_allow.plus = true", "+", "by-id/other/x", true),
        ("topic_template_allow.plus = true", "#", "end/other/x", false),
        ("topic_template_allow.plus = true", "a/b", "by-id/a/b/x", false),
        ("topic_template_allow.hash = true", "#", "end/other/x", true),
        ("topic_template_allow.hash = true", "+", "by-id/other/x", false),
        ("topic_template_allow.hash = true", "a/b", "by-id/a/b/x", false),
        ("topic_template_allow.slash = true", "a/b", "by-id/a/b/x", true),
        ("topic_template_allow.slash = true", "+", "by-id/other/x", false),
        ("topic_template_allow.slash = true", "a/#", "end/a/x", false),
        ("topic_template_allow { slash = true, hash = true }", "a/#", "end/a/x", true),
        ("topic_template_allow { slash = true, hash = true }", "a/#", "end/b/x", false),
    ] {
        let code = publishes(&by_file(allow), name, None, topic);
        assert_eq!(code, if is_allowed { NoMatchingSubscribers } else { NotAuthorized }, "{allow}: {name} {topic}");
    }
}

/// A name that could mean more keeps its client out of more, and not out of less.
#[test]
fn a_name_gets_nobody_past_a_rule_that_denies() {
    let rules = "{deny, all, all, [\"closed/${clientid}/#\"]}. {allow, all}.";
    let broker =
        node("", &format!("authorization.sources = [{{ type = file, rules = {} }}]", serde_json::json!(rules)));
    for (name, topic, code) in [
        ("plain", "closed/plain/x", NotAuthorized),
        ("plain", "closed/other/x", NoMatchingSubscribers),
        ("a/b", "closed/a/b/x", NotAuthorized),
        ("+", "closed/any/x", NotAuthorized),
    ] {
        assert_eq!(publishes(&broker, name, None, topic), code, "{name} {topic}");
    }
}

#[test]
fn paho_brings_nothing_into_topics_by_its_names() {
    let Some(python) = python() else { return };
    let authority = Authority::new("authority");
    for version in EVERY_VERSION {
        let script = (python.as_path(), "paho_client.py");
        play_against(&by_file(""), script, "names_bring_nothing_into_topics", (version, "tcp"), &authority);
    }
}
