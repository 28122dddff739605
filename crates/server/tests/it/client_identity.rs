//! Who a client is by expressions: `mqtt.client_attrs_init` and `mqtt.clientid_override`.

use crate::access_back_ends::{authorization, rules};
use dunlin_access::AuthorizationSettings;
use dunlin_codec::UserProperties;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Authority, Client, Connecting, TestBroker, Way};

fn named<'a>(id: &'a str, username: &'a str) -> Connecting<'a> {
    Client::v5(id).with(|connect| connect.username = Some(username))
}

#[test]
fn attributes_stand_in_the_mountpoint() {
    let broker = TestBroker::with(
        r#"listeners.tcp.default.mountpoint = "${client_attrs.team}/${client_attrs.kind}/"
           mqtt.client_attrs_init = [
             { expression = "nth(1, tokens(clientid, '-'))", set_as_attr = team }
             { expression = "coalesce(user_property.kind, client_attrs.team)", set_as_attr = kind }
           ]"#,
    );
    let pairs = [("kind", "old"), ("kind", "red")];
    let mut red = Client::v5("red-1").connect(&broker);
    let mut blue = Client::v5("blue-1").connect(&broker);
    red.subscribe("#", AtMostOnce);
    blue.subscribe("#", AtMostOnce);
    let mut other = Client::v5("red-2")
        .with(|connect| connect.user_properties = UserProperties::from_pairs(&pairs))
        .connect(&broker);
    other.publish("t", "x", AtLeastOnce);
    assert_eq!(red.expect_publish().topic, "t");
    blue.expect_nothing();
}

#[test]
fn attributes_count_in_rules_and_one_without_value_is_none() {
    let text = "{allow, {client_attr, \"team\", \"red\"}, publish, [\"red\"]}. {deny, all}.";
    let broker = TestBroker::with_settings(
        r#"mqtt.client_attrs_init = [
             { expression = "nth(1, regex_extract(username, '^([a-z]+)-'))", set_as_attr = team }
             { expression = "nothing_of_that_name", set_as_attr = other }
           ]"#,
        |settings| settings.access.authorization = authorization(AuthorizationSettings::default(), vec![rules(text)]),
    );
    for (username, code) in [
        ("red-ann", ReasonCode::NoMatchingSubscribers),
        ("blue-ann", ReasonCode::NotAuthorized),
        ("red", ReasonCode::NotAuthorized),
    ] {
        let mut client = named("c", username).connect(&broker);
        assert_eq!(client.publish("red", "x", AtLeastOnce), code, "{username}");
    }
}

#[test]
fn the_client_id_is_what_the_expression_says() {
    let broker = TestBroker::with("mqtt.clientid_override = \"concat(['x-', username])\"");
    let mut first = named("mine", "ann").connect(&broker);
    assert_eq!(first.connack().assigned_client_identifier, None, "it has one of its own");
    let second = named("", "ann").connect(&broker);
    first.expect_disconnect(ReasonCode::SessionTakenOver);
    // [MQTT-3.1.3-7]
    assert_eq!(second.connack().assigned_client_identifier, Some("x-ann"));
    assert_eq!(broker.sessions(), 1);
    broker.clients().kick("x-ann").expect("an answer");
    broker.wait_until("it has gone by that name", |broker| broker.sessions() == 0);
}

/// 3.1.1 [MQTT-3.1.3-8]
#[test]
fn a_connect_that_needs_a_client_id_is_not_valid_without_one() {
    let broker = TestBroker::with("mqtt { clientid_override = username, use_username_as_clientid = true }");
    let nameless = |connecting: Connecting<'static>| connecting.with(|connect| connect.username = Some("ann"));
    for refused in [Client::v4("").clean_start(false), Client::v3("")] {
        assert_eq!(nameless(refused).connect_refused(&broker).connack().reason_code.as_v3_connack(), 2);
    }
    nameless(Client::v4("")).connect(&broker).ping();
    nameless(Client::v4("c").clean_start(false)).connect(&broker).ping();
}

#[test]
fn what_cannot_be_a_client_id_leaves_the_client_its_own() {
    for expression in ["username", "concat([clientid, nothing_of_that_name])", "base64_decode(username)"] {
        let broker = TestBroker::with(&format!("mqtt.clientid_override = \"{expression}\""));
        let empty_or_null = if expression.starts_with("base64") { "AA==" } else { "" };
        let _client = named("mine", empty_or_null).connect(&broker);
        let mut again = named("mine", empty_or_null).connect(&broker);
        again.ping();
        broker.clients().kick("mine").expect("an answer");
        again.expect_disconnect(ReasonCode::AdministrativeAction);
    }
}

#[test]
fn a_client_id_that_is_too_long_is_refused() {
    let broker =
        TestBroker::with("mqtt { clientid_override = \"concat([username, username])\", max_clientid_len = 23 }");
    named("c", "eleven char").connect(&broker).ping();
    let refused = named("c", "twelve chars").connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ReasonCode::ClientIdentifierNotValid);
}

/// Each worker would come to another one, if it were worked out again wherever the client is handed to.
#[test]
fn chance_decides_once() {
    let broker = TestBroker::with("node.workers = 4\nmqtt.clientid_override = \"concat(['r-', rand_str(8)])\"");
    let mut clients: Vec<_> = (0..20).map(|_| Client::v5("same").connect(&broker)).collect();
    clients.iter_mut().for_each(Client::ping);
    assert_eq!(broker.sessions(), 20);
    let nameless = Client::v5("").connect(&broker);
    assert!(nameless.connack().assigned_client_identifier.is_some_and(|id| id.starts_with("r-")));
}

#[test]
fn a_zone_has_its_own() {
    let broker = TestBroker::with(
        "mqtt.clientid_override = username\nzones.plain.mqtt.clientid_override = disabled\n\
         listeners.tcp.plain { bind = \"127.0.0.1:0\", zone = plain }",
    );
    let _one = named("c", "ann").connect(&broker);
    let _other = named("c", "ann").connect_to(broker.address_of("tcp:plain"));
    broker.wait_until("they are two", |broker| broker.sessions() == 2);
}

/// Clients of this broker show certificates, and come in where an expression is true of them.
fn broker_for_certificates(authority: &Authority, configuration: &str, is_match: &str) -> TestBroker {
    TestBroker::with(&format!(
        "listeners.ssl.default.ssl_options {{ {}, cacertfile = \"{}\", verify = verify_peer, fail_if_no_peer_cert = true }}
         authentication = [{{ mechanism = cinfo, checks = [{{ is_match = \"{is_match}\", result = allow }}] }}]
         {configuration}",
        authority.issue("server").keys(),
        authority.certificate().display(),
    ))
}

#[test]
fn every_part_of_a_certificate_can_be_the_user_name_and_the_client_id() {
    let authority = Authority::new("authority");
    let way = Way::tcp().tls(authority.trusting_as(&authority.issue("meter-7")));
    for (part, pattern) in [
        ("cn", "^meter-7$"),
        ("dn", "^CN=meter-7$"),
        ("crt", "^MII[A-Za-z0-9+/=]+$"),
        ("pem", "^MII[A-Za-z0-9+/=]+$"),
        ("md5", "^[0-9a-f]{32}$"),
    ] {
        for (key, name) in [("peer_cert_as_username", "username"), ("peer_cert_as_clientid", "clientid")] {
            let is_match = format!("regex_match({name}, '{pattern}')");
            let broker = broker_for_certificates(&authority, &format!("mqtt.{key} = {part}"), &is_match);
            let client = named("mine", "ann").through(&way);
            client.connect_to(broker.address_of("ssl:default")).ping();
        }
    }
}

#[test]
fn other_names_of_a_certificate_are_attributes_and_all_of_it_is_shown_to_authenticators() {
    let authority = Authority::new("authority");
    let broker = broker_for_certificates(
        &authority,
        "mqtt.client_attrs_init = [
           { expression = \"nth(1, cert_san.dns)\", set_as_attr = host }
           { expression = \"nth(1, cert_san.ip)\", set_as_attr = address }
           { expression = \"coalesce(cert_san.email, cert_san.uri, 'none')\", set_as_attr = other }]
         listeners.ssl.default.mountpoint = \"${client_attrs.host}/${client_attrs.address}/${client_attrs.other}/\"
         listeners.tcp.default.enable_authn = false",
        "regex_match(cert_pem, '^-----BEGIN CERTIFICATE-----')",
    );
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("#", AtMostOnce);
    let way = Way::tcp().tls(authority.trusting_as(&authority.issue("meter-7")));
    let mut meter = Client::v5("meter").through(&way).connect_to(broker.address_of("ssl:default"));
    meter.publish("t", "x", AtLeastOnce);
    assert_eq!(watcher.expect_publish().topic, "localhost/127.0.0.1/none/t");
    // Who shows no certificate has no such names.
    let mut nobody = Client::v5("nobody").send_connect(broker.address());
    assert_eq!(nobody.recv().connack().reason_code, ReasonCode::Success);
}
