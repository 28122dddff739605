//! The resources of the REST API, asked of a node that runs.

use crate::api_client::ApiNode;
use dunlin_model::ReasonCode;
use dunlin_testkit::Client;
use serde_json::{Value, json};
use std::net::TcpStream;

#[test]
fn somebody_is_banned_and_let_in_again() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut meter = Client::v5("meter-7").connect_to(node.mqtt);
    let ban = json!({"as": "clientid", "who": "meter-7", "reason": "floods", "until": "2099-01-01T00:00:00+00:00"});
    let shown = admin.post("/banned", &ban).expect_status(200).json();
    assert_eq!((&shown["who"], &shown["by"]), (&json!("meter-7"), &json!("mgmt_api")));
    meter.expect_disconnect(ReasonCode::AdministrativeAction);
    admin.post("/banned", &ban).expect_error(400, "ALREADY_EXISTS");
    admin.post("/banned", &json!({"as": "shoe", "who": "x"})).expect_error(400, "BAD_REQUEST");
    admin.post("/banned", &json!({"as": "username", "who": "meter-70"})).expect_status(200);
    for (query, expected) in [
        ("", 2),
        ("?clientid=meter-7", 1),
        ("?clientid=meter-70", 0),
        ("?username=meter-7", 0),
        ("?like_username=meter", 1),
        ("?like_peerhost_net=192", 0),
    ] {
        let page = admin.get(&format!("/banned{query}")).expect_status(200).json();
        assert_eq!(page["meta"]["count"], expected, "{query}: {page}");
    }
    let page = admin.get("/banned?limit=1&page=2").json();
    assert_eq!((&page["meta"]["hasnext"], page["data"].as_array().unwrap().len()), (&json!(false), 1));
    admin.get("/banned?limit=0").expect_error(400, "BAD_REQUEST");
    admin.get("/banned?clientid=a&username=b").expect_error(400, "BAD_REQUEST");
    admin.delete("/banned/clientid/meter-7").expect_status(204);
    admin.delete("/banned/clientid/meter-7").expect_error(404, "NOT_FOUND");
    drop(Client::v5("meter-7").connect_to(node.mqtt));
    admin.delete("/banned").expect_status(204);
    assert_eq!(admin.get("/banned").json()["meta"]["count"], 0);
}

#[test]
fn numbers_are_of_each_node_or_of_all() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let _client = Client::v5("one").connect_to(node.mqtt);
    let stats = admin.get("/stats").expect_status(200).json();
    assert_eq!((&stats[0]["node"], &stats[0]["connections.count"]), (&json!("dunlin@127.0.0.1"), &json!(1)));
    assert_eq!(admin.get("/stats?aggregate=true").json()["connections.count"], 1);
    assert_eq!(admin.get("/metrics?aggregate=true").json()["client.connected"], 1);
    assert_eq!(admin.get("/nodes/dunlin@127.0.0.1/stats").json()["connections.count"], 1);
    assert!(admin.get("/nodes/dunlin@127.0.0.1/metrics").json()["packets.connect.received"].is_u64());
    admin.get("/nodes/other@127.0.0.1/stats").expect_error(404, "NOT_FOUND");
    admin.get("/metrics?aggregate=maybe").expect_error(400, "BAD_REQUEST");
    let cluster = admin.get("/cluster").expect_status(200).json();
    assert_eq!((&cluster["name"], &cluster["self"]), (&json!("emqxcl"), &json!("dunlin@127.0.0.1")));
    assert_eq!(admin.get("/cluster/topology").json()[0]["replicant_nodes"], json!([]));
    let alarms = admin.get("/alarms?activated=false").expect_status(200).json();
    assert_eq!(alarms["meta"]["page"], 1);
    admin.post("/alarms/force_deactivate", &json!({"name": "none"})).expect_error(404, "NOT_FOUND");
    admin.delete("/alarms").expect_status(204);
}

#[test]
fn listeners_are_made_changed_stopped_and_removed() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let tcp = admin.get("/listeners/tcp:default").expect_status(200).json();
    assert_eq!((&tcp["running"], &tcp["type"], &tcp["name"]), (&json!(true), &json!("tcp"), &json!("default")));
    assert_eq!(tcp["status"]["max_connections"], "infinity");
    let new = json!({"type": "tcp", "name": "factory", "bind": "127.0.0.1:0", "max_connections": 7});
    let made = admin.post("/listeners", &new).expect_status(200).json();
    assert_eq!((&made["id"], &made["status"]["running"]), (&json!("tcp:factory"), &json!(true)));
    admin.post("/listeners", &new).expect_error(400, "BAD_LISTENER_ID");
    admin.post("/listeners/tcp:x", &json!({"bind": "nowhere"})).expect_error(400, "BAD_REQUEST");
    admin.get("/listeners/tcp:x").expect_error(404, "BAD_LISTENER_ID");
    admin.get("/listeners/shoe").expect_error(400, "BAD_LISTENER_ID");
    // What was shown can be sent back.
    let mut changed = made;
    changed["max_connections"] = json!(9);
    let changed = admin.put("/listeners/tcp:factory", &changed).expect_status(200).json();
    assert_eq!(changed["status"]["max_connections"], 9);
    admin.post("/listeners/tcp:factory/stop", &json!({})).expect_status(200);
    assert_eq!(admin.get("/listeners/tcp:factory").json()["running"], false);
    admin.post("/listeners/tcp:factory/start", &json!({})).expect_status(200);
    admin.post("/listeners/tcp:factory/restart", &json!({})).expect_status(200);
    let statuses = admin.get("/listeners_status").expect_status(200).json();
    let of_tcp = statuses.as_array().unwrap().iter().find(|status| status["type"] == "tcp").unwrap().clone();
    assert_eq!(of_tcp["ids"], json!(["tcp:default", "tcp:factory"]));
    admin.delete("/listeners/tcp:factory").expect_status(204);
    admin.delete("/listeners/tcp:factory").expect_error(404, "BAD_LISTENER_ID");
    let ids = |answer: Value| answer.as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(admin.get("/listeners?type=tcp").json()), ["tcp:default"]);
}

#[test]
fn the_configuration_is_shown_and_changed() {
    let node = ApiNode::start("node.cookie = hidden\nmqtt.max_qos_allowed = 1");
    let admin = node.administrator();
    let text = admin.get("/configs").expect_status(200);
    assert!(text.text.contains("max_qos_allowed = 1") && !text.text.contains("hidden"), "{}", text.text);
    assert_eq!(admin.get("/configs/mqtt").expect_status(200).json()["max_inflight"], 32);
    let change = |text: &str| admin.send("PUT", "/configs", Some(("text/plain", text.to_owned())));
    change("mqtt { max_inflight = 7 }").expect_status(200);
    assert_eq!(admin.get("/configs/mqtt").json()["max_inflight"], 7);
    change("mqtt.max_inflight = many").expect_error(400, "BAD_REQUEST");
    change("mqtt { max_inflight = ").expect_error(400, "BAD_REQUEST");
    let masked = change("mqtt.max_qos_allowed = 2").expect_error(400, "BAD_REQUEST");
    assert!(masked.text.contains("dunlin.conf"), "{}", masked.text);
    change("node.workers = 2").expect_error(400, "BAD_REQUEST");
    let text = Some(("text/plain", "node.workers = 2\nmqtt.max_inflight = 8".to_owned()));
    admin.send("PUT", "/configs?ignore_readonly=true", text).expect_status(200);
    let zone = admin.get("/configs/global_zone").expect_status(200).json();
    assert_eq!((&zone["mqtt"]["max_inflight"], zone.get("node")), (&json!(8), None));
    let changed = admin.put("/configs/mqtt", &json!({"max_mqueue_len": 5})).expect_status(200).json();
    assert_eq!((&changed["max_mqueue_len"], &changed["max_inflight"]), (&json!(5), &json!(8)));
    admin.put("/configs/shoe", &json!({})).expect_error(404, "NOT_FOUND");
    let path = "/configs_reset/mqtt?conf_path=max_mqueue_len";
    let one = admin.post(path, &json!({})).expect_status(200).json();
    assert_eq!((&one["max_mqueue_len"], &one["max_inflight"]), (&json!(1000), &json!(8)));
    admin.post(path, &json!({})).expect_error(400, "NO_DEFAULT_VALUE");
    let reset = admin.post("/configs_reset/mqtt", &json!({})).expect_status(200).json();
    assert_eq!((&reset["max_inflight"], &reset["max_qos_allowed"]), (&json!(32), &json!(1)));
}

#[test]
fn the_listener_of_the_api_follows_its_configuration() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let node = ApiNode::start("");
    let admin = node.administrator();
    let body = json!({"listeners": {"https": {"bind": free.to_string()}}, "token_expired_time": "30m"});
    admin.put("/configs/dashboard", &body).expect_status(200);
    assert!(TcpStream::connect(free).is_ok());
    let body = json!({"listeners": {"https": {"bind": 0}}});
    admin.put("/configs/dashboard", &body).expect_status(200);
    assert!(TcpStream::connect(free).is_err());
}

#[test]
fn access_control_is_shown() {
    let node = ApiNode::start(
        "authentication = [{ mechanism = password_based, backend = built_in_database }]\n\
         authorization { no_match = deny, sources = [{ type = built_in_database }] }",
    );
    let admin = node.administrator();
    let chain = admin.get("/authentication").expect_status(200).json();
    assert_eq!(chain[0]["id"], "password_based:built_in_database");
    admin.get("/authentication/password_based:built_in_database").expect_status(200);
    admin.get("/authentication/jwt").expect_error(404, "NOT_FOUND");
    let status = admin.get("/authentication/password_based:built_in_database/status").expect_status(200).json();
    assert_eq!((&status["status"], &status["metrics"]["total"]), (&json!("connected"), &json!(0)));
    let sources = admin.get("/authorization/sources").expect_status(200).json();
    assert_eq!(sources["sources"][0]["type"], "built_in_database");
    admin.get("/authorization/sources/built_in_database/status").expect_status(200);
    admin.get("/authorization/sources/redis").expect_error(404, "NOT_FOUND");
    let settings = admin.get("/authorization/settings").expect_status(200).json();
    assert_eq!((&settings["no_match"], &settings["cache"]["enable"]), (&json!("deny"), &json!(true)));
    let changed = admin.put("/authorization/settings", &json!({"deny_action": "disconnect"})).expect_status(200).json();
    assert_eq!(changed["deny_action"], "disconnect");
    admin.put("/authorization/settings", &json!({"sources": []})).expect_error(400, "BAD_REQUEST");
    admin.delete("/authorization/cache").expect_status(204);
    let missing = admin.get("/telemetry/status").expect_error(404, "NOT_FOUND");
    assert!(missing.text.contains("not built here yet"), "{}", missing.text);
}

/// Whatever EMQX answers and this node does not is refused with the reason.
#[test]
fn paths_of_emqx_that_are_not_built_say_so() {
    const REFERENCE: &str = include_str!("../../../api/src/reference_paths.txt");
    let node = ApiNode::start("");
    let admin = node.administrator();
    let document = node.nobody().get("//api-spec.json").expect_status(200).json();
    let shape = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let paths = document["paths"].as_object().expect("paths");
    let built: std::collections::HashMap<_, _> = paths.iter().map(|(path, item)| (shape(path), item)).collect();
    let (mut unbuilt, mut all) = (0, 0);
    for line in REFERENCE.lines() {
        let (methods, path) = line.rsplit_once(' ').expect("methods and a path");
        for method in methods.split(' ') {
            all += 1;
            if built.get(path).is_some_and(|item| item.get(method.to_lowercase()).is_some()) {
                continue;
            }
            unbuilt += 1;
            let body = (method != "GET" && method != "DELETE").then(|| ("application/json", "{}".to_owned()));
            let answer = admin.send(method, &path.replace("{}", "x"), body);
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            let is_there = built.contains_key(path) && answer.status == 405;
            assert!(
                is_there
                    || (answer.status == 404 && (message.contains("here") || message.contains("PUT /listeners/ID"))),
                "{method} {path}: {} {message}",
                answer.status
            );
        }
    }
    assert!(all > 440 && unbuilt > 100, "{unbuilt} of {all}");
}
