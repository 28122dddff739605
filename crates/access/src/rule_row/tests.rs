//! Every spelling of a row, and what is wrong with others.

use super::*;
use crate::{Action, ClientInfo, RuleSettings};
use proptest::prelude::*;
use serde_json::json;

fn row(value: &Value) -> Row {
    value.as_object().expect("an object").clone()
}

/// A row that is right, with one field changed.
fn with(field: &str, value: Value) -> Result<Rule, InvalidRule> {
    let mut row = row(&json!({"permission": "deny", "action": "publish", "topic": "t/#"}));
    row.insert(field.to_owned(), value);
    Rule::from_row(&row)
}

fn qos(levels: &[u8]) -> QosSet {
    levels.iter().filter_map(|level| Qos::from_u8(*level)).fold(QosSet::NONE, QosSet::with)
}

#[test]
fn a_whole_row_becomes_a_rule() {
    let rule = Rule::from_row(&row(&json!({
        "id": 7, "username": "ann", "permission": "allow", "action": "all", "topics": ["a", "eq b/#"], "topic": "c",
        "qos": "0,2", "retain": 1, "clientid_re": "^c", "username_re": null, "ipaddr": "10.0.0.0/8", "zone": "",
        "listener": "tcp:default", "zone_re": "^d",
    })));
    let text = "{allow, {'and', [{clientid, {re, \"^c\"}}, {zone, {re, \"^d\"}}, {listener, \"tcp:default\"}, \
                {ipaddr, \"10.0.0.0/8\"}]}, {all, [{qos, [0, 2]}, {retain, true}]}, [\"c\", \"a\", {eq, \"b/#\"}]}";
    assert_eq!(rule.map(|rule| rule.to_string()).as_deref(), Ok(text));
}

#[test]
fn levels_have_many_spellings() {
    for (value, expected) in [
        (json!(1), qos(&[1])),
        (json!(2.0), qos(&[2])),
        (json!("0"), qos(&[0])),
        (json!(" 0, 1 "), qos(&[0, 1])),
        (json!([0, 2]), qos(&[0, 2])),
        (json!(["1", 2]), qos(&[1, 2])),
        (json!([]), QosSet::NONE),
        (json!(null), QosSet::ALL),
        (json!(""), QosSet::ALL),
    ] {
        assert_eq!(with("qos", value.clone()).map(|rule| rule.action.qos), Ok(expected), "{value}");
    }
}

#[test]
fn retain_has_many_spellings() {
    for (value, expected) in [
        (json!(true), Some(true)),
        (json!(1), Some(true)),
        (json!("1"), Some(true)),
        (json!("true"), Some(true)),
        (json!(false), Some(false)),
        (json!(0.0), Some(false)),
        (json!("0"), Some(false)),
        (json!("all"), None),
        (json!(null), None),
    ] {
        assert_eq!(with("retain", value.clone()).map(|rule| rule.action.retain), Ok(expected), "{value}");
    }
    let subscribe = row(&json!({"permission": "deny", "action": "sub", "topic": "t", "retain": 1}));
    assert_eq!(Rule::from_row(&subscribe).map(|rule| rule.action), Ok(ActionPattern::of(ActionKind::Subscribe)));
}

#[test]
fn errors_name_the_field() {
    for (field, value) in [
        ("permission", json!("maybe")),
        ("permission", json!(1)),
        ("action", json!("read")),
        ("action", json!(null)),
        ("topic", json!(5)),
        ("topics", json!(["a", 5])),
        ("qos", json!(3)),
        ("qos", json!("0;1")),
        ("qos", json!(0.5)),
        ("qos", json!(-1)),
        ("qos", json!({})),
        ("retain", json!(2)),
        ("retain", json!("no")),
        ("retain", json!([])),
        ("ipaddr", json!("10.0.0.0/99")),
        ("ipaddr", json!(10)),
        ("username_re", json!("(")),
        ("zone", json!(1)),
    ] {
        let error = with(field, value.clone()).expect_err(field);
        assert_eq!(error.field, field, "{value}");
        assert!(error.to_string().lines().count() == 1 && !error.remedy.is_empty());
    }
    for missing in ["permission", "action", "topic"] {
        let mut row = row(&json!({"permission": "deny", "action": "publish", "topic": "t/#"}));
        row.remove(missing);
        assert_eq!(Rule::from_row(&row).expect_err(missing).field, missing);
    }
    let rules = json!([{"permission": "allow", "action": "pub", "topic": "t"}, {"permission": "allow", "topic": "t"}]);
    let error = Rule::from_json(&rules).expect_err("no action");
    assert_eq!(error.to_string(), "rule 2: `action` is missing; write publish, subscribe or all");
}

#[test]
fn hashes_of_redis_have_old_and_new_values() {
    let client = ClientInfo { username: Some("ann".into()), client_id: "c1".into(), ..ClientInfo::default() };
    let publish = Action::Publish { qos: Qos::AtLeastOnce, retain: false };
    let subscribe = Action::Subscribe { qos: Qos::AtLeastOnce };
    for (value, may_publish, may_subscribe) in [
        ("publish", true, false),
        ("subscribe", false, true),
        ("all", true, true),
        ("1", false, true),
        ("2", true, false),
        ("3", true, true),
        (r#"{"action": "publish"}"#, true, false),
        (r#" {"action": "all", "qos": [1, 2], "retain": false, "permission": "allow"}"#, true, true),
        (r#"{"action": "all", "qos": 0}"#, false, false),
        (r#"{"action": "all", "username_re": "^bob$"}"#, false, false),
    ] {
        let rule = Rule::from_redis("t/%u/${clientid}", value).unwrap_or_else(|error| panic!("{value}: {error}"));
        let is_about = |action| rule.is_about(&RuleSettings::default(), &client, action, "t/ann/c1");
        assert_eq!((is_about(publish), is_about(subscribe)), (may_publish, may_subscribe), "{value}");
        assert_eq!(rule.permission, Permission::Allow);
        assert!(!rule.is_about(&RuleSettings::default(), &client, publish, "t/bob/c1"));
    }
    for value in ["", "4", "read", "{", "{}", r#"{"action": "publish", "permission": "deny"}"#, r#"{"action": 1}"#] {
        assert!(Rule::from_redis("t", value).is_err(), "{value}");
    }
}

proptest! {
    #[test]
    fn no_value_is_too_strange(
        field in prop::sample::select(vec!["permission", "action", "topic", "qos", "retain", "ipaddr", "zone"]),
        text in any::<String>(),
        number in any::<f64>(),
        shape in 0_u8..5,
    ) {
        let value = match shape {
            0 => json!(text),
            1 => json!([text, number]),
            2 => json!({ text: number }),
            3 => json!(number),
            _ => json!([number as i64]),
        };
        if let Err(error) = with(field, value) {
            prop_assert_eq!(error.field, field);
        }
    }
}
