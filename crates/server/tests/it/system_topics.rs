//! `$SYS` topics: what the broker tells of itself and of its clients, and to whom.

use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_testkit::{Client, TestBroker};
use serde_json::Value;
use std::collections::BTreeMap;

const FAST: &str = "node.name = \"n@127.0.0.1\"\nsys_topics { sys_msg_interval = 1s, sys_heartbeat_interval = 1s";

fn broker(more: &str) -> TestBroker {
    TestBroker::with(&format!("{FAST}{more} }}"))
}

fn event(client: &mut Client) -> (String, Value) {
    let message = client.expect_publish();
    assert_eq!((message.qos, message.retain), (AtMostOnce, false));
    (message.topic.clone(), serde_json::from_str(message.text()).expect("JSON"))
}

#[test]
fn what_does_not_change_is_retained_and_figures_come_again_and_again() {
    let broker = broker("");
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("$SYS/#", AtLeastOnce);
    let mut seen = BTreeMap::new();
    while !seen.contains_key("$SYS/brokers/n@127.0.0.1/metrics/packets/subscribe/received")
        || !seen.contains_key("$SYS/brokers/n@127.0.0.1/datetime")
    {
        let message = watcher.expect_publish();
        seen.insert(message.topic.clone(), message.text().to_owned());
    }
    let value = |what: &str| seen.get(&format!("$SYS/brokers/n@127.0.0.1/{what}")).map(String::as_str);
    assert_eq!(seen.get("$SYS/brokers").map(String::as_str), Some("n@127.0.0.1"));
    assert_eq!((value("version"), value("sysdescr")), (Some(env!("CARGO_PKG_VERSION")), Some("Dunlin MQTT broker")));
    assert_eq!((value("stats/connections/count"), value("stats/subscriptions/max")), (Some("1"), Some("1")));
    assert_eq!(value("metrics/packets/subscribe/received"), Some("1"));
    assert!(value("uptime").is_some_and(|uptime| uptime.parse::<u64>().is_ok()), "{seen:?}");
    assert!(value("datetime").is_some_and(|datetime| datetime.ends_with('Z')), "{seen:?}");
    let mut late = Client::v5("late").connect(&broker);
    late.subscribe("$SYS/brokers/+/version", AtLeastOnce);
    let version = late.expect_publish();
    assert!(version.retain && version.text() == env!("CARGO_PKG_VERSION"), "{version:?}");
    assert_eq!(broker.retained(), 3);
    // As in EMQX none of this is a message that was sent.
    assert_eq!(broker.metric(dunlin_broker::Metric::MessagesSent), 0);
    assert_eq!(broker.metric(dunlin_broker::Metric::MessagesDroppedNoSubscribers), 0);
}

#[test]
fn clients_come_and_go() {
    let broker = broker("");
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("$SYS/brokers/+/clients/#", AtMostOnce);
    for round in 0..2 {
        let id = format!("c{round}");
        let client = Client::v5(&id).clean_start(false).session_expiry(60).keep_alive(33);
        let client = client.with(|connect| connect.username = Some("u")).receive_maximum(9).connect(&broker);
        let (topic, told) = event(&mut watcher);
        assert_eq!(topic, format!("$SYS/brokers/n@127.0.0.1/clients/{id}/connected"));
        for (name, value) in [
            ("clientid", Value::from(id.as_str())),
            ("username", "u".into()),
            ("ipaddress", "127.0.0.1".into()),
            ("sockport", broker.port().into()),
            ("protocol", "mqtt".into()),
            ("proto_name", "MQTT".into()),
            ("proto_ver", 5.into()),
            ("keepalive", 33.into()),
            ("clean_start", false.into()),
            ("expiry_interval", 60.into()),
            ("receive_maximum", 9.into()),
        ] {
            assert_eq!(told[name], value, "{name} of {told}");
        }
        assert!(told["connected_at"].as_u64() <= told["ts"].as_u64() && told["connected_at"].is_u64(), "{told}");
        client.disconnect();
        let (topic, told) = event(&mut watcher);
        assert_eq!(topic, format!("$SYS/brokers/n@127.0.0.1/clients/{id}/disconnected"));
        assert_eq!((&told["reason"], &told["clientid"]), (&"normal".into(), &id.as_str().into()));
        assert!(told["disconnected_at"].as_u64() >= told["connected_at"].as_u64(), "{told}");
    }
}

#[test]
fn subscriptions_are_told_of_where_that_is_switched_on() {
    let broker = broker(
        ", sys_event_messages { client_subscribed = true, client_unsubscribed = true, client_connected = false }",
    );
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("$SYS/brokers/+/clients/c/#", AtMostOnce);
    let mut client = Client::v4("c").connect(&broker);
    client.subscribe("a/+", AtLeastOnce);
    let (topic, told) = event(&mut watcher);
    assert_eq!(topic, "$SYS/brokers/n@127.0.0.1/clients/c/subscribed");
    assert_eq!(
        (&told["topic"], &told["subopts"]["qos"], &told["username"]),
        (&"a/+".into(), &1.into(), &"undefined".into())
    );
    client.unsubscribe("a/+");
    let (topic, told) = event(&mut watcher);
    assert_eq!((topic.as_str(), &told["topic"]), ("$SYS/brokers/n@127.0.0.1/clients/c/unsubscribed", &"a/+".into()));
}

#[test]
fn a_client_id_that_is_no_topic_level_is_not_told_of() {
    let broker = broker("");
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("$SYS/brokers/+/clients/#", AtMostOnce);
    Client::v5("a/#").connect(&broker).disconnect();
    Client::v5("b").connect(&broker).disconnect();
    assert_eq!(event(&mut watcher).1["clientid"], "b");
}

#[test]
fn alarms_are_published_when_they_begin_and_end() {
    let broker = broker("");
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("$SYS/brokers/+/alarms/#", AtMostOnce);
    let bell = broker.alarm_bell();
    bell.raise_with("too_hot", "it burns", vec![("degrees", dunlin_broker::AlarmDetail::Number(451))]);
    bell.raise("too_hot", "it still burns");
    let (topic, told) = event(&mut watcher);
    assert_eq!((topic.as_str(), &told["name"]), ("$SYS/brokers/n@127.0.0.1/alarms/activate", &"too_hot".into()));
    assert_eq!((&told["message"], &told["details"]["degrees"]), (&"it burns".into(), &451.into()));
    assert_eq!((&told["deactivate_at"], &told["activated"]), (&"infinity".into(), &true.into()));
    assert!(told["activate_at"].as_u64() > Some(1_700_000_000_000_000), "{told}");
    bell.end("too_hot");
    let (topic, told) = event(&mut watcher);
    assert_eq!((topic.as_str(), &told["activated"]), ("$SYS/brokers/n@127.0.0.1/alarms/deactivate", &false.into()));
    assert!(told["deactivate_at"].as_u64() >= told["activate_at"].as_u64(), "{told}");
    assert_eq!(broker.readings().past_alarms().len(), 1);
}

#[test]
fn the_shipped_rules_say_who_may_read_them() {
    let rules = "authorization.no_match = deny\nauthorization.sources = [{ type = file, rules = \"\"\"\
                 {allow, {username, \"dashboard\"}, subscribe, [\"$SYS/#\"]}.\n{deny, all, subscribe, [\"$SYS/#\"]}.\n{allow, all}.\"\"\" }]";
    let broker = TestBroker::with(&format!("{FAST} }}\n{rules}"));
    let mut dashboard = Client::v5("d").with(|connect| connect.username = Some("dashboard")).connect(&broker);
    dashboard.subscribe("$SYS/brokers", AtMostOnce);
    assert_eq!(dashboard.expect_publish().text(), "n@127.0.0.1");
    let mut other = Client::v5("o").connect(&broker);
    let packet_id = other.send_subscribe(None, &[("$SYS/#", dunlin_model::SubscriptionOptions::default())]);
    let suback = other.recv();
    assert_eq!(
        (suback.suback().packet_id, suback.reason_codes()),
        (packet_id, vec![dunlin_model::ReasonCode::NotAuthorized])
    );
}
