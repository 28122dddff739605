//! Counters and gauges after known traffic.

use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, TestBroker};
use std::collections::BTreeMap;

fn counters(broker: &TestBroker) -> BTreeMap<&'static str, u64> {
    broker.readings().metrics().into_iter().collect()
}

#[test]
fn packets_and_messages_are_counted_by_kind() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("s").connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("p").connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        publisher.publish("t", "x", qos);
        assert_eq!(subscriber.expect_publish().qos, qos);
    }
    publisher.publish("nobody", "x", AtLeastOnce);
    publisher.ping();
    subscriber.unsubscribe("t");
    Client::v4("").clean_start(false).connect_refused(&broker);
    publisher.disconnect();
    broker.wait_until("both packets of the end of QoS 2 are there, and what was sent last is counted", |broker| {
        broker.metric(dunlin_broker::Metric::MessagesAcked) == 2
            && broker.readings().gauges()[4].count == 1
            && broker.metric(dunlin_broker::Metric::PacketsConnackSent) == 3
    });
    let counted = counters(&broker);
    // The client of the tests asks for an answer wherever it has to wait for one.
    let pings = counted["packets.pingreq.received"];
    for (name, value) in [
        ("client.auth.anonymous", 2),
        ("client.connack", 3),
        ("client.connect", 3),
        ("client.connected", 2),
        ("client.subscribe", 1),
        ("messages.acked", 2),
        ("messages.delivered", 3),
        ("messages.dropped", 1),
        ("messages.dropped.no_subscribers", 1),
        ("messages.publish", 4),
        ("messages.qos0.sent", 1),
        ("messages.qos1.sent", 1),
        ("messages.qos2.sent", 1),
        ("messages.received", 4),
        ("messages.sent", 3),
        ("packets.connack.error", 1),
        ("packets.connack.sent", 3),
        ("packets.pingresp.sent", pings),
        ("packets.puback.sent", 2),
        ("packets.pubcomp.sent", 1),
        ("packets.publish.sent", 3),
        ("packets.pubrec.sent", 1),
        ("packets.pubrel.sent", 1),
        ("packets.suback.sent", 1),
        ("packets.unsuback.sent", 1),
        ("packets.sent", 3 + pings + 2 + 1 + 3 + 1 + 1 + 1 + 1),
    ] {
        assert_eq!(counted.get(name), Some(&value), "{name}");
    }
}

#[test]
fn gauges_remember_how_high_they_were() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("a", AtMostOnce);
    client.subscribe("$share/g/b", AtMostOnce);
    let gauge = |name: &str| {
        let gauges = broker.readings().gauges();
        let found = gauges.into_iter().find(|gauge| gauge.name == name).expect("a gauge");
        (found.count, found.max)
    };
    assert_eq!(
        (gauge("live_connections"), gauge("subscriptions"), gauge("subscriptions.shared")),
        ((1, 1), (2, 2), (1, 1))
    );
    client.disconnect();
    broker.wait_until("the client is gone", |broker| broker.connections() == 0);
    assert_eq!((gauge("connections"), gauge("topics"), gauge("sessions")), ((0, 1), (0, 2), (0, 1)));
}

#[test]
fn clients_with_more_open_than_they_may_have_are_counted() {
    let broker = TestBroker::with("mqtt.max_awaiting_rel = 10, mqtt.max_inflight = 1");
    let mut client = Client::v5("c").connect(&broker);
    client.send_publish("t", "1", ExactlyOnce);
    client.send_publish("t", "2", ExactlyOnce);
    broker
        .wait_until("it is counted", |broker| broker.metric(dunlin_broker::Metric::MessagesDroppedReceiveMaximum) == 1);
}
