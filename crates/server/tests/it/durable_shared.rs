//! Shared subscriptions whose members are of all kinds: with durable sessions and without, online and away, at every QoS. What
//! was acknowledged to a publisher reaches a member, whatever becomes of the one it was meant for first.

use crate::durable_kill::Mortal;
use dunlin_broker::{Broker, Metric};
use dunlin_codec::AckKind::{PubAck, PubComp, PubRec};
use dunlin_codec::{Disconnect, Packet};
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, Delivery, TestBroker};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

const FILTER: &str = "$share/team/jobs";

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// A member that keeps its messages in memory.
fn volatile(broker: &TestBroker, id: &str, qos: Qos) -> Client {
    let mut member = Client::v5(id).connect(broker);
    member.subscribe(FILTER, qos);
    member
}

/// A durable member that has come and gone.
fn leave_member(broker: &TestBroker, id: &str, filter: &str, qos: Qos) {
    let mut member = lasting(id).connect(broker);
    member.subscribe(filter, qos);
    member.disconnect();
}

fn publish(broker: &TestBroker, payloads: impl IntoIterator<Item = u32>, qos: Qos) {
    publish_by(&mut Client::v5("publisher").connect(broker), payloads, qos);
}

fn publish_by(publisher: &mut Client, payloads: impl IntoIterator<Item = u32>, qos: Qos) {
    for payload in payloads {
        publisher.publish("jobs", payload.to_string(), qos);
    }
}

fn number(message: &Delivery) -> u32 {
    message.text().parse().expect("a number")
}

/// Everything on the way, window after window.
fn numbers(client: &mut Client) -> Vec<u32> {
    let windows = std::iter::repeat_with(|| client.drain()).take_while(|some| !some.is_empty());
    windows.flatten().map(|message| number(&message)).collect()
}

fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers
}

fn lost(broker: &Broker) -> u64 {
    broker.metric(Metric::DeliveryDropped)
}

#[test]
fn b114_the_end_of_a_durable_member_leaves_its_share_to_members_in_memory() {
    for clean_start in [true, false] {
        let broker = TestBroker::with("mqtt.max_inflight = 8");
        let mut ends = lasting("ends").manual_acks().connect(&broker);
        ends.subscribe(FILTER, AtLeastOnce);
        publish(&broker, 0..100, AtLeastOnce);
        let first = ends.expect_publish();
        ends.ack(PubAck, first.packet_id);
        ends.ping();
        let mut heir = volatile(&broker, "heir", AtLeastOnce);
        heir.expect_nothing();
        if clean_start {
            drop(Client::v5("ends").connect(&broker));
        } else {
            ends.disconnect_with(Disconnect { session_expiry_interval: Some(0), ..Disconnect::default() });
        }
        for wanted in 1..100 {
            assert_eq!(number(&heir.expect_publish()), wanted, "clean start {clean_start}: in order");
        }
        heir.expect_nothing();
        assert_eq!(lost(&broker), 0, "clean start {clean_start}");
    }
}

#[test]
fn b114_nobody_gets_at_qos_0_what_its_member_may_come_back_for() {
    let broker = TestBroker::start();
    leave_member(&broker, "away", FILTER, AtLeastOnce);
    publish(&broker, 0..5, AtLeastOnce);
    volatile(&broker, "careless", AtMostOnce).expect_nothing();
    assert_eq!(numbers(&mut lasting("away").connect(&broker)), (0..5).collect::<Vec<_>>());
}

#[test]
fn b114_a_kicked_member_leaves_what_it_was_not_sent() {
    let broker = TestBroker::with("mqtt.max_inflight = 8");
    let mut kicked = lasting("kicked").manual_acks().connect(&broker);
    kicked.subscribe(FILTER, AtLeastOnce);
    publish(&broker, 0..20, AtLeastOnce);
    for wanted in 0..8 {
        assert_eq!(number(&kicked.expect_publish()), wanted);
    }
    let mut heir = volatile(&broker, "heir", AtLeastOnce);
    broker.clients().kick("kicked").expect("an answer");
    kicked.expect_disconnect(ReasonCode::AdministrativeAction);
    assert_eq!(numbers(&mut heir), (8..20).collect::<Vec<_>>());
    assert_eq!(broker.metric(Metric::DeliveryDroppedSessionEnded), 8);
}

#[test]
fn b114_the_backlog_of_a_group_ends_with_its_last_member_and_is_counted() {
    let broker = TestBroker::start();
    leave_member(&broker, "only", FILTER, AtLeastOnce);
    publish(&broker, 0..20, AtLeastOnce);
    Client::v5("only").connect(&broker).expect_nothing();
    assert_eq!((lost(&broker), broker.metric(Metric::DeliveryDroppedSessionEnded)), (20, 20));
    volatile(&broker, "late", AtLeastOnce).expect_nothing();
}

#[test]
fn b114_a_long_backlog_goes_to_a_member_in_memory_at_its_own_pace() {
    const MESSAGES: u32 = 4_000;
    let broker = TestBroker::with("mqtt.max_mqueue_len = 10");
    leave_member(&broker, "away", FILTER, AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for round in 0..MESSAGES / 100 {
        for number in 0..100 {
            publisher.send_publish("jobs", (round * 100 + number).to_string(), AtLeastOnce);
        }
        for _ in 0..100 {
            publisher.recv_where("PUBACK", |packet| matches!(packet, Packet::PubAck(_)));
        }
    }
    let mut heir = volatile(&broker, "heir", AtLeastOnce);
    for wanted in 0..MESSAGES {
        assert_eq!(number(&heir.expect_publish()), wanted);
    }
    heir.expect_nothing();
    assert_eq!(lost(&broker), 0);
    lasting("away").connect(&broker).expect_nothing();
}

#[test]
fn b114_what_a_member_in_memory_inherited_goes_back_when_it_leaves() {
    let broker = TestBroker::with("mqtt.max_inflight = 8");
    leave_member(&broker, "away", FILTER, AtLeastOnce);
    publish(&broker, 0..40, AtLeastOnce);
    let mut passing = Client::v5("passing").manual_acks().connect(&broker);
    passing.subscribe(FILTER, AtLeastOnce);
    for wanted in 0..8 {
        let message = passing.expect_publish();
        assert_eq!(number(&message), wanted);
        if wanted < 4 {
            passing.ack(PubAck, message.packet_id);
        }
    }
    passing.disconnect();
    assert_eq!(numbers(&mut lasting("away").connect(&broker)), (4..40).collect::<Vec<_>>());
    assert_eq!(lost(&broker), 0);
}

#[test]
fn b114_queue_hands_its_backlog_on_like_any_group_and_with_the_identifier_of_the_heir() {
    let broker = TestBroker::start();
    leave_member(&broker, "away", "$queue/jobs", AtLeastOnce);
    publish(&broker, 0..5, AtLeastOnce);
    let mut heir = Client::v5("heir").connect(&broker);
    heir.subscribe_with_id(7, "$queue/jobs", AtLeastOnce);
    for wanted in 0..5 {
        let message = heir.expect_publish();
        assert_eq!((number(&message), &message.subscription_ids[..], message.dup), (wanted, &[7][..], false));
    }
}

#[test]
fn b114_a_backlog_of_several_groups_is_inherited_in_one_queue() {
    let broker = TestBroker::start();
    let mut away = lasting("away").connect(&broker);
    away.subscribe("$share/a/jobs", AtLeastOnce);
    away.subscribe("$share/b/jobs", AtLeastOnce);
    away.disconnect();
    publish(&broker, 0..5, AtLeastOnce);
    let mut heir = Client::v5("heir").connect(&broker);
    heir.subscribe("$share/a/jobs", AtLeastOnce);
    assert_eq!(numbers(&mut heir), (0..5).collect::<Vec<_>>());
    heir.subscribe("$share/b/jobs", AtLeastOnce);
    assert_eq!(numbers(&mut heir), (0..5).collect::<Vec<_>>());
    drop(heir);
    lasting("away").connect(&broker).expect_nothing();
}

/// [MQTT-4.8.2-4]
#[test]
fn b114_a_qos_2_backlog_reaches_exactly_one_of_many_members_that_come_at_once() {
    const MESSAGES: u32 = 300;
    let broker = TestBroker::start();
    for id in ["away 1", "away 2"] {
        leave_member(&broker, id, FILTER, ExactlyOnce);
    }
    publish(&broker, 0..MESSAGES, ExactlyOnce);
    let got = std::thread::scope(|scope| {
        let members = (0..6).map(|index| {
            let broker = &broker;
            scope.spawn(move || {
                let id = format!("member {index}");
                let connecting = if index % 2 == 0 { lasting(&id) } else { Client::v5(&id) };
                let mut member = connecting.connect(broker);
                member.subscribe(FILTER, ExactlyOnce);
                let got = numbers(&mut member);
                (member, got)
            })
        });
        let members: Vec<_> = members.collect();
        let members = members.into_iter().map(|member| member.join().expect("a member"));
        members.collect::<Vec<_>>()
    });
    let (mut members, got): (Vec<_>, Vec<_>) = got.into_iter().unzip();
    let mut got = got.concat();
    // What moved on when a member had looked already.
    members.iter_mut().for_each(|member| got.extend(numbers(member)));
    assert_eq!(sorted(got), (0..MESSAGES).collect::<Vec<_>>());
}

#[test]
fn b128_an_inherited_queue_goes_on_over_a_take_over_and_becomes_durable_with_its_session() {
    let broker = TestBroker::with("mqtt.max_inflight = 4");
    leave_member(&broker, "away", "$queue/jobs", ExactlyOnce);
    publish(&broker, 0..12, ExactlyOnce);
    let mut heir = Client::v5("heir").manual_acks().connect(&broker);
    heir.subscribe("$queue/jobs", ExactlyOnce);
    let sent: Vec<_> = (0..4).map(|_| heir.expect_publish()).collect();
    heir.ack(PubRec, sent[0].packet_id);
    assert_eq!(heir.recv().pubrel().packet_id, sent[0].packet_id);
    // Taken over by a connection without a durable session, then by one with.
    let mut again = Client::v5("heir").clean_start(false).manual_acks().connect(&broker);
    heir.expect_disconnect(ReasonCode::SessionTakenOver);
    assert!(again.session_present());
    expect_rest(&mut again, &sent);
    let mut durable = lasting("heir").manual_acks().connect(&broker);
    again.expect_disconnect(ReasonCode::SessionTakenOver);
    expect_rest(&mut durable, &sent);
    drop(durable);
    let broker = broker.restart();
    let mut durable = lasting("heir").manual_acks().connect(&broker);
    assert!(durable.session_present());
    expect_rest(&mut durable, &sent);
    for message in &sent[1..] {
        durable.ack(PubRec, message.packet_id);
        assert_eq!(durable.recv().pubrel().packet_id, message.packet_id);
    }
    for message in &sent {
        durable.ack(PubComp, message.packet_id);
    }
    for wanted in 4..8 {
        assert_eq!(number(&durable.expect_publish()), wanted);
    }
    // Its subscription is there once, under the name the client gave it.
    assert_eq!(broker.subscriptions(), 2);
    durable.unsubscribe("$queue/jobs");
    durable.disconnect();
    assert_eq!(broker.restart().subscriptions(), 1);
}

/// The rest of an exchange that had come to PUBREL, and the messages behind it once more.
fn expect_rest(client: &mut Client, sent: &[Delivery]) {
    assert_eq!(client.recv().pubrel().packet_id, sent[0].packet_id);
    for message in &sent[1..] {
        let again = client.expect_publish();
        assert_eq!((again.text(), again.packet_id, again.dup), (message.text(), message.packet_id, true));
    }
}

#[test]
fn b114_a_kill_gives_what_members_in_memory_had_inherited_back_to_the_others() {
    const MESSAGES: u32 = 100;
    let mut broker = Mortal::start();
    let mut away = lasting("away").connect_to(broker.address);
    away.subscribe(FILTER, AtLeastOnce);
    away.disconnect();
    let mut publisher = Client::v5("publisher").connect_to(broker.address);
    publish_by(&mut publisher, 0..MESSAGES, AtLeastOnce);
    let mut heir = Client::v5("heir").manual_acks().connect_to(broker.address);
    heir.subscribe(FILTER, AtLeastOnce);
    for wanted in 0..10 {
        assert_eq!(number(&heir.expect_publish()), wanted);
    }
    broker.kill_and_start_again();
    let mut got = BTreeMap::<u32, u32>::new();
    let mut heir = Client::v5("heir").clean_start(false).connect_to(broker.address);
    assert!(!heir.session_present(), "it was to end with its connection");
    heir.expect_nothing();
    let mut away = lasting("away").connect_to(broker.address);
    assert!(away.session_present());
    while got.len() < MESSAGES as usize {
        *got.entry(number(&away.expect_publish())).or_default() += 1;
    }
    assert!(got.values().all(|count| *count == 1), "{got:?}");
    // SUBACK tells that the acknowledgements before it are on disk. Nothing is left of the queue that was lent.
    away.subscribe("other", AtLeastOnce);
    broker.kill_and_start_again();
    lasting("away").connect_to(broker.address).expect_nothing();
}

#[test]
fn b114_a_kill_while_durable_members_come_and_go_loses_nothing() {
    const ROUNDS: u32 = 3;
    const MESSAGES: u32 = 120;
    let mut broker = Mortal::start();
    let mut anchor = lasting("anchor").connect_to(broker.address);
    anchor.subscribe(FILTER, AtLeastOnce);
    anchor.disconnect();
    let mut got = Vec::new();
    for round in 0..ROUNDS {
        let address = broker.address;
        let is_published = AtomicBool::new(false);
        let taken = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut publisher = Client::v5("publisher").connect_to(address);
                publish_by(&mut publisher, round * MESSAGES..(round + 1) * MESSAGES, AtLeastOnce);
                is_published.store(true, Ordering::SeqCst);
            });
            come_and_go(address, "member", [600, 600], || is_published.load(Ordering::SeqCst))
        });
        got.extend(taken);
        broker.kill_and_start_again();
    }
    // One that stays gets what waits for the others.
    let mut last = lasting("anchor").connect_to(broker.address);
    let mut missing: BTreeSet<u32> = (0..ROUNDS * MESSAGES).filter(|number| !got.contains(number)).collect();
    while !missing.is_empty() {
        missing.remove(&number(&last.expect_publish()));
    }
}

#[test]
fn b114_nothing_is_lost_while_members_of_all_kinds_come_and_go() {
    const MESSAGES: u32 = 400;
    let broker = TestBroker::start();
    leave_member(&broker, "anchor", FILTER, AtLeastOnce);
    let is_published = AtomicBool::new(false);
    let mut got = std::thread::scope(|scope| {
        scope.spawn(|| {
            publish(&broker, 0..MESSAGES, AtLeastOnce);
            is_published.store(true, Ordering::SeqCst);
        });
        let (broker, is_published) = (&broker, &is_published);
        let members = ["one", "two"].map(|name| {
            scope.spawn(move || come_and_go(broker.address(), name, [0, 600], || is_published.load(Ordering::SeqCst)))
        });
        members.map(|member| member.join().expect("a member")).concat()
    });
    broker.wait_until("all are offline", |broker| broker.connections() == 0);
    // One that comes gets what waits for the others.
    got.extend(numbers(&mut lasting("anchor").connect(&broker)));
    assert_eq!(sorted(got), (0..MESSAGES).collect::<Vec<_>>(), "each exactly once");
    assert_eq!(lost(&broker), 0);
}

/// Members come, with sessions that live for so many seconds after their connections, take half of what they get and go; some end the session of the one before.
/// What they took.
fn come_and_go(address: SocketAddr, name: &str, expiries: [u32; 2], is_over: impl Fn() -> bool) -> Vec<u32> {
    let mut taken = Vec::new();
    for turn in 0.. {
        let id = format!("{name} {}", turn % 3);
        let connecting = Client::v5(&id).clean_start(turn % 2 == 0).session_expiry(expiries[turn / 2 % 2]);
        let mut member = connecting.manual_acks().connect_to(address);
        member.subscribe(FILTER, AtLeastOnce);
        for message in member.drain().into_iter().step_by(2) {
            member.ack(PubAck, message.packet_id);
            taken.push(number(&message));
        }
        // The broker has got the acknowledgements.
        member.ping();
        if is_over() {
            break;
        }
    }
    taken
}
