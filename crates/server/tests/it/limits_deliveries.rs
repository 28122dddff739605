//! Clients that get more than they may in a time: `delivery_messages_rate` and `delivery_bytes_rate`.

use dunlin_broker::Metric;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, Stopwatch, TestBroker};
use std::time::Duration;

fn numbers(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}

/// A listener whose clients get no more than this; publishers come through another one.
fn broker(limits: &str) -> (TestBroker, Client) {
    let broker = TestBroker::with(&format!("listeners.tcp.limited {{ bind = 0, {limits} }}"));
    let subscriber = Client::v5("subscriber").session_expiry(100).connect_to(broker.address_of("tcp:limited"));
    (broker, subscriber)
}

#[test]
fn qos_0_beyond_the_rate_is_dropped_and_counted() {
    let (broker, mut subscriber) = broker("delivery_messages_rate = \"5/1h\"");
    subscriber.subscribe("t", AtMostOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in numbers(12) {
        publisher.publish("t", number, AtLeastOnce);
    }
    subscriber.expect_payloads(numbers(5));
    subscriber.expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDroppedQuotaExceeded), 7);
    assert_eq!(broker.metric(Metric::DeliveryDropped), 7);
}

#[test]
fn what_has_to_arrive_waits_and_keeps_its_order() {
    for expiry in [0, 100] {
        for qos in [AtLeastOnce, ExactlyOnce] {
            let broker = TestBroker::with("listeners.tcp.limited { bind = 0, delivery_messages_rate = \"10/100ms\" }");
            let address = broker.address_of("tcp:limited");
            let mut subscriber = Client::v5("subscriber").session_expiry(expiry).connect_to(address);
            subscriber.subscribe("t", qos);
            let mut publisher = Client::v5("publisher").connect(&broker);
            let watch = Stopwatch::start();
            for number in numbers(50) {
                publisher.publish("t", number, qos);
            }
            subscriber.expect_payloads(numbers(50));
            watch.assert_passed(Duration::from_millis(300));
            subscriber.expect_nothing();
            assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
        }
    }
}

#[test]
fn bytes_beyond_the_rate_wait_too() {
    let (broker, mut subscriber) = broker("delivery_bytes_rate = \"10KB/100ms\"");
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let watch = Stopwatch::start();
    for _ in 0..6 {
        publisher.publish("t", vec![b'x'; 10 * 1024], AtLeastOnce);
    }
    for _ in 0..6 {
        assert_eq!(subscriber.expect_publish().payload.len(), 10 * 1024);
    }
    watch.assert_passed(Duration::from_millis(300));
}

#[test]
fn what_waited_while_the_client_was_away_comes_at_the_rate() {
    let (broker, mut subscriber) = broker("delivery_messages_rate = \"10/100ms\"");
    subscriber.subscribe("t", AtLeastOnce);
    subscriber.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in numbers(40) {
        publisher.publish("t", number, AtLeastOnce);
    }
    let watch = Stopwatch::start();
    let address = broker.address_of("tcp:limited");
    let mut back = Client::v5("subscriber").clean_start(false).session_expiry(100).connect_to(address);
    back.expect_payloads(numbers(40));
    watch.assert_passed(Duration::from_millis(200));
}

#[test]
fn b143_retained_messages_come_all_of_them() {
    let (broker, mut subscriber) = broker("delivery_messages_rate = \"10/100ms\"");
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in numbers(35) {
        publisher.publish_retained(&format!("kept/{number}"), number, AtLeastOnce);
    }
    for qos in [AtMostOnce, AtLeastOnce] {
        subscriber.subscribe("kept/#", qos);
        let mut got: Vec<_> = (0..35).map(|_| subscriber.expect_publish().text().to_owned()).collect();
        let mut expected: Vec<_> = numbers(35).collect();
        got.sort_unstable();
        expected.sort_unstable();
        assert_eq!(got, expected);
    }
    assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
}

#[test]
fn clients_of_a_zone_share_what_they_get() {
    let broker = TestBroker::with("mqtt.limiter.delivery_messages_rate = \"6/1h\"");
    let mut subscribers: Vec<_> =
        (0..4).map(|number| Client::v5(&format!("subscriber-{number}")).connect(&broker)).collect();
    for subscriber in &mut subscribers {
        subscriber.subscribe("t", AtMostOnce);
    }
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in numbers(3) {
        publisher.publish("t", number, AtMostOnce);
    }
    broker.wait_until("the rest is dropped", |broker| broker.metric(Metric::DeliveryDroppedQuotaExceeded) == 6);
    let got: usize = subscribers.iter_mut().map(|subscriber| subscriber.drain().len()).sum();
    assert_eq!(got, 6);
}

#[test]
fn clients_of_a_zone_share_the_bytes_they_get() {
    let broker = TestBroker::with(
        "zones.narrow.mqtt.limiter.delivery_bytes_rate = \"10KB/100ms\"\n\
         listeners.tcp.narrow { bind = 0, zone = narrow }",
    );
    let narrow = broker.address_of("tcp:narrow");
    let mut sharing = ["one", "other"].map(|id| Client::v5(id).connect_to(narrow));
    let mut free = Client::v5("free").connect(&broker);
    for subscriber in sharing.iter_mut().chain([&mut free]) {
        subscriber.subscribe("t", AtLeastOnce);
    }
    let mut publisher = Client::v5("publisher").connect(&broker);
    let watch = Stopwatch::start();
    for _ in 0..4 {
        publisher.publish("t", vec![b'x'; 10 * 1024], AtLeastOnce);
    }
    for subscriber in [&mut free].into_iter().chain(&mut sharing) {
        for _ in 0..4 {
            assert_eq!(subscriber.expect_publish().payload.len(), 10 * 1024);
        }
    }
    // Eight messages went through the zone, each as much as it may have in a tenth of a second.
    watch.assert_passed(Duration::from_millis(500));
    assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
}
