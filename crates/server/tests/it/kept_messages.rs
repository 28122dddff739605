//! Retained and delayed messages as operators see them, and the rates of retained ones.

use crate::api_client::ApiNode;
use crate::lifecycle_site::Site;
use dunlin_broker::Metric;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_testkit::{Client, Stopwatch, TestBroker};
use serde_json::{Value, json};
use std::time::Duration;

/// The topics of an answer.
fn topics(answer: &Value) -> Vec<&str> {
    answer["data"].as_array().into_iter().flatten().filter_map(|one| one["topic"].as_str()).collect()
}

#[test]
fn retained_messages_are_shown_in_pages_and_forgotten() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut publisher = Client::v5("publisher").connect_to(node.mqtt);
    for topic in ["a/1", "a/2", "a/3", "b", "$own/1"] {
        publisher.publish_retained(topic, topic, AtLeastOnce);
    }
    let all = admin.get("/mqtt/retainer/messages").expect_status(200).json();
    assert_eq!((topics(&all).len(), &all["meta"]["count"]), (5, &json!(5)), "{all}");
    let page = admin.get("/mqtt/retainer/messages?topic=a%2F%2B&limit=2&page=2").expect_status(200).json();
    assert_eq!((topics(&page), &page["meta"]), (vec!["a/3"], &json!({"page": 2, "limit": 2, "hasnext": false})));
    let page = admin.get("/mqtt/retainer/messages?topic=a%2F%2B&limit=2").expect_status(200).json();
    assert_eq!((topics(&page), &page["meta"]["hasnext"]), (vec!["a/1", "a/2"], &json!(true)));
    admin.get("/mqtt/retainer/messages?topic=a%23").expect_error(400, "BAD_TOPIC");
    admin.get("/mqtt/retainer/messages?limit=0").expect_error(400, "BAD_REQUEST");
    let one = admin.get("/mqtt/retainer/message/a%2F1").expect_status(200).json();
    assert_eq!((&one["payload"], &one["qos"], &one["from_clientid"]), (&json!("YS8x"), &json!(1), &json!("publisher")));
    admin.delete("/mqtt/retainer/message/a%2F1").expect_status(204);
    admin.get("/mqtt/retainer/message/a%2F1").expect_error(404, "NOT_FOUND");
    admin.delete("/mqtt/retainer/message/a%2F1").expect_error(404, "NOT_FOUND");
    admin.delete("/mqtt/retainer/message/a%2F%23").expect_status(204);
    let left = admin.get("/mqtt/retainer/messages").expect_status(200).json();
    let mut left = topics(&left);
    left.sort_unstable();
    assert_eq!(left, ["$own/1", "b"]);
    admin.delete("/mqtt/retainer/messages").expect_status(204);
    let mut reader = Client::v5("reader").connect_to(node.mqtt);
    reader.subscribe("+/+", AtMostOnce);
    reader.subscribe("b", AtMostOnce);
    reader.expect_nothing();
    assert_eq!(topics(&admin.get("/mqtt/retainer/messages").expect_status(200).json()), [""; 0]);
}

#[test]
fn the_retainer_is_changed_while_it_runs() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let settings = admin.get("/mqtt/retainer").expect_status(200).json();
    assert_eq!((&settings["enable"], &settings["backend"]["storage_type"]), (&json!(true), &json!("disc")));
    let change = json!({"max_payload_size": "4B", "flow_control": {"batch_deliver_number": 1}});
    let settings = admin.put("/mqtt/retainer", &change).expect_status(200).json();
    assert_eq!((&settings["max_payload_size"], &settings["enable"]), (&json!("4B"), &json!(true)));
    admin.put("/mqtt/retainer", &json!({"max_payload_size": "much"})).expect_error(400, "BAD_REQUEST");
    let mut publisher = Client::v5("publisher").connect_to(node.mqtt);
    for (topic, payload) in [("t/1", "long one"), ("t/2", "a"), ("t/3", "b"), ("t/4", "c")] {
        publisher.publish_retained(topic, payload, AtLeastOnce);
    }
    let mut reader = Client::v5("reader").connect_to(node.mqtt);
    reader.subscribe("t/#", AtMostOnce);
    reader.expect_payloads(["a", "b", "c"]);
}

#[test]
fn what_was_forgotten_is_not_there_after_a_restart() {
    let site = Site::new("");
    let address = site.start();
    let mut publisher = Client::v5("publisher").connect_to(address);
    for topic in ["a/1", "a/2", "b"] {
        publisher.publish_retained(topic, topic, AtLeastOnce);
    }
    publisher.disconnect();
    assert_eq!(site.good(&["ctl", "retainer", "info"]), "Number of retained messages: 3\n");
    assert_eq!(site.good(&["ctl", "retainer", "topics"]), "a/1\na/2\nb\n");
    assert_eq!(site.good(&["ctl", "retainer", "topics", "2", "1"]), "a/2\n");
    assert_eq!(site.good(&["ctl", "retainer", "clean", "a/#"]), "ok\n");
    assert_eq!(site.good(&["ctl", "retainer", "reindex", "status"]), "Reindexing is not running\n");
    let why = site.run(&["ctl", "retainer", "clean", "a/#/b"]).failure();
    assert!(why.starts_with("dunlin: ") && why.contains('#'), "{why}");
    site.good(&["stop"]);
    site.start();
    assert_eq!(site.good(&["ctl", "retainer", "topics", "--json"]), "{\"topic\":\"b\"}\n");
    assert_eq!(site.good(&["ctl", "retainer", "clean"]), "ok\n");
    assert_eq!(site.good(&["ctl", "retainer", "info", "--json"]), "{\n  \"count\": 0\n}\n");
}

#[test]
fn retained_messages_beyond_the_delivery_rate_wait_and_arrive_all() {
    let broker = TestBroker::with("retainer.delivery_rate = \"5/100ms\"");
    let mut publisher = Client::v5("publisher").connect(&broker);
    let names: Vec<_> = (0..20).map(|number| format!("t/{number:02}")).collect();
    for name in &names {
        publisher.publish_retained(name, name, AtLeastOnce);
    }
    let watch = Stopwatch::start();
    let mut readers = [Client::v5("one").connect(&broker), Client::v4("two").connect(&broker)];
    for reader in &mut readers {
        reader.subscribe("t/#", AtLeastOnce);
    }
    for reader in &mut readers {
        reader.expect_payloads(names.iter().map(String::as_str));
    }
    // 40 messages, of which 5 go at once.
    watch.assert_passed(Duration::from_millis(600));
}

#[test]
fn messages_beyond_the_publish_rate_are_delivered_and_not_kept() {
    let broker = TestBroker::with("retainer.max_publish_rate = \"2/1h\"");
    let mut live = Client::v5("live").connect(&broker);
    live.subscribe("t/#", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for topic in ["t/1", "t/2", "t/3"] {
        publisher.publish_retained(topic, topic, AtLeastOnce);
    }
    live.expect_payloads(["t/1", "t/2", "t/3"]);
    assert_eq!(broker.metric(Metric::MessagesRetainedRefusedRate), 1);
    assert_eq!(broker.metric(Metric::MessagesRetainedRefused), 1);
    publisher.publish_retained("t/1", "", AtLeastOnce);
    let mut reader = Client::v5("reader").connect(&broker);
    reader.subscribe("t/#", AtLeastOnce);
    reader.expect_payloads(["t/2"]);
    reader.expect_nothing();
}

#[test]
fn a_lifetime_for_all_holds_where_a_message_brings_a_longer_one() {
    let broker = TestBroker::with("retainer { msg_expiry_interval_override = 100ms, allow_never_expire = false }");
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("t", "short", AtLeastOnce);
    dunlin_testkit::let_time_pass(Duration::from_millis(1_100));
    let mut reader = Client::v5("reader").connect(&broker);
    reader.subscribe("t", AtLeastOnce);
    reader.expect_nothing();
}

#[test]
fn what_is_kept_for_ever_outlives_the_lifetime_for_all_unless_that_is_not_allowed() {
    let broker = TestBroker::with("retainer.msg_expiry_interval_override = 1s");
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("t", "for ever", AtLeastOnce);
    dunlin_testkit::let_time_pass(Duration::from_millis(1_100));
    let mut reader = Client::v5("reader").connect(&broker);
    reader.subscribe("t", AtLeastOnce);
    reader.expect_payloads(["for ever"]);
}

#[test]
fn delayed_messages_are_shown_and_forgotten() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut publisher = Client::v5("publisher").connect_to(node.mqtt);
    for (secs, topic) in [(300, "late"), (100, "soon"), (200, "both"), (250, "both")] {
        publisher.publish(&format!("$delayed/{secs}/{topic}"), "x", AtLeastOnce);
    }
    let all = admin.get("/mqtt/delayed/messages").expect_status(200).json();
    assert_eq!((topics(&all), &all["meta"]["count"]), (vec!["soon", "both", "both", "late"], &json!(4)));
    let page = admin.get("/mqtt/delayed/messages?page=2&limit=3").expect_status(200).json();
    assert_eq!((topics(&page), &page["meta"]["hasnext"]), (vec!["late"], &json!(false)));
    let soon = &all["data"][0];
    let remaining = soon["delayed_remaining"].as_u64().unwrap();
    assert_eq!((&soon["delayed_interval"], &soon["from_clientid"]), (&json!(100), &json!("publisher")));
    assert!((90..=100).contains(&remaining), "{soon}");
    let path = format!("/mqtt/delayed/messages/{}/{}", soon["node"].as_str().unwrap(), soon["msgid"].as_str().unwrap());
    assert_eq!(admin.get(&path).expect_status(200).json()["payload"], "eA==");
    admin.delete(&path).expect_status(204);
    admin.delete(&path).expect_error(404, "MESSAGE_ID_NOT_FOUND");
    admin.get(&path).expect_error(404, "MESSAGE_ID_NOT_FOUND");
    admin.get("/mqtt/delayed/messages/dunlin@127.0.0.1/1").expect_error(400, "MESSAGE_ID_SCHEMA_ERROR");
    admin.get(&path.replace("127.0.0.1", "10.0.0.1")).expect_error(400, "BAD_REQUEST");
    admin.delete("/mqtt/delayed/messages/both").expect_status(204);
    admin.delete("/mqtt/delayed/messages/both").expect_error(404, "MESSAGE_ID_NOT_FOUND");
    assert_eq!(topics(&admin.get("/mqtt/delayed/messages").expect_status(200).json()), ["late"]);
    assert_eq!(admin.get("/mqtt/delayed").expect_status(200).json()["enable"], true);
    let settings = admin.put("/mqtt/delayed", &json!({"enable": false, "max_delayed_messages": 7})).expect_status(200);
    assert_eq!(settings.json(), json!({"enable": false, "max_delayed_messages": 7}));
}
