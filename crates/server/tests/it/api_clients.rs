//! The REST API: clients, subscriptions and topics, with clients that are connected.

use crate::api_client::ApiNode;
use crate::lifecycle_site::eventually;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, let_time_pass};
use serde_json::{Value, json};
use std::time::Duration;

/// The client ids of an answer, in the order of the alphabet.
fn ids(answer: &Value) -> Vec<&str> {
    let mut ids: Vec<_> =
        answer["data"].as_array().into_iter().flatten().filter_map(|one| one["clientid"].as_str()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn clients_are_shown_filtered_and_paged() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut one =
        Client::v5("red/1").with(|connect| connect.username = Some("ann")).keep_alive(33).connect_to(node.mqtt);
    one.subscribe("t", AtLeastOnce);
    let _two = Client::v4("blue 2").clean_start(true).connect_to(node.mqtt);
    Client::v5("away").session_expiry(600).connect_to(node.mqtt).disconnect();
    let client = admin.get("/clients/red%2F1").expect_status(200).json();
    let port = one.stream().local_addr().unwrap().port();
    for (field, expected) in [
        ("clientid", json!("red/1")),
        ("username", json!("ann")),
        ("node", json!("dunlin@127.0.0.1")),
        ("ip_address", json!("127.0.0.1")),
        ("port", json!(port)),
        ("listener", json!("tcp:default")),
        ("proto_name", json!("MQTT")),
        ("proto_ver", json!(5)),
        ("keepalive", json!(33)),
        ("clean_start", json!(true)),
        ("connected", json!(true)),
        ("expiry_interval", json!(0)),
        ("is_persistent", json!(false)),
        ("subscriptions_cnt", json!(1)),
        ("subscriptions_max", json!("infinity")),
        ("inflight_max", json!(32)),
        ("mqueue_max", json!(1000)),
        ("awaiting_rel_max", json!(100)),
        ("mountpoint", Value::Null),
    ] {
        assert_eq!(client[field], expected, "{field}");
    }
    assert!(client["connected_at"].as_str().unwrap().ends_with("+00:00") && client.get("disconnected_at").is_none());
    admin.get("/clients/none").expect_error(404, "CLIENTID_NOT_FOUND");
    let since = client["connected_at"].as_str().unwrap().replace('+', "%2B");
    for (query, expected) in [
        ("", &["away", "blue 2", "red/1"][..]),
        ("?conn_state=connected", &["blue 2", "red/1"]),
        ("?conn_state=disconnected", &["away"]),
        ("?conn_state=idle", &[]),
        ("?username=ann&username=bob", &["red/1"]),
        ("?clientid=red%2F1&clientid=away", &["away", "red/1"]),
        ("?like_clientid=lue", &["blue 2"]),
        ("?like_username=an", &["red/1"]),
        ("?proto_ver=4", &["blue 2"]),
        ("?proto_ver=9", &[]),
        ("?ip_address=127.0.0.1", &["blue 2", "red/1"]),
        ("?ip_address=10.0.0.1", &[]),
        ("?node=dunlin@127.0.0.1&like_clientid=red", &["red/1"]),
        ("?node=other@127.0.0.1", &[]),
        ("?gte_connected_at=4000000000000", &[]),
        (&*format!("?gte_connected_at={since}&conn_state=connected"), &["blue 2", "red/1"]),
    ] {
        assert_eq!(ids(&admin.get(&format!("/clients{query}")).expect_status(200).json()), expected, "{query}");
    }
    let page = admin.get("/clients?page=2&limit=2&fields=clientid,connected").expect_status(200).json();
    assert_eq!(page["meta"], json!({"page": 2, "limit": 2, "count": 3, "hasnext": false}));
    assert_eq!(page["data"][0].as_object().unwrap().len(), 2);
    let first = admin.get("/clients_v2?limit=2").expect_status(200).json();
    let cursor = first["meta"]["cursor"].as_str().unwrap();
    let second = admin.get(&format!("/clients_v2?limit=2&cursor={cursor}")).expect_status(200).json();
    assert_eq!((ids(&first).len(), ids(&second).len(), &second["meta"]["hasnext"]), (2, 1, &json!(false)));
    assert_eq!(admin.get("/sessions_count").expect_status(200).text, "3");
    for bad in ["?page=0", "?limit=0", "?limit=10001", "?conn_state=no", "?ip_address=x", "?gte_created_at=soon"] {
        admin.get(&format!("/clients{bad}")).expect_status(400);
    }
    admin.get("/clients_v2?cursor=x").expect_error(400, "BAD_REQUEST");
}

#[test]
fn clients_are_filtered_by_moments_and_by_how_they_began() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let _fresh = Client::v5("fresh").connect_to(node.mqtt);
    let _back = Client::v5("back").clean_start(false).connect_to(node.mqtt);
    let_time_pass(Duration::from_millis(5));
    let late = Client::v5("late").clean_start(false).session_expiry(600).connect_to(node.mqtt);
    let moment = |field: &str| {
        let client = admin.get("/clients/late").expect_status(200).json();
        client[field].as_str().expect("a moment").replace('+', "%2B")
    };
    let (created, connected) = (moment("created_at"), moment("connected_at"));
    let far = 4_000_000_000_000_u64;
    let look = |query: &str, expected: &[&str]| {
        assert_eq!(ids(&admin.get(&format!("/clients?{query}")).expect_status(200).json()), expected, "{query}");
        let from = admin.get(&format!("/clients_v2?{query}")).expect_status(200).json();
        assert_eq!(ids(&from), expected, "clients_v2?{query}");
    };
    look("clean_start=true", &["fresh"]);
    look("clean_start=false", &["back", "late"]);
    look(&format!("gte_created_at={created}"), &["late"]);
    look(&format!("gte_created_at={far}"), &[]);
    look(&format!("lte_created_at={created}"), &["back", "fresh", "late"]);
    look("lte_created_at=1", &[]);
    look(&format!("gte_connected_at={connected}"), &["late"]);
    look(&format!("lte_connected_at={connected}"), &["back", "fresh", "late"]);
    look("lte_connected_at=1", &[]);
    look(&format!("gte_created_at={created}&lte_created_at={far}&clean_start=false&like_clientid=a"), &["late"]);
    // Who is away is connected at no moment, and was created when it was.
    late.disconnect();
    eventually(|| (admin.get("/clients/late").json()["connected"] == false).then_some(()));
    look(&format!("lte_connected_at={far}"), &["back", "fresh"]);
    look(&format!("gte_created_at={created}"), &["late"]);
    let part = admin.get("/clients?clientid=late&fields=clientid,username,nothing").expect_status(200).json();
    assert_eq!(part["data"][0], json!({"clientid": "late", "username": null}));
    let all = admin.get("/clients?clientid=late&fields=all").expect_status(200).json();
    assert_eq!(all["data"][0]["is_persistent"], true);
}

#[test]
fn clients_are_kicked_and_their_keepalive_is_changed() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut clients: Vec<_> = ["a", "b", "c"].into_iter().map(|id| Client::v5(id).connect_to(node.mqtt)).collect();
    assert_eq!(admin.put("/clients/a/keepalive", &json!({"interval": 7})).expect_status(200).json()["keepalive"], 7);
    admin.put("/clients/none/keepalive", &json!({"interval": 7})).expect_error(404, "CLIENTID_NOT_FOUND");
    admin.put("/clients/a/keepalive", &json!({"interval": 70_000})).expect_error(400, "BAD_REQUEST");
    admin.delete("/clients/a/authorization/cache").expect_status(204);
    admin.delete("/clients/none/authorization/cache").expect_error(404, "CLIENTID_NOT_FOUND");
    admin.delete("/clients/a").expect_status(204);
    admin.delete("/clients/a").expect_error(404, "CLIENTID_NOT_FOUND");
    admin.post("/clients/kickout/bulk", &json!(["b", "c", "none"])).expect_status(204);
    for client in &mut clients {
        client.expect_disconnect(ReasonCode::AdministrativeAction);
    }
    admin.post("/clients/kickout/bulk", &json!({"a": 1})).expect_error(400, "BAD_REQUEST");
}

#[test]
fn subscriptions_are_made_listed_and_given_up() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").connect_to(node.mqtt);
    let made =
        admin.post("/clients/c/subscribe", &json!({"topic": "t/+", "qos": 1, "rap": 1})).expect_status(200).json();
    let expected = json!({"node": "dunlin@127.0.0.1", "clientid": "c", "topic": "t/+", "qos": 1, "nl": 0, "rap": 1, "rh": 0,
        "durable": false});
    assert_eq!(made, expected);
    admin.post("/clients/c/subscribe", &json!({"topic": "a/#/b"})).expect_error(400, "INVALID_PARAMETER");
    admin.post("/clients/c/subscribe", &json!({"topic": "t", "qos": 3})).expect_error(400, "BAD_REQUEST");
    admin.post("/clients/c/subscribe", &json!({})).expect_error(400, "BAD_REQUEST");
    admin.post("/clients/none/subscribe", &json!({"topic": "t"})).expect_error(404, "CLIENTID_NOT_FOUND");
    let many = json!([{"topic": "x"}, {"topic": "#/x"}, {"topic": "$share/g/y", "qos": 2}]);
    assert_eq!(admin.post("/clients/c/subscribe/bulk", &many).expect_status(200).json().as_array().unwrap().len(), 2);
    client.publish("t/1", "heard", AtMostOnce);
    client.expect_payloads(["heard"]);
    let all = admin.get("/clients/c/subscriptions").expect_status(200).json();
    assert_eq!(all.as_array().unwrap().len(), 3);
    admin.get("/clients/none/subscriptions").expect_error(404, "CLIENTID_NOT_FOUND");
    for (query, count) in [
        ("", 3),
        ("?clientid=c", 3),
        ("?clientid=none", 0),
        ("?qos=2", 1),
        ("?qos=7", 0),
        ("?share_group=g", 1),
        ("?topic=y", 1),
        ("?match_topic=t/%23", 1),
        ("?durable=true", 0),
        ("?node=other@h", 0),
    ] {
        let page = admin.get(&format!("/subscriptions{query}")).expect_status(200).json();
        assert_eq!(page["data"].as_array().unwrap().len(), count, "{query}");
    }
    let topics = admin.get("/topics").expect_status(200).json();
    assert_eq!((topics["data"].as_array().unwrap().len(), &topics["meta"]["count"]), (3, &json!(3)));
    assert_eq!(admin.get("/topics?topic=t/%2B").expect_status(200).json()["data"][0]["topic"], "t/+");
    assert_eq!(admin.get("/topics/t%2F%2B").expect_status(200).json()[0]["node"], "dunlin@127.0.0.1");
    admin.get("/topics/none").expect_error(404, "TOPIC_NOT_FOUND");
    admin.post("/clients/c/unsubscribe", &json!({"topic": "t/+"})).expect_status(204);
    admin.post("/clients/c/unsubscribe/bulk", &json!([{"topic": "x"}, {"topic": "$share/g/y"}])).expect_status(204);
    admin.post("/clients/none/unsubscribe", &json!({"topic": "t"})).expect_error(404, "CLIENTID_NOT_FOUND");
    assert_eq!(admin.get("/topics").expect_status(200).json()["data"], json!([]));
}

#[test]
fn messages_that_wait_are_listed() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").receive_maximum(1).manual_acks().connect_to(node.mqtt);
    client.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("p").connect_to(node.mqtt);
    for payload in ["one", "two", "three"] {
        publisher.publish("t", payload, AtLeastOnce);
    }
    let open = admin.get("/clients/c/inflight_messages?payload=plain").expect_status(200).json();
    assert_eq!(open["data"].as_array().unwrap().len(), 1);
    assert_eq!((&open["data"][0]["payload"], &open["data"][0]["from_clientid"]), (&json!("one"), &json!("p")));
    let first = admin.get("/clients/c/mqueue_messages?limit=1").expect_status(200).json();
    assert_eq!((&first["data"][0]["payload"], &first["data"][0]["mqueue_priority"]), (&json!("dHdv"), &json!(0)));
    let position = first["meta"]["position"].as_str().unwrap();
    let path = format!("/clients/c/mqueue_messages?payload=none&position={position}");
    let rest = admin.get(&path).expect_status(200).json();
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert!(rest["data"][0].get("payload").is_none());
    for kind in ["mqueue_messages", "inflight_messages"] {
        admin.get(&format!("/clients/none/{kind}")).expect_error(404, "CLIENTID_NOT_FOUND");
        admin.get(&format!("/clients/c/{kind}?position=x")).expect_error(400, "INVALID_PARAMETER");
        admin.get(&format!("/clients/c/{kind}?limit=0")).expect_error(400, "INVALID_PARAMETER");
    }
}

#[test]
fn long_messages_that_wait_are_listed_in_parts() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").receive_maximum(1).manual_acks().connect_to(node.mqtt);
    client.subscribe("t", AtLeastOnce);
    let mut away = Client::v5("away").clean_start(false).session_expiry(600).connect_to(node.mqtt);
    away.subscribe("t", AtLeastOnce);
    away.disconnect();
    let mut publisher = Client::v5("p").connect_to(node.mqtt);
    for _ in 0..7 {
        publisher.publish("t", vec![b'x'; 300_000], AtLeastOnce);
    }
    for (client_id, count) in [("c", 6), ("away", 7)] {
        let path = format!("/clients/{client_id}/mqueue_messages?limit=10000");
        let all = admin.get(&format!("{path}&payload=none")).expect_status(200).json();
        assert_eq!(all["data"].as_array().unwrap().len(), count, "no payloads need no room");
        let (mut counts, mut position) = (Vec::new(), "none".to_owned());
        while counts.last() != Some(&0) {
            let path = format!("{path}&payload=plain&max_payload_bytes=700KB&position={position}");
            let part = admin.get(&path).expect_status(200).json();
            counts.push(part["data"].as_array().unwrap().len());
            position = part["meta"]["position"].as_str().unwrap().to_owned();
        }
        assert_eq!(counts.iter().sum::<usize>(), count, "{client_id}");
        assert!(counts.iter().all(|count| *count <= 2), "{client_id}: {counts:?}");
    }
}
