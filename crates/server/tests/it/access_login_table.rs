//! What CONNACK says, for each authenticator and whatever a client brings or a back end does, in both versions. The rows are in
//! `access_login_rows.rs`; this is what they have in common: the columns, and how a row is played.

use crate::access_scram_clients::{NONCE, begin, send_auth};
use crate::statements_bytes::{field, packet, refusal};
use dunlin_codec::Packet;
use dunlin_model::ReasonCode::{self, ContinueAuthentication, Success};
use dunlin_passwords::{ScramClient, ScramMechanism};
use dunlin_real_servers::free_port;
use dunlin_testkit::{Client, Stopwatch, TestBroker};
use std::any::Any;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// A column of the table: what a client brings, or what becomes of the back end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Case {
    Right,
    Wrong,
    Unknown,
    /// Nobody listens there.
    Down,
    /// The same where `ignore_backend_failures` says that the next one is asked, and there is none.
    DownAndIgnored,
    /// Somebody listens there and never says a word.
    Slow,
    /// What would be something else than a name, if a back end took it for a part of a question.
    NameInjected,
    PasswordInjected,
    /// A name with NUL is no packet of MQTT [MQTT-1.5.4-2]; in an exchange of SCRAM it stands in binary data.
    NameWithNul,
    PasswordWithNul,
    /// As long as MQTT can carry.
    NameOf64Kb,
    PasswordOf64Kb,
}

/// The columns with what the manual calls them.
pub(crate) const CASES: [(Case, &str); 12] = [
    (Case::Right, "right"),
    (Case::Wrong, "wrong"),
    (Case::Unknown, "unknown"),
    (Case::Down, "back end down"),
    (Case::DownAndIgnored, "back end down, failures ignored"),
    (Case::Slow, "back end slow"),
    (Case::NameInjected, "name injected"),
    (Case::PasswordInjected, "password injected"),
    (Case::NameWithNul, "NUL in the name"),
    (Case::PasswordWithNul, "NUL in the password"),
    (Case::NameOf64Kb, "name of 64 KB"),
    (Case::PasswordOf64Kb, "password of 64 KB"),
];

/// What CONNACK says.
#[derive(Clone, Copy)]
pub(crate) enum Cell {
    /// The code of 5.0, and that of 3.1.1; `None` where it closes without a word.
    Says(ReasonCode, Option<u8>),
    /// It cannot be: there is no back end, or a client cannot even say it.
    CannotBe,
}

/// An authenticator and what it says in each case, in the order of [`CASES`].
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) cells: [Cell; CASES.len()],
}

/// How a client of 5.0 shows who it is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shows {
    /// In CONNECT.
    Password,
    /// By an exchange of AUTH packets.
    Scram,
}

/// An authenticator that knows `ann`, and where its back end is.
pub(crate) struct Site {
    /// Its configuration, if its back end is at this port and may take so long.
    pub(crate) authenticator: Box<dyn Fn(u16, Duration) -> String>,
    /// Where its back end is; `None` if it asks nobody.
    pub(crate) port: Option<u16>,
    pub(crate) shows: Shows,
    /// What ann shows, and what somebody shows who takes her name.
    pub(crate) passwords: [String; 2],
    /// What has to be done with a node that has just started.
    pub(crate) prepare: fn(&TestBroker),
    /// What is there as long as it is; nobody looks at it.
    pub(crate) _kept: Box<dyn Any>,
}

/// How long a back end may take that answers, and one that does not.
const PATIENT: Duration = Duration::from_secs(10);
const BRIEF: Duration = Duration::from_millis(300);

/// What two refusals one after the other may take with [`BRIEF`], on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(6);

/// Each would be more than a name to somebody: to SQL, a directory, a document, a command, a web service, or the broker itself.
const INJECTIONS: [&str; 12] = [
    "ann' OR '1'='1",
    "ann'; DROP TABLE mqtt_user; --",
    "ann\\",
    "*",
    "ann)(uid=*",
    "*)(|(uid=*",
    "{\"$ne\": null}",
    "ann password_hash",
    "ann\",\"username\":\"bob",
    "ann&result=allow",
    "../ann?result=allow#",
    "${clientid}",
];

impl Site {
    /// One whose clients show passwords.
    pub(crate) fn new(authenticator: impl Fn(u16, Duration) -> String + 'static) -> Self {
        Self {
            authenticator: Box::new(authenticator),
            port: None,
            shows: Shows::Password,
            passwords: ["right".to_owned(), "wrong".to_owned()],
            prepare: |_| {},
            _kept: Box::new(()),
        }
    }

    /// With a back end at this port, for as long as `kept` is there.
    pub(crate) fn at(self, port: u16, kept: impl Any) -> Self {
        Self { port: Some(port), _kept: Box::new(kept), ..self }
    }

    fn node(&self, port: u16, timeout: Duration, ignores_failures: bool) -> TestBroker {
        let broker = TestBroker::with(&format!(
            "authentication = [{{ {} }}]\nauthentication_settings {{ node_cache.enable = false, \
             ignore_backend_failures = {ignores_failures} }}",
            (self.authenticator)(port, timeout)
        ));
        (self.prepare)(&broker);
        broker
    }

    /// Names and passwords of a case.
    fn logins(&self, case: Case) -> Vec<(String, String)> {
        let [right, wrong] = &self.passwords;
        // An exchange of SCRAM has the name, escaped, and more in one field of 64 KB.
        let long = "x".repeat(if self.shows == Shows::Scram { 65_000 } else { 65_535 });
        let login = |name: &str, password: &str| vec![(name.to_owned(), password.to_owned())];
        let injections = INJECTIONS.map(str::to_owned).into_iter();
        match case {
            Case::Right | Case::Down | Case::DownAndIgnored | Case::Slow => login("ann", right),
            Case::Wrong => login("ann", wrong),
            Case::Unknown => login("eve", right),
            Case::NameInjected => injections.map(|name| (name, right.clone())).collect(),
            Case::PasswordInjected => injections.map(|password| ("ann".to_owned(), password)).collect(),
            Case::NameWithNul => login("ann\0", right),
            Case::PasswordWithNul => login("ann", &format!("{right}\0")),
            Case::NameOf64Kb => login(&long, right),
            Case::PasswordOf64Kb => login("ann", &long),
        }
    }
}

/// Plays a row from its first to its last cell, at nodes that are configured.
pub(crate) fn play(row: &Row, site: &Site) {
    let there = site.node(site.port.unwrap_or_default(), PATIENT, false);
    for ((case, _), cell) in CASES.into_iter().zip(row.cells) {
        let Cell::Says(newer, older) = cell else { continue };
        match case {
            Case::Down | Case::DownAndIgnored => {
                let broker = site.node(free_port(), BRIEF, case == Case::DownAndIgnored);
                expect(row, site, &broker, case, (newer, older));
            }
            Case::Slow => {
                // The system takes connections for it, and nobody reads from them.
                let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
                let port = silent.local_addr().expect("bound").port();
                expect(row, site, &site.node(port, BRIEF, false), case, (newer, older));
            }
            _ => expect(row, site, &there, case, (newer, older)),
        }
    }
    // Nothing of this has hurt anybody.
    for (name, password) in site.logins(Case::Right) {
        assert_eq!(newer_says(site, &there, (&name, &password)), Some(Success), "{}, in the end", row.name);
    }
}

/// Holds the CONNACK of both versions against a cell.
fn expect(row: &Row, site: &Site, broker: &TestBroker, case: Case, (newer, older): (ReasonCode, Option<u8>)) {
    for (name, password) in site.logins(case) {
        let shown: String = name.chars().chain(" ".chars()).chain(password.chars()).take(100).collect();
        let begun = Stopwatch::start();
        assert_eq!(newer_says(site, broker, (&name, &password)), Some(newer), "{}, {case:?}, 5.0: {shown}", row.name);
        assert_eq!(older_says(broker, (&name, &password)), older, "{}, {case:?}, 3.1.1: {shown}", row.name);
        if matches!(case, Case::Down | Case::DownAndIgnored | Case::Slow) {
            assert!(begun.passed() < AT_ONCE, "{}, {case:?}: {:?}", row.name, begun.passed());
        }
    }
    broker.wait_until("nobody is left", |broker| broker.connections() == 0 && broker.sessions() == 0);
}

fn newer_says(site: &Site, broker: &TestBroker, (name, password): (&str, &str)) -> Option<ReasonCode> {
    if site.shows == Shows::Scram {
        return Some(exchange_says(broker, name, password));
    }
    if name.contains('\0') {
        return raw_connect_says(broker, 5, name, password);
    }
    let mut client = Client::v5("newer")
        .with(|connect| (connect.username, connect.password) = (Some(name), Some(password.as_bytes())))
        .send_connect(broker.address());
    let code = client.recv().connack().reason_code;
    ended(client, code == Success);
    Some(code)
}

fn older_says(broker: &TestBroker, (name, password): (&str, &str)) -> Option<u8> {
    if name.contains('\0') {
        return raw_connect_says(broker, 4, name, password).map(ReasonCode::as_v3_connack);
    }
    let mut client = Client::v4("older")
        .with(|connect| (connect.username, connect.password) = (Some(name), Some(password.as_bytes())))
        .send_connect(broker.address());
    let code = client.recv().connack().reason_code;
    ended(client, code == Success);
    Some(code.as_v3_connack())
}

/// Whoever is in can do something, and whoever is not in is closed.
fn ended(mut client: Client, is_in: bool) {
    if is_in {
        client.ping();
        client.disconnect();
    } else {
        client.expect_closed();
    }
}

/// A CONNECT that no library would send.
fn raw_connect_says(broker: &TestBroker, version: u8, name: &str, password: &str) -> Option<ReasonCode> {
    let properties: &[u8] = if version == 5 { &[0] } else { &[] };
    let header = [&b"\x00\x04MQTT"[..], &[version, 0b1100_0010, 0, 0], properties].concat();
    // Tokens are longer than such a packet can be, and nobody looks at them.
    let password = password.as_bytes().get(..64).unwrap_or(password.as_bytes());
    let fields = [field(b"c"), field(name.as_bytes()), field(password)].concat();
    refusal(broker, &packet(0x10, &[header, fields].concat()))
}

/// How an exchange of SCRAM-SHA-256 ends.
fn exchange_says(broker: &TestBroker, name: &str, password: &str) -> ReasonCode {
    // No client can be made with a name that has NUL in it: SASLprep knows none.
    let plain_name = name.replace('\0', "");
    let scram = ScramClient::new(ScramMechanism::Sha256, &plain_name, password, NONCE).expect("a client");
    let first = format!("n,,n={},r={NONCE}", name.replace('=', "=3D").replace(',', "=2C"));
    let mut client = begin(broker, "newer", ScramMechanism::Sha256, first.as_bytes());
    loop {
        let frame = client.recv();
        match frame.packet() {
            Packet::Auth(auth) => {
                let question = auth.authentication_data.unwrap_or_default();
                let last = scram.final_message(question).expect("a question");
                send_auth(&mut client, ContinueAuthentication, last.message.as_bytes());
            }
            Packet::ConnAck(connack) => {
                let code = connack.reason_code;
                ended(client, code == Success);
                return code;
            }
            other => panic!("neither a question nor an end: {other:?}"),
        }
    }
}
