//! Slow subscriptions: what is measured, and what operators see and change.

use crate::api_client::ApiNode;
use crate::clients::{EVERY_VERSION, play_against, python};
use crate::lifecycle_site::eventually;
use dunlin_broker::SlowSubscription;
use dunlin_codec::AckKind;
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_testkit::{Authority, Client, TestBroker, let_time_pass};
use serde_json::{Value, json};
use std::time::Duration;

/// How late a client is.
const LATE: Duration = Duration::from_millis(300);

/// The list of a broker, as `client topic` and milliseconds.
fn list(broker: &TestBroker) -> Vec<(String, u64)> {
    let shown = |slow: SlowSubscription| (format!("{} {}", slow.client_id, slow.topic), slow.took_ms);
    broker.slow_subscriptions().list().into_iter().map(shown).collect()
}

fn names(list: &[(String, u64)]) -> Vec<&str> {
    let mut names: Vec<_> = list.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names
}

#[test]
fn paho_that_acknowledges_late_is_slow() {
    let Some(python) = python() else { return };
    let authority = Authority::new("authority");
    for version in EVERY_VERSION {
        let broker = TestBroker::with("slow_subs { enable = true, threshold = 200ms }");
        play_against(&broker, (&python, "paho_client.py"), "late_acknowledgements", (version, "tcp"), &authority);
        let list = list(&broker);
        assert_eq!(names(&list), ["late late/1", "late late/2"], "{list:?}");
        assert!(list.iter().all(|(_, took_ms)| *took_ms >= 390), "{list:?}");
    }
}

#[test]
fn time_in_the_queue_is_the_broker_s_and_time_until_the_answer_the_client_s() {
    for (span, is_slow) in
        [("whole", &["c first", "c second"][..]), ("internal", &["c second"]), ("response", &["c first"])]
    {
        let broker =
            TestBroker::with(&format!("slow_subs {{ enable = true, threshold = 150ms, stats_type = {span} }}"));
        let mut client = Client::v5("c").receive_maximum(1).manual_acks().connect(&broker);
        client.subscribe("#", AtLeastOnce);
        let mut publisher = Client::v5("p").connect(&broker);
        for topic in ["first", "second"] {
            publisher.publish(topic, "x", AtLeastOnce);
        }
        let first = client.expect_publish();
        let_time_pass(LATE);
        client.ack(AckKind::PubAck, first.packet_id);
        let second = client.expect_publish();
        client.ack(AckKind::PubAck, second.packet_id);
        client.ping();
        assert_eq!(names(&list(&broker)), is_slow, "{span}");
    }
}

#[test]
fn clients_in_time_and_messages_that_were_kept_are_not_slow() {
    let broker = TestBroker::with("slow_subs { enable = true, threshold = 100ms }\nnode.workers = 2");
    let mut publisher = Client::v5("p").connect(&broker);
    let mut client = Client::v5("c").connect(&broker);
    publisher.publish_retained("kept", "x", AtLeastOnce);
    let_time_pass(LATE);
    client.subscribe("#", ExactlyOnce);
    client.expect_publish();
    publisher.publish("t", "x", ExactlyOnce);
    client.expect_publish();
    client.ping();
    assert_eq!(list(&broker), []);
}

/// What the API has of it, as `client topic`.
fn shown(data: &Value) -> Vec<String> {
    let all = data["data"].as_array().expect("a list");
    let text = |one: &Value, name: &str| one[name].as_str().expect("a text").to_owned();
    all.iter().map(|one| format!("{} {}", text(one, "clientid"), text(one, "topic"))).collect()
}

#[test]
fn operators_switch_it_on_look_and_forget() {
    let node = ApiNode::start("node.workers = 2");
    let admin = node.administrator();
    let before = admin.get("/slow_subscriptions/settings").expect_status(200).json();
    let default = json!({
        "enable": false, "threshold": "500ms", "expire_interval": "5m", "top_k_num": 10, "stats_type": "whole",
    });
    assert_eq!(before, default);
    let mut client = Client::v5("c").manual_acks().connect_to(node.mqtt);
    client.subscribe("+", AtLeastOnce);
    let late = |client: &mut Client, topics: &[&str]| {
        let mut publisher = Client::v5("p").connect_to(node.mqtt);
        for topic in topics {
            publisher.publish(topic, "x", AtLeastOnce);
        }
        let got: Vec<_> = topics.iter().map(|_| client.expect_publish()).collect();
        let_time_pass(LATE);
        got.iter().for_each(|delivery| client.ack(AckKind::PubAck, delivery.packet_id));
        client.ping();
    };
    late(&mut client, &["before"]);
    let wanted = json!({"enable": true, "threshold": "100ms", "top_k_num": 2});
    let after = admin.put("/slow_subscriptions/settings", &wanted).expect_status(200).json();
    assert_eq!((&after["enable"], &after["top_k_num"]), (&json!(true), &json!(2)));
    late(&mut client, &["a", "b"]);
    let answer = admin.get("/slow_subscriptions?page=1&limit=10").expect_status(200).json();
    let mut found = shown(&answer);
    found.sort_unstable();
    assert_eq!(found, ["c a", "c b"]);
    let first = &answer["data"][0];
    assert!(first["timespan"].as_u64() >= Some(290) && first["timespan"].as_u64() < Some(60_000), "{first}");
    assert!(first["last_update_time"].as_u64() > Some(1_600_000_000_000), "{first}");
    assert_eq!(first["node"], "dunlin@127.0.0.1");
    let ctl = |words: &[&str]| {
        let done = node.process.ctl(words);
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).expect("text")
    };
    let lines = ctl(&["slow-subs", "list"]);
    assert!(lines.lines().count() == 2 && lines.contains("SlowSub(clientid=c, topic=a, timespan="), "{lines}");
    let one: Value =
        serde_json::from_str(ctl(&["slow-subs", "list", "--json"]).lines().next().expect("a line")).expect("JSON");
    assert_eq!(&one, first);
    admin.delete("/slow_subscriptions").expect_status(204);
    assert_eq!(ctl(&["slow-subs", "list"]), "No slow subscriptions.\n");
    assert_eq!(admin.get("/slow_subscriptions").expect_status(200).json(), json!({"data": []}));
    late(&mut client, &["again"]);
    assert_eq!(ctl(&["slow-subs", "list"]).lines().count(), 1);
    assert_eq!(ctl(&["slow-subs", "clean"]), "ok\n");
    assert_eq!(ctl(&["slow-subs", "list"]), "No slow subscriptions.\n");
    late(&mut client, &["and again"]);
    let shorter = json!({"enable": true, "threshold": "100ms", "expire_interval": "1s"});
    admin.put("/slow_subscriptions/settings", &shorter).expect_status(200);
    eventually(|| shown(&admin.get("/slow_subscriptions").expect_status(200).json()).is_empty().then_some(()));
    admin.put("/slow_subscriptions/settings", &json!({"stats_type": "all"})).expect_error(400, "BAD_REQUEST");
    node.nobody().get("/slow_subscriptions").expect_error(401, "AUTHORIZATION_HEADER_ERROR");
}
