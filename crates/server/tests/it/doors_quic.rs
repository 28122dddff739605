//! QUIC listeners and clients that are none of theirs.

use crate::doors::{Bystanders, PATIENCE, expect_counts};
use dunlin_broker::Metric;
use dunlin_model::DisconnectReason::{NotAuthorized, TcpClosed};
use dunlin_testkit::{Authority, Client, TestBroker};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use tokio::runtime::Runtime;

const QUIC: &str = "quic:default";

/// CONNECT of MQTT 5.0: clean start, client id `c`; and the beginning of its CONNACK.
const CONNECT: &[u8] = b"\x10\x0E\x00\x04MQTT\x05\x02\x00\x3C\x00\x00\x01c";

/// A client that speaks this above QUIC.
pub(crate) struct QuicClient {
    runtime: Runtime,
    endpoint: Endpoint,
    config: ClientConfig,
}

impl QuicClient {
    pub(crate) fn new(authority: &Authority, protocol: &[u8]) -> Self {
        let mut tls = (*authority.trusting()).clone();
        tls.alpn_protocols = vec![protocol.to_vec()];
        let config = QuicClientConfig::try_from(tls).expect("TLS 1.3 is among its versions");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let endpoint = runtime.block_on(async { Endpoint::client(SocketAddr::from(([127, 0, 0, 1], 0))) });
        Self { runtime, endpoint: endpoint.expect("a socket"), config: ClientConfig::new(Arc::new(config)) }
    }

    pub(crate) fn connect(&self, address: SocketAddr) -> Result<Connection, ConnectionError> {
        self.runtime.block_on(async {
            let connecting =
                self.endpoint.connect_with(self.config.clone(), address, "localhost").expect("a good name");
            tokio::time::timeout(PATIENCE, connecting).await.expect("the handshake ends")
        })
    }

    /// Sends CONNECT and gets CONNACK.
    pub(crate) fn log_in(&self, connection: &Connection) {
        self.runtime.block_on(async {
            let (mut send, mut receive) = connection.open_bi().await.expect("a stream");
            send.write_all(CONNECT).await.expect("CONNECT is sent");
            let mut connack = [0; 4];
            receive.read_exact(&mut connack).await.expect("CONNACK comes");
            assert_eq!((connack[0], connack[3]), (0x20, 0), "{connack:02x?}");
        });
    }
}

fn broker(authority: &Authority, options: &str) -> TestBroker {
    TestBroker::with(&listener(authority, options))
}

fn listener(authority: &Authority, options: &str) -> String {
    let keys = authority.issue("server").keys();
    format!("listeners.quic.default {{ ssl_options {{ {keys} }}\n {options} }}")
}

#[test]
fn a_client_of_another_protocol_is_refused() {
    let authority = Authority::new("authority");
    let broker = broker(&authority, "");
    let mut bystanders = Bystanders::of(&broker);
    let refused = QuicClient::new(&authority, b"h3").connect(broker.address_of(QUIC)).expect_err("a refusal");
    assert!(refused.to_string().contains("protocol"), "{refused}");
    expect_counts(&broker, QUIC, &[], &[("no_application_protocol", 1)]);
    bystanders.exchange();
    let client = QuicClient::new(&authority, b"mqtt");
    let connection = client.connect(broker.address_of(QUIC)).expect("it is let in");
    client.log_in(&connection);
    connection.close(0_u32.into(), b"");
    client.runtime.block_on(client.endpoint.wait_idle());
    expect_counts(&broker, QUIC, &[(TcpClosed, 1)], &[("no_application_protocol", 1)]);
}

#[test]
fn a_client_that_does_not_trust_the_server_is_counted() {
    let (authority, stranger) = (Authority::new("authority"), Authority::new("stranger"));
    let broker = broker(&authority, "");
    let mut bystanders = Bystanders::of(&broker);
    QuicClient::new(&stranger, b"mqtt").connect(broker.address_of(QUIC)).expect_err("a refusal");
    expect_counts(&broker, QUIC, &[], &[("unknown_ca", 1)]);
    bystanders.exchange();
}

#[test]
fn an_address_that_is_denied_is_refused() {
    let authority = Authority::new("authority");
    let broker = broker(&authority, "access_rules = [\"deny all\"]");
    QuicClient::new(&authority, b"mqtt").connect(broker.address_of(QUIC)).expect_err("a refusal");
    expect_counts(&broker, QUIC, &[(NotAuthorized, 1)], &[]);
}

#[test]
fn connections_above_the_limit_are_refused() {
    let authority = Authority::new("authority");
    let broker = broker(&authority, "max_connections = 2");
    let mut bystanders = Bystanders::of(&broker);
    let [leaving, client] = [(); 2].map(|()| QuicClient::new(&authority, b"mqtt"));
    let address = broker.address_of(QUIC);
    let first = leaving.connect(address).expect("it is let in");
    let _second = client.connect(address).expect("it is let in, and counts from the start");
    for number in 1..=3 {
        client.connect(address).expect_err("there are two");
        assert_eq!(broker.metric(Metric::ConnectionsRefusedLimit), number);
    }
    bystanders.exchange();
    first.close(0_u32.into(), b"");
    leaving.runtime.block_on(leaving.endpoint.wait_idle());
    broker.wait_until("there is room", |broker| broker.listener(QUIC).expect("a listener").connections == 1);
    client.log_in(&client.connect(address).expect("there is room"));
}

#[test]
fn connections_above_the_rate_are_refused() {
    let authority = Authority::new("authority");
    // Within this test no time passes, measured in hours.
    let broker = broker(&authority, "max_conn_rate = \"2/h\"");
    let client = QuicClient::new(&authority, b"mqtt");
    let address = broker.address_of(QUIC);
    let admitted: Vec<_> = (0..2).map(|_| client.connect(address).expect("it is let in")).collect();
    for number in 1..=3 {
        client.connect(address).expect_err("two an hour");
        assert_eq!(broker.metric(Metric::ConnectionsRefusedRate), number);
    }
    admitted.iter().for_each(|connection| client.log_in(connection));
}

#[test]
fn a_connection_takes_two_of_the_open_files_there_are() {
    let authority = Authority::new("authority");
    let broker = TestBroker::with_settings(&listener(&authority, ""), |settings| settings.max_descriptors = 4);
    let client = QuicClient::new(&authority, b"mqtt");
    let connection = client.connect(broker.address_of(QUIC)).expect("two of four");
    client.log_in(&connection);
    let mut third = Client::v5("third").connect(&broker);
    let another = QuicClient::new(&authority, b"mqtt");
    another.connect(broker.address_of(QUIC)).expect_err("one is left");
    third.ping();
    third.cut(&broker);
    broker.wait_until("there is room", |broker| broker.connections() < 2);
    let connection = another.connect(broker.address_of(QUIC)).expect("two are left");
    another.log_in(&connection);
}

#[test]
fn datagrams_that_are_no_quic_change_nothing() {
    let authority = Authority::new("authority");
    let broker = broker(&authority, "");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for first in 0..=u8::MAX {
        let mut noise = vec![first; 1_200];
        noise[1..20].copy_from_slice(b"GET / HTTP/1.1\r\nHos");
        socket.send_to(&noise, broker.address_of(QUIC)).expect("it is sent");
        socket.send_to(CONNECT, broker.address_of(QUIC)).expect("it is sent");
    }
    let client = QuicClient::new(&authority, b"mqtt");
    let connection = client.connect(broker.address_of(QUIC)).expect("it is let in");
    client.log_in(&connection);
    assert_eq!(broker.listener(QUIC).expect("a listener").connections, 1);
}
