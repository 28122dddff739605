//! Connections that stay silent: before CONNECT and after.

use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, TestBroker};
use std::time::Duration;

#[test]
fn b054_a_connection_without_a_whole_connect_is_closed() {
    let broker = TestBroker::with("mqtt.idle_timeout = 100ms");
    let mut silent = Client::silent(broker.address());
    let mut partial = Client::silent(broker.address());
    partial.send_raw(b"\x10\x10\x00\x04MQ");
    silent.expect_closed();
    partial.expect_closed();
    broker.wait_until("both are counted and gone", |broker| {
        broker.disconnects(DisconnectReason::IdleTimeout) == 2 && broker.connections() == 0
    });
}

/// [MQTT-3.1.2-22]
#[test]
fn b015_a_silent_client_is_told_that_its_keep_alive_is_over() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").keep_alive(1).connect(&broker);
    client.expect_nothing_for(Duration::from_millis(1_000));
    client.ping();
    // The ping began another one and a half seconds.
    client.expect_nothing_for(Duration::from_millis(1_400));
    client.expect_disconnect(ReasonCode::KeepAliveTimeout);
    broker.wait_until("it is counted", |broker| broker.disconnects(DisconnectReason::KeepAliveTimeout) == 1);
}
