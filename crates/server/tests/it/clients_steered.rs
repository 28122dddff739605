//! What an operator does to clients, through the broker.

use dunlin_codec::AckKind::PubAck;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{Qos, ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

fn wish(filter: &str, qos: Qos) -> (String, SubscriptionOptions) {
    (filter.to_owned(), SubscriptionOptions { qos, ..SubscriptionOptions::default() })
}

#[test]
fn a_client_is_subscribed_and_told_nothing() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("t/1", "kept", AtLeastOnce);
    let mut client = Client::v5("meter").connect(&broker);
    let clients = broker.clients();
    let done = clients.subscribe("meter", &[wish("t/+", AtLeastOnce), wish("a/#/b", AtMostOnce)]);
    let done = done.expect("an answer").expect("it is there");
    let first = done[0].as_ref().expect("it is granted");
    assert_eq!((&*first.client_id, &*first.filter, first.options.qos), ("meter", "t/+", AtLeastOnce));
    assert_eq!(done[1], Err(ReasonCode::TopicFilterInvalid));
    client.expect_payloads(["kept"]);
    publisher.publish("t/2", "live", AtLeastOnce);
    client.expect_payloads(["live"]);
    let codes = clients.unsubscribe("meter", &["t/+".into(), "t/+".into(), "#/".into()]);
    let expected = [ReasonCode::Success, ReasonCode::NoSubscriptionExisted, ReasonCode::TopicFilterInvalid];
    assert_eq!(codes, Ok(Some(expected.to_vec())));
    publisher.publish("t/3", "nobody's", AtLeastOnce);
    client.expect_nothing();
    client.ping();
    assert_eq!(clients.subscribe("nobody", &[wish("t", AtMostOnce)]), Ok(None));
    assert_eq!(clients.unsubscribe("nobody", &["t".into()]), Ok(None));
}

#[test]
fn what_its_listener_does_not_offer_is_refused() {
    let broker = TestBroker::with(
        "mqtt { max_qos_allowed = 1, wildcard_subscription = false, shared_subscription = false, max_topic_levels = 3 }",
    );
    let _client = Client::v5("c").connect(&broker);
    for (filter, expected) in [
        ("a/+", Err(ReasonCode::WildcardSubscriptionsNotSupported)),
        ("$share/g/a", Err(ReasonCode::SharedSubscriptionsNotSupported)),
        ("a/b/c/d", Err(ReasonCode::TopicFilterInvalid)),
        ("a/b", Ok(AtLeastOnce)),
    ] {
        let done =
            broker.clients().subscribe("c", &[wish(filter, ExactlyOnce)]).expect("an answer").expect("it is there");
        let granted = done[0].as_ref().map(|facts| facts.options.qos).map_err(|code| *code);
        assert_eq!(granted, expected, "{filter}");
    }
}

#[test]
fn a_session_offline_is_subscribed_and_keeps_it_over_a_restart() {
    let broker = TestBroker::start();
    let lasting = || Client::v5("meter").clean_start(false).session_expiry(600);
    lasting().connect(&broker).disconnect();
    broker.wait_until("it is offline", |broker| broker.connections() == 0);
    let done = broker.clients().subscribe("meter", &[wish("t", AtLeastOnce), wish("$share/g/s", AtLeastOnce)]);
    assert!(done.expect("an answer").expect("it is there").iter().all(Result::is_ok));
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "1", AtLeastOnce);
    publisher.publish("s", "2", AtLeastOnce);
    assert_eq!(broker.clients().find("meter").expect("an answer").map(|facts| facts.queued), Some(2));
    let broker = broker.restart();
    let mut client = lasting().connect(&broker);
    let mut payloads: Vec<_> = (0..2).map(|_| client.expect_publish().text().to_owned()).collect();
    payloads.sort();
    assert_eq!(payloads, ["1", "2"]);
    client.disconnect();
    broker.wait_until("it is offline", |broker| broker.connections() == 0);
    assert_eq!(broker.clients().unsubscribe("meter", &["t".into()]), Ok(Some(vec![ReasonCode::Success])));
    let broker = broker.restart();
    let left = broker.clients().subscriptions_of("meter").expect("an answer").expect("it is there");
    assert_eq!(left.iter().map(|facts| &*facts.filter).collect::<Vec<_>>(), ["$share/g/s"]);
}

#[test]
fn filters_are_mounted_like_those_of_the_client() {
    let broker = TestBroker::with("listeners.tcp.default.mountpoint = \"site/\"");
    let mut client = Client::v5("c").connect(&broker);
    let clients = broker.clients();
    let done = clients.subscribe("c", &[wish("a", AtMostOnce), wish("b", AtMostOnce)]).expect("an answer");
    let filters: Vec<_> = done.into_iter().flatten().flatten().map(|facts| facts.filter).collect();
    assert_eq!(filters, ["site/a", "site/b"]);
    client.publish("a", "mine", AtMostOnce);
    client.expect_payloads(["mine"]);
    let codes = clients.unsubscribe("c", &["site/a".into(), "b".into()]);
    assert_eq!(codes, Ok(Some(vec![ReasonCode::Success; 2])), "as lists show them, and as the client writes them");
}

#[test]
fn a_kicked_client_and_its_session_are_gone() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").session_expiry(60).connect(&broker);
    Client::v5("away").session_expiry(60).connect(&broker).disconnect();
    broker.wait_until("one is offline", |broker| broker.connections() == 1);
    let clients = broker.clients();
    assert_eq!((clients.kick("c"), clients.kick("away"), clients.kick("nobody")), (Ok(true), Ok(true), Ok(false)));
    client.expect_disconnect(ReasonCode::AdministrativeAction);
    assert_eq!((clients.find("c"), clients.find("away")), (Ok(None), Ok(None)));
    assert_eq!(broker.sessions(), 0);
}

#[test]
fn another_keep_alive_holds_from_then_on() {
    let broker = TestBroker::with("mqtt.keepalive_multiplier = 1");
    let mut client = Client::v5("c").keep_alive(1_000).connect(&broker);
    let clients = broker.clients();
    assert_eq!(clients.set_keep_alive("nobody", 1), Ok(None));
    assert_eq!(clients.set_keep_alive("c", 1), Ok(Some(true)));
    assert_eq!(clients.find("c").expect("an answer").and_then(|facts| facts.keep_alive_secs), Some(1));
    client.expect_disconnect(ReasonCode::KeepAliveTimeout);
}

#[test]
fn messages_that_wait_and_those_under_way_are_listed() {
    let broker = TestBroker::with("mqtt.mqueue_priorities = { urgent = 9 }");
    let mut client = Client::v5("c").receive_maximum(2).manual_acks().connect(&broker);
    client.subscribe("#", ExactlyOnce);
    let mut publisher = Client::v4("publisher").connect(&broker);
    for (number, topic) in ["t", "t", "t", "urgent", "t", "urgent", "t"].into_iter().enumerate() {
        publisher.publish(topic, number.to_string(), AtLeastOnce);
    }
    let clients = broker.clients();
    let payload = |message: &dunlin_model::Message| String::from_utf8_lossy(message.payload()).into_owned();
    let mut queued = Vec::new();
    let mut after = None;
    loop {
        let part = clients.queued("c", after, 2).expect("an answer").expect("it is there");
        let Some(last) = part.last() else { break };
        after = Some(last.place);
        queued.extend(part.iter().map(|entry| (payload(&entry.message), entry.place.priority, entry.qos)));
    }
    let expected = [("3", 9), ("5", 9), ("2", 0), ("4", 0), ("6", 0)];
    assert_eq!(queued, expected.map(|(payload, priority)| (payload.to_owned(), priority, AtLeastOnce)));
    let open = clients.inflight("c", None, 10).expect("an answer").expect("it is there");
    let shown: Vec<_> = open.iter().map(|entry| (entry.message.as_ref().map(payload), entry.packet_id)).collect();
    assert_eq!(shown, [(Some("0".to_owned()), 1), (Some("1".to_owned()), 2)]);
    let rest = clients.inflight("c", Some(open[0].sequence), 10).expect("an answer").expect("it is there");
    assert_eq!(rest.iter().map(|entry| entry.packet_id).collect::<Vec<_>>(), [2]);
    client.ack(PubAck, 1);
    client.ack(PubAck, 2);
    client.ping();
    let facts = clients.find("c").expect("an answer").expect("it is there");
    assert_eq!((facts.inflight, facts.queued), (2, 3));
    assert!(clients.queued("nobody", None, 5).expect("an answer").is_none());
    assert!(clients.inflight("nobody", None, 5).expect("an answer").is_none());
}

#[test]
fn messages_of_a_client_that_is_away_are_listed_from_the_disk() {
    let broker = TestBroker::with("mqtt.max_inflight = 2");
    let mut client = Client::v5("away").clean_start(false).session_expiry(600).manual_acks().connect(&broker);
    client.subscribe("#", AtLeastOnce);
    let mut publisher = Client::v4("publisher").connect(&broker);
    for number in 0..5 {
        publisher.publish("t", number.to_string(), AtLeastOnce);
    }
    client.expect_publish();
    client.expect_publish();
    client.disconnect();
    broker.wait_until("it is away", |broker| broker.connections() == 1);
    for number in 5..1_500 {
        publisher.publish("t", number.to_string(), AtLeastOnce);
    }
    let look = |broker: &TestBroker| {
        let clients = broker.clients();
        let payload = |message: &dunlin_model::Message| String::from_utf8_lossy(message.payload()).into_owned();
        let open = clients.inflight("away", None, 10).expect("an answer").expect("it is there");
        let open: Vec<_> = open.iter().filter_map(|entry| entry.message.as_ref().map(payload)).collect();
        assert_eq!(open, ["0", "1"]);
        let (mut queued, mut after) = (Vec::new(), None);
        loop {
            let part = clients.queued("away", after, 400).expect("an answer").expect("it is there");
            let Some(last) = part.last() else { break };
            after = Some(last.place);
            queued.extend(part.iter().map(|entry| payload(&entry.message)));
        }
        let all: Vec<_> = (2..1_500).map(|number| number.to_string()).collect();
        assert_eq!(queued, all);
    };
    look(&broker);
    publisher.disconnect();
    let broker = broker.restart();
    look(&broker);
    assert!(broker.clients().queued("nobody", None, 5).expect("an answer").is_none());
}

#[test]
fn long_messages_of_a_client_that_is_away_are_listed_a_few_at_once() {
    let broker = TestBroker::start();
    let mut client = Client::v5("away").clean_start(false).session_expiry(600).connect(&broker);
    client.subscribe("#", AtLeastOnce);
    client.disconnect();
    broker.wait_until("it is away", |broker| broker.connections() == 0);
    let mut publisher = Client::v4("publisher").connect(&broker);
    for number in 0..12_u8 {
        publisher.publish("t", vec![number; 400_000], AtLeastOnce);
    }
    let (clients, mut seen, mut after) = (broker.clients(), Vec::new(), None);
    loop {
        let part = clients.queued("away", after, 1_000).expect("an answer").expect("it is there");
        let Some(last) = part.last() else { break };
        assert!(part.len() < 8, "{} at once", part.len());
        after = Some(last.place);
        seen.extend(part.iter().map(|entry| entry.message.payload()[0]));
    }
    assert_eq!(seen, (0..12).collect::<Vec<_>>());
}
