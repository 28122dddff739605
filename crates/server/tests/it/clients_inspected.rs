//! What an operator sees of clients and subscriptions, through the broker.

use dunlin_broker::{ClientCursor, ClientFilter, Clients, Span, SubscriptionQuery};
use dunlin_model::ProtocolVersion;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Ids of the clients that a filter wants, in the order of the alphabet.
fn wanted(clients: &Clients, filter: &ClientFilter) -> Vec<String> {
    let page = clients.page(filter, 0, 1_000).expect("an answer");
    assert!(!page.has_next);
    let mut ids: Vec<_> = page.clients.iter().map(|client| client.client_id.to_string()).collect();
    ids.sort();
    ids
}

#[test]
fn a_client_is_shown_as_it_is() {
    let broker = TestBroker::with("mqtt.max_inflight = 7, mqtt.max_mqueue_len = 9, mqtt.max_awaiting_rel = 3");
    let mut client = Client::v5("meter")
        .session_expiry(60)
        .keep_alive(33)
        .with(|connect| connect.username = Some("ann"))
        .manual_acks()
        .connect(&broker);
    client.subscribe("a/+", ExactlyOnce);
    client.subscribe("$share/g/b", AtLeastOnce);
    client.publish("a/1", "to itself", AtLeastOnce);
    let clients = broker.clients();
    let facts = clients.find("meter").expect("an answer").expect("it is there");
    assert_eq!((&*facts.client_id, facts.username.as_deref()), ("meter", Some("ann")));
    let local = client.stream().local_addr().expect("an address");
    assert_eq!((facts.peer, facts.listener.as_deref(), &*facts.zone), (Some(local), Some("tcp:default"), "default"));
    assert_eq!((facts.version, facts.keep_alive_secs, facts.clean_start), (ProtocolVersion::V5, Some(33), true));
    assert_eq!((facts.expiry_secs, facts.is_connected, facts.is_durable), (60, true, true));
    assert_eq!((facts.subscriptions, facts.max_subscriptions), (2, None));
    assert_eq!((facts.inflight, facts.max_inflight, facts.queued, facts.max_queued), (1, 7, 0, 9));
    assert_eq!((facts.awaiting_release, facts.max_awaiting_release), (0, 3));
    assert!(facts.connected_at.is_some() && facts.created_at == facts.connected_at && facts.disconnected_at.is_none());
    assert_eq!(clients.find("nobody"), Ok(None));
    client.disconnect();
    broker.wait_until("it is offline", |broker| broker.connections() == 0);
    let offline = clients.find("meter").expect("an answer").expect("its session stays");
    assert!(!offline.is_connected && offline.peer.is_none() && offline.disconnected_at >= facts.connected_at);
    assert_eq!((offline.created_at, offline.subscriptions, offline.expiry_secs), (facts.created_at, 2, 60));
    assert_eq!((offline.connected_at, offline.keep_alive_secs), (None, None));
    // The message that was not acknowledged lies on disk.
    assert_eq!((offline.inflight, offline.queued), (0, 1));
}

#[test]
fn a_durable_session_is_shown_after_a_restart() {
    let broker = TestBroker::start();
    let mut client = Client::v5("meter").session_expiry(600).connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..5 {
        publisher.publish("t", number.to_string(), AtLeastOnce);
    }
    let left_at = broker.clients().find("meter").expect("an answer").expect("it is there").disconnected_at;
    let broker = broker.restart();
    let clients = broker.clients();
    let facts = clients.find("meter").expect("an answer").expect("it is there");
    assert_eq!((facts.is_connected, facts.is_durable, facts.subscriptions, facts.queued), (false, true, 1, 5));
    assert_eq!((facts.created_at, facts.disconnected_at), (None, left_at));
    assert_eq!(wanted(&clients, &ClientFilter::default()), ["meter"]);
    let found = clients.subscriptions_of("meter").expect("an answer").expect("it is there");
    assert_eq!((&*found[0].filter, found[0].options.qos, found[0].is_durable), ("t", AtLeastOnce, true));
}

#[test]
fn filters_want_what_they_say() {
    let broker = TestBroker::start();
    let named = |name: &'static str| Client::v5(name).with(move |connect| connect.username = Some(name));
    let _one = named("red-1").connect(&broker);
    let_time_pass(Duration::from_millis(5));
    let _two = named("red-2").clean_start(false).connect(&broker);
    let _old = Client::v4("blue-1").clean_start(true).connect(&broker);
    named("blue-2").session_expiry(60).connect(&broker).disconnect();
    broker.wait_until("one is offline", |broker| broker.connections() == 3);
    let clients = broker.clients();
    let facts = |id: &str| clients.find(id).expect("an answer").expect("it is there");
    let (first, second) = (facts("red-1").connected_at, facts("red-2").connected_at);
    assert!(first < second);
    let all = ClientFilter::default();
    let text = |text: &str| Some(text.to_owned());
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let home = IpAddr::from(Ipv4Addr::LOCALHOST);
    let table: Vec<(ClientFilter, &[&str])> = vec![
        (all.clone(), &["blue-1", "blue-2", "red-1", "red-2"]),
        (
            ClientFilter { client_ids: texts(&["red-2", "none", "red-2", "blue-2"]), ..all.clone() },
            &["blue-2", "red-2"],
        ),
        (ClientFilter { client_ids: texts(&["red-2", "blue-2"]), is_connected: Some(true), ..all.clone() }, &["red-2"]),
        (ClientFilter { user_names: texts(&["red-1", "blue-1"]), ..all.clone() }, &["red-1"]),
        (ClientFilter { client_id_contains: text("-1"), ..all.clone() }, &["blue-1", "red-1"]),
        (ClientFilter { user_name_contains: text("red"), ..all.clone() }, &["red-1", "red-2"]),
        (ClientFilter { is_connected: Some(false), ..all.clone() }, &["blue-2"]),
        (ClientFilter { is_connected: Some(true), ..all.clone() }, &["blue-1", "red-1", "red-2"]),
        (ClientFilter { clean_start: Some(false), is_connected: Some(true), ..all.clone() }, &["red-2"]),
        (ClientFilter { version: Some(ProtocolVersion::V4), ..all.clone() }, &["blue-1"]),
        (ClientFilter { address: Some(home), ..all.clone() }, &["blue-1", "red-1", "red-2"]),
        (ClientFilter { address: Some(Ipv4Addr::BROADCAST.into()), ..all.clone() }, &[]),
        (ClientFilter { connected_at: Span { from: None, to: first }, ..all.clone() }, &["red-1"]),
        (ClientFilter { connected_at: Span { from: second, to: None }, ..all.clone() }, &["blue-1", "red-2"]),
        (ClientFilter { created_at: Span { from: None, to: first }, ..all }, &["red-1"]),
    ];
    for (filter, expected) in table {
        assert_eq!(wanted(&clients, &filter), expected, "{filter:?}");
    }
}

#[test]
fn every_client_is_on_one_page() {
    let broker = TestBroker::start();
    let ids: Vec<_> = (0..25).map(|number| format!("c{number:02}")).collect();
    let _connected: Vec<_> = ids.iter().map(|id| Client::v5(id).connect(&broker)).collect();
    let clients = broker.clients();
    for (filter, count) in [
        (ClientFilter::default(), Some(25)),
        (ClientFilter { client_id_contains: Some("c".into()), ..ClientFilter::default() }, None),
    ] {
        let mut seen = Vec::new();
        for page in 0..7 {
            let found = clients.page(&filter, page * 4, 4).expect("an answer");
            assert_eq!((found.count, found.has_next), (count, page < 6), "page {page}");
            assert_eq!(found.clients.len(), if page < 6 { 4 } else { 1 });
            seen.extend(found.clients.iter().map(|client| client.client_id.to_string()));
        }
        assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), ids.iter().cloned().collect());
        assert_eq!(clients.page(&filter, 25, 4).map(|page| (page.clients.len(), page.has_next)), Ok((0, false)));
        let (mut by_cursor, mut next) = (Vec::new(), Some(ClientCursor::default()));
        while let Some(from) = next {
            let (found, after) = clients.page_from(&filter, from, 3).expect("an answer");
            assert!(found.len() == 3 || after.is_none());
            by_cursor.extend(found.iter().map(|client| client.client_id.to_string()));
            next = after;
        }
        assert_eq!(by_cursor, seen);
    }
}

#[test]
fn subscriptions_and_topics_are_listed() {
    let broker = TestBroker::with("mqtt.exclusive_subscription = true");
    let mut many = Client::v5("many").connect(&broker);
    for number in 0..40 {
        many.subscribe(&format!("many/{number}"), AtMostOnce);
    }
    let mut few = Client::v4("few").connect(&broker);
    few.subscribe("$share/g/many/+", AtLeastOnce);
    few.subscribe("$exclusive/one", ExactlyOnce);
    let clients = broker.clients();
    let all = SubscriptionQuery::default();
    let mut seen = BTreeSet::new();
    for page in 0..5 {
        let found = clients.subscriptions(&all, page * 10, 10).expect("an answer");
        assert_eq!((found.count, found.has_next), (Some(42), page < 4));
        seen.extend(found.subscriptions.into_iter().map(|facts| (facts.client_id, facts.filter)));
    }
    assert_eq!(seen.len(), 42, "every one is on one page");
    let count = |query: SubscriptionQuery| {
        let found = clients.subscriptions(&query, 0, 100).expect("an answer");
        (found.subscriptions.len(), found.count)
    };
    assert_eq!(count(SubscriptionQuery { client_id: Some("few".into()), ..all.clone() }), (2, Some(2)));
    assert_eq!(count(SubscriptionQuery { client_id: Some("none".into()), ..all.clone() }), (0, Some(0)));
    assert_eq!(count(SubscriptionQuery { qos: Some(AtMostOnce), ..all.clone() }), (40, None));
    assert_eq!(count(SubscriptionQuery { share_group: Some("g".into()), ..all.clone() }), (1, None));
    assert_eq!(count(SubscriptionQuery { selected_by: Some("many/#".into()), ..all }), (41, None));
    assert_eq!(clients.subscriptions_of("none"), Ok(None));
    let topics = clients.topics(0, 100);
    assert_eq!((topics.topics.len(), topics.count, topics.has_next), (42, Some(42), false));
    let mut paged = BTreeSet::new();
    for page in 0..7 {
        paged.extend(clients.topics(page * 6, 6).topics.into_iter().map(|topic| topic.filter));
    }
    assert_eq!(paged.len(), 42);
    let shared = clients.topic("many/+").expect("somebody is subscribed");
    assert_eq!((shared.subscribers, shared.groups), (0, vec![("g".to_owned(), 1)]));
    assert_eq!(clients.topic("many/+/x"), None);
    let exclusive = clients.exclusive_topics(0, 10);
    assert_eq!((exclusive.topics.len(), exclusive.topics[0].exclusive_owner.as_deref()), (1, Some("few")));
    assert_eq!(clients.end_exclusive("one"), Ok(true));
    assert_eq!(clients.end_exclusive("one"), Ok(false));
    assert_eq!(clients.exclusive_topics(0, 10).topics, []);
}
