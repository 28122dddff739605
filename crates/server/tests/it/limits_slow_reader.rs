//! Clients that do not read what they get.

use dunlin_broker::Metric;
use dunlin_model::DisconnectReason;
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce};
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use std::time::Duration;

/// Small buffers, so that a client which does not read is noticed after a few hundred kilobytes.
const CONGESTION: &str = "
    listeners.tcp.default.tcp_options { send_timeout = 1s, sndbuf = 16KB, high_watermark = 64KB }
    mqtt.max_mqueue_len = 100
";

/// Bytes of a payload.
const LARGE: usize = 16 * 1024;

fn publish_many(publisher: &mut Client, count: usize, qos: Qos) {
    let payload = vec![b'x'; LARGE];
    for _ in 0..count {
        publisher.publish("t", &payload, qos);
    }
}

#[test]
fn b057_a_slow_client_loses_messages_of_qos_0_first() {
    let broker = TestBroker::with(CONGESTION);
    let mut slow = Client::v5("slow").connect(&broker);
    slow.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for _ in 0..16 {
        publish_many(&mut publisher, 78, AtMostOnce);
        publish_many(&mut publisher, 1, AtLeastOnce);
    }
    let (mut received, mut acknowledged) = (0, 0);
    while acknowledged < 16 {
        received += 1;
        acknowledged += usize::from(slow.expect_publish().qos == AtLeastOnce);
    }
    let dropped = broker.metric(Metric::DeliveryDroppedQueueFull);
    assert!(dropped > 0);
    assert_eq!(received + dropped, 16 * 79);
    assert_eq!(broker.connections(), 2);
}

#[test]
fn b058_a_client_that_reads_nothing_while_acknowledged_messages_wait_is_closed() {
    let broker = TestBroker::with(CONGESTION);
    let mut stuck = Client::v5("stuck").connect(&broker);
    stuck.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publish_many(&mut publisher, 16, AtLeastOnce);
    publish_many(&mut publisher, 400, AtMostOnce);
    broker.wait_until("the client is closed", |broker| broker.disconnects(DisconnectReason::SendTimeout) == 1);
    publisher.ping();
}

#[test]
fn b059_a_client_that_gets_only_qos_0_is_never_closed() {
    let broker = TestBroker::with(CONGESTION);
    let mut slow = Client::v5("slow").connect(&broker);
    slow.subscribe("t", AtMostOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publish_many(&mut publisher, 1_000, AtMostOnce);
    // Longer than the send timeout.
    let_time_pass(Duration::from_millis(1_500));
    let dropped = broker.metric(Metric::DeliveryDroppedQueueFull);
    assert!(dropped > 0);
    for _ in dropped..1_000 {
        assert_eq!(slow.expect_publish().payload.len(), LARGE);
    }
    slow.expect_nothing();
    publisher.publish("t", "it reads again", AtMostOnce);
    assert_eq!(slow.expect_publish().text(), "it reads again");
    assert_eq!(broker.disconnects(DisconnectReason::SendTimeout), 0);
}

#[test]
fn a_client_that_reads_slowly_is_an_alarm_where_that_is_wanted() {
    let alarm = "conn_congestion { enable_alarm = true, min_alarm_sustain_duration = 1s }";
    let broker = TestBroker::with(&format!("{CONGESTION}\n{alarm}"));
    let names = || broker.alarms().into_iter().map(|alarm| alarm.name).collect::<Vec<_>>();
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut slow = Client::v5("slow").with(|connect| connect.username = Some("ann")).connect(&broker);
    slow.subscribe("t", AtMostOnce);
    publish_many(&mut publisher, 1_000, AtMostOnce);
    broker.wait_until("the alarm begins", |_| names() == ["conn_congestion/slow/ann"]);
    for _ in broker.metric(Metric::DeliveryDroppedQueueFull)..1_000 {
        slow.expect_publish();
    }
    broker.wait_until("the alarm is over", |_| names().is_empty());
    drop(slow);
    let mut nameless = Client::v5("nameless").connect(&broker);
    nameless.subscribe("t", AtMostOnce);
    publish_many(&mut publisher, 1_000, AtMostOnce);
    broker.wait_until("another one begins", |_| names() == ["conn_congestion/nameless/unknown_user"]);
    drop(nameless);
    broker.wait_until("it ends with the connection", |_| names().is_empty());
}
