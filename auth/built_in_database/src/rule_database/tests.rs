//! Rules that are kept and asked.

use super::*;
use crate::BuiltInAuthorization;
use dunlin_access::{Action, AuthorizationSource, ClientInfo, RuleSettings, Verdict};
use dunlin_model::Qos;
use dunlin_storage::disk::SimulatedDisk;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };

fn open(disk: &SimulatedDisk) -> Arc<RuleDatabase> {
    let (store, _) = MetadataStore::open(Arc::new(disk.clone())).expect("the disk is sound");
    Arc::new(RuleDatabase::open(Arc::new(store)).expect("the rules can be read"))
}

fn rows(value: Value) -> Vec<Row> {
    serde_json::from_value(value).expect("a list of objects")
}

fn rule(permission: &str, topic: &str) -> Vec<Row> {
    rows(json!([{"permission": permission, "action": "all", "topic": topic}]))
}

fn ask(rules: &Arc<RuleDatabase>, client_id: &str, username: Option<&str>, topic: &str) -> Verdict {
    let username = username.map(Into::into);
    let client = ClientInfo { client_id: client_id.into(), username, ..ClientInfo::default() };
    let source = BuiltInAuthorization::new(Arc::clone(rules), RuleSettings::default());
    source.authorize_now(&client, PUBLISH, topic).expect("it answers at once")
}

#[test]
fn the_client_id_comes_first_then_the_user_name_then_all() {
    let rules = open(&SimulatedDisk::new(1));
    assert_eq!(ask(&rules, "c", Some("u"), "t"), Verdict::NoMatch);
    rules.set(RuleSubject::All, rule("deny", "t")).unwrap();
    assert_eq!(ask(&rules, "c", Some("u"), "t"), Verdict::Deny);
    assert_eq!(ask(&rules, "c", None, "other"), Verdict::NoMatch);
    rules.set(RuleSubject::Username("u"), rule("allow", "t")).unwrap();
    assert_eq!(ask(&rules, "c", Some("u"), "t"), Verdict::Allow);
    assert_eq!(ask(&rules, "u", None, "t"), Verdict::Deny);
    rules.set(RuleSubject::ClientId("c"), rule("deny", "t")).unwrap();
    assert_eq!(ask(&rules, "c", Some("u"), "t"), Verdict::Deny);
    rules.set(RuleSubject::ClientId("c"), rule("allow", "${username}/#")).unwrap();
    assert_eq!(
        (ask(&rules, "c", Some("u"), "t"), ask(&rules, "c", Some("u"), "u/x")),
        (Verdict::Allow, Verdict::Allow)
    );
    rules.remove(RuleSubject::Username("u")).unwrap();
    assert_eq!(ask(&rules, "c", Some("u"), "t"), Verdict::Deny);
    rules.remove_all().unwrap();
    assert_eq!(ask(&rules, "c", Some("u"), "u/x"), Verdict::NoMatch);
}

#[test]
fn rules_are_shown_as_they_were_written_with_defaults() {
    let disk = SimulatedDisk::new(1);
    let rules = open(&disk);
    let written = json!([
        {"permission": "allow", "action": "publish", "topic": "a", "qos": [1], "retain": true, "ipaddr": "10.0.0.0/8"},
        {"permission": "deny", "action": "subscribe", "topic": "eq #"},
        {"permission": "allow", "action": "all", "topics": ["b", "c"], "clientid_re": "^d"},
    ]);
    rules.set(RuleSubject::Username("u"), rows(written)).unwrap();
    let shown = json!([
        {"permission": "allow", "action": "publish", "topic": "a", "qos": [1], "retain": true, "ipaddr": "10.0.0.0/8"},
        {"permission": "deny", "action": "subscribe", "topic": "eq #", "qos": [0, 1, 2]},
        {"permission": "allow", "action": "all", "topics": ["b", "c"], "clientid_re": "^d", "qos": [0, 1, 2], "retain": "all"},
    ]);
    assert_eq!(rules.get(RuleSubject::Username("u")), Some(rows(shown.clone())));
    assert_eq!(rules.get(RuleSubject::ClientId("u")), None);
    disk.crash();
    let rules = open(&disk);
    assert_eq!(rules.get(RuleSubject::Username("u")), Some(rows(shown)));
    assert_eq!(ask(&rules, "d1", Some("u"), "c"), Verdict::Allow);
}

#[test]
fn what_is_no_rule_is_refused_and_nothing_changes() {
    let rules = open(&SimulatedDisk::new(1));
    rules.set(RuleSubject::All, rule("allow", "t")).unwrap();
    for (wrong, expected) in [
        (
            json!([{"permission": "allow", "action": "all", "topic": "t"}, {"permission": "maybe", "action": "all", "topic": "t"}]),
            "rule 2: `permission` is \"maybe\"; write allow or deny",
        ),
        (
            json!([{"permission": "allow", "action": "all", "topic": "t", "clientid": "c"}]),
            "rule 1: `clientid` is no field of a rule; leave it out, or look how it is spelt",
        ),
    ] {
        assert_eq!(rules.set(RuleSubject::All, rows(wrong)).unwrap_err().to_string(), expected);
    }
    let many = |count: usize| vec![rule("deny", "t").remove(0); count];
    let error = rules.set(RuleSubject::All, many(101)).unwrap_err();
    assert!(matches!(error, RuleDatabaseError::TooMany { count: 101, max: 100 }), "{error}");
    rules.set_max_rules(1);
    assert!(matches!(rules.set(RuleSubject::All, many(2)), Err(RuleDatabaseError::TooMany { .. })));
    let long = "a".repeat(65_536);
    for subject in [RuleSubject::ClientId(""), RuleSubject::Username(&long)] {
        assert!(matches!(rules.set(subject, many(1)), Err(RuleDatabaseError::InvalidSubject)));
    }
    assert_eq!(ask(&rules, "c", None, "t"), Verdict::Allow);
}

#[test]
fn several_subjects_are_added_together_or_not_at_all() {
    let rules = open(&SimulatedDisk::new(1));
    rules.set(RuleSubject::ClientId("b"), rule("deny", "t")).unwrap();
    let list = |names: &[&'static str]| {
        names.iter().map(|name| (RuleSubject::of(SubjectKind::ClientId, name), rule("allow", "t"))).collect::<Vec<_>>()
    };
    let error = rules.add(list(&["a", "b"])).unwrap_err();
    assert_eq!(error.to_string(), "there are rules already for b");
    assert_eq!(rules.get(RuleSubject::ClientId("a")), None);
    rules.add(list(&["a", "c"])).unwrap();
    assert!(matches!(rules.remove(RuleSubject::Username("a")), Err(RuleDatabaseError::NotFound)));
    let page = |like: &str, limit| {
        let page = rules.list(SubjectKind::ClientId, &PageQuery { page: 1, limit, like: like.into() });
        let names = page.data.iter().map(|(name, rules)| format!("{name}{}", rules.len())).collect::<String>();
        (names, page.count, page.has_next)
    };
    assert_eq!(page("", 2), ("a1b1".into(), Some(3), true));
    assert_eq!(page("c", 2), ("c1".into(), None, false));
    assert_eq!(rules.list(SubjectKind::Username, &PageQuery::default()).count, Some(0));
}

#[test]
fn what_is_stored_and_cannot_be_understood_is_not_guessed_at() {
    let (store, _) = MetadataStore::open(Arc::new(SimulatedDisk::new(1))).unwrap();
    let store = Arc::new(store);
    for value in [&b"[1]"[..], b"[{\"permission\": \"allow\"}]", b""] {
        store
            .change::<_, RuleDatabaseError>(|_, batch| {
                RuleSubject::Username("u").put(batch, value);
                Ok(())
            })
            .unwrap();
        let error = RuleDatabase::open(Arc::clone(&store)).unwrap_err();
        assert!(error.to_string().starts_with("the stored rules of Username(\"u\") cannot be read: "), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Subjects 0 to 2 are client ids, 3 to 5 user names, 6 is all. No verdict removes.
    #[test]
    fn rules_are_what_a_map_would_be(
        seed: u64,
        operations in prop::collection::vec((0..7_u8, prop::option::of(any::<bool>()), any::<bool>(), 0..30_u64), 1..40),
    ) {
        let names = ["c0", "c1", "c2", "u0", "u1", "u2"];
        let subject = |number: u8| match number {
            0..=2 => RuleSubject::ClientId(names[usize::from(number)]),
            3..=5 => RuleSubject::Username(names[usize::from(number)]),
            _ => RuleSubject::All,
        };
        let disk = SimulatedDisk::new(seed);
        let (mut rules, mut model) = (open(&disk), BTreeMap::new());
        for (number, allows, crashes, power) in operations {
            if power < 3 {
                disk.cut_power_at(power + 1);
            }
            let mut after = model.clone();
            let changed = match allows {
                Some(allows) => {
                    after.insert(number, allows);
                    rules.set(subject(number), rule(if allows { "allow" } else { "deny" }, "t"))
                }
                None => {
                    let is_there = after.remove(&number).is_some();
                    let removed = rules.remove(subject(number));
                    prop_assert!(is_there || matches!(removed, Err(RuleDatabaseError::NotFound)));
                    if is_there { removed } else { Ok(()) }
                }
            };
            if changed.is_err() || crashes {
                disk.crash();
                rules = open(&disk);
            }
            // Whether a change is there that could not be confirmed, the subject itself tells.
            let is_done = rules.get(subject(number)) == after.get(&number).map(|allows| {
                CheckedRules::new(rule(if *allows { "allow" } else { "deny" }, "t")).unwrap().rows
            });
            prop_assert!(is_done || changed.is_err());
            model = if is_done { after } else { model };
            for (client, user) in (0..4_u8).flat_map(|client| (3..7_u8).map(move |user| (client, user))) {
                let expected = [client, user, 6].iter().find_map(|number| {
                    model.get(number).filter(|_| *number != 3 || user == 3)
                });
                let expected = match expected {
                    Some(true) => Verdict::Allow,
                    Some(false) => Verdict::Deny,
                    None => Verdict::NoMatch,
                };
                let client_id = if client == 3 { "nobody" } else { names[usize::from(client)] };
                let username = names.get(usize::from(user)).copied();
                prop_assert_eq!(ask(&rules, client_id, username, "t"), expected);
            }
        }
    }
}
