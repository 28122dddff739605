//! What is counted of authenticators and sources of rules, over HTTP: what they have said, how fast they are asked, what their back
//! ends were asked, and what was answered from memory.

use crate::access_web_service::web_service;
use crate::api_client::{ApiClient, ApiNode};
use crate::lifecycle_site::eventually;
use dunlin_codec::Connect;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{self, NoMatchingSubscribers, NotAuthorized};
use dunlin_real_servers::free_port;
use dunlin_testkit::{Client, TestBroker};
use serde_json::{Value, json};
use std::net::SocketAddr;

const AUTHENTICATOR: &str = "/authentication/password_based:http";
const SOURCE: &str = "/authorization/sources/http";

fn login<'a>(connect: &mut Connect<'a>, username: &'a str, password: &'a str) {
    (connect.username, connect.password) = (Some(username), Some(password.as_bytes()));
}

fn comes_in(address: SocketAddr, username: &str, password: &str) -> ReasonCode {
    let mut client = Client::v5("c").with(|connect| login(connect, username, password)).send_connect(address);
    client.recv().connack().reason_code
}

/// A service that knows ann, and denies what is `closed`.
fn service() -> SocketAddr {
    let service = web_service(|asked| {
        let result = match (asked["username"].as_str(), asked["password"].as_str(), asked["topic"].as_str()) {
            (_, _, Some(topic)) if topic.starts_with("closed") => "deny",
            (_, _, Some(topic)) if topic.starts_with("open") => "allow",
            (Some("ann"), Some("right"), _) => "allow",
            (Some("ann"), Some(_), _) => "deny",
            _ => "ignore",
        };
        json!({"result": result}).to_string()
    });
    service.expect("a service")
}

fn configuration(port: u16, is_kept: bool) -> String {
    let place = format!("method = post, url = \"http://127.0.0.1:{port}/\", request_timeout = 4s");
    let known = "body { username = \"${username}\", password = \"${password}\" }";
    format!(
        "authentication = [{{ mechanism = password_based, backend = http, {place}, {known} }}]
         authorization {{ no_match = deny, sources = [{{ type = http, {place}, body {{ topic = \"${{topic}}\" }} }}]
         node_cache.enable = {is_kept}, cache.enable = false }}
         authentication_settings.node_cache.enable = {is_kept}"
    )
}

fn status(admin: &ApiClient, part: &str) -> Value {
    admin.get(&format!("{part}/status")).expect_status(200).json()
}

/// The values of these names.
#[track_caller]
fn expect(metrics: &Value, expected: &[(&str, u64)]) {
    for (name, value) in expected {
        assert_eq!(metrics[*name], *value, "{name} of {metrics}");
    }
}

/// Waits until its rates are known, and says what is told then.
fn with_rates(admin: &ApiClient, part: &str, of: &str) -> Value {
    eventually(|| {
        let status = status(admin, part);
        (status[of]["rate_max"].as_f64().is_some_and(|rate| rate > 0.0)).then_some(status)
    })
}

#[test]
fn what_is_said_is_counted_and_how_fast() {
    let node = ApiNode::start(&configuration(service().port(), false));
    let admin = node.administrator();
    for (username, password, times) in [("ann", "right", 3), ("ann", "wrong", 2), ("eve", "right", 4)] {
        for _ in 0..times {
            assert_eq!(!comes_in(node.mqtt, username, password).is_error(), password == "right" && username == "ann");
        }
    }
    let counted = with_rates(&admin, AUTHENTICATOR, "metrics");
    expect(&counted["metrics"], &[("total", 9), ("success", 3), ("failed", 2), ("nomatch", 4), ("ignore", 0)]);
    expect(&counted["resource_metrics"], &[("matched", 9), ("success", 9), ("failed", 0)]);
    let counted = with_rates(&admin, AUTHENTICATOR, "resource_metrics");
    for of in ["metrics", "resource_metrics"] {
        let rate = |name: &str| counted[of][name].as_f64().unwrap_or_else(|| panic!("{name} of {counted}"));
        assert!(rate("rate_last5m") > 0.0 && rate("rate_max") >= rate("rate"), "{counted}");
    }
    assert_eq!((&counted["status"], &counted["node_error"]), (&json!("connected"), &json!([])));
    for (by_node, of) in [("node_metrics", "metrics"), ("node_resource_metrics", "resource_metrics")] {
        assert_eq!(counted[by_node][0]["metrics"], counted[of]);
        assert!(counted[by_node][0]["node"].is_string());
    }

    let mut ann = Client::v5("c").with(|connect| login(connect, "ann", "right")).connect_to(node.mqtt);
    for (topic, times, code) in
        [("open/1", 3, NoMatchingSubscribers), ("closed/1", 2, NotAuthorized), ("else/1", 1, NotAuthorized)]
    {
        for _ in 0..times {
            assert_eq!(ann.publish(topic, "x", AtLeastOnce), code);
        }
    }
    let counted = with_rates(&admin, SOURCE, "metrics");
    expect(&counted["metrics"], &[("total", 6), ("allow", 3), ("deny", 2), ("nomatch", 1), ("ignore", 0)]);
    expect(&counted["resource_metrics"], &[("matched", 6), ("success", 6), ("failed", 0)]);

    for part in [AUTHENTICATOR, SOURCE] {
        admin.post(&format!("{part}/metrics/reset"), &json!({})).expect_status(204);
        let counted = status(&admin, part);
        let is_nothing =
            |of: &str| counted[of].as_object().is_some_and(|all| all.values().all(|value| value.as_f64() == Some(0.0)));
        assert!(is_nothing("metrics") && is_nothing("resource_metrics"), "{counted}");
    }
    assert_eq!(ann.publish("open/1", "x", AtLeastOnce), NoMatchingSubscribers);
    let counted = eventually(|| Some(status(&admin, SOURCE)).filter(|status| status["metrics"]["total"] == 1));
    expect(&counted["resource_metrics"], &[("matched", 1), ("success", 1)]);
}

#[test]
fn what_could_not_be_asked_is_counted_as_failed() {
    let text = configuration(free_port(), false);
    let node = ApiNode::start(&text);
    let admin = node.administrator();
    for _ in 0..3 {
        assert_eq!(comes_in(node.mqtt, "ann", "right"), ReasonCode::ServerUnavailable);
    }
    let counted = status(&admin, AUTHENTICATOR);
    expect(&counted["metrics"], &[("total", 3), ("success", 0), ("failed", 3)]);
    expect(&counted["resource_metrics"], &[("matched", 3), ("success", 0), ("failed", 3)]);
    assert_eq!(counted["status"], "disconnected");
    assert!(counted["node_error"][0]["error"].as_str().is_some_and(|error| error.contains("127.0.0.1")), "{counted}");
    let ignoring = ApiNode::start(&format!("{text}\nauthentication_settings.ignore_backend_failures = true"));
    let admin = ignoring.administrator();
    assert_eq!(comes_in(ignoring.mqtt, "ann", "right"), NotAuthorized);
    let counted = status(&admin, AUTHENTICATOR);
    expect(&counted["metrics"], &[("total", 1), ("failed", 0), ("ignore", 1)]);
    expect(&counted["resource_metrics"], &[("failed", 1)]);
}

#[test]
fn what_is_answered_from_memory_asks_no_back_end() {
    let node = ApiNode::start(&configuration(service().port(), true));
    let admin = node.administrator();
    let come = || Client::v5("c").with(|connect| login(connect, "ann", "right")).connect_to(node.mqtt);
    // What a connection remembers ends with it; what the node does, does not.
    for _ in 0..3 {
        let mut client = come();
        assert_eq!(client.publish("open/1", "x", AtLeastOnce), NoMatchingSubscribers);
        assert_eq!(client.publish("closed/1", "x", AtLeastOnce), NotAuthorized);
        client.disconnect();
    }
    for (part, cache, total, asked) in
        [(AUTHENTICATOR, "/authentication/node_cache/status", 3, 1), (SOURCE, "/authorization/node_cache/status", 6, 2)]
    {
        let counted = eventually(|| Some(status(&admin, part)).filter(|status| status["metrics"]["total"] == total));
        expect(&counted["resource_metrics"], &[("matched", asked), ("success", asked)]);
        let kept = admin.get(cache).expect_status(200).json();
        expect(&kept["metrics"], &[("hits", total - asked), ("misses", asked), ("inserts", asked), ("count", asked)]);
    }
    admin.post("/authorization/node_cache/reset", &json!({})).expect_status(204);
    assert_eq!(come().publish("open/1", "x", AtLeastOnce), NoMatchingSubscribers);
    let counted = eventually(|| Some(status(&admin, SOURCE)).filter(|status| status["metrics"]["total"] == 7));
    expect(&counted["resource_metrics"], &[("matched", 3)]);
}

#[test]
fn authenticators_of_listeners_count_for_themselves() {
    let port = service().port();
    let own = configuration(port, false).lines().next().expect("a line").trim().to_owned();
    let broker = TestBroker::with(&format!(
        "{own}\nlisteners.tcp.own.bind = \"127.0.0.1:0\"\nlisteners.tcp.own.{own}\n\
         authentication_settings.node_cache.enable = false"
    ));
    for (listener, times) in [("tcp:default", 2), ("tcp:own", 3)] {
        for _ in 0..times {
            assert_eq!(comes_in(broker.address_of(listener), "ann", "right"), ReasonCode::Success);
        }
        assert_eq!(comes_in(broker.address_of(listener), "ann", "wrong"), NotAuthorized);
    }
    let counted = broker.server().authenticators();
    let counts: Vec<_> = counted.iter().map(|one| (&*one.chain, &*one.id, one.success, one.failed)).collect();
    assert_eq!(counts, [("global", "password_based:http", 2, 1), ("tcp:own", "password_based:http", 3, 1)]);
}
