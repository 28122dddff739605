//! Histograms: what is timed, and what a change of their bounds does.

use crate::access_web_service::web_service;
use crate::api_client::{ApiClient, ApiNode};
use crate::lifecycle_site::eventually;
use dunlin_codec::AckKind;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, let_time_pass};
use serde_json::{Value, json};
use std::time::Duration;

/// How long something takes, and a bound that is certainly below that.
const LATE: Duration = Duration::from_millis(300);
const SHORT_MS: &str = "100";

/// The histogram with this content of its first label: how many were short, how many there are, and their sum.
fn histogram(api: &ApiClient, path: &str, part: &str, name: &str, label: (&str, &str)) -> (u64, u64, u64) {
    let all = api.get_as_json(path).expect_status(200).json();
    let family = if part.is_empty() { &all[name] } else { &all[part][name] };
    let family = family.as_array().unwrap_or_else(|| panic!("{name}: {all}"));
    let point = family.iter().find(|point| point[label.0] == label.1).unwrap_or_else(|| panic!("{label:?}: {all}"));
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{point}"));
    let point = &point[name];
    (number(&point["buckets"][SHORT_MS]), number(&point["count"]), number(&point["sum"]))
}

#[test]
fn a_back_end_that_takes_its_time_is_seen() {
    let service = web_service(|asked| {
        if asked["client"] == "late" {
            let_time_pass(LATE);
        }
        json!({"result": "allow"}).to_string()
    });
    let url = format!("http://{}/", service.expect("a free port"));
    let node = ApiNode::start(&format!(
        "authentication = [{{ mechanism = password_based, backend = http, method = post, url = \"{url}\",\n\
         body = {{ client = \"${{clientid}}\" }} }}]\n\
         authorization {{ no_match = deny, sources = [{{ type = http, method = post, url = \"{url}\",\n\
         body = {{ client = \"${{clientid}}\" }} }}] }}"
    ));
    let nobody = node.nobody();
    let latency =
        |of: &str| histogram(&nobody, "/prometheus/auth", "", &format!("emqx_{of}_latency"), ("name", "total_latency"));
    assert_eq!((latency("authn"), latency("authz")), ((0, 0, 0), (0, 0, 0)));
    let mut quick = Client::v5("quick").connect_to(node.mqtt);
    let mut late = Client::v5("late").connect_to(node.mqtt);
    let (short, all, sum) = latency("authn");
    assert!(all == 2 && short <= 1 && sum >= 290, "{short} of {all}, {sum} ms");
    for client in [&mut quick, &mut late] {
        client.publish("t", "x", AtLeastOnce);
        // The verdict is kept: nobody is asked, and it takes no time.
        client.publish("t", "x", AtLeastOnce);
    }
    // What was known is counted at the end of the turn.
    eventually(|| (latency("authz").1 == 4).then_some(()));
    let (short, all, sum) = latency("authz");
    assert!(all == 4 && short <= 3 && sum >= 290, "{short} of {all}, {sum} ms");
    let text = nobody.get("/prometheus/auth").expect_status(200).text;
    for line in [
        "# TYPE emqx_authn_latency histogram",
        "emqx_authn_latency_bucket{name=\"total_latency\",le=\"30000\"} 2",
        "emqx_authn_latency_bucket{name=\"total_latency\",le=\"+Inf\"} 2",
        "emqx_authn_latency_count{name=\"total_latency\"} 2",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}: {text}");
    }
}

#[test]
fn other_bounds_count_at_once_and_from_nothing() {
    let node = ApiNode::start("authorization.no_match = allow");
    let admin = node.administrator();
    let nobody = node.nobody();
    let authz = || {
        let all = nobody.get_as_json("/prometheus/auth").expect_status(200).json();
        all["emqx_authz_latency"][0]["emqx_authz_latency"].clone()
    };
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.publish("t", "x", AtLeastOnce);
    eventually(|| (authz()["count"] == 1).then_some(()));
    assert_eq!(authz()["buckets"]["10"], json!(1));
    let before = admin.get("/prometheus").expect_status(200).json();
    assert_eq!(before["latency_buckets"], json!(["10ms", "100ms", "1s", "5s", "30s"]));
    admin.put("/prometheus", &json!({"latency_buckets": "7ms, 2s"})).expect_status(200);
    assert_eq!(authz(), json!({"buckets": {"7": 0, "2000": 0, "+Inf": 0}, "sum": 0, "count": 0}));
    client.publish("t", "x", AtLeastOnce);
    eventually(|| (authz()["count"] == 1).then_some(()));
    assert_eq!(authz(), json!({"buckets": {"7": 1, "2000": 1, "+Inf": 1}, "sum": 0, "count": 1}));
    // What changes nothing about them leaves them alone.
    admin.put("/slow_subscriptions/settings", &json!({"enable": true, "threshold": "500ms"})).expect_status(200);
    assert_eq!(authz()["count"], json!(1));
    for wrong in [json!("2s, 7ms"), json!([]), json!("soon")] {
        admin.put("/prometheus", &json!({"latency_buckets": wrong})).expect_error(400, "BAD_REQUEST");
    }
}

#[test]
fn messages_are_timed_from_publisher_to_receiver_and_back() {
    let node = ApiNode::start("node.workers = 2\ndelayed.enable = true");
    let nobody = node.nobody();
    let latency = |part: &str, name: &str, qos: &str| histogram(&nobody, "/prometheus/stats", part, name, ("qos", qos));
    let mut receiver = Client::v5("r").receive_maximum(1).manual_acks().connect_to(node.mqtt);
    receiver.subscribe("+", ExactlyOnce);
    let mut publisher = Client::v5("p").connect_to(node.mqtt);
    publisher.publish("none", "0", AtMostOnce);
    receiver.expect_publish();
    for payload in ["1", "2"] {
        publisher.publish("once", payload, AtLeastOnce);
    }
    let first = receiver.expect_publish();
    let_time_pass(LATE);
    receiver.ack(AckKind::PubAck, first.packet_id);
    let second = receiver.expect_publish();
    receiver.ack(AckKind::PubAck, second.packet_id);
    publisher.publish("$delayed/1/later", "d", AtMostOnce);
    receiver.expect_publish();
    receiver.ping();
    let (short, all, _) = latency("delivery", "dunlin_delivery_latency", "0");
    assert!(all == 1 && short <= 1, "the delayed message is not among them: {all}");
    // The second had to wait for the window, and the first for its answer.
    let (short, all, sum) = latency("delivery", "dunlin_delivery_latency", "1");
    assert!(all == 2 && short <= 1 && sum >= 290, "{short} of {all}, {sum} ms");
    let (short, all, sum) = latency("delivery", "dunlin_delivery_ack_latency", "1");
    assert!(all == 2 && short <= 1 && sum >= 290, "{short} of {all}, {sum} ms");
    assert_eq!(latency("messages", "dunlin_publish_ack_latency", "1").1, 2);
    assert_eq!(latency("messages", "dunlin_publish_ack_latency", "2").1, 0);
}

#[test]
fn publishers_that_wait_for_the_disk_are_counted_when_it_has_their_messages() {
    let node = ApiNode::start("");
    let nobody = node.nobody();
    let acknowledged =
        |qos: &str| histogram(&nobody, "/prometheus/stats", "messages", "dunlin_publish_ack_latency", ("qos", qos)).1;
    let mut receiver = Client::v5("r").session_expiry(3_600).connect_to(node.mqtt);
    receiver.subscribe("a", ExactlyOnce);
    receiver.disconnect();
    let mut publisher = Client::v5("p").connect_to(node.mqtt);
    for count in 1..=5 {
        publisher.publish("a", "x", AtLeastOnce);
        publisher.publish("a", "x", ExactlyOnce);
        assert_eq!((acknowledged("1"), acknowledged("2")), (count, count));
    }
    let mut receiver = Client::v5("r").clean_start(false).session_expiry(3_600).connect_to(node.mqtt);
    receiver.expect_payloads(["x"; 10]);
    // They have waited for the client to come, which says nothing about the broker.
    for qos in ["1", "2"] {
        let delivered = histogram(&nobody, "/prometheus/stats", "delivery", "dunlin_delivery_latency", ("qos", qos));
        assert_eq!(delivered, (0, 0, 0), "{qos}");
    }
}
