//! CONNECT and CONNACK: who is let in, and what the broker says about itself.

use dunlin_codec::{Packet, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{DisconnectReason, ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

/// [MQTT-3.2.2-2]
#[test]
fn b003_clean_start_finds_no_session() {
    let broker = TestBroker::start();
    Client::v5("c").session_expiry(60).connect(&broker).disconnect();
    let client = Client::v5("c").clean_start(true).session_expiry(60).connect(&broker);
    assert!(!client.session_present());
}

/// [MQTT-3.1.2-6] [MQTT-3.2.2-2]
#[test]
fn b005_an_unknown_client_id_has_no_session() {
    let broker = TestBroker::start();
    for client in [Client::v5("five"), Client::v4("four"), Client::v3("three")] {
        assert!(!client.clean_start(false).connect(&broker).session_present());
    }
}

/// [MQTT-3.1.2-5] [MQTT-3.2.2-3]
#[test]
fn b017_session_present_says_whether_there_was_a_session() {
    let broker = TestBroker::start();
    let first = Client::v5("c").clean_start(true).session_expiry(60).connect(&broker);
    assert!(!first.session_present());
    first.disconnect();
    let second = Client::v5("c").clean_start(false).session_expiry(60).connect(&broker);
    assert!(second.session_present());
}

/// [MQTT-3.2.2-9] [MQTT-3.2.2-10] [MQTT-3.2.2-11] [MQTT-3.2.2-12]
#[test]
fn b018_a_lower_maximum_qos_is_announced_and_kept() {
    for (configuration, maximum, above) in
        [("mqtt.max_qos_allowed = 0", AtMostOnce, AtLeastOnce), ("mqtt.max_qos_allowed = 1", AtLeastOnce, ExactlyOnce)]
    {
        let broker = TestBroker::with(configuration);
        let mut client = Client::v5("c").connect(&broker);
        assert_eq!(client.connack().maximum_qos, Some(maximum));

        let granted =
            client.subscribe_all(None, &[("t", SubscriptionOptions { qos: ExactlyOnce, ..Default::default() })]);
        assert_eq!(granted, [ReasonCode::from_u8(maximum.as_u8()).expect("a granted QoS")]);

        client.send_publish("t", "too high", above);
        client.expect_disconnect(ReasonCode::QosNotSupported);

        let will = Will { topic: "w", payload: b"too high", qos: above, ..Will::default() };
        let refused = Client::v5("c").will(will).connect_refused(&broker);
        assert_eq!(refused.connack().reason_code, ReasonCode::QosNotSupported);
    }
}

/// [MQTT-3.2.2-9]
#[test]
fn b019_the_highest_qos_goes_without_saying() {
    let broker = TestBroker::with("mqtt.max_qos_allowed = 2");
    assert_eq!(Client::v5("c").connect(&broker).connack().maximum_qos, None);
}

/// [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]
#[test]
fn b020_a_client_without_an_id_gets_one_of_its_own() {
    let broker = TestBroker::start();
    let first = Client::v5("").connect(&broker);
    let second = Client::v5("").connect(&broker);
    let assigned = |client: &Client| client.connack().assigned_client_identifier.expect("an assigned id").to_owned();
    assert!(!assigned(&first).is_empty());
    assert_ne!(assigned(&first), assigned(&second));
}

#[test]
fn b048_the_receive_maximum_is_the_configured_one() {
    let broker = TestBroker::with("mqtt.max_inflight = 7");
    assert_eq!(Client::v5("c").connect(&broker).connack().receive_maximum, Some(7));
}

/// [MQTT-3.1.0-1]
#[test]
fn b061_a_first_packet_other_than_connect_closes() {
    let broker = TestBroker::start();
    let mut client = Client::silent(broker.address());
    client.send_publish("t", "too early", AtMostOnce);
    client.expect_closed();
    let mut client = Client::silent(broker.address());
    client.send(&Packet::PingReq);
    client.expect_closed();
    broker.wait_until("both are counted", |broker| {
        broker.disconnects(DisconnectReason::InvalidConnectPacket) == 2 && broker.connections() == 0
    });
}

/// [MQTT-3.1.2-1]
#[test]
fn b062_malformed_packets_are_counted_by_cause() {
    let broker = TestBroker::start();
    let mut stranger = Client::silent(broker.address());
    stranger.send_raw(b"\x10\x10\x00\x04MQTX\x05\x02\x00\x00\x00\x00\x03abc");
    stranger.expect_closed();
    broker.wait_until("the bad protocol name is counted", |broker| {
        broker.disconnects(DisconnectReason::UnsupportedProtocolVersion) == 1
    });

    // SUBSCRIBE with property 0x2B, which does not exist.
    let mut subscriber = Client::v5("c").connect(&broker);
    subscriber.send_raw(b"\x82\x09\x00\x01\x02\x2B\x00\x00\x01t\x00");
    subscriber.expect_disconnect(ReasonCode::MalformedPacket);
    broker.wait_until("the bad property is counted", |broker| {
        broker.disconnects(DisconnectReason::MalformedProperties) == 1
    });
}

/// [MQTT-3.1.4-3]
#[test]
fn b016_a_second_client_with_the_same_id_ends_the_first() {
    let broker = TestBroker::start();
    let mut first = Client::v5("c").connect(&broker);
    let mut second = Client::v5("c").connect(&broker);
    first.expect_disconnect(ReasonCode::SessionTakenOver);
    assert!(!second.session_present());
    second.ping();
}

#[test]
fn b055_a_socket_that_closes_at_any_moment_harms_nobody() {
    let broker = TestBroker::start();
    for _ in 0..20 {
        drop(Client::silent(broker.address()));
        drop(Client::v5("quick").send_connect(broker.address()));
        let mut leaving = Client::v5("leaving").connect(&broker);
        leaving.send_subscribe(None, &[("t", SubscriptionOptions::default())]);
        broker.clients().kick("leaving").expect("an answer");
        drop(leaving);
    }
    let mut alive = Client::v5("alive").connect(&broker);
    alive.subscribe("t", AtLeastOnce);
    alive.publish("t", "still here", AtLeastOnce);
    assert_eq!(alive.expect_publish().text(), "still here");
    broker.wait_until("only one is left", |broker| broker.connections() == 1 && broker.sessions() == 1);

    let closing = Client::v5("closing").connect(&broker);
    drop(closing);
    broker.stop(dunlin_testkit::PATIENCE);
}

#[test]
fn b064_counts_come_back_to_nothing_after_any_churn() {
    let broker = TestBroker::start();
    for round in 0..10 {
        for clean_start in [true, false] {
            let mut anonymous = Client::v5("").connect(&broker);
            anonymous.subscribe("t/#", AtMostOnce);
            let mut first = Client::v5("same").clean_start(clean_start).session_expiry(60).connect(&broker);
            first.subscribe("t/1", AtLeastOnce);
            let mut second = Client::v5("same").clean_start(clean_start).session_expiry(60).connect(&broker);
            second.subscribe("t/2", AtLeastOnce);
            second.subscribe("t/2", ExactlyOnce);
            if round % 2 == 0 {
                second.disconnect();
            }
        }
    }
    drop(Client::v5("same").clean_start(true).connect(&broker));
    broker.wait_until("nothing is left", |broker| {
        broker.connections() == 0 && broker.sessions() == 0 && broker.subscriptions() == 0
    });
}
