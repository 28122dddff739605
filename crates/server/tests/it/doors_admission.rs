//! Connections that a listener does not take: for their address, their number, or how quickly they come.

use crate::doors::{Bystanders, PATIENCE, Waiting, open, read_to_end};
use dunlin_broker::Metric;
use dunlin_model::DisconnectReason::NotAuthorized;
use dunlin_testkit::{Authority, Client, TestBroker, Way};

/// Every kind above TCP.
const LISTENERS: [&str; 4] = ["tcp:inner", "ssl:inner", "ws:inner", "wss:inner"];

fn broker(authority: &Authority, options: &str) -> TestBroker {
    let keys = authority.issue("server").keys();
    let listener = |id: &str| {
        let ssl = if id.contains("ss") { format!("ssl_options {{ {keys} }}") } else { String::new() };
        format!("listeners.{} {{ bind = 0\n {ssl}\n {options} }}\n", id.replace(':', "."))
    };
    TestBroker::with(&LISTENERS.map(listener).concat())
}

fn way(authority: &Authority, listener: &str) -> Way {
    let way = if listener.contains("ss") { Way::tcp().tls(authority.trusting()) } else { Way::tcp() };
    if listener.starts_with('w') { way.websocket() } else { way }
}

fn connections(broker: &TestBroker, listener: &str) -> u64 {
    broker.listener(listener).expect("a listener").connections
}

fn wait_for_connections(broker: &TestBroker, listener: &str, count: u64) {
    let mut waited = Waiting::start();
    while connections(broker, listener) != count {
        waited.go_on(|| format!("{} connections of {listener}, not {count}", connections(broker, listener)));
    }
}

#[test]
fn an_address_that_is_denied_is_closed_before_tls() {
    let authority = Authority::new("authority");
    let broker = broker(&authority, "access_rules = [\"deny 127.0.0.2\", \"allow all\"]");
    let mut bystanders = Bystanders::of(&broker);
    for (number, listener) in LISTENERS.into_iter().enumerate() {
        // Nothing is sent, so nothing but the address can be what is wrong.
        let denied = Way::tcp().from([127, 0, 0, 2].into()).connect(broker.address_of(listener)).expect("an open port");
        denied.set_read_timeout(Some(PATIENCE)).expect("not zero");
        assert_eq!(read_to_end(denied), b"", "{listener}");
        assert_eq!(broker.listener(listener).expect("a listener").disconnects, [(NotAuthorized, 1)]);
        assert_eq!(broker.metric(Metric::ConnectionsRefusedAddress), number as u64 + 1);
        Client::v5("good").through(&way(&authority, listener)).connect_to(broker.address_of(listener)).ping();
        bystanders.exchange();
    }
    for report in broker.listeners() {
        assert_eq!(report.handshakes_failed, [], "{}", report.id);
    }
}

#[test]
fn connections_above_the_rate_are_closed_at_once() {
    let authority = Authority::new("authority");
    // Within this test no time passes, measured in hours.
    let broker = broker(&authority, "max_conn_rate = \"3/h\", max_conn_burst = \"2/h\"");
    let mut bystanders = Bystanders::of(&broker);
    for (number, listener) in LISTENERS.into_iter().enumerate() {
        let address = broker.address_of(listener);
        let admitted: Vec<_> = (0..5).map(|_| open(address)).collect();
        for _ in 0..20 {
            assert_eq!(read_to_end(open(address)), b"");
        }
        wait_for_connections(&broker, listener, 5);
        assert_eq!(broker.metric(Metric::ConnectionsRefusedRate), 20 * (number as u64 + 1));
        drop(admitted);
        wait_for_connections(&broker, listener, 0);
        bystanders.exchange();
    }
}

#[test]
fn connections_above_the_limit_are_closed_at_once_whatever_they_wait_for() {
    let authority = Authority::new("authority");
    let broker = broker(&authority, "max_connections = 2");
    let mut bystanders = Bystanders::of(&broker);
    for (number, listener) in LISTENERS.into_iter().enumerate() {
        let address = broker.address_of(listener);
        let mut first = Client::v5("first").through(&way(&authority, listener)).connect_to(address);
        // Half open: it counts from the start.
        let second = open(address);
        for _ in 0..10 {
            assert_eq!(read_to_end(open(address)), b"");
        }
        assert_eq!(broker.metric(Metric::ConnectionsRefusedLimit), 10 * (number as u64 + 1));
        first.ping();
        drop(second);
        wait_for_connections(&broker, listener, 1);
        Client::v5("third").through(&way(&authority, listener)).connect_to(address).ping();
        first.disconnect();
        wait_for_connections(&broker, listener, 0);
        bystanders.exchange();
    }
}
