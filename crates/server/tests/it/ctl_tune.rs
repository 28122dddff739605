//! `dunlin ctl tune` on this machine, with and without a node.

use crate::lifecycle_site::{Ended, Site};
use serde_json::Value;

fn answer(ended: &Ended) -> Value {
    serde_json::from_str(&ended.output).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

#[test]
fn no_node_has_to_run_and_the_exit_code_says_whether_something_is_to_be_changed() {
    let site = Site::new("listeners.tcp.default.max_connections = 7");
    let few = site.run(&["ctl", "tune", "--json"]);
    let said = answer(&few);
    assert_eq!((&said["connections"], &said["connections_from"]), (&7.into(), &"listeners".into()));
    assert_eq!(said["process"], Value::Null);
    let lacks = |check: &Value| ["too_low", "too_high"].contains(&check["verdict"].as_str().expect("a word"));
    let something = said["checks"].as_array().expect("checks").iter().any(lacks);
    assert_eq!(few.code, Some(i32::from(something)), "{few:#?}");
    // No machine is good for that many.
    let many = site.run(&["ctl", "tune", "--connections", "1000000000000"]);
    assert_eq!((many.code, many.errors.as_str()), (Some(1), ""), "{many:#?}");
    assert!(many.output.starts_with("For 1,000,000,000,000 connections.\n"), "{many:#?}");
    assert!(many.output.contains("LimitNOFILE=1000000001024"), "{many:#?}");
    assert!(!site.data().exists(), "it has written something");
}

#[test]
fn limits_are_those_of_the_node_that_runs() {
    let site = Site::new("");
    site.start();
    let said = answer(&site.run(&["ctl", "tune", "--json"]));
    assert_eq!(said["process"], site.pid());
}

#[test]
fn wrong_usage_and_a_broken_configuration_are_told() {
    let site = Site::new("mqtt.max_inflght = 1");
    assert_eq!(site.run(&["ctl", "tune", "--connections", "0"]).code, Some(2));
    let broken = site.run(&["ctl", "tune"]);
    assert_eq!((broken.code, broken.output.as_str()), (Some(1), ""));
    assert!(broken.errors.contains("max_inflght"), "{broken:#?}");
}
