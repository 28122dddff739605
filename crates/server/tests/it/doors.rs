//! What the tests of the listeners share: clients that are not concerned, what a listener has counted, and OpenSSL's client.

use crate::clients::program;
use dunlin_model::DisconnectReason;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::{Client, Stopwatch, TestBroker};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// CONNECT of MQTT 3.1.1: clean session, client id `c`.
pub(crate) const CONNECT: &[u8] = b"\x10\x0D\x00\x04MQTT\x04\x02\x00\x00\x00\x01c";

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// As many that some belong to each worker.
const BYSTANDERS: usize = 4;

/// Clients of `tcp:default` that what happens elsewhere must not concern.
pub(crate) struct Bystanders(Vec<Client>);

impl Bystanders {
    pub(crate) fn of(broker: &TestBroker) -> Self {
        Self::at(broker.address())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let clients = (0..BYSTANDERS).map(|number| {
            let mut client = Client::v5(&format!("bystander-{number}")).connect_to(address);
            client.subscribe("bystanders", AtLeastOnce);
            client
        });
        Self(clients.collect())
    }

    /// Each one publishes, and all get it. Returns the longest time from a PUBLISH to the last delivery.
    pub(crate) fn exchange(&mut self) -> Duration {
        let rounds = (0..self.0.len()).map(|index| {
            let since = Stopwatch::start();
            self.0[index].send_publish("bystanders", index.to_string(), AtLeastOnce);
            for client in &mut self.0 {
                let got = client.recv_where("the message", |packet| matches!(packet, dunlin_codec::Packet::Publish(_)));
                assert_eq!(got.publish().payload, index.to_string().as_bytes());
            }
            since.passed()
        });
        rounds.max().unwrap_or_default()
    }
}

/// Waits until a listener has no connection, and these counts: what ended, and the words of what ended before MQTT. There are no
/// other counts.
pub(crate) fn expect_counts(
    broker: &TestBroker,
    listener: &str,
    disconnects: &[(DisconnectReason, u64)],
    failures: &[(&str, u64)],
) {
    let report = || broker.listeners().into_iter().find(|report| report.id == listener).expect("a listener");
    let is_settled = || {
        let report = report();
        report.connections == 0 && report.disconnects == disconnects && report.handshakes_failed == failures
    };
    let mut waited = Waiting::start();
    while !is_settled() {
        waited.go_on(|| format!("not {disconnects:?}, {failures:?}, but {:?}", report()));
    }
}

/// Waiting for what no other end of a socket tells.
pub(crate) struct Waiting(Stopwatch);

impl Waiting {
    pub(crate) fn start() -> Self {
        Self(Stopwatch::start())
    }

    /// Panics with these words when it takes too long.
    pub(crate) fn go_on(&mut self, words: impl FnOnce() -> String) {
        assert!(self.0.passed() < PATIENCE, "after {PATIENCE:?}: {}", words());
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A connection that says nothing yet, and whose reads end.
pub(crate) fn open(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the port is open");
    stream.set_nodelay(true).expect("an option every TCP socket has");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream
}

/// What comes until the other end closes, with a reset or without.
pub(crate) fn read_to_end(mut stream: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("it is not closed: {error}; before: {all:02x?}"),
        }
    }
}

/// Sends bytes and reads what comes until the broker closes.
pub(crate) fn say(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = open(address);
    stream.write_all(bytes).expect("a new connection takes some bytes");
    read_to_end(stream)
}

/// Runs `openssl s_client` with these arguments until one of both ends closes; `None` where it is not installed. It sends CONNECT
/// and DISCONNECT.
pub(crate) fn openssl(address: SocketAddr, arguments: &[&str]) -> Option<String> {
    let mut client = Command::new(program("openssl")?)
        .args(["s_client", "-connect", &address.to_string(), "-quiet"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    // One that was refused is gone already.
    let _ = client.stdin.take().expect("a pipe").write_all(&[CONNECT, b"\xE0\0"].concat());
    let output = client.wait_with_output().expect("openssl ends");
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}
