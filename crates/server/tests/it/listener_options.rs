//! What a listener says of its clients: zone, mountpoint, who may come and under which name.

use dunlin_codec::Will;
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, Connecting, TestBroker};
use std::io::Read;
use std::net::TcpStream;

fn on<'a>(broker: &TestBroker, listener: &str, client: Connecting<'a>) -> Client {
    client.connect_to(broker.address_of(listener))
}

#[test]
fn a_zone_overrides_what_it_names_and_nothing_else() {
    let broker = TestBroker::with(
        "mqtt { max_qos_allowed = 1, max_topic_alias = 7 }\nzones.strict.mqtt.max_qos_allowed = 0\n\
         listeners.tcp.strict { bind = 0, zone = strict }",
    );
    let usual = Client::v5("usual").connect(&broker);
    let strict = on(&broker, "tcp:strict", Client::v5("strict"));
    let told =
        |client: &Client| (client.connack().maximum_qos.map(|qos| qos.as_u8()), client.connack().topic_alias_maximum);
    assert_eq!((told(&usual), told(&strict)), ((Some(1), Some(7)), (Some(0), Some(7))));
}

#[test]
fn a_session_has_the_zone_of_the_listener_it_came_through_last() {
    let broker =
        TestBroker::with("zones.narrow.mqtt.max_subscriptions = 1\nlisteners.tcp.narrow { bind = 0, zone = narrow }");
    let lasting = || Client::v5("c").clean_start(false).session_expiry(60);
    let options = dunlin_model::SubscriptionOptions::default();
    let mut client = on(&broker, "tcp:narrow", lasting());
    client.subscribe("a", AtLeastOnce);
    assert_eq!(client.subscribe_all(None, &[("b", options)]), [ReasonCode::QuotaExceeded]);
    client.disconnect();
    let mut client = lasting().connect(&broker);
    assert!(client.session_present());
    client.subscribe("b", AtLeastOnce);
}

#[test]
fn a_mountpoint_keeps_the_clients_of_a_listener_among_themselves() {
    let broker = TestBroker::with("listeners.tcp.site { bind = 0, mountpoint = \"sites/${username}/\" }");
    let named = |id: &'static str| Client::v5(id).with(|connect| connect.username = Some("north"));
    let mut inside = on(&broker, "tcp:site", named("inside"));
    let mut outside = Client::v5("outside").connect(&broker);
    inside.subscribe("t/#", ExactlyOnce);
    outside.subscribe("#", ExactlyOnce);
    inside.publish("t/1", "from inside", ExactlyOnce);
    let seen = outside.expect_publish();
    assert_eq!((seen.topic.as_str(), seen.text()), ("sites/north/t/1", "from inside"));
    let own = inside.expect_publish();
    assert_eq!((own.topic.as_str(), own.text()), ("t/1", "from inside"));
    outside.publish("t/2", "not for them", AtLeastOnce);
    outside.publish("sites/north/t/3", "for them", AtLeastOnce);
    assert_eq!(inside.expect_publish().topic, "t/3");
    inside.unsubscribe("t/#");
    inside.publish("t/4", "no more", AtLeastOnce);
    inside.expect_nothing();
}

#[test]
fn a_will_is_mounted_too() {
    let broker = TestBroker::with("listeners.tcp.site { bind = 0, mountpoint = \"m/\" }");
    let mut outside = Client::v5("outside").connect(&broker);
    outside.subscribe("#", AtLeastOnce);
    let will = Will { topic: "gone", payload: b"w", qos: AtLeastOnce, ..Will::default() };
    drop(on(&broker, "tcp:site", Client::v5("inside").will(will)));
    assert_eq!(outside.expect_publish().topic, "m/gone");
}

#[test]
fn a_name_that_would_choose_other_topics_is_refused() {
    let broker = TestBroker::with("listeners.tcp.default.mountpoint = \"${clientid}/\"");
    for (id, code) in [("a/b", ReasonCode::ClientIdentifierNotValid), ("+", ReasonCode::ClientIdentifierNotValid)] {
        let refused = Client::v5(id).connect_refused(&broker);
        assert_eq!(refused.connack().reason_code, code, "{id}");
    }
    Client::v5("a").connect(&broker).ping();
}

#[test]
fn a_user_name_can_be_the_client_id() {
    let broker = TestBroker::with("mqtt.use_username_as_clientid = true\nnode.workers = 2");
    let mut watching = Client::v5("watching").connect(&broker);
    watching.subscribe("t", AtLeastOnce);
    for number in 0..8 {
        // Client ids that belong to either worker, while the CONNECT says another one.
        let name = format!("user-{number}");
        let connecting = || Client::v5("ignored").with(|connect| connect.username = Some(&name));
        let mut first = connecting().connect(&broker);
        first.publish("t", &name, AtLeastOnce);
        assert_eq!(watching.expect_publish().text(), name);
        let _second = connecting().connect(&broker);
        first.expect_disconnect(ReasonCode::SessionTakenOver);
    }
}

#[test]
fn anonymous_clients_can_be_refused_at_once() {
    let broker = TestBroker::with("listeners.tcp.default.enable_authn = quick_deny_anonymous");
    let refused = Client::v5("c").connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ReasonCode::NotAuthorized);
    Client::v5("c").with(|connect| connect.username = Some("somebody")).connect(&broker).ping();
}

fn is_closed_at_once(broker: &TestBroker, listener: &str) -> bool {
    let mut stream = TcpStream::connect(broker.address_of(listener)).expect("the port is open");
    matches!(stream.read(&mut [0]), Ok(0) | Err(_))
}

#[test]
fn access_rules_close_before_anything_is_said() {
    let broker = TestBroker::with(
        "listeners.tcp.closed { bind = 0, access_rules = [\"allow 192.0.2.0/24\", \"deny all\"] }\n\
         listeners.tcp.open { bind = 0, access_rules = [\"allow 127.0.0.1\", \"deny all\"] }",
    );
    assert!(is_closed_at_once(&broker, "tcp:closed"));
    on(&broker, "tcp:open", Client::v5("c")).ping();
    let closed = broker.listener("tcp:closed").expect("a listener");
    assert_eq!(closed.disconnects, [(DisconnectReason::NotAuthorized, 1)]);
    assert_eq!(closed.connections, 0);
    assert_eq!(broker.metric(dunlin_broker::Metric::ConnectionsRefusedAddress), 1);
}

#[test]
fn connections_above_the_rate_are_closed() {
    let broker = TestBroker::with("listeners.tcp.slow { bind = 0, max_conn_rate = \"2/1h\" }");
    let first = on(&broker, "tcp:slow", Client::v5("1"));
    let second = on(&broker, "tcp:slow", Client::v5("2"));
    assert!(is_closed_at_once(&broker, "tcp:slow"));
    assert_eq!(broker.metric(dunlin_broker::Metric::ConnectionsRefusedRate), 1);
    // Others are not meant.
    Client::v5("3").connect(&broker).ping();
    drop((first, second));
}

#[test]
fn a_listener_can_be_closed_and_opened_while_the_broker_runs() {
    let broker = TestBroker::with("listeners.tcp.second.bind = 0");
    let mut staying = Client::v5("staying").connect(&broker);
    let mut leaving = on(&broker, "tcp:second", Client::v5("leaving"));
    let address = broker.address_of("tcp:second");
    broker.close_listener("tcp:second").expect("it runs");
    leaving.expect_disconnect(ReasonCode::ServerShuttingDown);
    assert!(TcpStream::connect(address).is_err(), "the port is free");
    staying.ping();
    let settings = dunlin_broker::ListenerSettings::new("tcp:second", address);
    assert_eq!(broker.open_listener(settings.clone()).expect("the port is free"), address);
    assert!(broker.open_listener(settings).is_err(), "it runs already");
    let mut back = Client::v5("back").connect_to(address);
    back.ping();
    let report = broker.listeners().into_iter().find(|listener| listener.id == "tcp:second").expect("it is listed");
    assert_eq!((report.is_running, report.connections), (true, 1));
    assert_eq!(report.disconnects, [(DisconnectReason::ServerShuttingDown, 1)], "counts go on");
}
