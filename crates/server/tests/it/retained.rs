//! Retained messages: what is stored, and who gets it when.

use dunlin_broker::Metric;
use dunlin_codec::Publish;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, RetainHandling, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use std::time::Duration;

const A_SECOND_AND_A_BIT: Duration = Duration::from_millis(1100);

fn retain(client: &mut Client, messages: &[(&str, &str)]) {
    for (topic, payload) in messages {
        client.publish_retained(topic, payload, AtLeastOnce);
    }
}

fn retain_for(client: &mut Client, topic: &str, secs: u32) {
    let message_expiry_interval = Some(secs);
    let payload = topic.as_bytes();
    let publish =
        Publish { topic, payload, qos: AtLeastOnce, retain: true, message_expiry_interval, ..Publish::default() };
    client.publish_with(publish);
}

/// What a new subscriber to this filter gets from the store, by topic.
fn stored(broker: &TestBroker, filter: &str) -> Vec<(String, String)> {
    let mut reader = Client::v5("reader").connect(broker);
    reader.subscribe(filter, AtLeastOnce);
    let mut messages: Vec<_> = reader
        .drain()
        .into_iter()
        .map(|message| {
            assert!(message.retain, "what comes from the store says so: {message:?}");
            (message.topic.clone(), message.text().to_owned())
        })
        .collect();
    reader.disconnect();
    messages.sort();
    messages
}

fn topics(broker: &TestBroker, filter: &str) -> Vec<String> {
    stored(broker, filter).into_iter().map(|(topic, _)| topic).collect()
}

#[test]
fn b133_the_last_message_stays_until_an_empty_one_clears_it() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    retain(&mut publisher, &[("door", "open"), ("door", "closed")]);
    publisher.publish("door", "not retained", AtLeastOnce);
    assert_eq!(stored(&broker, "door"), [("door".to_owned(), "closed".to_owned())]);
    retain(&mut publisher, &[("door", "")]);
    assert_eq!(stored(&broker, "door"), []);
}

#[test]
fn b134_expired_messages_are_not_delivered_and_the_others_say_what_is_left() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    retain_for(&mut publisher, "short", 1);
    retain_for(&mut publisher, "long", 100);
    let_time_pass(A_SECOND_AND_A_BIT);
    let mut reader = Client::v5("reader").connect(&broker);
    reader.subscribe("+", AtLeastOnce);
    let message = reader.expect_publish();
    assert_eq!(message.topic, "long");
    assert!(matches!(message.message_expiry_interval, Some(90..=99)), "{message:?}");
    reader.expect_nothing();
}

#[test]
fn b135_retain_handling_says_when_the_store_is_read() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    retain(&mut client, &[("door", "open")]);
    for (retain_handling, first, again) in
        [(RetainHandling::Always, 1, 1), (RetainHandling::IfNew, 1, 0), (RetainHandling::Never, 0, 0)]
    {
        let options = SubscriptionOptions { qos: AtLeastOnce, retain_handling, ..SubscriptionOptions::default() };
        client.subscribe_with("door", options);
        assert_eq!(client.drain().len(), first, "first with {retain_handling:?}");
        client.subscribe_with("door", options);
        assert_eq!(client.drain().len(), again, "again with {retain_handling:?}");
        client.unsubscribe("door");
    }
}

#[test]
fn b136_the_granted_quality_of_service_limits_a_stored_message() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("a/b", "x", ExactlyOnce);
    publisher.publish_retained("a/c", "x", AtMostOnce);
    for (granted, expected) in [(AtMostOnce, [AtMostOnce; 2]), (AtLeastOnce, [AtLeastOnce, AtMostOnce])] {
        let mut reader = Client::v5("reader").connect(&broker);
        reader.subscribe("a/+", granted);
        let mut messages = reader.drain();
        messages.sort_by(|one, other| one.topic.cmp(&other.topic));
        assert_eq!(messages.iter().map(|message| message.qos).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn b137_stored_messages_are_counted() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    retain(&mut publisher, &[("a", "1"), ("b", "1"), ("a", "2")]);
    assert_eq!(broker.retained(), 2);
    retain(&mut publisher, &[("a", ""), ("b", ""), ("never there", "")]);
    assert_eq!(broker.retained(), 0);
}

#[test]
fn b138_wildcards_return_each_stored_topic_once() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    retain(&mut publisher, &[("retained/1", "a"), ("retained/2", "b"), ("retained/2/x", "c"), ("other", "d")]);
    assert_eq!(topics(&broker, "retained/+"), ["retained/1", "retained/2"]);
    assert_eq!(topics(&broker, "retained/#"), ["retained/1", "retained/2", "retained/2/x"]);
    assert_eq!(topics(&broker, "#"), ["other", "retained/1", "retained/2", "retained/2/x"]);
    assert_eq!(topics(&broker, "+/+/+"), ["retained/2/x"]);
}

#[test]
fn b139_wildcards_in_the_first_level_do_not_return_dollar_topics() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    retain(&mut publisher, &[("$test/a", "1"), ("test/a", "2")]);
    for filter in ["#", "+/+", "+/#"] {
        assert_eq!(topics(&broker, filter), ["test/a"], "{filter}");
    }
    for filter in ["$test/#", "$test/+", "$test/a"] {
        assert_eq!(topics(&broker, filter), ["$test/a"], "{filter}");
    }
}

#[test]
fn b140_a_message_without_expiry_gets_the_configured_one() {
    let broker = TestBroker::with("retainer.msg_expiry_interval = 1s");
    let mut publisher = Client::v5("publisher").connect(&broker);
    retain(&mut publisher, &[("default", "x")]);
    retain_for(&mut publisher, "own", 100);
    assert_eq!(topics(&broker, "+"), ["default", "own"]);
    let_time_pass(A_SECOND_AND_A_BIT);
    assert_eq!(topics(&broker, "+"), ["own"]);
}

#[test]
fn b140_a_full_table_takes_no_new_topics() {
    let broker = TestBroker::with("retainer.backend.max_retained_messages = 2");
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut live = Client::v5("live").connect(&broker);
    live.subscribe("#", AtLeastOnce);
    retain(&mut publisher, &[("1", "a"), ("2", "b"), ("3", "c"), ("1", "new")]);
    live.expect_payloads(["a", "b", "c", "new"]);
    assert_eq!(topics(&broker, "#"), ["1", "2"]);
    assert_eq!(stored(&broker, "1")[0].1, "new", "topics that are there can still change");
    assert_eq!(broker.metric(Metric::MessagesRetainedRefused), 1);
    retain(&mut publisher, &[("1", ""), ("3", "c")]);
    assert_eq!(topics(&broker, "#"), ["2", "3"]);
}

#[test]
fn b140_a_payload_above_the_limit_is_delivered_but_not_stored() {
    let broker = TestBroker::with("retainer.max_payload_size = 10");
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut live = Client::v5("live").connect(&broker);
    live.subscribe("#", AtLeastOnce);
    retain(&mut publisher, &[("fits", "0123456789"), ("too big", "0123456789A")]);
    live.expect_payloads(["0123456789", "0123456789A"]);
    assert_eq!(topics(&broker, "#"), ["fits"]);
    assert_eq!(broker.metric(Metric::MessagesRetainedRefused), 1);
}

#[test]
fn b141_the_clearing_message_can_be_withheld() {
    for (withheld, expected) in [(false, &["open", ""][..]), (true, &["open"])] {
        let broker = TestBroker::with(&format!("retainer.stop_publish_clear_msg = {withheld}"));
        let mut live = Client::v5("live").connect(&broker);
        live.subscribe("door", AtLeastOnce);
        let mut publisher = Client::v5("publisher").connect(&broker);
        retain(&mut publisher, &[("door", "open"), ("door", "")]);
        live.expect_payloads(expected);
        live.expect_nothing();
        assert_eq!(broker.retained(), 0);
    }
}

#[test]
fn b142_the_sweep_leaves_no_expired_message() {
    let broker = TestBroker::with("retainer.msg_clear_interval = 100ms");
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..50 {
        retain_for(&mut publisher, &format!("short/{number}"), 1);
    }
    retain_for(&mut publisher, "long", 100);
    broker.wait_until("the expired messages are swept", |broker| broker.retained() == 1);
    assert_eq!(topics(&broker, "#"), ["long"]);
}

#[test]
fn b143_a_slow_reader_gets_all_of_many_stored_messages() {
    const MESSAGES: usize = 1000;
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..MESSAGES {
        publisher.publish_retained(&format!("many/{number}"), format!("{number}"), AtMostOnce);
    }
    assert_eq!(broker.retained(), MESSAGES);
    publisher.publish_retained("many/last", "last", AtLeastOnce);
    for (receive_maximum, qos) in [(1, AtLeastOnce), (65_535, AtMostOnce)] {
        let mut reader = Client::v5("reader").receive_maximum(receive_maximum).connect(&broker);
        reader.subscribe("many/+", qos);
        let mut topics: Vec<_> = (0..=MESSAGES).map(|_| reader.expect_publish().topic).collect();
        reader.expect_nothing();
        topics.sort();
        topics.dedup();
        assert_eq!(topics.len(), MESSAGES + 1);
    }
}

#[test]
fn b143_a_reader_that_pauses_gets_all_of_large_stored_messages() {
    const MESSAGES: usize = 150;
    const BYTES: usize = 100_000;
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..MESSAGES {
        publisher.publish_retained(&format!("large/{number}"), vec![b'x'; BYTES], AtLeastOnce);
    }
    let mut reader = Client::v5("reader").connect(&broker);
    reader.send_subscribe(None, &[("large/+", SubscriptionOptions::default())]);
    // Meanwhile nothing is read: 15 MB are more than the sockets hold, and nobody else has to wait.
    broker.wait_until("the subscription", |broker| broker.subscriptions() == 1);
    for _ in 0..10 {
        publisher.publish("other", "x", AtLeastOnce);
    }
    assert_eq!(reader.recv().reason_codes(), [ReasonCode::Success]);
    let mut topics: Vec<_> = (0..MESSAGES)
        .map(|_| {
            let message = reader.expect_publish();
            assert_eq!(message.payload.len(), BYTES);
            message.topic
        })
        .collect();
    reader.expect_nothing();
    topics.sort();
    topics.dedup();
    assert_eq!(topics.len(), MESSAGES);
    assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
}

#[test]
fn b146_shared_subscriptions_get_nothing_from_the_store() {
    // [MQTT-4.8.2-4] says nothing about them; §4.8.2 does: no retained messages at a shared SUBSCRIBE.
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    retain(&mut client, &[("door", "open")]);
    for filter in ["$share/team/door", "$share/team/#", "$queue/door"] {
        client.subscribe(filter, AtLeastOnce);
        client.expect_nothing();
        client.unsubscribe(filter);
    }
}

#[test]
fn b147_readers_lose_nothing_while_the_store_changes() {
    const LASTING: usize = 600;
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..LASTING {
        publisher.publish_retained(&format!("t/{number:04}/lasting"), "x", AtMostOnce);
    }
    assert_eq!(broker.retained(), LASTING);
    let mut reader = Client::v5("reader").receive_maximum(5).connect(&broker);
    reader.subscribe("t/+/lasting", AtLeastOnce);
    let mut topics: Vec<String> = Vec::new();
    for round in 0..LASTING {
        // Neighbours come and go before and behind the place where the reader is.
        let neighbour = format!("t/{:04}/passing", (round * 37) % LASTING);
        publisher.publish_retained(&neighbour, if round % 2 == 0 { "x" } else { "" }, AtMostOnce);
        topics.push(reader.expect_publish().topic);
    }
    topics.sort();
    let expected: Vec<_> = (0..LASTING).map(|number| format!("t/{number:04}/lasting")).collect();
    assert_eq!(topics, expected);
}

#[test]
fn b148_a_broker_without_retained_messages_refuses_them() {
    let broker = TestBroker::with("mqtt.retain_available = false");
    let mut client = Client::v5("client").connect(&broker);
    assert_eq!(client.connack().retain_available, Some(false));
    client.send_publish_with(Publish { topic: "door", retain: true, ..Publish::default() });
    client.expect_disconnect(ReasonCode::RetainNotSupported);
    assert_eq!(broker.retained(), 0);
}

#[test]
fn b148_a_disabled_store_delivers_but_keeps_nothing() {
    let broker = TestBroker::with("retainer.enable = false");
    let mut live = Client::v5("live").connect(&broker);
    live.subscribe("door", AtLeastOnce);
    let mut client = Client::v5("client").connect(&broker);
    retain(&mut client, &[("door", "open")]);
    live.expect_payloads(["open"]);
    assert_eq!(broker.retained(), 0);
    assert_eq!(stored(&broker, "door"), []);
}

#[test]
fn b150_a_resumed_session_gets_nothing_from_the_store_until_it_subscribes_again() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").session_expiry(60).connect(&broker);
    retain(&mut client, &[("door", "open")]);
    client.subscribe("door", AtLeastOnce);
    client.expect_payloads(["open"]);
    client.disconnect();
    let mut client = Client::v5("client").clean_start(false).session_expiry(60).connect(&broker);
    assert!(client.session_present());
    client.expect_nothing();
    client.subscribe("door", AtLeastOnce);
    client.expect_payloads(["open"]);
    client.expect_nothing();
}
