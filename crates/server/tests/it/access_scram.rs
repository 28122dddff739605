//! SCRAM over AUTH packets: how clients come in, and every way in which they do not.

use crate::access_back_ends::{Told, authorization, broker_with, rules};
use crate::access_scram_clients::{
    NONCE, answer, begin, begin_with, broker, chain, come_in, entry, expect_auth, expect_refusal, expect_welcome,
    knows, send_auth, send_auth_by, told_broker, users,
};
use crate::clients::{node, play_against};
use dunlin_access::{AuthorizationSettings, BackendFailure, ChainEntry, Outcome};
use dunlin_broker::{AccessControl, Metric};
use dunlin_codec::Packet;
use dunlin_model::DisconnectReason;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{
    BadAuthenticationMethod, ContinueAuthentication, NotAuthorized, ProtocolError, ReAuthenticate, ServerUnavailable,
    Success,
};
use dunlin_passwords::{ScramClient, ScramMechanism};
use dunlin_testkit::{Authority, Client, TestBroker};
use std::sync::Arc;

use ScramMechanism::{Sha256, Sha512};

const ALLOW_ALL: &str = "{allow, all}.";
const OWN_TOPICS: &str = "{allow, all, all, [\"users/${username}/#\"]}. {deny, all}.";

// [MQTT-4.12.0-2] [MQTT-4.12.0-5]
#[test]
fn who_knows_the_password_comes_in_and_is_shown_that_the_broker_does_too() {
    for mechanism in [Sha256, Sha512] {
        let broker = broker(&users(mechanism), ALLOW_ALL);
        let scram = ScramClient::new(mechanism, "ann", "pencil", NONCE).expect("a client");
        let mut client = begin(&broker, "c", mechanism, scram.first_message().as_bytes());
        let last = scram.final_message(&expect_auth(&mut client, ContinueAuthentication)).expect("a question");
        send_auth_by(&mut client, ContinueAuthentication, mechanism.name(), last.message.as_bytes());
        expect_welcome(&client.recv(), mechanism, &last);
        client.ping();
        assert_eq!(broker.metric(Metric::PacketsAuthReceived), 1);
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let users = users(Sha256);
    let broker = broker(&users, ALLOW_ALL);
    let lengths = ["ann", "eve"].map(|username| {
        let scram = knows(username, "crayon");
        let mut client = begin(&broker, "c", Sha256, scram.first_message().as_bytes());
        let question = expect_auth(&mut client, ContinueAuthentication);
        let last = scram.final_message(&question).expect("a question");
        send_auth(&mut client, ContinueAuthentication, last.message.as_bytes());
        expect_refusal(&mut client, NotAuthorized);
        question.len()
    });
    assert_eq!(lengths[0], lengths[1]);
    broker.wait_until("both are counted", |broker| {
        broker.disconnects(DisconnectReason::NotAuthorized) == 2 && broker.metric(Metric::PacketsConnackAuthError) == 2
    });
    assert_eq!(broker.sessions(), 0);
}

#[test]
fn only_the_proven_name_counts() {
    let users = users(Sha256);
    let broker = broker(&users, OWN_TOPICS);
    let scram = knows("ann", "pencil");
    // Its CONNECT says that it is somebody else.
    let first = scram.first_message().as_bytes();
    let mut client = begin_with(&broker, "c", Sha256, first, |connect| connect.username = Some("bob"));
    answer(&mut client, &scram);
    assert_eq!(client.recv().connack().reason_code, Success);
    assert_ne!(client.publish("users/ann/x", "x", AtLeastOnce), NotAuthorized);
    assert_eq!(client.publish("users/bob/x", "x", AtLeastOnce), NotAuthorized);
}

#[test]
fn mountpoints_and_client_ids_are_made_of_the_proven_name() {
    let users = users(Sha256);
    let configuration = "
        mqtt { use_username_as_clientid = true, client_attrs_init = [{ expression = username, set_as_attr = who }] }
        listeners.tcp.default.mountpoint = \"${username}/${client_attrs.who}/\"
        listeners.tcp.watching { bind = 0 }
    ";
    let broker = TestBroker::with_settings(configuration, |settings| {
        settings.access.authentication = Some(chain(vec![entry(&users)]));
        settings.runtime = Some(Arc::new(dunlin_server::Background::start().expect("threads")));
    });
    for username in ["ann", "bob"] {
        let scram = knows(username, "pencil");
        let first = scram.first_message().as_bytes();
        let mut client = begin_with(&broker, "c", Sha256, first, |connect| connect.username = Some("eve"));
        answer(&mut client, &scram);
        assert_eq!(client.recv().connack().reason_code, Success);
        client.publish_retained("t", "x", AtLeastOnce);
        // Each of them is a client of its own, behind a mountpoint of its own that nothing of CONNECT is in.
        client.subscribe("#", AtLeastOnce);
        assert_eq!(client.expect_publish().text(), "x");
        client.expect_nothing();
        client.disconnect();
    }
    let scram = knows("ann", "pencil");
    let watcher = Client::v5("watcher").with(|connect| {
        connect.authentication_method = Some(Sha256.name());
        connect.authentication_data = Some(scram.first_message().as_bytes());
    });
    let mut watcher = watcher.send_connect(broker.address_of("tcp:watching"));
    answer(&mut watcher, &scram);
    assert_eq!(watcher.recv().connack().reason_code, Success);
    watcher.subscribe("#", AtLeastOnce);
    let mut topics = [watcher.expect_publish().topic, watcher.expect_publish().topic];
    topics.sort();
    assert_eq!(topics, ["ann/ann/t", "bob/bob/t"]);
}

#[test]
fn a_superuser_of_the_back_end_is_one() {
    let users = users(Sha256);
    users.add("root", "pencil", true).expect("a new user");
    let broker = broker(&users, "{deny, all}.");
    let mut client = come_in(&broker, "c", &knows("root", "pencil"));
    client.subscribe("#", AtLeastOnce);
}

#[test]
fn whatever_is_no_exchange_is_refused() {
    let users = users(Sha256);
    let broker = broker(&users, ALLOW_ALL);
    let long = vec![b'x'; 65_535];
    let first = knows("ann", "pencil").first_message().to_owned();
    let long_nonce = [&b"n,,n=ann,r="[..], &long[..65_500]].concat();
    let messages: [&[u8]; 9] = [
        b"",
        b"\xff\xfe",
        b"n,,n=ann",
        b"n,,n=,r=abc",
        b"n,,n=a\0n,r=abc",
        b"p=tls-unique,,n=ann,r=abc",
        b"n,a=bob,n=ann,r=abc",
        &long,
        // The question would be longer than Authentication Data can be.
        &long_nonce,
    ];
    for message in messages {
        expect_refusal(&mut begin(&broker, "c", Sha256, message), NotAuthorized);
    }
    // A name may be as long as MQTT can carry.
    let scram = knows(&"x".repeat(65_000), "pencil");
    let mut client = begin(&broker, "c", Sha256, scram.first_message().as_bytes());
    answer(&mut client, &scram);
    expect_refusal(&mut client, NotAuthorized);
    // The broker cannot ask whoever takes no more than this.
    let small = |connect: &mut dunlin_codec::Connect<'_>| connect.maximum_packet_size = Some(64);
    expect_refusal(&mut begin_with(&broker, "c", Sha256, first.as_bytes(), small), NotAuthorized);
    let last_messages: [fn(&str) -> Vec<u8>; 5] = [
        |_| Vec::new(),
        |message| message.replace("r=rOpr", "r=sOpr").into_bytes(),
        // The nonce without the server's part of it.
        |message| message.replace(message.split([',']).nth(1).expect("a nonce"), &format!("r={NONCE}")).into_bytes(),
        |message| message.replace("biws", "eSws").into_bytes(),
        |_| vec![b'x'; 65_535],
    ];
    for change in last_messages {
        let scram = knows("ann", "pencil");
        let mut client = begin(&broker, "c", Sha256, scram.first_message().as_bytes());
        let question = expect_auth(&mut client, ContinueAuthentication);
        let last = scram.final_message(&question).expect("a question");
        send_auth(&mut client, ContinueAuthentication, &change(&last.message));
        expect_refusal(&mut client, NotAuthorized);
    }
    broker.wait_until("all are gone", |broker| broker.connections() == 0 && broker.sessions() == 0);
}

// [MQTT-4.12.0-3] [MQTT-3.1.2-30]
#[test]
fn packets_that_are_not_due_end_the_exchange() {
    let users = users(Sha256);
    let broker = broker(&users, ALLOW_ALL);
    let mut number = 0;
    let mut asked = || {
        number += 1;
        let first = knows("ann", "pencil").first_message().to_owned();
        let mut client = begin(&broker, &format!("c{number}"), Sha256, first.as_bytes());
        expect_auth(&mut client, ContinueAuthentication);
        client
    };
    for code in [ReAuthenticate, Success] {
        let mut client = asked();
        send_auth(&mut client, code, b"");
        expect_refusal(&mut client, ProtocolError);
    }
    let mut client = asked();
    send_auth_by(&mut client, ContinueAuthentication, "SCRAM-SHA-512", b"");
    expect_refusal(&mut client, BadAuthenticationMethod);
    let mut client = asked();
    client.send(&Packet::Auth(dunlin_codec::Auth { reason_code: ContinueAuthentication, ..Default::default() }));
    expect_refusal(&mut client, BadAuthenticationMethod);
    let mut client = asked();
    client.send(&Packet::PingReq);
    expect_refusal(&mut client, ProtocolError);
    let mut client = asked();
    client.send(&Packet::Connect(Box::default()));
    expect_refusal(&mut client, ProtocolError);
    asked().disconnect();
    drop(asked());
    broker.wait_until("all are gone", |broker| broker.connections() == 0 && broker.sessions() == 0);
}

#[test]
fn auth_is_nothing_that_clients_before_5_0_have() {
    let users = users(Sha256);
    let broker = broker(&users, ALLOW_ALL);
    let mut first = Client::silent(broker.address());
    first.send_raw(&[0xF0, 0]);
    first.expect_closed();
    assert_eq!(broker.disconnects(DisconnectReason::InvalidConnectPacket), 1);
    let off = broker_with(AccessControl::default());
    let mut client = Client::v4("c").connect(&off);
    client.send_raw(&[0xF0, 0]);
    client.expect_closed();
}

// [MQTT-4.12.0-1]
#[test]
fn who_brings_no_method_or_another_one_is_refused() {
    let users = users(Sha256);
    let broker = broker(&users, ALLOW_ALL);
    let with = |connect: &mut dunlin_codec::Connect<'_>| {
        (connect.username, connect.password) = (Some("ann"), Some(&b"pencil"[..]));
    };
    assert_eq!(Client::v5("c").with(with).connect_refused(&broker).connack().reason_code, NotAuthorized);
    assert_eq!(Client::v4("c").with(with).connect_refused(&broker).connack().reason_code.as_v3_connack(), 5);
    for method in ["SCRAM-SHA-512", "SCRAM-SHA-1", "scram-sha-256", ""] {
        let by = |connect: &mut dunlin_codec::Connect<'_>| connect.authentication_method = Some(method);
        let refused = Client::v5("c").with(by).connect_refused(&broker);
        assert_eq!(refused.connack().reason_code, BadAuthenticationMethod, "{method}");
    }
}

#[test]
fn each_entry_of_a_chain_has_the_clients_it_is_for() {
    let (tell, told) = Told::<Outcome>::nothing();
    tell.send_replace(Some(Outcome::Deny(NotAuthorized)));
    let (first, second) = (users(Sha256), users(Sha256));
    first.remove("bob").expect("there is one");
    let authentication = chain(vec![
        ChainEntry::new(Arc::new(told)),
        ChainEntry { is_enabled: false, ..entry(&users(Sha512)) },
        entry(&first),
        entry(&second),
    ]);
    let access = AccessControl { authentication: Some(Arc::clone(&authentication)), authorization: None };
    let broker = broker_with(access);
    let _ann = come_in(&broker, "ann", &knows("ann", "pencil"));
    let _bob = come_in(&broker, "bob", &knows("bob", "pencil"));
    let scram = knows("eve", "pencil");
    let mut eve = begin(&broker, "eve", Sha256, scram.first_message().as_bytes());
    answer(&mut eve, &scram);
    expect_refusal(&mut eve, NotAuthorized);
    assert_eq!(Client::v5("told").connect_refused(&broker).connack().reason_code, NotAuthorized);
    let mut off = begin(&broker, "off", Sha512, b"n,,n=ann,r=abc");
    expect_refusal(&mut off, BadAuthenticationMethod);
    let counted: Vec<_> =
        authentication.tally().iter().map(|tally| [tally.total, tally.success, tally.failed, tally.no_match]).collect();
    assert_eq!(counted, [[1, 0, 1, 0], [0; 4], [3, 1, 0, 2], [2, 1, 0, 1]]);
}

#[test]
fn a_back_end_is_awaited_without_keeping_others_waiting() {
    let (tell, broker) = told_broker();
    let scram = knows("ann", "pencil");
    let mut client = begin(&broker, "c", Sha256, scram.first_message().as_bytes());
    // Sent before the question is there: it has to wait for it.
    send_auth(&mut client, ContinueAuthentication, b"too early");
    let leaving = begin(&broker, "leaving", Sha256, scram.first_message().as_bytes());
    let mut silent = Client::silent(broker.address());
    silent.send_raw(b"\xF0\x00");
    silent.expect_closed();
    drop(leaving);
    tell.send_replace(Some(Ok(())));
    expect_auth(&mut client, ContinueAuthentication);
    expect_refusal(&mut client, NotAuthorized);
    broker.wait_until("nobody is left", |broker| broker.connections() == 0 && broker.sessions() == 0);
    come_in(&broker, "c", &scram).ping();
}

#[test]
fn a_back_end_that_fails_keeps_clients_out() {
    let (tell, broker) = told_broker();
    tell.send_replace(Some(Err(BackendFailure::Timeout(5))));
    let mut client = begin(&broker, "c", Sha256, b"n,,n=ann,r=abc");
    expect_refusal(&mut client, ServerUnavailable);
    tell.send_replace(Some(Ok(())));
    come_in(&broker, "c", &knows("ann", "pencil")).ping();
}

#[test]
fn a_will_and_rules_are_those_of_the_proven_user() {
    let users = users(Sha256);
    let broker = broker_with(AccessControl {
        authentication: Some(chain(vec![entry(&users)])),
        authorization: authorization(AuthorizationSettings::default(), vec![rules(OWN_TOPICS)]),
    });
    let scram = knows("ann", "pencil");
    let mut watcher = come_in(&broker, "watcher", &scram);
    watcher.subscribe("users/ann/#", AtLeastOnce);
    for (topic, is_published) in [("users/ann/will", true), ("users/bob/will", false)] {
        let will = dunlin_codec::Will { topic, payload: b"gone", qos: AtLeastOnce, ..dunlin_codec::Will::default() };
        let first = scram.first_message().as_bytes();
        let mut client = begin_with(&broker, "c", Sha256, first, |connect| connect.will = Some(will));
        answer(&mut client, &scram);
        assert_eq!(client.recv().connack().reason_code, Success);
        client.cut(&broker);
        if is_published {
            watcher.expect_payloads(["gone"]);
        } else {
            watcher.expect_nothing();
        }
    }
}

/// MQTT.js answers questions of AUTH packets with a function of the user's, and has none for SCRAM: that is of Node.js. paho-mqtt
/// for Python knows no AUTH packets.
#[test]
fn a_client_that_is_not_ours_comes_in() {
    let Some(node) = node() else { return };
    let (first, second) = (users(Sha256), users(Sha512));
    let broker = broker_with(AccessControl {
        authentication: Some(chain(vec![entry(&first), entry(&second)])),
        authorization: authorization(AuthorizationSettings::default(), vec![rules(OWN_TOPICS)]),
    });
    let script = (node.as_path(), "mqtt_js_client.js");
    play_against(&broker, script, "scram", ("5", "tcp"), &Authority::new("authority"));
}
