//! Nodes whose configuration names a directory, a web service, tokens, users of their own, or what is known of clients.

use crate::access_scenario::{
    BackEnd, WRONG, come_in, node, play, play_while_it_is_there, pool, refusals, stored, until_let_in, wait_for,
};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{BadUserNameOrPassword, NoMatchingSubscribers, NotAuthorized, ServerUnavailable};
use dunlin_model::SubscriptionOptions;
use dunlin_real_servers::{Certificates, ServerProcess, SlapdServer, free_port};
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

impl BackEnd for SlapdServer {
    fn kill(&mut self) {
        self.process().kill();
    }

    fn start_again(&mut self) {
        Self::start_again(self);
    }
}

pub(crate) const ENTRY: &str = "dn: uid=ann,dc=example,dc=org\nobjectClass: account\nobjectClass: simpleSecurityObject\n\
                     objectClass: mqttUser\nuid: ann\nuserPassword: right\nmqttPublishTopic: own/${username}/#\n";

#[test]
fn ldap() {
    let certificates = Certificates::for_host("localhost");
    let mut server = SlapdServer::start(ENTRY, &certificates);
    let place = format!(
        "server = \"127.0.0.1:{}\", username = \"{}\", password = \"{}\", base_dn = \"dc=example,dc=org\", \
         filter = \"(uid=${{username}})\", query_timeout = 4s, {}",
        server.port(),
        SlapdServer::ADMINISTRATOR,
        SlapdServer::PASSWORD,
        pool()
    );
    let broker = node(
        &format!("mechanism = password_based, backend = ldap, {place}, method {{ type = hash }}"),
        &format!("type = ldap, {place}"),
    );
    play(&broker, &mut server, WRONG);
    let bound = node(
        &format!("mechanism = password_based, backend = ldap, {place}, method {{ type = bind }}"),
        &format!("type = ldap, {place}"),
    );
    play_while_it_is_there(&bound, WRONG);
}

/// `access_service.py`.
pub(crate) struct Service {
    process: Option<ServerProcess>,
    pub(crate) port: u16,
    /// With TLS, if there is one.
    folder: Option<PathBuf>,
}

impl Service {
    /// One that runs.
    pub(crate) fn start(folder: Option<PathBuf>) -> Self {
        let mut service = Self { process: None, port: free_port(), folder };
        service.start_again();
        service
    }
}

impl BackEnd for Service {
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    fn start_again(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/access_service.py");
        let folder = self.folder.iter().map(|folder| folder.display().to_string());
        let arguments: Vec<_> =
            ["-u".to_owned(), script.to_owned(), self.port.to_string()].into_iter().chain(folder).collect();
        self.process = Some(ServerProcess::start("python3", &arguments, "serving"));
    }
}

#[test]
fn http() {
    let mut service = Service::start(None);
    let place = |path: &str| {
        format!("method = post, url = \"http://127.0.0.1:{}/{path}\", request_timeout = 4s, {}", service.port, pool())
    };
    let (auth, rules) = (place("auth"), place("rules"));
    let broker = node(
        &format!(
            "mechanism = password_based, backend = http, {auth}, \
             body {{ username = \"${{username}}\", password = \"${{password}}\" }}"
        ),
        &format!("type = http, {rules}, body {{ username = \"${{username}}\", topic = \"${{topic}}\" }}"),
    );
    // A service that denies says no more than that.
    play(&broker, &mut service, (NotAuthorized, 5));
}

#[test]
fn http_with_a_token_of_the_broker() {
    let mut service = Service::start(None);
    let place = |path: &str, secret: &str| {
        let url = format!("http://127.0.0.1:{}", service.port);
        format!(
            "method = post, url = \"{url}/guarded/{path}\", request_timeout = 4s, {}, oauth2 {{ enable = true, \
             token_endpoint = \"{url}/token\", client_id = dunlin, client_secret = \"{secret}\" }}",
            pool()
        )
    };
    let node = |secret: &str| {
        node(
            &format!(
                "mechanism = password_based, backend = http, {}, \
                 body {{ username = \"${{username}}\", password = \"${{password}}\" }}",
                place("auth", secret)
            ),
            &format!(
                "type = http, {}, body {{ username = \"${{username}}\", topic = \"${{topic}}\" }}",
                place("rules", secret)
            ),
        )
    };
    let (broker, stranger) = (node("a secret & more"), node("a guess"));
    drop(play_while_it_is_there(&broker, (NotAuthorized, 5)));
    assert_eq!(refusals(&stranger, "ann", "right"), (ServerUnavailable, 3), "it gets no token");
    wait_for(&stranger, "disconnected");
    let told = stranger.server().authenticators()[0].reason.clone().expect("a reason");
    assert!(told.contains("no access token") && told.contains("invalid_client"), "{told}");
    // Whoever gave tokens knows none of them any more.
    service.kill();
    wait_for(&broker, "disconnected");
    service.start_again();
    let mut ann = until_let_in(&broker, "ann", "right");
    // The source of rules learns it for itself.
    let is_allowed = (0..600).any(|number| {
        let code = ann.publish(&format!("own/ann/again/{number}"), "x", AtLeastOnce);
        if code != NoMatchingSubscribers {
            assert_eq!(code, NotAuthorized);
            let_time_pass(Duration::from_millis(10));
        }
        code == NoMatchingSubscribers
    });
    assert!(is_allowed, "it asks for another token");
    wait_for(&broker, "connected");
}

/// A token of ann's, signed with a secret.
pub(crate) fn token(secret: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn jwt() {
    const SECRET: &str = "a secret that is long enough for HS256";
    let broker = TestBroker::with(&format!(
        "authentication = [{{ mechanism = jwt, algorithm = hmac-based, secret = \"{SECRET}\", \
         verify_claims {{ sub = \"${{username}}\" }} }}]\nauthorization {{ sources = [], no_match = deny }}"
    ));
    let claims = r#"{"sub":"ann","acl":[{"permission":"allow","action":"pub","topic":"own/${username}/#"}]}"#;
    let mut ann = come_in(&broker, "ann", &token(SECRET, claims));
    assert_eq!(ann.publish("own/ann/x", "x", AtLeastOnce), NoMatchingSubscribers);
    assert_eq!(ann.publish("own/eve/x", "x", AtLeastOnce), NotAuthorized);
    for (username, password, expected) in [
        ("eve", token(SECRET, claims), BadUserNameOrPassword),
        ("ann", token(SECRET, r#"{"sub":"ann","exp":1}"#), BadUserNameOrPassword),
        ("ann", token("another secret, as long as the other", claims), BadUserNameOrPassword),
        ("ann", "no token".to_owned(), NotAuthorized),
    ] {
        let refused = Client::v5("c").with(|connect| {
            connect.username = Some(username);
            connect.password = Some(password.as_bytes());
        });
        assert_eq!(refused.connect_refused(&broker).connack().reason_code, expected, "{username} {password}");
    }
}

#[test]
fn what_is_known_of_a_client() {
    let broker = TestBroker::with(
        "authentication = [{ mechanism = cinfo, checks = [
            { is_match = \"str_eq(clientid, 'good')\", result = allow }
            { is_match = [\"str_eq(clientid, 'bad')\"], result = deny }] }]",
    );
    Client::v5("good").connect(&broker).ping();
    for id in ["bad", "unknown"] {
        assert_eq!(Client::v5(id).connect_refused(&broker).connack().reason_code, NotAuthorized, "{id}");
    }
}

#[test]
fn users_of_its_own_stay_when_their_file_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.csv");
    fs::write(&users, "user_id,password,is_superuser\nann,right,false\nroot,toor,true\n").expect("it can be written");
    let broker = TestBroker::with(&format!(
        "authentication = [{{ mechanism = password_based, backend = built_in_database, bootstrap_file = \"{}\", \
         bootstrap_type = plain }}]\n\
         authorization.sources = [{{ type = file, rules = \"{{allow, all, publish, [\\\"own/${{username}}/#\\\"]}}.\" }}]",
        users.display()
    ));
    play_while_it_is_there(&broker, WRONG);
    let mut root = come_in(&broker, "root", "toor");
    root.subscribe("#", AtLeastOnce);
    drop(root);
    fs::remove_file(&users).expect("it is there");
    let broker = broker.restart();
    play_while_it_is_there(&broker, WRONG);
}

#[test]
fn users_of_a_file_in_json_come_in_with_passwords_and_with_hashes() {
    let folder = tempfile::tempdir().expect("a folder");
    let stored = stored();
    for (kind, users) in [
        (
            "plain",
            json!([{"user_id": "ann", "password": "right", "is_superuser": false},
                {"user_id": "root", "password": "toor", "is_superuser": true}]),
        ),
        ("hash", json!([{"user_id": "ann", "password_hash": stored.hash, "salt": stored.salt, "is_superuser": false}])),
    ] {
        let file = folder.path().join(format!("{kind}.json"));
        fs::write(&file, users.to_string()).expect("it can be written");
        let broker = TestBroker::with(&format!(
            "authentication = [{{ mechanism = password_based, backend = built_in_database, bootstrap_file = \"{}\", \
             bootstrap_type = {kind} }}]\n\
             authorization.sources = [{{ type = file, rules = \"{{allow, all, publish, [\\\"own/${{username}}/#\\\"]}}.\" }}]",
            file.display()
        ));
        play_while_it_is_there(&broker, WRONG);
        let is_root_known = users.as_array().is_some_and(|users| users.len() == 2);
        if is_root_known {
            come_in(&broker, "root", "toor").subscribe("#", AtLeastOnce);
        }
        let known = broker.server().users(None, "password_based:built_in_database").expect("users");
        assert_eq!(["ann", "root", "eve"].map(|name| known.get(name).is_some()), [true, is_root_known, false]);
    }
}

#[test]
fn a_listener_has_authenticators_of_its_own_or_none() {
    let broker = TestBroker::with(
        "authentication = [{ mechanism = cinfo, checks = [{ is_match = \"str_eq(clientid, 'a')\", result = allow }] }]
         listeners.tcp.own.bind = \"127.0.0.1:0\"
         listeners.tcp.own.authentication = [
            { mechanism = cinfo, checks = [{ is_match = \"str_eq(clientid, 'b')\", result = allow }] }]
         listeners.tcp.open { bind = \"127.0.0.1:0\", enable_authn = false }",
    );
    for (listener, id, comes_in) in [
        ("tcp:default", "a", true),
        ("tcp:default", "b", false),
        ("tcp:own", "a", false),
        ("tcp:own", "b", true),
        ("tcp:open", "c", true),
    ] {
        let mut client = Client::v5(id).send_connect(broker.address_of(listener));
        assert_eq!(!client.recv().connack().reason_code.is_error(), comes_in, "{listener} {id}");
    }
}

#[test]
fn the_rules_that_are_built_in_count_where_nothing_is_configured() {
    let broker = TestBroker::with("authorization.no_match = deny");
    let mut ann = come_in(&broker, "ann", "x");
    assert_eq!(ann.publish("t", "x", AtLeastOnce), NoMatchingSubscribers);
    for filter in ["#", "+/#", "$SYS/#", "$SYS/brokers"] {
        assert_eq!(ann.subscribe_all(None, &[(filter, SubscriptionOptions::default())]), [NotAuthorized], "{filter}");
    }
    ann.subscribe("t/#", AtLeastOnce);
    let mut dashboard = come_in(&broker, "dashboard", "x");
    dashboard.subscribe("$SYS/#", AtLeastOnce);
}
