//! Shared subscriptions: what becomes of messages whose member leaves before it has acknowledged them.

use dunlin_broker::{Broker, Metric};
use dunlin_codec::AckKind;
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, TestBroker};

const FILTER: &str = "$share/team/jobs";

/// A member that does not acknowledge, in a session that lives for so many seconds after its connection.
fn member(broker: &TestBroker, id: &str, session_expiry_secs: u32, qos: Qos) -> Client {
    let mut member = resume(broker, id, session_expiry_secs);
    member.subscribe(FILTER, qos);
    member
}

fn resume(broker: &TestBroker, id: &str, session_expiry_secs: u32) -> Client {
    Client::v5(id).clean_start(false).session_expiry(session_expiry_secs).manual_acks().connect(broker)
}

fn publish(broker: &TestBroker, payloads: &[&str], qos: Qos) {
    let mut publisher = Client::v5("publisher").connect(broker);
    for payload in payloads {
        publisher.publish("jobs", payload, qos);
    }
}

#[test]
fn b124_what_a_dead_member_has_not_acknowledged_goes_to_another() {
    for session_expiry_secs in [0, 60] {
        let broker = TestBroker::start();
        let mut dying = member(&broker, "dying", session_expiry_secs, AtLeastOnce);
        publish(&broker, &["acknowledged", "open-1", "open-2"], AtLeastOnce);
        let acknowledged = dying.expect_publish();
        dying.ack(AckKind::PubAck, acknowledged.packet_id);
        dying.expect_payloads(["open-1", "open-2"]);
        let mut other = member(&broker, "other", 0, AtLeastOnce);
        dying.cut(&broker);
        other.expect_payloads(["open-1", "open-2"]);
        other.expect_nothing();
        if session_expiry_secs > 0 {
            resume(&broker, "dying", session_expiry_secs).expect_nothing();
        }
    }
}

#[test]
fn b124_queue_hands_on_like_any_group_and_with_the_options_of_the_next_member() {
    let broker = TestBroker::start();
    let mut dying = resume(&broker, "dying", 0);
    dying.subscribe("$queue/jobs", AtLeastOnce);
    publish(&broker, &["open"], AtLeastOnce);
    dying.expect_payloads(["open"]);
    let mut other = resume(&broker, "other", 0);
    other.subscribe_with_id(7, "$queue/jobs", AtLeastOnce);
    dying.cut(&broker);
    let message = other.expect_publish();
    assert_eq!((message.text(), &message.subscription_ids[..]), ("open", &[7][..]));
}

#[test]
fn b124_a_message_handed_on_is_no_repetition() {
    let broker = TestBroker::start();
    let mut dying = member(&broker, "dying", 0, AtLeastOnce);
    publish(&broker, &["open"], AtLeastOnce);
    dying.expect_payloads(["open"]);
    let mut other = member(&broker, "other", 0, AtLeastOnce);
    dying.cut(&broker);
    let message = other.expect_publish();
    // [MQTT-3.3.1-1] DUP is for the same client: this one sees the message for the first time.
    assert_eq!((message.text(), message.dup, message.qos), ("open", false, AtLeastOnce));
}

#[test]
fn b125_with_all_members_offline_one_of_them_keeps_each_message() {
    let broker = TestBroker::start();
    for id in ["first", "second"] {
        member(&broker, id, 60, AtLeastOnce).disconnect();
    }
    let payloads = ["1", "2", "3", "4"];
    publish(&broker, &payloads, AtLeastOnce);
    // The first to come back must not get what the other one keeps, and nothing may be lost.
    let mut got: Vec<String> = ["first", "second"]
        .map(|id| resume(&broker, id, 60))
        .iter_mut()
        .flat_map(|member| member.drain())
        .map(|message| message.text().to_owned())
        .collect();
    got.sort();
    assert_eq!(got, payloads);
}

#[test]
fn b126_of_exactly_once_messages_only_those_not_sent_yet_are_handed_on() {
    for session_expiry_secs in [0, 60] {
        let broker = TestBroker::with("mqtt.max_inflight = 1");
        let mut dying = member(&broker, "dying", session_expiry_secs, ExactlyOnce);
        publish(&broker, &["sent", "queued-1", "queued-2"], ExactlyOnce);
        let sent = dying.expect_publish();
        assert_eq!(sent.text(), "sent");
        let mut other = Client::v5("other").connect(&broker);
        other.subscribe(FILTER, ExactlyOnce);
        dying.cut(&broker);
        other.expect_payloads(["queued-1", "queued-2"]);
        // [MQTT-4.8.2-5] A message whose delivery began belongs to its member, even if that one never comes back.
        other.expect_nothing();
        if session_expiry_secs > 0 {
            let mut back = resume(&broker, "dying", session_expiry_secs);
            let again = back.expect_publish();
            assert_eq!((again.text(), again.dup, again.packet_id), ("sent", true, sent.packet_id));
            back.ack(AckKind::PubRec, again.packet_id);
            assert_eq!(back.recv().pubrel().packet_id, again.packet_id);
            back.ack(AckKind::PubComp, again.packet_id);
            back.expect_nothing();
        }
    }
}

#[test]
fn b127_at_most_once_messages_are_never_handed_on() {
    let broker = TestBroker::start();
    member(&broker, "sleeping", 60, AtMostOnce).disconnect();
    publish(&broker, &["lost"], AtMostOnce);
    let mut other = member(&broker, "other", 0, AtMostOnce);
    // A clean start ends the sleeping session with the message in its queue.
    Client::v5("sleeping").connect(&broker).expect_nothing();
    let dropped = |broker: &Broker| broker.metric(Metric::DeliveryDroppedSessionEnded);
    broker.wait_until("the message ended with its session", |broker| dropped(broker) == 1);
    other.expect_nothing();
}

#[test]
fn b128_a_session_taken_over_keeps_what_is_open() {
    let broker = TestBroker::start();
    let mut first = member(&broker, "member", 60, AtLeastOnce);
    publish(&broker, &["1", "2"], AtLeastOnce);
    first.expect_payloads(["1", "2"]);
    let mut other = member(&broker, "other", 0, AtLeastOnce);
    let mut second = resume(&broker, "member", 60);
    first.expect_disconnect(ReasonCode::SessionTakenOver);
    for expected in ["1", "2"] {
        let message = second.expect_publish();
        assert_eq!((message.text(), message.dup), (expected, true));
        second.ack(AckKind::PubAck, message.packet_id);
    }
    second.expect_nothing();
    other.expect_nothing();
}

#[test]
fn b129_what_a_kicked_session_has_open_is_not_handed_on() {
    let broker = TestBroker::start();
    let mut kicked = member(&broker, "kicked", 60, AtLeastOnce);
    publish(&broker, &["1", "2"], AtLeastOnce);
    kicked.expect_payloads(["1", "2"]);
    let mut other = member(&broker, "other", 0, AtLeastOnce);
    broker.clients().kick("kicked").expect("an answer");
    kicked.expect_disconnect(ReasonCode::AdministrativeAction);
    broker.wait_until("the kicked session is gone", |broker| broker.subscriptions() == 1);
    other.expect_nothing();
    assert!(!resume(&broker, "kicked", 0).session_present());
}

#[test]
fn mqtt_4_8_2_6_a_refused_message_goes_to_nobody_else() {
    let broker = TestBroker::start();
    let mut refusing = member(&broker, "refusing", 0, AtLeastOnce);
    publish(&broker, &["refused"], AtLeastOnce);
    let message = refusing.expect_publish();
    let mut other = member(&broker, "other", 0, AtLeastOnce);
    refusing.ack_with(AckKind::PubAck, message.packet_id, ReasonCode::UnspecifiedError);
    refusing.expect_nothing();
    refusing.cut(&broker);
    other.expect_nothing();
}

#[test]
fn b124_nothing_is_lost_or_doubled_while_members_come_and_go() {
    const MESSAGES: usize = 600;
    let broker = TestBroker::start();
    let mut steady = ["steady-1", "steady-2"].map(|id| {
        let mut member = Client::v5(id).connect(&broker);
        member.subscribe(FILTER, AtLeastOnce);
        member
    });
    let mut got: Vec<usize> = Vec::new();
    let mut collect = |steady: &mut [Client; 2]| {
        let messages = steady.iter_mut().flat_map(Client::drain);
        got.extend(messages.map(|message| message.text().parse::<usize>().expect("a number")));
        got.len()
    };
    let mut left_open = 0;
    std::thread::scope(|scope| {
        let publishing = scope.spawn(|| {
            let mut publisher = Client::v5("publisher").connect(&broker);
            for number in 0..MESSAGES {
                publisher.publish("jobs", format!("{number}"), AtLeastOnce);
            }
        });
        // Members that acknowledge nothing, on both workers; what they hold when they leave has to go elsewhere.
        for number in 0.. {
            let mut passing = member(&broker, &format!("passing-{number}"), 0, AtLeastOnce);
            left_open += passing.drain().len();
            collect(&mut steady);
            if publishing.is_finished() {
                break;
            }
        }
    });
    assert!(left_open > 0, "no member left with a message in its hands");
    broker.wait_until("the passing members are gone", |broker| broker.subscriptions() == steady.len());
    // Each look acknowledges a window of messages, and the next ones follow.
    let mut looks = 0;
    while collect(&mut steady) < MESSAGES && looks < MESSAGES {
        looks += 1;
    }
    got.sort_unstable();
    assert_eq!(got, (0..MESSAGES).collect::<Vec<_>>());
}

#[test]
fn b125_nothing_is_lost_or_doubled_while_lasting_sessions_go_on_and_offline() {
    const MESSAGES: usize = 300;
    let broker = TestBroker::start();
    let ids = ["one", "two", "three", "four"];
    let mut members = ids.map(|id| Some(member(&broker, id, 60, AtLeastOnce)));
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..MESSAGES {
        publisher.publish("jobs", format!("{number}"), AtLeastOnce);
        // In turn one leaves with what it has open, and comes back some messages later.
        let index = number % ids.len();
        members[index] = match members[index].take() {
            Some(leaving) => {
                leaving.cut(&broker);
                None
            }
            None => Some(resume(&broker, ids[index], 60)),
        };
    }
    drop(members);
    broker.wait_until("all are offline", |broker| broker.connections() == 1);
    let mut got: Vec<usize> = Vec::new();
    for id in ids {
        let mut back = Client::v5(id).clean_start(false).session_expiry(60).connect(&broker);
        for _ in 0..MESSAGES {
            got.extend(back.drain().iter().map(|message| message.text().parse::<usize>().expect("a number")));
        }
        // With everything acknowledged it has nothing to hand on.
        back.disconnect();
    }
    got.sort_unstable();
    assert_eq!(got, (0..MESSAGES).collect::<Vec<_>>());
}
