//! `dunlin ctl clients|subscriptions|topics|exclusive`: the operator's view of who is here, in the words that scripts know.

use crate::lifecycle_site::Site;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::Client;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn clients_are_listed_shown_and_kicked() {
    let site = Site::new("");
    let address = site.start();
    assert_eq!(site.good(&["ctl", "clients", "list"]), "No clients.\n");
    let mut meter = Client::v5("meter-7").keep_alive(33).session_expiry(60).connect_to(address);
    meter.subscribe("t/#", AtLeastOnce);
    Client::v5("away").session_expiry(600).connect_to(address).disconnect();
    let shown = site.good(&["ctl", "clients", "show", "meter-7"]);
    let port = meter.stream().local_addr().expect("an address").port();
    let start = format!(
        "Client(meter-7, username=undefined, peername=127.0.0.1:{port}, clean_start=true, keepalive=33, \
         session_expiry_interval=60, subscriptions=1, inflight=0, awaiting_rel=0, "
    );
    assert!(shown.starts_with(&start) && shown.contains(", connected=true, created_at="), "{shown}");
    let object = json(&site.good(&["ctl", "clients", "show", "meter-7", "--json"]));
    assert_eq!((&object["keepalive"], &object["listener"]), (&33.into(), &"tcp:default".into()));
    assert_eq!((&object["subscriptions_max"], &object["durable"]), (&"infinity".into(), &true.into()));
    let list = site.good(&["ctl", "clients", "list"]);
    assert!(list.lines().count() == 2 && list.contains("Client(away, ") && list.contains("disconnected_at="), "{list}");
    let lines = site.good(&["ctl", "clients", "list", "--json", "--disconnected"]);
    assert_eq!(json(&lines)["clientid"], "away");
    assert!(site.good(&["ctl", "clients", "list", "--like-clientid", "eter", "--connected"]).starts_with(&start));
    assert_eq!(site.run(&["ctl", "clients", "show", "nobody"]).failure(), "dunlin: Not Found.");
    assert_eq!(site.good(&["ctl", "clients", "kick", "meter-7"]), "ok\n");
    meter.expect_disconnect(ReasonCode::AdministrativeAction);
    assert_eq!(site.run(&["ctl", "clients", "kick", "meter-7"]).failure(), "dunlin: Not Found.");
    let help = site.good(&["ctl", "clients", "--help"]);
    assert!(help.contains("dunlin ctl clients kick meter-7"), "{help}");
}

#[test]
fn figures_of_all_clients_are_written_as_a_table() {
    let site = Site::new("");
    let address = site.start();
    let mut first = Client::v5("a,\"b\"").connect_to(address);
    first.subscribe("t", AtLeastOnce);
    Client::v5("away").session_expiry(600).connect_to(address).disconnect();
    let file = site.path("clients.csv");
    let told = site.good(&["ctl", "clients", "stats", "clients.csv"]);
    assert_eq!(told, "2 clients are in clients.csv\n");
    let table = std::fs::read_to_string(&file).expect("it was written");
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("clientid,username,connected,ip_address,listener,proto_ver,"), "{table}");
    assert!(table.contains("\n\"a,\"\"b\"\"\",,true,127.0.0.1,tcp:default,5,"), "{table}");
    assert!(lines.len() == 3 && lines.iter().any(|line| line.starts_with("away,,false,")), "{table}");
    // Nothing is overwritten.
    let refused = site.run(&["ctl", "clients", "stats", "clients.csv"]).failure();
    assert!(refused.contains("clients.csv: File exists"), "{refused}");
    first.ping();
}

#[test]
fn subscriptions_and_topics_are_listed_and_changed() {
    let site = Site::new("mqtt.exclusive_subscription = true");
    let address = site.start();
    for (subject, none) in
        [("subscriptions", "No subscriptions.\n"), ("topics", "No topics.\n"), ("exclusive", "No topics.\n")]
    {
        assert_eq!(site.good(&["ctl", subject, "list"]), none);
    }
    let mut client = Client::v5("c1").connect_to(address);
    assert_eq!(site.good(&["ctl", "subscriptions", "add", "c1", "t/1", "1"]), "ok\n");
    assert_eq!(site.good(&["ctl", "subscriptions", "show", "c1"]), "c1 -> topic:t/1 qos:1 nl:0 rh:0 rap:0\n");
    assert_eq!(site.good(&["ctl", "subscriptions", "list"]), "c1 -> topic:t/1 qos:1 nl:0 rh:0 rap:0\n");
    assert_eq!(site.good(&["ctl", "topics", "list"]), "t/1 -> dunlin@127.0.0.1\n");
    assert_eq!(site.good(&["ctl", "topics", "show", "t/1"]), "t/1 -> dunlin@127.0.0.1\n");
    assert_eq!(json(&site.good(&["ctl", "topics", "show", "t/1", "--json"]))["subscribers"], 1);
    client.publish("t/1", "to itself", AtMostOnce);
    client.expect_payloads(["to itself"]);
    assert_eq!(site.good(&["ctl", "subscriptions", "del", "c1", "t/1"]), "ok\n");
    assert_eq!(site.run(&["ctl", "topics", "show", "t/1"]).failure(), "dunlin: Not Found.");
    for verb in [&["add", "nobody", "t", "0"][..], &["del", "nobody", "t"]] {
        let why = site.run(&[&["ctl", "subscriptions"], verb].concat()).failure();
        assert_eq!(why, "dunlin: Error: Channel not found!");
    }
    let why = site.run(&["ctl", "subscriptions", "add", "c1", "t/#/x", "0"]).failure();
    assert!(why.contains("the subscription is refused"), "{why}");
    assert_eq!(site.run(&["ctl", "subscriptions", "add", "c1", "t", "3"]).code, Some(2));
    client.subscribe("$exclusive/line/1", AtLeastOnce);
    assert_eq!(site.good(&["ctl", "exclusive", "list"]), "line/1 -> c1\n");
    assert_eq!(site.good(&["ctl", "exclusive", "delete", "line/1"]), "ok\n");
    assert_eq!(site.run(&["ctl", "exclusive", "delete", "line/1"]).failure(), "dunlin: Not Found.");
}

#[test]
fn lists_longer_than_one_answer_are_whole() {
    let site = Site::new("");
    let mut client = Client::v5("many").connect_to(site.start());
    let filters: Vec<_> = (0..2_500).map(|number| format!("t/{number}")).collect();
    for part in filters.chunks(500) {
        let wishes: Vec<_> = part.iter().map(|filter| (filter.as_str(), Default::default())).collect();
        client.subscribe_all(None, &wishes);
    }
    for subject in ["topics", "subscriptions"] {
        let list = site.good(&["ctl", subject, "list"]);
        let mut lines: Vec<_> = list.lines().collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 2_500, "{subject}");
    }
}
