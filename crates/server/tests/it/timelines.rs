//! What has happened to a client can be told afterwards: by the API, and by `dunlin ctl clients timeline`.

use crate::api_client::{ApiClient, ApiNode};
use crate::lifecycle_site::{Site, eventually};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{BadUserNameOrPassword, NotAuthorized, SessionTakenOver};
use dunlin_model::SubscriptionOptions;
use dunlin_testkit::Client;
use serde_json::{Value, json};

/// What is told of a client.
fn timeline(api: &ApiClient, client_id: &str) -> Vec<Value> {
    let answer = api.get(&format!("/clients/{client_id}/timeline")).expect_status(200).json();
    answer["data"].as_array().expect("a list").clone()
}

/// The names of what happened.
fn events(timeline: &[Value]) -> Vec<&str> {
    timeline.iter().filter_map(|entry| entry["event"].as_str()).collect()
}

/// Messages that make room on the disk are those of somebody.
#[test]
fn what_a_used_up_disk_budget_drops_is_told_of_its_client() {
    let node = ApiNode::start("durable_sessions.max_disk_bytes = 2MB");
    let admin = node.administrator();
    let mut meter = Client::v5("meter").session_expiry(600).connect_to(node.mqtt);
    meter.subscribe("t", AtLeastOnce);
    meter.disconnect();
    let mut publisher = Client::v5("publisher").connect_to(node.mqtt);
    let drop = (0..1_000).find_map(|_| {
        publisher.publish("t", [b'x'; 20_000], AtLeastOnce);
        timeline(&admin, "meter").into_iter().find(|entry| entry["event"] == "dropped")
    });
    let drop = drop.expect("the oldest messages make room");
    assert_eq!(drop["reason"], "delivery.dropped.queue_full");
    assert!(drop["count"].as_u64() > Some(0), "{drop}");
}

#[test]
fn a_client_that_has_left_has_a_past() {
    let node = ApiNode::start("durable_sessions.max_queue_bytes = 10KB");
    let admin = node.administrator();
    admin.get("/clients/meter/timeline").expect_error(404, "CLIENTID_NOT_FOUND");
    let mut meter = Client::v5("meter").session_expiry(600).connect_to(node.mqtt);
    meter.subscribe("t", AtLeastOnce);
    assert_eq!(meter.subscribe_all(None, &[("$SYS/#", SubscriptionOptions::default())]), [NotAuthorized]);
    meter.disconnect();
    let told = eventually(|| {
        let told = timeline(&admin, "meter");
        (events(&told).last() == Some(&"disconnected")).then_some(told)
    });
    assert_eq!(events(&told), ["connected", "subscribe_allowed", "subscribed", "subscribe_denied", "disconnected"]);
    let expected = [
        json!({"listener": "tcp:default", "proto_ver": 5, "session_present": false, "count": 1}),
        json!({"topic": "t", "source": "file", "rule": 3}),
        json!({"topic": "t", "qos": 1}),
        json!({"topic": "$SYS/#", "source": "file", "rule": 2}),
        json!({"reason": "normal"}),
    ];
    for (entry, expected) in told.iter().zip(expected) {
        for (field, value) in expected.as_object().expect("an object") {
            assert_eq!(&entry[field], value, "{field} of {entry}");
        }
    }
    assert!(told[0]["peername"].as_str().is_some_and(|peer| peer.starts_with("127.0.0.1:")), "{told:?}");
    assert!(told[0].get("last_at").is_none() && told[0]["at"].as_str().is_some_and(|at| at.ends_with("+00:00")));

    let mut publisher = Client::v5("publisher").connect_to(node.mqtt);
    for _ in 0..30 {
        publisher.publish("t", [b'x'; 1_000], AtLeastOnce);
    }
    let drop = eventually(|| timeline(&admin, "meter").into_iter().find(|entry| entry["event"] == "dropped"));
    assert_eq!(drop["reason"], "delivery.dropped.queue_full");
    // All of them are one entry, however many batches they came in.
    let all = eventually(|| {
        let told = timeline(&admin, "meter");
        let counted = admin.get("/metrics").expect_status(200).json()[0]["delivery.dropped.queue_full"].clone();
        told.iter().find(|entry| entry["count"] == counted && counted != json!(0)).cloned()
    });
    assert!(all["count"].as_u64() > Some(10) && all["last_at"].is_string(), "{all}");
    assert_eq!(events(&timeline(&admin, "meter")).last(), Some(&"dropped"));

    let meter = Client::v5("meter").clean_start(false).session_expiry(600).connect_to(node.mqtt);
    admin.delete("/clients/meter").expect_status(204);
    drop_and_look(meter, &admin);
}

fn drop_and_look(meter: Client, admin: &ApiClient) {
    drop(meter);
    let told = timeline(admin, "meter");
    let last: Vec<_> = told.iter().rev().take(3).rev().cloned().collect();
    assert_eq!(events(&last), ["connected", "disconnected", "session_ended"]);
    assert_eq!((&last[0]["session_present"], &last[1]["reason"]), (&json!(true), &json!("kicked")));
}

#[test]
fn who_decided_about_a_client_is_told() {
    let site = Site::new(
        "authentication = [{ mechanism = password_based, backend = built_in_database }]\n\
         authorization.sources = [{ type = file, rules = \"{deny, all, publish, [\\\"secret\\\"]}. {allow, all}.\" }]",
    );
    let address = site.start();
    site.good(&["ctl", "authn", "users", "add", "ann", "--password", "right"]);
    let connecting = |password: &'static [u8]| {
        Client::v5("c1").with(|connect| {
            connect.username = Some("ann");
            connect.password = Some(password);
        })
    };
    for _ in 0..2 {
        assert_eq!(connecting(b"wrong").send_connect(address).recv().connack().reason_code, BadUserNameOrPassword);
    }
    let told = site.good(&["ctl", "clients", "timeline", "c1"]);
    let lines: Vec<_> = told.lines().collect();
    let [refused, connack] = lines[..] else { panic!("{told}") };
    for word in [" not_authenticated x2 ", "authenticator=password_based:built_in_database", "reason_code=134"] {
        assert!(refused.contains(word), "{word} is not in {refused}");
    }
    assert!(connack.contains(" refused x2 ") && connack.contains("peername=127.0.0.1:"), "{connack}");

    let mut first = connecting(b"right").session_expiry(60).connect_to(address);
    for _ in 0..3 {
        assert_eq!(first.publish("secret", "x", AtLeastOnce), NotAuthorized);
    }
    let _second = connecting(b"right").clean_start(false).session_expiry(60).connect_to(address);
    first.expect_disconnect(SessionTakenOver);
    let told = site.good(&["ctl", "clients", "timeline", "c1", "--json"]);
    let told: Vec<Value> = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        events(&told),
        ["not_authenticated", "refused", "connected", "publish_denied", "disconnected", "connected"]
    );
    assert_eq!(told[2]["authenticator"], "password_based:built_in_database");
    let denied = &told[3];
    assert_eq!(
        (&denied["count"], &denied["source"], &denied["rule"], &denied["topic"]),
        (&json!(3), &json!("file"), &json!(1), &json!("secret"))
    );
    assert_eq!((&told[4]["reason"], &told[5]["session_present"]), (&json!("takenover"), &json!(true)));
    assert_eq!(site.run(&["ctl", "clients", "timeline", "nobody"]).failure(), "dunlin: Not Found.");
}
