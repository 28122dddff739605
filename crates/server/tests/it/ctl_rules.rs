//! `dunlin ctl authz rules`: rules of the built-in database of a running node.

use crate::lifecycle_site::{Site, address_in, eventually};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{NoMatchingSubscribers, NotAuthorized};
use dunlin_testkit::Client;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;

const DATABASE: &str = "authorization { sources = [{ type = built_in_database, max_rules = 3 }], no_match = deny }";

fn rules(site: &Site, arguments: &[&str]) -> String {
    site.good(&[&["ctl", "authz", "rules"], arguments].concat())
}

fn refused(site: &Site, arguments: &[&str]) -> String {
    site.run(&[&["ctl", "authz", "rules"], arguments].concat()).failure()
}

fn come_in(address: SocketAddr, client_id: &str, username: &str) -> Client {
    Client::v5(client_id).with(|connect| connect.username = Some(username)).connect_to(address)
}

#[test]
fn rules_count_at_once_for_those_who_are_connected_and_outlive_the_node() {
    let site = Site::new(DATABASE);
    let address = site.start();
    let mut client = come_in(address, "meter-7", "ann");
    let mut may = |topic: &str| match client.publish(topic, "x", AtLeastOnce) {
        NoMatchingSubscribers => true,
        NotAuthorized => false,
        other => panic!("{other:?}"),
    };
    assert!(!may("a/1"));
    assert_eq!(rules(&site, &["set", "username:ann", "deny publish a/2", "allow all a/#"]), "ok\n");
    assert!(may("a/1") && !may("a/2") && !may("b"));
    // Those of the client id come first.
    rules(&site, &["set", "clientid:meter-7", "deny all a/1"]);
    assert!(!may("a/1"));
    rules(&site, &["set", "all", r#"{"permission": "allow", "action": "publish", "topics": ["b", "c"], "qos": [1]}"#]);
    assert!(may("b") && may("c") && !may("d"));
    rules(&site, &["del", "clientid:meter-7"]);
    assert!(may("a/1"));

    site.signal(Signal::KILL);
    // Its files are free when the last thread has ended.
    let address = eventually(|| {
        let started = site.run(&["start"]);
        (started.code == Some(0)).then(|| address_in(&started.output))
    });
    let mut client = come_in(address, "meter-7", "ann");
    assert_eq!(client.publish("a/1", "x", AtLeastOnce), NoMatchingSubscribers);
    assert_eq!(rules(&site, &["clear"]), "ok\n");
    assert_eq!(client.publish("a/1", "x", AtLeastOnce), NotAuthorized);
    assert_eq!(client.publish("b", "x", AtLeastOnce), NotAuthorized);
}

#[test]
fn rules_are_listed_shown_and_imported() {
    let site = Site::new(DATABASE);
    site.start();
    let entry = |number: usize| {
        format!(
            r#"{{"username": "u{number:03}", "rules": [{{"permission": "allow", "action": "all", "topic": "t/{number}"}}]}}"#
        )
    };
    let list: Vec<_> = (0..150).map(entry).collect();
    let all = r#"{"all": true, "rules": [{"permission": "deny", "action": "all", "topic": "secret"}]}"#;
    fs::write(site.path("rules.json"), format!("[{}, {all}]", list.join(","))).expect("it is written");
    assert_eq!(rules(&site, &["import", "rules.json"]), "151 subjects have these rules now\n");
    let page: Value =
        serde_json::from_str(&rules(&site, &["list", "username", "--page", "2", "--json"])).expect("JSON");
    assert_eq!((&page["data"][0]["username"], &page["meta"]["count"]), (&"u100".into(), &150.into()));
    assert_eq!(page["data"][49]["rules"][0]["topic"], "t/149");
    let shown = rules(&site, &["list", "username", "--like", "u00", "--limit", "1"]);
    assert!(shown.starts_with("username:u000\n  {") && shown.ends_with("}\nmore: --page 2\n"), "{shown}");
    assert_eq!(rules(&site, &["list", "clientid"]), "");
    let shown: Value = serde_json::from_str(&rules(&site, &["show", "all"])).expect("JSON");
    assert_eq!((&shown["topic"], &shown["permission"]), (&"secret".into(), &"deny".into()));
    assert!(refused(&site, &["show", "clientid:nobody"]).contains("there are no rules for it"));
    assert!(refused(&site, &["del", "clientid:nobody"]).contains("there are no rules for it"));
    let many = ["set", "all", "allow all a", "allow all b", "allow all c", "allow all d"];
    assert!(refused(&site, &many).contains("4 rules are too many: `max_rules` is 3"));
    assert!(refused(&site, &["set", "all", "permit all a"]).contains("permission"));
    fs::write(site.path("bad.json"), r#"[{"username": "a", "clientid": "b", "rules": []}]"#).expect("it is written");
    assert!(refused(&site, &["import", "bad.json"]).contains("entries 1 to 1: rules are about one of"));
}

#[test]
fn without_the_source_there_is_nothing_to_change() {
    let site = Site::new("");
    site.start();
    let why = refused(&site, &["set", "all", "allow all t"]);
    assert!(why.contains("add { type = built_in_database } to it first"), "{why}");
}
