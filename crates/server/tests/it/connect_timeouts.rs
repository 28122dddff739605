//! Connections that stay silent: before CONNECT and after.

use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, Stopwatch, TestBroker};
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
    client.expect_nothing_for(Duration::from_secs(1));
    // The ping begins another one and a half seconds.
    let since = Stopwatch::start();
    client.ping();
    client.expect_disconnect(ReasonCode::KeepAliveTimeout);
    since.assert_passed(Duration::from_millis(1_500));
    broker.wait_until("it is counted", |broker| broker.disconnects(DisconnectReason::KeepAliveTimeout) == 1);
}

/// Linux tells in `/proc/net/tcp` which timer a socket waits for, and how long: `02` is the one for keep-alive probes.
#[test]
#[cfg(target_os = "linux")]
fn b063_probes_of_the_kernel_are_set_for_each_listener() {
    let broker = TestBroker::with(
        "listeners.tcp {
            probed { bind = \"127.0.0.1:0\", tcp_options.keepalive = \"240,30,5\" }
            plain { bind = \"127.0.0.1:0\" }
        }",
    );
    let probed = Client::v5("probed").connect_to(broker.address_of("tcp:probed"));
    let plain = Client::v5("plain").connect_to(broker.address_of("tcp:plain"));
    let (timer, ticks) = timer_of(&probed);
    assert_eq!(timer, "02");
    // Ticks of a hundredth of a second.
    assert!((23_000..=24_000).contains(&ticks), "{ticks} ticks");
    assert_eq!(timer_of(&plain).0, "00");
}

/// The timer of the broker's end of a connection: `| … | local | remote | state | queues | timer:ticks | …`, all in hex.
#[cfg(target_os = "linux")]
fn timer_of(client: &Client) -> (String, u64) {
    let port = |address: std::io::Result<std::net::SocketAddr>| {
        format!(":{:04X}", address.expect("a connected socket").port())
    };
    let (local, remote) = (port(client.stream().peer_addr()), port(client.stream().local_addr()));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux has it");
    let fields = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let is_it = |fields: &Vec<&str>| fields[1].ends_with(&local) && fields[2].ends_with(&remote);
    let found = fields.skip(1).find(is_it).expect("the broker's end");
    let (timer, ticks) = found[5].split_once(':').expect("a timer and its ticks");
    (timer.to_owned(), u64::from_str_radix(ticks, 16).expect("hex"))
}
