//! Clients that publish or subscribe more than they may in a time: `messages_rate`, `bytes_rate` and `subscribes_rate` of listeners
//! and zones.

use crate::clients::{EVERY_VERSION, play_against, python};
use crate::lifecycle_site::{Site, eventually};
use dunlin_broker::Metric;
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{DisconnectReason, ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Authority, Client, Stopwatch, TestBroker, let_time_pass};
use std::fs;
use std::time::Duration;

/// The payloads of so many messages.
fn numbers(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| number.to_string())
}

/// Sends so many messages and waits for nothing.
fn send(publisher: &mut Client, count: usize, qos: Qos) {
    for number in numbers(count) {
        publisher.send_publish("t", number, qos);
    }
}

fn subscriber(broker: &TestBroker) -> Client {
    let mut subscriber = Client::v5("subscriber").connect(broker);
    subscriber.subscribe("t", ExactlyOnce);
    subscriber
}

#[test]
fn b157_messages_beyond_the_rate_wait_and_arrive_all_in_order() {
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        let broker = TestBroker::with("listeners.tcp.default.messages_rate = \"10/100ms\"");
        let mut subscriber = subscriber(&broker);
        let mut publisher = Client::v4("publisher").connect(&broker);
        let watch = Stopwatch::start();
        send(&mut publisher, 50, qos);
        // Others are not meant.
        let mut bystander = Client::v5("bystander").connect(&broker);
        bystander.publish("other", "at once", AtLeastOnce);
        subscriber.expect_payloads(numbers(50));
        watch.assert_passed(Duration::from_millis(300));
        publisher.ping();
        assert!(broker.metric(Metric::ConnectionsPaused) >= 4);
        assert_eq!(broker.metric(Metric::MessagesDroppedQuotaExceeded), 0);
    }
}

#[test]
fn bytes_beyond_the_rate_wait_however_large_a_message_is() {
    let broker = TestBroker::with("listeners.tcp.default.bytes_rate = \"64KB/100ms\"");
    let mut subscriber = subscriber(&broker);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let watch = Stopwatch::start();
    let payload = vec![b'x'; 200 * 1024];
    publisher.send_publish("t", &payload, AtLeastOnce);
    publisher.send_publish("t", "small", AtLeastOnce);
    assert_eq!(subscriber.expect_publish().payload.len(), payload.len());
    subscriber.expect_payloads(["small"]);
    watch.assert_passed(Duration::from_millis(100));
    assert!(broker.metric(Metric::ConnectionsPaused) > 0);
}

#[test]
fn a_burst_goes_through_at_once() {
    let broker = TestBroker::with("listeners.tcp.default { messages_rate = \"1/1h\", messages_burst = \"20/1h\" }");
    let mut subscriber = subscriber(&broker);
    let mut publisher = Client::v5("publisher").connect(&broker);
    send(&mut publisher, 21, AtLeastOnce);
    subscriber.expect_payloads(numbers(21));
    assert_eq!(broker.metric(Metric::ConnectionsPaused), 0);
    publisher.send_publish("t", "beyond", AtLeastOnce);
    broker.wait_until("it waits", |broker| broker.metric(Metric::ConnectionsPaused) == 1);
    subscriber.expect_nothing();
}

#[test]
fn a_client_that_waits_is_not_silent() {
    let broker = TestBroker::with("listeners.tcp.default.messages_rate = \"1/3s\"\nmqtt.keepalive_multiplier = 1");
    let mut subscriber = subscriber(&broker);
    let mut publisher = Client::v5("publisher").keep_alive(1).connect(&broker);
    send(&mut publisher, 2, AtLeastOnce);
    subscriber.expect_payloads(numbers(1));
    let_time_pass(Duration::from_millis(2_000));
    subscriber.expect_payloads(["1"]);
    publisher.ping();
    assert_eq!(broker.disconnects(DisconnectReason::KeepAliveTimeout), 0);
}

#[test]
fn clients_of_a_zone_share_its_limit_on_all_workers() {
    let broker = TestBroker::with("mqtt.limiter { messages_rate = \"20/1h\", over_limit = reject }\nnode.workers = 2");
    let mut subscriber = subscriber(&broker);
    let mut refused = 0;
    for number in 0..10 {
        let mut publisher = Client::v5(&format!("publisher-{number}")).connect(&broker);
        for _ in 0..3 {
            match publisher.publish("t", "m", AtLeastOnce) {
                ReasonCode::Success => {}
                ReasonCode::QuotaExceeded => refused += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((refused, subscriber.drain().len()), (10, 20));
    assert_eq!(broker.metric(Metric::PacketsPublishQuotaExceeded), 10);
}

#[test]
fn clients_of_a_zone_that_wait_have_their_turns() {
    let broker = TestBroker::with("mqtt.limiter.messages_rate = \"10/100ms\"\nnode.workers = 2");
    let mut subscriber = subscriber(&broker);
    let mut publishers: Vec<_> =
        (0..6).map(|number| Client::v5(&format!("publisher-{number}")).connect(&broker)).collect();
    let watch = Stopwatch::start();
    for publisher in &mut publishers {
        send(publisher, 10, AtMostOnce);
    }
    for _ in 0..60 {
        subscriber.expect_publish();
    }
    watch.assert_passed(Duration::from_millis(400));
    subscriber.expect_nothing();
}

#[test]
fn zones_have_limits_of_their_own() {
    let broker = TestBroker::with(
        "zones.strict.mqtt.limiter { messages_rate = \"1/1h\", over_limit = reject }\n\
         listeners.tcp.strict { bind = 0, zone = strict }",
    );
    let mut strict = Client::v5("strict").connect_to(broker.address_of("tcp:strict"));
    let mut free = Client::v5("free").connect(&broker);
    let codes = [(); 3].map(|()| strict.publish("t", "m", AtLeastOnce));
    let [none, quota] = [ReasonCode::NoMatchingSubscribers, ReasonCode::QuotaExceeded];
    assert_eq!(codes, [none, quota, quota]);
    assert_eq!([(); 3].map(|()| free.publish("t", "m", AtLeastOnce)), [none; 3]);
}

#[test]
fn zones_share_what_they_may_subscribe() {
    let broker = TestBroker::with(
        "zones.strict.mqtt.limiter.subscribes_rate = \"3/1h\"\nlisteners.tcp.strict { bind = 0, zone = strict }",
    );
    let strict = broker.address_of("tcp:strict");
    let mut clients = ["one", "other"].map(|id| Client::v5(id).connect_to(strict));
    let mut try_both = || {
        let options = SubscriptionOptions::default();
        clients.each_mut().map(|client| client.subscribe_all(None, &[("t", options)])[0])
    };
    let [granted, quota] = [ReasonCode::Success, ReasonCode::QuotaExceeded];
    assert_eq!([try_both(), try_both()], [[granted; 2], [granted, quota]]);
    assert_eq!(try_both(), [quota; 2]);
    let mut free = Client::v5("free").connect(&broker);
    for _ in 0..9 {
        free.subscribe("t", AtMostOnce);
    }
}

#[test]
fn what_is_refused_is_answered_as_the_version_allows() {
    let broker = TestBroker::with("listeners.tcp.default.messages_rate = \"1/1h\"\nmqtt.limiter.over_limit = reject");
    let mut subscriber = subscriber(&broker);
    let mut publisher = Client::v5("v5").connect(&broker);
    assert_eq!(publisher.publish("t", "first", AtLeastOnce), ReasonCode::Success);
    assert_eq!(publisher.publish("t", "beyond", AtLeastOnce), ReasonCode::QuotaExceeded);
    assert_eq!(publisher.publish("t", "beyond", ExactlyOnce), ReasonCode::QuotaExceeded);
    publisher.publish("t", "beyond", AtMostOnce);
    assert_eq!(broker.metric(Metric::PacketsPublishQuotaExceeded), 2);
    assert_eq!(broker.metric(Metric::MessagesDroppedQuotaExceeded), 1);
    let mut old = Client::v4("v4").connect(&broker);
    old.publish("t", "of the old", AtLeastOnce);
    // [MQTT-3.3.5-2] of 3.1.1: there is no word for a refusal.
    old.publish("t", "beyond", AtLeastOnce);
    old.publish("t", "beyond", ExactlyOnce);
    old.publish("t", "beyond", AtMostOnce);
    assert_eq!(broker.metric(Metric::MessagesDroppedQuotaExceeded), 4);
    subscriber.expect_payloads(["first", "of the old"]);
    subscriber.expect_nothing();
}

#[test]
fn subscribe_packets_beyond_the_rate_get_no_filter() {
    let broker = TestBroker::with("listeners.tcp.default.subscribes_rate = \"1/1h\"");
    let options = SubscriptionOptions { qos: AtLeastOnce, ..SubscriptionOptions::default() };
    let mut clients = [
        (Client::v5("v5").connect(&broker), ReasonCode::QuotaExceeded),
        (Client::v4("v4").connect(&broker), ReasonCode::UnspecifiedError),
    ];
    for (client, refusal) in &mut clients {
        let granted = client.subscribe_all(None, &[("a", options), ("b", options)]);
        assert_eq!(granted, [ReasonCode::GrantedQos1; 2]);
        let refused = client.subscribe_all(None, &[("c", options), ("d", options)]);
        assert_eq!(refused, [*refusal; 2]);
        client.publish("a", "to me", AtLeastOnce);
        client.expect_payloads(["to me"]);
    }
    assert_eq!((broker.subscriptions(), broker.metric(Metric::PacketsSubscribeError)), (4, 4));
}

#[test]
fn who_waits_can_be_taken_over_closed_and_kicked() {
    let broker = TestBroker::with("mqtt.limiter.messages_rate = \"2/1h\"");
    let mut subscriber = subscriber(&broker);
    let mut first = Client::v5("c").connect(&broker);
    send(&mut first, 3, AtMostOnce);
    subscriber.expect_payloads(numbers(2));
    broker.wait_until("it waits", |broker| broker.metric(Metric::ConnectionsPaused) == 1);
    let mut second = Client::v5("c").clean_start(false).connect(&broker);
    first.expect_disconnect(ReasonCode::SessionTakenOver);
    second.ping();
    second.send_publish("t", "waits", AtMostOnce);
    broker.wait_until("it waits", |broker| broker.metric(Metric::ConnectionsPaused) == 2);
    broker.clients().kick("c").expect("an answer");
    second.expect_disconnect(ReasonCode::AdministrativeAction);
    let mut third = Client::v5("c").connect(&broker);
    third.send_publish("t", "waits", AtMostOnce);
    broker.wait_until("it waits", |broker| broker.metric(Metric::ConnectionsPaused) == 3);
    broker.close_listener("tcp:default").expect("it is open");
    third.expect_disconnect(ReasonCode::ServerShuttingDown);
    broker.wait_until("all are gone", |broker| broker.connections() == 0);
}

#[test]
fn a_changed_limit_counts_at_once_for_those_who_are_there() {
    let site = Site::new("");
    let address = site.start();
    let load = |text: &str| {
        fs::write(site.path("new.hocon"), text).expect("it is written");
        site.good(&["ctl", "conf", "load", "new.hocon"])
    };
    let paused = || {
        let metrics = site.good(&["ctl", "broker", "metrics"]);
        let line = metrics.lines().find(|line| line.starts_with("connections.paused")).unwrap_or_default();
        line.ends_with(" 1").then_some(())
    };
    let mut subscriber = Client::v5("subscriber").connect_to(address);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect_to(address);
    let report = load("mqtt.limiter.messages_rate = \"1/1h\"");
    assert!(report.contains("mqtt.limiter.messages_rate is in effect now\n"), "{report}");
    // What is answered after it comes from an event loop that knows of it.
    publisher.ping();
    send(&mut publisher, 3, AtLeastOnce);
    subscriber.expect_payloads(numbers(1));
    eventually(paused);
    let report = load("mqtt.limiter.messages_rate = infinity");
    assert!(report.contains("mqtt.limiter.messages_rate is in effect now\n"), "{report}");
    subscriber.expect_payloads(["1", "2"]);
    publisher.publish("t", "free", AtLeastOnce);
    let report = load("mqtt.limiter.over_limit = reject\nlisteners.tcp.default.messages_rate = \"1/1h\"");
    assert!(report.contains("listeners.tcp.default.messages_rate is in effect now\n"), "{report}");
    publisher.ping();
    assert_eq!(publisher.publish("t", "last", AtLeastOnce), ReasonCode::Success);
    assert_eq!(publisher.publish("t", "beyond", AtLeastOnce), ReasonCode::QuotaExceeded);
    subscriber.expect_payloads(["free", "last"]);
    load("listeners.tcp.default.messages_rate = infinity");
    publisher.ping();
    assert_eq!(publisher.publish("t", "free again", AtLeastOnce), ReasonCode::Success);
    subscriber.expect_payloads(["free again"]);
}

#[test]
fn paho_sends_beyond_the_rate_and_loses_nothing() {
    let Some(python) = python() else { return };
    let authority = Authority::new("authority");
    for version in EVERY_VERSION {
        // Far less than the slowest machine sends.
        let broker = TestBroker::with("listeners.tcp.default.messages_rate = \"300/1s\"");
        let script = (python.as_path(), "paho_client.py");
        play_against(&broker, script, "thousand_messages_in_order", (version, "tcp"), &authority);
        assert!(broker.metric(Metric::ConnectionsPaused) > 0);
    }
}

/// Who waits is woken for its tokens and for nothing else.
#[test]
fn hundreds_that_wait_keep_nobody_busy() {
    let broker = TestBroker::with("mqtt.limiter.messages_rate = \"1/1h\"");
    let mut waiting: Vec<_> =
        (0..500).map(|number| Client::v5(&format!("waiting-{number}")).connect(&broker)).collect();
    waiting[0].publish("t", "m", AtMostOnce);
    for client in &mut waiting[1..] {
        client.send_publish("t", "m", AtMostOnce);
    }
    broker.wait_until("all but one wait", |broker| broker.metric(Metric::ConnectionsPaused) == 499);
    let handled = broker.metric(Metric::PacketsReceived);
    for client in &mut waiting[1..] {
        client.send_publish("t", "more", AtMostOnce);
    }
    let mut bystander = Client::v5("bystander").connect(&broker);
    bystander.ping();
    assert!(broker.metric(Metric::PacketsReceived) <= handled + 2, "nothing of theirs is read");
    assert_eq!(broker.metric(Metric::ConnectionsPaused), 499);
    drop(waiting);
}
