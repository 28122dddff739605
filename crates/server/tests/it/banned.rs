//! Who is banned is kept out, and has to go.

use crate::access_back_ends::{Told, authentication};
use crate::clients::{play_against, python};
use dunlin_access::Outcome;
use dunlin_banned::{Ban, BanFilter, Who, WhoKind};
use dunlin_broker::Metric;
use dunlin_codec::Will;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Authority, Client, Connecting, Stopwatch, TestBroker, Way};
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

/// Another address of this machine.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn ban(broker: &TestBroker, kind: WhoKind, who: &str) {
    let ban = Ban::from_json(&json!({"as": kind.as_str(), "who": who}), 0).expect("a ban");
    broker.server().ban(ban, false).expect("it is on disk");
}

fn unban(broker: &TestBroker, kind: WhoKind, who: &str) {
    let who = Who::parse(kind, who).expect("somebody");
    assert!(broker.server().unban(&who).expect("it is on disk"), "it was there");
}

fn named<'a>(id: &'a str, username: &'a str) -> Connecting<'a> {
    Client::v5(id).with(|connect| connect.username = Some(username))
}

fn from_elsewhere(id: &str) -> Connecting<'_> {
    Client::v5(id).through(&Way::tcp().from(ELSEWHERE))
}

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

#[test]
fn who_is_banned_is_refused_in_every_version_and_nobody_else() {
    let broker = TestBroker::start();
    for (kind, who) in [
        (WhoKind::ClientId, "c1"),
        (WhoKind::UserName, "ann"),
        (WhoKind::PeerNetwork, "127.0.0.2/31"),
        (WhoKind::ClientIdPattern, "^bad-[0-9]+$"),
        (WhoKind::UserNamePattern, "^guest"),
    ] {
        ban(&broker, kind, who);
    }
    let refused =
        [Client::v5("c1"), named("c2", "ann"), named("c2", "guest-7"), Client::v5("bad-12"), from_elsewhere("c2")];
    for client in refused {
        assert_eq!(client.connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
    }
    for older in [Client::v4("c1"), Client::v3("c1")] {
        assert_eq!(older.connect_refused(&broker).connack().reason_code.as_v3_connack(), 5);
    }
    broker.wait_until("all are counted", |broker| broker.disconnects(DisconnectReason::Banned) == 7);
    for welcome in [Client::v5("c11"), named("ann", "anne"), Client::v5("bad-"), named("c2", "a guest"), Client::v5("")]
    {
        welcome.connect(&broker).ping();
    }
    assert_eq!(broker.metric(Metric::PacketsConnackError), 7);
    ban(&broker, WhoKind::PeerHost, "127.0.0.1");
    assert_eq!(Client::v5("c2").connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a ban ends at a time of day, which the broker compares with its own clock"
)]
fn whoever_is_banned_until_a_time_is_let_in_again_when_it_is_over() {
    let Some(python) = python() else { return };
    let authority = Authority::new("authority");
    for version in ["5", "3.1.1"] {
        let broker = TestBroker::start();
        let mut there = Client::v5("for-a-while").connect(&broker);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        let watch = Stopwatch::start();
        let mut ban = Ban::from_json(&json!({"as": "clientid", "who": "for-a-while"}), now).expect("a ban");
        ban.terms.until = Some(now + 3);
        broker.server().ban(ban, false).expect("it is on disk");
        there.expect_disconnect(ReasonCode::AdministrativeAction);
        let script = (python.as_path(), "paho_client.py");
        play_against(&broker, script, "is_banned_and_then_let_in", (version, "tcp"), &authority);
        // It is banned up to the beginning of the third second from now.
        watch.assert_passed(Duration::from_secs(2));
        assert!(broker.disconnects(DisconnectReason::Banned) > 0);
        broker.wait_until("nothing is left of it", |_| broker.server().bans(&BanFilter::default(), 0, 9).count == 0);
    }
}

#[test]
fn a_client_that_gets_its_name_from_the_broker_can_be_banned_by_it() {
    let broker = TestBroker::start();
    ban(&broker, WhoKind::ClientIdPattern, "^dunlin_");
    assert_eq!(Client::v5("").connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
}

#[test]
fn clients_that_are_there_have_to_go_whatever_the_ban_names_them_by() {
    for (kind, who) in [
        (WhoKind::ClientId, "victim"),
        (WhoKind::UserName, "ann"),
        (WhoKind::PeerHost, "127.0.0.2"),
        (WhoKind::ClientIdPattern, "^v"),
        (WhoKind::UserNamePattern, "^a.n$"),
        (WhoKind::PeerNetwork, "127.0.0.2/32"),
    ] {
        let broker = TestBroker::start();
        let mut others: Vec<_> =
            ["o1", "o2", "o3", "o4"].map(|id| named(id, "bob").connect(&broker)).into_iter().collect();
        let mut victim = named("victim", "ann").through(&Way::tcp().from(ELSEWHERE)).connect(&broker);
        ban(&broker, kind, who);
        victim.expect_disconnect(ReasonCode::AdministrativeAction);
        others.iter_mut().for_each(Client::ping);
        broker.wait_until("it is counted", |broker| broker.disconnects(DisconnectReason::Kicked) == 1);
        unban(&broker, kind, who);
        named("victim", "ann").through(&Way::tcp().from(ELSEWHERE)).connect(&broker).ping();
    }
}

#[test]
fn many_clients_go_at_once() {
    let broker = TestBroker::start();
    let names: Vec<_> = (0..200).map(|number| format!("c{number}")).collect();
    let clients: Vec<_> = names.iter().map(|name| named(name, "ann").connect(&broker)).collect();
    ban(&broker, WhoKind::UserName, "ann");
    ban(&broker, WhoKind::ClientIdPattern, "^x");
    for mut client in clients {
        client.expect_disconnect(ReasonCode::AdministrativeAction);
    }
    broker.wait_until("all have gone", |broker| broker.connections() == 0);
}

#[test]
fn a_ban_of_a_client_id_ends_its_session_and_other_bans_do_not() {
    let broker = TestBroker::start();
    let away = lasting("away").connect(&broker);
    away.cut(&broker);
    for (kind, who, is_kept) in
        [(WhoKind::UserName, "ann", true), (WhoKind::ClientIdPattern, "^c$", true), (WhoKind::ClientId, "c", false)]
    {
        let lasting = || lasting("c").with(|connect| connect.username = Some("ann"));
        let mut client = lasting().connect(&broker);
        ban(&broker, kind, who);
        client.expect_disconnect(ReasonCode::AdministrativeAction);
        unban(&broker, kind, who);
        let client = lasting().connect(&broker);
        assert_eq!(client.session_present(), is_kept, "{kind:?}");
        client.disconnect();
    }
    let sessions = broker.sessions();
    ban(&broker, WhoKind::ClientId, "away");
    broker.wait_until("its session is gone", |broker| broker.sessions() == sessions - 1);
}

#[test]
fn b149_what_a_banned_client_left_behind_is_not_published() {
    let broker = TestBroker::start();
    let mut witness = Client::v5("witness").connect(&broker);
    witness.subscribe("left/#", AtLeastOnce);
    let will = Will { topic: "left/will", payload: b"w", ..Will::default() };
    let mut client = named("c", "ann").will(will.clone()).connect(&broker);
    client.publish_retained("kept", "r", AtLeastOnce);
    client.publish("$delayed/1/left/late", "d", AtLeastOnce);
    let mut other = named("d", "ann").will(will).connect(&broker);
    let mut third = Client::v5("e").connect(&broker);
    third.publish_retained("kept/too", "r", AtLeastOnce);
    ban(&broker, WhoKind::ClientId, "c");
    ban(&broker, WhoKind::UserName, "ann");
    client.expect_disconnect(ReasonCode::AdministrativeAction);
    other.expect_disconnect(ReasonCode::AdministrativeAction);
    witness.subscribe("kept/#", AtMostOnce);
    assert_eq!(witness.expect_publish().topic, "kept/too");
    assert_eq!(broker.metric(Metric::DeliveryDroppedBanned), 1);
    broker.wait_until("the delayed message is dropped", |broker| broker.metric(Metric::MessagesDroppedBanned) == 1);
    witness.expect_nothing();
    unban(&broker, WhoKind::ClientId, "c");
    witness.subscribe("kept/#", AtMostOnce);
    let topics = [witness.expect_publish().topic, witness.expect_publish().topic];
    assert!(topics.contains(&"kept".to_owned()), "{topics:?}");
}

#[test]
fn the_will_of_a_client_that_was_banned_while_it_was_away_is_not_published() {
    let broker = TestBroker::start();
    let mut witness = Client::v5("witness").connect(&broker);
    witness.subscribe("will", AtLeastOnce);
    let will = Will { topic: "will", payload: b"w", delay_interval: 1, ..Will::default() };
    lasting("c").will(will).connect(&broker).cut(&broker);
    ban(&broker, WhoKind::ClientIdPattern, "^c$");
    broker.wait_until("the will is dropped", |broker| broker.metric(Metric::MessagesDroppedBanned) == 1);
    witness.expect_nothing();
}

#[test]
fn whoever_is_banned_while_somebody_is_asked_about_it_does_not_come_in() {
    let (tell, told) = Told::<Outcome>::nothing();
    let broker = TestBroker::with_settings("", |settings| {
        settings.access.authentication = authentication(told);
        settings.runtime = Some(Arc::new(dunlin_server::Background::start().expect("threads")));
    });
    let mut early = named("c", "ann").send_connect(broker.address());
    broker.wait_until("it is asked", |broker| broker.metric(Metric::PacketsConnectReceived) == 1);
    ban(&broker, WhoKind::UserName, "ann");
    tell.send_replace(Some(Outcome::Allow(Box::default())));
    assert_eq!(early.recv().connack().reason_code, ReasonCode::Banned);
    early.expect_closed();
    Client::v5("d").connect(&broker).ping();
}

#[test]
fn bans_are_there_after_a_start() {
    let broker = TestBroker::start();
    ban(&broker, WhoKind::ClientId, "c");
    ban(&broker, WhoKind::PeerNetwork, "127.0.0.2/32");
    ban(&broker, WhoKind::UserName, "ann");
    unban(&broker, WhoKind::UserName, "ann");
    let broker = broker.restart();
    assert_eq!(Client::v5("c").connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
    assert_eq!(from_elsewhere("d").connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
    named("d", "ann").connect(&broker).ping();
    assert_eq!(broker.server().clear_bans().expect("it is on disk"), 2);
    Client::v5("c").connect(&broker).ping();
    let broker = broker.restart();
    assert_eq!(broker.server().bans(&BanFilter::default(), 0, 9).count, 0);
}

#[test]
fn a_client_that_comes_too_often_is_banned_for_a_while() {
    let broker = TestBroker::with("flapping_detect { enable = true, max_count = 3, window_time = 1h, ban_time = 1h }");
    lasting("c").connect(&broker).disconnect();
    Client::v5("d").connect(&broker).disconnect();
    let mut there = lasting("c").connect(&broker);
    assert_eq!(lasting("c").connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
    there.expect_disconnect(ReasonCode::AdministrativeAction);
    assert_eq!(Client::v4("c").connect_refused(&broker).connack().reason_code.as_v3_connack(), 5);
    Client::v5("d").connect(&broker).disconnect();
    let page = broker.server().bans(&BanFilter::default(), 0, 9);
    let terms = &page.bans[0].terms;
    assert_eq!((page.count, &page.bans[0].who), (1, &Who::ClientId("c".into())));
    assert_eq!((&*terms.by, &*terms.reason), ("flapping detector", "flapping is detected"));
    assert_eq!(terms.until, Some(terms.at + 3600));
    let broker = broker.restart();
    assert_eq!(Client::v5("c").connect_refused(&broker).connack().reason_code, ReasonCode::Banned);
    unban(&broker, WhoKind::ClientId, "c");
    assert!(lasting("c").connect(&broker).session_present(), "its session was not its fault");
}

#[test]
fn nobody_comes_too_often_unless_the_zone_says_so() {
    let broker = TestBroker::with(
        "flapping_detect { max_count = 1 }, zones.strict.flapping_detect { enable = true, max_count = 2 }, \
         listeners.tcp.strict { bind = \"127.0.0.1:0\", zone = strict }",
    );
    for _ in 0..20 {
        Client::v5("c").connect(&broker).disconnect();
    }
    let strict = broker.address_of("tcp:strict");
    Client::v5("d").connect_to(strict).disconnect();
    let mut refused = Client::v5("d").send_connect(strict);
    assert_eq!(refused.recv().connack().reason_code, ReasonCode::Banned);
}
