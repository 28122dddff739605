//! Publishing over HTTP, and for those who are no client.

use crate::api_client::ApiNode;
use dunlin_broker::{OutsideMessage, Published};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{Qos, ReasonCode};
use dunlin_testkit::{Client, TestBroker};
use serde_json::json;
use std::time::Duration;

fn message(topic: &str, payload: &str, qos: Qos) -> OutsideMessage {
    OutsideMessage { topic: topic.into(), payload: payload.into(), qos, ..OutsideMessage::default() }
}

#[test]
fn a_message_reaches_those_who_subscribe() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.subscribe("api/#", ExactlyOnce);
    let body = json!({"topic": "api/example", "payload": "aGVsbG8=", "payload_encoding": "base64", "qos": 1, "clientid": "old",
        "properties": {"content_type": "text/plain", "response_topic": "answers", "correlation_data": "7",
            "payload_format_indicator": 1, "message_expiry_interval": 60, "user_properties": {"a": "1", "b": "2"}}});
    let answer = admin.post("/publish", &body).expect_status(200).json();
    assert_eq!(answer["id"].as_str().map(str::len), Some(32), "{answer}");
    let frame = client.recv_where("the message", |packet| matches!(packet, dunlin_codec::Packet::Publish(_)));
    let publish = frame.publish();
    assert_eq!((publish.topic, publish.payload, publish.qos), ("api/example", &b"hello"[..], AtLeastOnce));
    let properties = publish.properties;
    assert_eq!((properties.content_type(), properties.response_topic()), (Some("text/plain"), Some("answers")));
    assert_eq!((properties.correlation_data(), properties.payload_format_indicator()), (Some(&b"7"[..]), Some(1)));
    assert_eq!(publish.message_expiry_interval, Some(60));
    let user: Vec<_> = properties.user_properties().iter().collect();
    assert_eq!(user, [("a", "1"), ("b", "2")]);
}

#[test]
fn what_cannot_be_published_is_said() {
    let node = ApiNode::start("mqtt.max_packet_size = 1KB");
    let admin = node.administrator();
    let nobody = admin.post("/publish", &json!({"topic": "a", "payload": "b"})).expect_status(202).json();
    assert_eq!(nobody, json!({"reason_code": 16, "message": "no_matching_subscribers"}));
    for (body, code, name) in [
        (json!({"topic": "a/+", "payload": ""}), 144, "topic_name_invalid"),
        (json!({"topic": "$delayed/x/a", "payload": ""}), 144, "topic_name_invalid"),
        (json!({"topic": "a", "payload": "x".repeat(2_000)}), 151, "packet_too_large"),
        (json!({"topic": "a", "payload": "?", "payload_encoding": "base64"}), 131, "decode_base64_payload_failed"),
    ] {
        let refused = admin.post("/publish", &body).expect_status(400).json();
        assert_eq!(refused["reason_code"], code, "{body} {refused}");
        assert!(refused["message"].as_str().is_some_and(|message| message.starts_with(name)), "{body} {refused}");
    }
    for body in [
        json!({"topic": "a"}),
        json!({"payload": "a"}),
        json!({"topic": "a", "payload": "b", "qos": 3}),
        json!({"topic": "a", "payload": 7}),
        json!({"topic": "a", "payload": "b", "shoe": 1}),
    ] {
        admin.post("/publish", &body).expect_error(400, "BAD_REQUEST");
    }
    let key = json!({"name": "p", "enable": true, "role": "viewer"});
    let key = admin.post("/api_key", &key).expect_status(200).json();
    let viewer = node.nobody().with_key(key["api_key"].as_str().unwrap(), key["api_secret"].as_str().unwrap());
    viewer.post("/publish", &json!({"topic": "a", "payload": "b"})).expect_error(403, "UNAUTHORIZED_ROLE");
}

#[test]
fn many_messages_are_published_in_order_or_none() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.subscribe("t/#", AtMostOnce);
    let all: Vec<_> = (0..300).map(|number| json!({"topic": "t/1", "payload": number.to_string()})).collect();
    let answer = admin.post("/publish/bulk", &json!(all)).expect_status(200).json();
    assert_eq!(answer.as_array().map(Vec::len), Some(300));
    let numbers: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    client.expect_payloads(numbers.iter().map(String::as_str));
    let mixed = json!([{"topic": "t/1", "payload": "x"}, {"topic": "other", "payload": "y"}]);
    let answer = admin.post("/publish/bulk", &mixed).expect_status(202).json();
    assert!(answer[0]["id"].is_string() && answer[1]["reason_code"] == 16, "{answer}");
    client.expect_payloads(["x"]);
    let one_bad = json!([{"topic": "t/1", "payload": "no"}, {"topic": "#", "payload": "y"}]);
    assert_eq!(admin.post("/publish/bulk", &one_bad).expect_status(400).json()["reason_code"], 144);
    assert_eq!(admin.post("/publish/bulk", &json!([])).expect_status(400).json()["message"], "empty_batch");
    client.expect_nothing();
}

#[test]
fn messages_are_retained_and_delayed() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    admin.post("/publish", &json!({"topic": "kept", "payload": "k", "retain": true, "qos": 1})).expect_status(202);
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.subscribe("kept", AtLeastOnce);
    client.expect_payloads(["k"]);
    client.subscribe("later", AtLeastOnce);
    let delayed = json!({"topic": "$delayed/1/later", "payload": "l", "qos": 1});
    assert!(admin.post("/publish", &delayed).expect_status(200).json()["id"].is_string());
    client.expect_payloads(["l"]);
}

/// An answer at QoS 1 is worth as much as a PUBACK.
#[test]
fn what_became_of_a_message_is_told_when_it_is_on_disk() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").clean_start(false).session_expiry(600).connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let publisher = broker.publisher("outside");
    let before = broker.syncs();
    assert_eq!(publisher.publish(&[message("t", "1", AtLeastOnce)]), Ok(vec![Published::Delivered]));
    assert!(broker.syncs() > before, "it was answered and is not on disk");
    let before = broker.syncs();
    assert_eq!(publisher.publish(&[message("u", "x", AtLeastOnce)]), Ok(vec![Published::NobodySubscribes]));
    assert_eq!(broker.syncs(), before, "nobody needs the disk");
    assert_eq!(publisher.publish(&[]), Ok(vec![]));
    let many: Vec<_> = (2..=200).map(|number| message("t", &number.to_string(), AtLeastOnce)).collect();
    assert_eq!(publisher.publish(&many), Ok(vec![Published::Delivered; 199]));
    let broker = broker.restart();
    let mut client = Client::v5("c").clean_start(false).session_expiry(600).connect(&broker);
    let numbers: Vec<_> = (1..=200).map(|number| number.to_string()).collect();
    client.expect_payloads(numbers.iter().map(String::as_str));
}

#[test]
fn a_queue_that_takes_no_more_is_told() {
    let broker = TestBroker::with("durable_sessions { max_queue_bytes = 10KB, overflow = reject }");
    let mut client = Client::v5("c").clean_start(false).session_expiry(600).connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let publisher = broker.publisher("outside");
    let payload = "x".repeat(1_000);
    let refused = Published::Refused(ReasonCode::QuotaExceeded);
    let outcomes = (0..1_000).map(|_| publisher.publish(&[message("t", &payload, AtLeastOnce)]).unwrap());
    assert!(outcomes.into_iter().any(|outcome| outcome == [refused]), "a queue of 10 KB took a megabyte");
    broker.stop(Duration::ZERO);
}
