//! How many connections there may be with one user name, or with one value of an attribute.

use crate::lifecycle_site::Site;
use dunlin_broker::Metric;
use dunlin_model::DisconnectReason;
use dunlin_model::ReasonCode::{QuotaExceeded, Success};
use dunlin_testkit::{Client, Connecting, TestBroker};
use std::fs;
use std::net::SocketAddr;

fn named<'a>(id: &'a str, username: &'a str) -> Connecting<'a> {
    Client::v5(id).with(|connect| connect.username = Some(username))
}

fn expect_refused(broker: &TestBroker, id: &str, username: &str) {
    let newer = named(id, username).connect_refused(broker);
    assert_eq!(newer.connack().reason_code, QuotaExceeded, "{id} {username}");
    let older = Client::v4(id).with(|connect| connect.username = Some(username)).connect_refused(broker);
    assert_eq!(older.connack().reason_code.as_v3_connack(), 3, "{id} {username}");
}

#[test]
fn a_user_name_has_so_many_connections_on_all_workers() {
    let broker = TestBroker::with("mqtt.limiter.max_connections_per_username = 3\nnode.workers = 3");
    let mut inside: Vec<_> = ["1", "2", "3"].map(|id| named(id, "ann").connect(&broker)).into();
    for id in ["4", "5", "6", "7"] {
        expect_refused(&broker, id, "ann");
    }
    assert_eq!(broker.metric(Metric::ConnectionsRefusedQuota), 8);
    assert_eq!(broker.disconnects(DisconnectReason::QuotaExceeded), 8);
    for client in &mut inside {
        client.ping();
    }
    named("8", "eve").connect(&broker).ping();
    // Those without a name are not counted.
    let _nameless: Vec<_> = (0..5).map(|number| Client::v5(&format!("n{number}")).connect(&broker)).collect();
    // However a connection ends, there is room again.
    inside.remove(0).disconnect();
    broker.wait_until("one has left", |broker| broker.disconnects(DisconnectReason::Normal) == 1);
    let fourth = named("4", "ann").connect(&broker);
    expect_refused(&broker, "5", "ann");
    fourth.cut(&broker);
    let mut fifth = named("5", "ann").connect(&broker);
    broker.clients().kick("5").expect("an answer");
    fifth.expect_disconnect(dunlin_model::ReasonCode::AdministrativeAction);
    named("6", "ann").connect(&broker).ping();
}

#[test]
fn a_client_that_comes_back_needs_no_room_of_its_own() {
    let broker = TestBroker::with("mqtt.limiter.max_connections_per_username = 1");
    let mut first = named("c", "ann").session_expiry(60).connect(&broker);
    for clean_start in [false, true, false] {
        // It has lost its line, and the broker does not know yet.
        let mut second = named("c", "ann").clean_start(clean_start).session_expiry(60).connect(&broker);
        first.expect_disconnect(dunlin_model::ReasonCode::SessionTakenOver);
        expect_refused(&broker, "other", "ann");
        second.ping();
        first = second;
    }
    // Another user in the place of ann's: hers is free, and his is not.
    let mut eve = named("c", "eve").connect(&broker);
    first.expect_disconnect(dunlin_model::ReasonCode::SessionTakenOver);
    expect_refused(&broker, "other", "eve");
    named("other", "ann").connect(&broker).ping();
    eve.ping();
    // A session without a connection is no connection.
    eve.disconnect();
    broker.wait_until("it has left", |broker| broker.disconnects(DisconnectReason::Normal) == 1);
    named("other", "eve").connect(&broker).ping();
}

#[test]
fn who_is_refused_takes_nothing_over() {
    let broker = TestBroker::with("mqtt.limiter.max_connections_per_username = 1");
    let mut ann = named("a", "ann").connect(&broker);
    let mut eve = named("e", "eve").connect(&broker);
    // The client id is eve's, the user name is one that is used up.
    expect_refused(&broker, "e", "ann");
    eve.ping();
    ann.ping();
}

#[test]
fn a_value_of_an_attribute_has_so_many_connections() {
    let broker = TestBroker::with(
        "mqtt.client_attrs_init = [{ expression = \"nth(1, tokens(clientid, '-'))\", set_as_attr = team }]
         mqtt.limiter.max_connections_per_client_attr { team = 2 }
         zones.large.mqtt.limiter.max_connections_per_client_attr { team = 3 }
         listeners.tcp.large { bind = 0, zone = large }",
    );
    let red: Vec<_> = ["red-1", "red-2"].map(|id| Client::v5(id).connect(&broker)).into();
    assert_eq!(Client::v5("red-3").connect_refused(&broker).connack().reason_code, QuotaExceeded);
    Client::v5("blue-1").connect(&broker).ping();
    // The zone says how many there may be; who counts is everybody.
    let third = Client::v5("red-3").connect_to(broker.address_of("tcp:large"));
    let mut fourth = Client::v5("red-4").send_connect(broker.address_of("tcp:large"));
    assert_eq!(fourth.recv().connack().reason_code, QuotaExceeded);
    drop((red, third));
}

#[test]
fn a_changed_quota_counts_at_once_and_for_those_who_are_there() {
    let site = Site::new("");
    let address = site.start();
    let load = |text: &str| {
        fs::write(site.path("new.hocon"), text).expect("it is written");
        site.good(&["ctl", "conf", "load", "new.hocon"])
    };
    let come = |id: &str, address: SocketAddr| {
        let mut client = named(id, "ann").send_connect(address);
        let code = client.recv().connack().reason_code;
        (client, code)
    };
    let mut first = named("1", "ann").connect_to(address);
    let mut second = named("2", "ann").connect_to(address);
    let report = load("mqtt.limiter.max_connections_per_username = 2");
    assert!(report.contains("mqtt.limiter.max_connections_per_username is in effect now\n"), "{report}");
    // What is answered after it comes from an event loop that knows of it.
    first.ping();
    second.ping();
    assert_eq!(come("3", address).1, QuotaExceeded);
    load("mqtt.limiter.max_connections_per_username = 3");
    let (mut third, code) = come("3", address);
    assert_eq!(code, Success);
    // Nobody has to go, and nobody comes until there is room.
    load("mqtt.limiter.max_connections_per_username = 1");
    assert_eq!(come("4", address).1, QuotaExceeded);
    for client in [&mut first, &mut second, &mut third] {
        client.ping();
    }
    load("mqtt.limiter.max_connections_per_username = infinity");
    assert_eq!(come("4", address).1, Success);
}
