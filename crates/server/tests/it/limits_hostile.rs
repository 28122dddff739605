//! Clients that try to make the broker wait, spin or remember too much.

use dunlin_broker::Metric;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::{DisconnectReason, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

const PINGREQ: [u8; 2] = [0xC0, 0];

/// A PUBLISH of QoS 0 to `t` with a payload of two bytes.
fn small_publish(number: u16) -> [u8; 7] {
    let [high, low] = number.to_be_bytes();
    [0x30, 5, 0, 1, b't', high, low]
}

#[test]
fn a_client_that_reads_no_answer_and_falls_silent_stops_nobody() {
    let broker = TestBroker::with(
        "node.workers = 1
         listeners.tcp.default.tcp_options { send_timeout = 3s, sndbuf = 16KB, high_watermark = 64KB }",
    );
    let hostile = Client::v4("hostile").keep_alive(1).connect(&broker);
    // Asks for answers until the broker reads no more of it.
    hostile.stream().set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let questions = PINGREQ.repeat(32 * 1024);
    let mut stream = hostile.stream();
    while stream.write(&questions).is_ok() {}
    // Longer than its keep alive, shorter than the send timeout.
    let_time_pass(Duration::from_millis(1_800));
    Client::v5("other").connect(&broker).ping();
    broker.wait_until("the client is closed", |broker| broker.disconnects(DisconnectReason::SendTimeout) == 1);
}

#[test]
fn a_burst_to_many_is_handled_in_portions_and_to_its_end() {
    const SUBSCRIBERS: usize = 40;
    const MESSAGES: u16 = 2_000;
    let broker = TestBroker::with("node.workers = 2");
    let mut subscribers: Vec<_> = (0..SUBSCRIBERS)
        .map(|number| {
            let mut client = Client::v4(&format!("subscriber-{number}")).connect(&broker);
            client.subscribe("t", AtMostOnce);
            client
        })
        .collect();
    let mut publisher = Client::v4("publisher").connect(&broker);
    let burst: Vec<u8> = (0..MESSAGES).flat_map(small_publish).collect();
    publisher.send_raw(&burst);
    publisher.disconnect();
    for subscriber in &mut subscribers {
        subscriber.expect_payloads((0..MESSAGES).map(u16::to_be_bytes));
    }
}

#[test]
fn mqtt_3_1_2_6_a_clean_session_of_3_1_1_is_not_reused_after_a_takeover() {
    let broker = TestBroker::start();
    let mut first = Client::v4("same").connect(&broker);
    first.subscribe("t", AtLeastOnce);
    let mut second = Client::v4("same").clean_start(false).connect(&broker);
    assert!(!second.session_present());
    first.expect_closed();
    Client::v5("publisher").connect(&broker).publish("t", "1", AtLeastOnce);
    second.expect_nothing();
}

#[test]
fn mqtt_3_8_3_3_no_local_holds_for_retained_messages_too() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("t/own", "own", AtLeastOnce);
    Client::v5("other").connect(&broker).publish_retained("t/other", "other", AtLeastOnce);
    let options = SubscriptionOptions { qos: AtLeastOnce, no_local: true, ..SubscriptionOptions::default() };
    publisher.subscribe_with("t/+", options);
    publisher.expect_payloads(["other"]);
    publisher.expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDroppedNoLocal), 1);
}

fn retain(broker: &TestBroker, count: usize, payload: &[u8]) {
    let mut publisher = Client::v5("publisher").connect(broker);
    for number in 0..count {
        publisher.publish_retained(&format!("r/{number:05}"), payload, AtLeastOnce);
    }
}

#[test]
fn mqtt_3_10_4_2_unsubscribe_ends_the_retained_messages_still_owed() {
    let broker = TestBroker::start();
    retain(&broker, 1_000, b"x");
    let mut client = Client::v5("client").manual_acks().connect(&broker);
    client.subscribe("r/#", AtLeastOnce);
    let first = client.expect_publish();
    client.unsubscribe("r/#");
    client.ack(dunlin_codec::AckKind::PubAck, first.packet_id);
    let mut more = 0;
    for delivery in client.drain() {
        client.ack(dunlin_codec::AckKind::PubAck, delivery.packet_id);
        more += 1;
    }
    more += client.drain().len();
    assert!(more < 100, "{more} of 1,000 came after the window was full");
}

#[test]
fn retained_messages_never_push_each_other_out_of_the_queue() {
    let broker = TestBroker::with("mqtt.max_mqueue_len = 10\n force_shutdown.max_heap_size = 1MB");
    retain(&broker, 300, &vec![b'x'; 16 * 1024]);
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("r/#", AtLeastOnce);
    let topics: BTreeSet<_> = (0..300).map(|_| client.expect_publish().topic).collect();
    assert_eq!(topics.len(), 300);
    assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
}

#[test]
fn retained_messages_still_owed_go_on_after_a_reconnect() {
    let broker = TestBroker::start();
    retain(&broker, 200, b"x");
    let mut client = Client::v5("client").session_expiry(60).manual_acks().connect(&broker);
    client.subscribe("r/#", AtLeastOnce);
    let mut topics = BTreeSet::from([client.expect_publish().topic]);
    client.cut(&broker);
    let mut back = Client::v5("client").clean_start(false).session_expiry(60).connect(&broker);
    while topics.len() < 200 {
        topics.insert(back.expect_publish().topic);
    }
}

#[test]
fn a_memory_limit_of_0_is_no_limit() {
    let broker = TestBroker::with("force_shutdown.max_heap_size = 0");
    let mut client = Client::v5("client").session_expiry(60).connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    Client::v5("publisher").connect(&broker).publish("t", "kept", AtLeastOnce);
    let mut back = Client::v5("client").clean_start(false).session_expiry(60).connect(&broker);
    back.expect_payloads(["kept"]);
}
