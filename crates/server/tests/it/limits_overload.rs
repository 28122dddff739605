//! An event loop that has more to do than it can do: new clients and deliveries of QoS 0 are given up before anything else.

use crate::access_back_ends::authorization;
use dunlin_access::{
    Action, Answer, AuthorizationSettings, AuthorizationSource, BackendFailure, ClientInfo, SourceEntry, Verdict,
};
use dunlin_broker::{BrokerSettings, LiveSettings, Metric, OverloadSettings};
use dunlin_model::DisconnectReason;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode::{ServerBusy, Success};
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a message of `hard/#` keeps its event loop busy.
const HARD: Duration = Duration::from_millis(120);

/// Allows everything, and takes its time for `hard/#` on the event loop.
#[derive(Debug)]
struct Laborious;

impl AuthorizationSource for Laborious {
    fn kind(&self) -> &'static str {
        "laborious"
    }

    fn authorize_now(&self, _: &ClientInfo, _: Action, topic: &str) -> Option<Verdict> {
        if topic.starts_with("hard/") {
            let_time_pass(HARD);
        }
        Some(Verdict::Allow)
    }

    fn authorize<'a>(
        &'a self,
        _: &'a ClientInfo,
        _: Action,
        _: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(std::future::ready(Ok(Verdict::Allow)))
    }
}

fn broker_with(configuration: &str, adjust: impl FnOnce(&mut BrokerSettings)) -> TestBroker {
    TestBroker::with_settings(configuration, |settings| {
        let rules = AuthorizationSettings { cache: None, ..AuthorizationSettings::default() };
        settings.access.authorization = authorization(rules, vec![SourceEntry::new(Arc::new(Laborious))]);
        adjust(settings);
    })
}

/// Keeps the event loop of a client busy while `then` is played.
fn under_load(broker: &TestBroker, then: impl FnOnce()) {
    let mut worker = Client::v5("worker").connect(broker);
    let is_over = AtomicBool::new(false);
    /// Ends the load where a test fails, too.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                worker.publish("hard/work", "", AtLeastOnce);
            }
        });
        let over = Over(&is_over);
        then();
        drop(over);
    });
}

fn is_overloaded(broker: &dunlin_broker::Broker) -> bool {
    broker.alarms().iter().any(|alarm| alarm.name == "runq_overload")
}

#[test]
fn new_clients_and_qos_0_are_given_up_and_nothing_else() {
    let broker = broker_with("node.workers = 1, overload_protection.enable = true", |_| {});
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut older = Client::v4("older").connect(&broker);
    older.subscribe("t", AtMostOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    under_load(&broker, || {
        broker.wait_until("it is overloaded", is_overloaded);
        Client::v5("new").connect_closed(&broker);
        publisher.send_publish("t", "dropped", AtMostOnce);
        assert_eq!(publisher.publish("t", "1", AtLeastOnce), Success);
        subscriber.expect_payloads(["1"]);
        // Nobody is closed for it, and whoever is in can go on.
        subscriber.ping();
        older.ping();
        subscriber.subscribe("more", AtLeastOnce);
    });
    assert_eq!(broker.metric(Metric::OverloadProtectionNewConn), 1);
    assert_eq!(broker.disconnects(DisconnectReason::ServerBusy), 1);
    assert_eq!(broker.metric(Metric::DeliveryDroppedOverload), 3, "one for either, and what `older` gets at QoS 0");
    assert_eq!(broker.metric(Metric::DeliveryDropped), 3);
    broker.wait_until("it is over", |broker| !is_overloaded(broker));
    Client::v5("new").connect(&broker).ping();
    publisher.send_publish("t", "2", AtMostOnce);
    subscriber.expect_payloads(["2"]);
    older.expect_payloads(["2"]);
}

#[test]
fn clients_of_another_loop_come_in() {
    let broker = broker_with("node.workers = 2, overload_protection.enable = true", |_| {});
    under_load(&broker, || {
        broker.wait_until("one is overloaded", is_overloaded);
        let (mut inside, mut refused) = (0, 0);
        for number in 0..20 {
            let id = format!("c{number}");
            let mut newer = Client::v5(&id).send_connect(broker.address());
            let mut older = Client::v4(&id).send_connect(broker.address());
            match (newer.recv().connack().reason_code, older.recv().connack().reason_code.as_v3_connack()) {
                (Success, 0) => inside += 1,
                (ServerBusy, 3) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(inside > 0 && refused > 0, "{inside} are in");
        assert_eq!(broker.metric(Metric::OverloadProtectionNewConn), 2 * refused);
    });
}

#[test]
fn what_is_not_to_be_given_up_is_not() {
    let text = "node.workers = 1, overload_protection { enable = true, backoff_new_conn = false, drop_qos0 = false }";
    let broker = broker_with(text, |_| {});
    under_load(&broker, || {
        broker.wait_until("it is overloaded", is_overloaded);
        let mut subscriber = Client::v5("subscriber").connect(&broker);
        subscriber.subscribe("t", AtLeastOnce);
        Client::v5("publisher").connect(&broker).send_publish("t", "x", AtMostOnce);
        subscriber.expect_payloads(["x"]);
    });
}

#[test]
fn it_is_switched_on_and_off_while_the_node_runs() {
    let mut live: Option<LiveSettings> = None;
    let broker = broker_with("node.workers = 1", |settings| live = Some(settings.live()));
    let change = |overload| broker.change(&LiveSettings { overload, ..live.clone().expect("it has started") });
    under_load(&broker, || {
        let mut before = Client::v5("before").connect(&broker);
        for _ in 0..5 {
            before.ping();
        }
        change(Some(OverloadSettings { refuse_clients: true, drop_qos0: true }));
        broker.wait_until("it is overloaded", is_overloaded);
        Client::v5("new").connect_closed(&broker);
        before.ping();
        change(None);
        broker.wait_until("nobody minds", |broker| !is_overloaded(broker));
        Client::v5("new").connect(&broker).ping();
    });
    assert_eq!(broker.metric(Metric::OverloadProtectionNewConn), 1);
}
