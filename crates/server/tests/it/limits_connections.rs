//! More connections than the broker takes.

use crate::lifecycle_site::Site;
use dunlin_broker::Metric;
use dunlin_testkit::{Client, TestBroker};
use std::fs;
use std::net::SocketAddr;

#[test]
fn a_listener_refuses_connections_above_its_limit_and_takes_the_next_when_one_has_left() {
    let broker = TestBroker::with("listeners.tcp.default.max_connections = 2");
    let mut first = Client::v5("first").connect(&broker);
    let second = Client::v5("second").connect(&broker);
    Client::v5("third").connect_closed(&broker);
    assert_eq!(broker.metric(Metric::ConnectionsRefusedLimit), 1);
    first.ping();
    second.cut(&broker);
    broker.wait_until("there is room", |broker| broker.connections() < 2);
    Client::v5("third").connect(&broker).ping();
}

#[test]
fn connections_above_the_limit_of_open_files_are_closed_at_once_and_the_others_live() {
    let broker = TestBroker::with_settings("", |settings| settings.max_descriptors = 3);
    let mut inside: Vec<_> = ["1", "2", "3"].map(|id| Client::v4(id).connect(&broker)).into();
    for _ in 0..20 {
        Client::silent(broker.address()).expect_closed();
    }
    assert_eq!(broker.metric(Metric::ConnectionsRefusedLimit), 20);
    for client in &mut inside {
        client.ping();
    }
}

/// Two listeners of a zone and one of another, of which one has a limit of its own.
const THREE_LISTENERS: &str = "mqtt.limiter { max_conn_rate = \"3/1h\", max_conn_burst = \"2/1h\" }
     zones.other.mqtt.limiter.max_conn_rate = infinity
     zones.other.mqtt.limiter.max_conn_burst = infinity
     listeners.tcp.slow { bind = 0, max_conn_rate = \"1/1h\" }
     listeners.tcp.elsewhere { bind = 0, zone = other }";

#[test]
fn a_connection_has_to_be_within_the_rate_of_its_listener_and_of_its_zone() {
    let broker = TestBroker::with(THREE_LISTENERS);
    let come = |listener: &str, id: &str| Client::v5(id).connect_to(broker.address_of(listener));
    let refused = |listener: &str| Client::silent(broker.address_of(listener)).expect_closed();
    let _slow = come("tcp:slow", "1");
    for _ in 0..3 {
        // What its listener refuses is no connection of the zone.
        refused("tcp:slow");
    }
    let _inside: Vec<_> = ["2", "3", "4", "5"].map(|id| come("tcp:default", id)).into();
    refused("tcp:default");
    assert_eq!(broker.metric(Metric::ConnectionsRefusedRate), 4);
    let _elsewhere: Vec<_> = ["6", "7", "8", "9", "10", "11"].map(|id| come("tcp:elsewhere", id)).into();
    assert_eq!(broker.metric(Metric::ConnectionsRefusedRate), 4);
}

/// A client that is within each limit alone and beyond one of them: whichever it is, it holds.
#[test]
fn limits_of_listener_zone_and_client_hold_together() {
    use dunlin_model::Qos::AtLeastOnce;
    use dunlin_model::ReasonCode::{QuotaExceeded, Success};
    let broker = TestBroker::with(
        "mqtt.limiter { messages_rate = \"5/1h\", bytes_rate = \"1MB/1h\", over_limit = reject }
         listeners.tcp.default { messages_rate = \"3/1h\", bytes_rate = \"1KB/1h\" }
         listeners.tcp.other { bind = 0, messages_rate = \"100/1h\" }",
    );
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let answers = |client: &mut Client, count: usize| -> Vec<_> {
        (0..count).map(|_| client.publish("t", "x", AtLeastOnce)).collect()
    };
    // Its own of the listener: three messages.
    let mut first = Client::v5("first").connect(&broker);
    assert_eq!(answers(&mut first, 4), [Success, Success, Success, QuotaExceeded]);
    // Its own of the listener: a kilobyte.
    let mut second = Client::v5("second").connect(&broker);
    assert_eq!(second.publish("t", "x".repeat(1_500), AtLeastOnce), Success, "it is paid for afterwards");
    assert_eq!(answers(&mut second, 1), [QuotaExceeded]);
    // That of the zone, through another listener: five messages of all together, of which four are gone.
    let mut third = Client::v5("third").connect_to(broker.address_of("tcp:other"));
    assert_eq!(answers(&mut third, 2), [Success, QuotaExceeded]);
    assert_eq!(subscriber.drain().len(), 5);
}

#[test]
fn the_rate_of_a_zone_changes_while_the_node_runs() {
    let site = Site::new("");
    let address = site.start();
    let load = |text: &str| {
        fs::write(site.path("new.hocon"), text).expect("it is written");
        site.good(&["ctl", "conf", "load", "new.hocon"])
    };
    let refused = |address: SocketAddr| Client::silent(address).expect_closed();
    let report = load("mqtt.limiter.max_conn_rate = \"1/1h\"");
    assert!(report.contains("mqtt.limiter.max_conn_rate is in effect now\n"), "{report}");
    let _first = Client::v5("1").connect_to(address);
    refused(address);
    load("mqtt.limiter.max_conn_rate = infinity");
    let _second = Client::v5("2").connect_to(address);
    let _third = Client::v5("3").connect_to(address);
}
