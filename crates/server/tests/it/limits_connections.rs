//! More connections than the broker takes.

use dunlin_broker::Metric;
use dunlin_testkit::{Client, TestBroker};

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
