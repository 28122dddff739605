//! What users that Dunlin keeps and those of a web service have to say in their own ways, as exact answers to CONNECT in both versions. What
//! every authenticator has to say is in `access_login_table.rs`.

use crate::access_back_ends::{authentication, broker_with};
use crate::access_web_service::web_service;
use crate::statements_bytes::{field, packet, refusal};
use dunlin_access::Authenticator;
use dunlin_auth_built_in_database::{BuiltInAuthenticator, PasswordUsers, UserIdType};
use dunlin_auth_http::{HttpAuthenticator, HttpSettings, Method};
use dunlin_broker::AccessControl;
use dunlin_codec::Connect;
use dunlin_model::ReasonCode::{self, BadUserNameOrPassword, MalformedPacket, NotAuthorized, Success};
use dunlin_passwords::{Algorithm, Digest, SaltPosition};
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::metadata::MetadataStore;
use dunlin_testkit::{Client, Connecting, Frame, TestBroker};
use serde_json::{Value, json};
use std::sync::Arc;

const ALGORITHM: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);

/// `ann` with the password `pencil`.
fn built_in(user_id_type: UserIdType) -> BuiltInAuthenticator {
    let (store, _) = MetadataStore::open(Arc::new(SimulatedDisk::new(1))).expect("an empty disk");
    let users = PasswordUsers::new(Arc::new(store), "mqtt:global", ALGORITHM);
    users.add("ann", "pencil", false).expect("a new user");
    BuiltInAuthenticator::new(Arc::new(users), user_id_type)
}

/// A service that knows the same user.
fn http_service() -> HttpAuthenticator {
    let answering = |asked: &Value| {
        let result = match (asked["username"].as_str(), asked["password"].as_str()) {
            (Some("ann"), Some("pencil")) => "allow",
            (Some("ann"), _) => "deny",
            _ => "ignore",
        };
        json!({"result": result}).to_string()
    };
    let address = web_service(answering).expect("a service");
    let body = json!({"username": "${username}", "password": "${password}", "clientid": "${clientid}"});
    let Value::Object(body) = body else { panic!("it is an object") };
    let settings = HttpSettings { body, ..HttpSettings::new(Method::Post, &format!("http://{address}/auth")) };
    HttpAuthenticator::new(&settings, Arc::new(|| 0)).expect("settings")
}

fn broker_of(authenticator: impl Authenticator + 'static) -> TestBroker {
    broker_with(AccessControl { authentication: authentication(authenticator), authorization: None })
}

/// What a client says of itself.
struct Credentials {
    what: &'static str,
    client_id: String,
    username: Option<String>,
    password: Option<Vec<u8>>,
}

fn gives(what: &'static str, username: Option<&str>, password: Option<&[u8]>) -> Credentials {
    let (username, password) = (username.map(str::to_owned), password.map(<[u8]>::to_vec));
    Credentials { what, client_id: "c".to_owned(), username, password }
}

impl Credentials {
    fn answer_to<'a>(&'a self, connecting: Connecting<'a>, broker: &TestBroker) -> Frame {
        let change = |connect: &mut Connect<'a>| {
            connect.username = self.username.as_deref();
            connect.password = self.password.as_deref();
        };
        connecting.with(change).send_connect(broker.address()).recv()
    }

    /// Holds the CONNACK of both versions against the code of 5.0.
    fn expect(&self, broker: &TestBroker, id: &str, code: ReasonCode) {
        let frame = self.answer_to(Client::v5(&self.client_id), broker);
        assert_eq!(frame.connack().reason_code, code, "{id}, {}, 5.0", self.what);
        // A password alone is no packet of 3.1.1 [MQTT-3.1.2-22].
        if self.username.is_some() || self.password.is_none() {
            let frame = self.answer_to(Client::v4(&self.client_id), broker);
            let number = frame.connack().reason_code.as_v3_connack();
            assert_eq!(number, code.as_v3_connack(), "{id}, {}, 3.1.1", self.what);
        }
    }
}

fn long() -> String {
    "x".repeat(65_535)
}

#[test]
fn built_in_users_by_their_names() {
    let broker = broker_of(built_in(UserIdType::Username));
    let pencil = Some(&b"pencil"[..]);
    for (credentials, code) in [
        (gives("right", Some("ann"), pencil), Success),
        (gives("wrong", Some("ann"), Some(b"crayon")), BadUserNameOrPassword),
        (gives("an empty password", Some("ann"), Some(b"")), BadUserNameOrPassword),
        (gives("NUL in the password", Some("ann"), Some(b"pencil\0")), BadUserNameOrPassword),
        (gives("a password of 64 KB", Some("ann"), Some(long().as_bytes())), BadUserNameOrPassword),
        (gives("a password that is no text", Some("ann"), Some(b"\xff\xfe")), BadUserNameOrPassword),
        (gives("no password", Some("ann"), None), BadUserNameOrPassword),
        (gives("nothing", None, None), BadUserNameOrPassword),
        (gives("no name", None, pencil), NotAuthorized),
        (gives("unknown", Some("eve"), pencil), NotAuthorized),
        (gives("another spelling", Some("Ann"), pencil), NotAuthorized),
        (gives("an empty name", Some(""), pencil), NotAuthorized),
        (gives("a name of 64 KB", Some(&long()), pencil), NotAuthorized),
        (gives("SQL", Some("ann' OR '1'='1"), pencil), NotAuthorized),
        (gives("LDAP", Some("*)(uid=*"), pencil), NotAuthorized),
    ] {
        credentials.expect(&broker, "built_in_database", code);
    }
}

#[test]
fn built_in_users_by_their_client_ids() {
    let broker = broker_of(built_in(UserIdType::ClientId));
    let named = |client_id: &str, credentials| Credentials { client_id: client_id.to_owned(), ..credentials };
    for (credentials, code) in [
        (named("ann", gives("right", Some("whoever"), Some(b"pencil"))), Success),
        (named("ann", gives("wrong", Some("ann"), Some(b"crayon"))), BadUserNameOrPassword),
        (named("eve", gives("unknown", Some("ann"), Some(b"pencil"))), NotAuthorized),
        (named("", gives("no id", Some("ann"), Some(b"pencil"))), NotAuthorized),
    ] {
        credentials.expect(&broker, "built_in_database", code);
    }
}

#[test]
fn users_of_a_web_service() {
    let broker = broker_of(http_service());
    let pencil = Some(&b"pencil"[..]);
    for (credentials, code) in [
        (gives("right", Some("ann"), pencil), Success),
        (gives("wrong", Some("ann"), Some(b"crayon")), NotAuthorized),
        (gives("no password", Some("ann"), None), NotAuthorized),
        (gives("unknown", Some("eve"), pencil), NotAuthorized),
        (gives("nothing", None, None), NotAuthorized),
        (gives("a name of 64 KB", Some(&long()), pencil), NotAuthorized),
        (gives("an end of the text", Some("ann\",\"x\":\""), pencil), NotAuthorized),
        (gives("a placeholder", Some("${clientid}"), pencil), NotAuthorized),
    ] {
        credentials.expect(&broker, "http", code);
    }
}

/// Names are UTF-8 without NUL [MQTT-1.5.4-2]: such a CONNECT is no packet, whoever would be asked.
#[test]
fn names_with_nul_are_no_names() {
    let broker = broker_of(built_in(UserIdType::Username));
    for (version, properties, code) in [(5, &[0][..], Some(MalformedPacket)), (4, &[], None)] {
        for (username, password) in [(&b"an\0n"[..], &b"pencil"[..]), (b"\0", b"")] {
            let header = [&b"\x00\x04MQTT"[..], &[version, 0b1100_0010, 0, 0], properties].concat();
            let fields = [field(b"c"), field(username), field(password)].concat();
            assert_eq!(refusal(&broker, &packet(0x10, &[header, fields].concat())), code, "version {version}");
        }
    }
}
