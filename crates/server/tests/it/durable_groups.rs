//! Shared subscriptions with durable members, across a stop and a start of the broker.

use dunlin_codec::AckKind::PubAck;
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_testkit::{Client, Connecting, Delivery, TestBroker};

const FILTER: &str = "$share/team/jobs";

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

fn publish(broker: &TestBroker, payloads: impl IntoIterator<Item = u32>) {
    let mut publisher = Client::v5("publisher").connect(broker);
    for payload in payloads {
        publisher.publish("jobs", payload.to_string(), AtLeastOnce);
    }
}

/// Everything on the way, window after window.
fn drain(client: &mut Client) -> Vec<Delivery> {
    std::iter::repeat_with(|| client.drain()).take_while(|some| !some.is_empty()).flatten().collect()
}

fn numbers(client: &mut Client) -> Vec<u32> {
    drain(client).iter().map(|message| message.text().parse().expect("a number")).collect()
}

/// Members that have joined the group and have gone.
fn leave_members(broker: &TestBroker, ids: &[&str]) {
    let members = ids.iter().map(|id| {
        let mut member = lasting(id).connect(broker);
        member.subscribe(FILTER, AtLeastOnce);
        member
    });
    for member in members.collect::<Vec<_>>() {
        member.disconnect();
    }
}

#[test]
fn b114_a_backlog_without_members_online_waits_for_one_of_them() {
    let broker = TestBroker::start();
    leave_members(&broker, &["one", "two"]);
    publish(&broker, 0..20);
    let broker = broker.restart();
    let mut one = lasting("one").connect(&broker);
    let mut got = numbers(&mut one);
    got.sort_unstable();
    assert_eq!(got, (0..20).collect::<Vec<_>>(), "all of it, also what had been meant for the other");
    one.disconnect();
    let broker = broker.restart();
    lasting("two").connect(&broker).expect_nothing();
    lasting("one").connect(&broker).expect_nothing();
}

#[test]
fn b114_a_backlog_goes_to_a_new_member_durable_or_not() {
    for expiry in [600, 0] {
        let broker = TestBroker::start();
        leave_members(&broker, &["away"]);
        publish(&broker, 0..20);
        let broker = broker.restart();
        let mut new = Client::v5("new").session_expiry(expiry).connect(&broker);
        new.subscribe(FILTER, AtLeastOnce);
        for number in 0..20 {
            assert_eq!(new.expect_publish().text(), number.to_string(), "expiry {expiry}");
        }
        new.expect_nothing();
        new.disconnect();
        lasting("away").connect(&broker).expect_nothing();
    }
}

#[test]
fn b114_two_durable_members_split_and_one_that_leaves_hands_over() {
    let broker = TestBroker::start();
    let mut leaves = lasting("leaves").manual_acks().connect(&broker);
    leaves.subscribe(FILTER, AtLeastOnce);
    let mut stays = lasting("stays").connect(&broker);
    stays.subscribe(FILTER, AtLeastOnce);
    publish(&broker, 0..40);
    let of_leaver = drain(&mut leaves);
    let mut got = numbers(&mut stays);
    assert!(!of_leaver.is_empty() && !got.is_empty(), "{} and {}", of_leaver.len(), got.len());
    let (acknowledged, _) = of_leaver.split_at(of_leaver.len() / 2);
    for message in acknowledged {
        leaves.ack(PubAck, message.packet_id);
        got.push(message.text().parse().expect("a number"));
    }
    leaves.disconnect();
    got.extend(numbers(&mut stays));
    got.sort_unstable();
    assert_eq!(got, (0..40).collect::<Vec<_>>(), "each exactly once");
    drop(stays);
    let broker = broker.restart();
    lasting("leaves").connect(&broker).expect_nothing();
    lasting("stays").connect(&broker).expect_nothing();
}

#[test]
fn b114_what_a_lost_member_has_not_acknowledged_goes_to_another() {
    for expiry in [600, 0] {
        let broker = TestBroker::start();
        let mut lost = lasting("lost").manual_acks().connect(&broker);
        lost.subscribe(FILTER, AtLeastOnce);
        publish(&broker, 0..10);
        assert_eq!(numbers(&mut lost), (0..10).collect::<Vec<_>>());
        let mut other = Client::v5("other").session_expiry(expiry).connect(&broker);
        other.subscribe(FILTER, AtLeastOnce);
        lost.cut(&broker);
        for number in 0..10 {
            assert_eq!(other.expect_publish().text(), number.to_string(), "expiry {expiry}");
        }
        other.disconnect();
        let broker = broker.restart();
        lasting("lost").connect(&broker).expect_nothing();
    }
}

#[test]
fn b114_the_end_of_a_durable_session_leaves_its_share_to_the_others() {
    let broker = TestBroker::start();
    leave_members(&broker, &["ends", "inherits"]);
    publish(&broker, 0..20);
    // A clean start ends the session; the other member is away all the time.
    Client::v5("ends").connect(&broker).disconnect();
    let broker = broker.restart();
    let mut heir = lasting("inherits").connect(&broker);
    let mut got = numbers(&mut heir);
    got.sort_unstable();
    assert_eq!(got, (0..20).collect::<Vec<_>>());
}

/// [MQTT-4.8.2-4]
#[test]
fn b114_qos_2_that_was_sent_stays_with_its_member() {
    let broker = TestBroker::start();
    let mut first = lasting("first").manual_acks().connect(&broker);
    first.subscribe(FILTER, ExactlyOnce);
    Client::v5("publisher").connect(&broker).publish("jobs", "sent", ExactlyOnce);
    let sent = first.expect_publish();
    let mut other = lasting("other").connect(&broker);
    other.subscribe(FILTER, ExactlyOnce);
    first.cut(&broker);
    other.expect_nothing();
    let broker = broker.restart();
    let mut other = lasting("other").connect(&broker);
    other.expect_nothing();
    let again = lasting("first").connect(&broker).expect_publish();
    assert_eq!((again.text(), again.packet_id, again.dup), ("sent", sent.packet_id, true));
}

#[test]
fn b114_groups_are_independent_and_take_a_quick_resubscription() {
    let broker = TestBroker::start();
    let mut member = lasting("member").connect(&broker);
    member.subscribe("$share/a/jobs", AtLeastOnce);
    member.subscribe("$share/b/jobs", AtLeastOnce);
    member.unsubscribe("$share/a/jobs");
    member.subscribe("$share/a/jobs", AtLeastOnce);
    member.disconnect();
    publish(&broker, 0..5);
    let broker = broker.restart();
    assert_eq!(broker.subscriptions(), 2);
    let mut member = lasting("member").connect(&broker);
    let mut got = numbers(&mut member);
    got.sort_unstable();
    assert_eq!(got, (0..5).flat_map(|number| [number, number]).collect::<Vec<_>>(), "one of each group");
}
