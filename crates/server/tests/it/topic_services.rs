//! Topics that become others, and subscriptions that clients get as they come.

use crate::api_client::ApiNode;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, TestBroker};
use serde_json::json;

#[test]
fn topics_and_filters_become_others() {
    let broker = TestBroker::with(
        "rewrite = [
            { action = all, source_topic = \"x/#\", dest_topic = \"z/$1\", re = \"^x/(.+)$\" }
            { action = publish, source_topic = \"own/#\", dest_topic = \"of/${clientid}/${username}\", re = \"^own\" }
        ]",
    );
    let mut plain = Client::v5("plain").connect(&broker);
    plain.subscribe("z/#", AtLeastOnce);
    plain.subscribe("of/#", AtLeastOnce);
    let mut rewritten = Client::v4("rewritten").connect(&broker);
    rewritten.subscribe("x/+", ExactlyOnce);
    rewritten.subscribe("$share/g/x/deep/#", ExactlyOnce);
    let mut publisher = Client::v5("p1").with(|connect| connect.username = Some("ann")).connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        publisher.publish("x/1", "one", qos);
        assert_eq!(plain.expect_publish().topic, "z/1");
        assert_eq!(rewritten.expect_publish().topic, "z/1");
    }
    publisher.publish("x/deep/1", "two", AtLeastOnce);
    assert_eq!(
        (plain.expect_publish().topic, rewritten.expect_publish().topic),
        ("z/deep/1".into(), "z/deep/1".into())
    );
    publisher.publish("own/thing", "three", AtLeastOnce);
    assert_eq!(plain.expect_publish().topic, "of/p1/ann");
    // It gives up what it has, by the name it knows.
    rewritten.unsubscribe("x/+");
    publisher.publish("z/1", "four", AtLeastOnce);
    plain.expect_payloads(["four"]);
    rewritten.expect_nothing();
}

#[test]
fn a_name_with_a_wildcard_does_not_widen_a_filter() {
    let broker = TestBroker::with(
        "rewrite = [{ action = subscribe, source_topic = own, dest_topic = \"t/${username}/x\", re = own }]",
    );
    let mut greedy = Client::v5("greedy").with(|connect| connect.username = Some("+")).connect(&broker);
    greedy.subscribe("own", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t/ann/x", "not for it", AtLeastOnce);
    greedy.expect_nothing();
}

#[test]
fn rules_are_changed_over_the_api_and_count_at_once() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    assert_eq!(admin.get("/mqtt/topic_rewrite").expect_status(200).json(), json!([]));
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.subscribe("b/#", AtLeastOnce);
    client.publish("a/1", "before", AtLeastOnce);
    let rules = json!([{"action": "publish", "source_topic": "a/#", "dest_topic": "b/$1", "re": "^a/(.+)$"}]);
    assert_eq!(admin.put("/mqtt/topic_rewrite", &rules).expect_status(200).json(), rules);
    client.publish("a/1", "after", AtLeastOnce);
    client.expect_payloads(["after"]);
    for bad in [
        json!([{"action": "publish", "source_topic": "a", "dest_topic": "b/#", "re": "a"}]),
        json!([{"action": "publish", "source_topic": "a", "dest_topic": "b", "re": "("}]),
        json!([{"action": "publish", "source_topic": "a"}]),
        json!({}),
    ] {
        admin.put("/mqtt/topic_rewrite", &bad).expect_error(400, "BAD_REQUEST");
    }
    assert_eq!(admin.get("/mqtt/topic_rewrite").expect_status(200).json(), rules);
    assert_eq!(admin.put("/mqtt/topic_rewrite", &json!([])).expect_status(200).json(), json!([]));
}

#[test]
fn clients_are_subscribed_as_they_come() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    admin.put("/mqtt/auto_subscribe", &json!([{"topic": "to/${clientid}/#", "qos": 1}])).expect_status(200);
    let mut sender = Client::v5("sender").connect_to(node.mqtt);
    sender.publish_retained("to/c1/kept", "kept", AtLeastOnce);
    let mut client = Client::v5("c1").connect_to(node.mqtt);
    client.expect_payloads(["kept"]);
    sender.publish("to/c1/x", "live", ExactlyOnce);
    let live = client.expect_publish();
    assert_eq!((live.text(), live.qos), ("live", AtLeastOnce));
    let entries = json!([
        {"topic": "u/${username}", "qos": 0, "rh": 0, "rap": 0, "nl": 0},
        {"topic": "at/${host}", "qos": 2, "rh": 1, "rap": 1, "nl": 1},
    ]);
    assert_eq!(admin.put("/mqtt/auto_subscribe", &entries).expect_status(200).json(), entries);
    // Nobody knows its user name: that entry is left out.
    let _nameless = Client::v5("c2").connect_to(node.mqtt);
    let subscriptions = admin.get("/clients/c2/subscriptions").expect_status(200).json();
    let expected =
        [("topic", json!("at/127.0.0.1")), ("qos", json!(2)), ("nl", json!(1)), ("rap", json!(1)), ("rh", json!(1))];
    for (field, value) in expected {
        assert_eq!(subscriptions[0][field], value, "{subscriptions}");
    }
    assert_eq!(subscriptions.as_array().unwrap().len(), 1);
    // A name is not for choosing what nobody has meant.
    let by_names = json!([{"topic": "${clientid}/#", "qos": 1}, {"topic": "by/${username}/#", "qos": 1}]);
    admin.put("/mqtt/auto_subscribe", &by_names).expect_status(200);
    for (id, username, expected) in [
        ("$SYS", "a", &["by/a/#"][..]),
        ("$share", "a", &["by/a/#"]),
        ("a/b", "a", &["by/a/#"]),
        ("c3", "a/b", &["c3/#"]),
        ("c4", "$a", &["c4/#"]),
        ("c5", "a", &["by/a/#", "c5/#"]),
    ] {
        let _client = Client::v5(id).with(|connect| connect.username = Some(username)).connect_to(node.mqtt);
        let id = id.replace('/', "%2F");
        let subscriptions = admin.get(&format!("/clients/{id}/subscriptions")).expect_status(200).json();
        let mut topics: Vec<_> =
            subscriptions.as_array().expect("a list").iter().filter_map(|one| one["topic"].as_str()).collect();
        topics.sort_unstable();
        assert_eq!(topics, expected, "{id} {username}");
    }
    admin.put("/mqtt/auto_subscribe", &entries).expect_status(200);
    admin.put("/mqtt/auto_subscribe", &json!([{"topic": "a/#/b"}])).expect_error(400, "BAD_REQUEST");
    assert_eq!(admin.get("/mqtt/auto_subscribe").expect_status(200).json(), entries);
}
