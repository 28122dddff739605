//! Shared subscriptions: who of a group gets a message.

use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, TestBroker};

const MESSAGES: usize = 10;

/// A broker whose groups all choose like this.
fn broker_with(strategy: &str) -> TestBroker {
    TestBroker::with(&format!("mqtt.shared_subscription_strategy = {strategy}"))
}

/// Two clients that have subscribed to a filter.
fn two_members(broker: &TestBroker, filter: &str) -> [Client; 2] {
    ["first", "second"].map(|id| {
        let mut member = Client::v5(id).connect(broker);
        member.subscribe(filter, AtLeastOnce);
        member
    })
}

/// Payloads that have reached each client since the last look.
fn received<const N: usize>(members: &mut [Client; N]) -> [Vec<String>; N] {
    members.each_mut().map(|member| member.drain().iter().map(|message| message.text().to_owned()).collect())
}

/// Publishes one message and says which member got it.
fn receiver_of(publisher: &mut Client, topic: &str, members: &mut [Client; 2]) -> usize {
    publisher.publish(topic, "one", AtLeastOnce);
    let got = received(members).map(|messages| messages.len());
    assert_eq!(got.iter().sum::<usize>(), 1, "exactly one member gets a message: {got:?}");
    usize::from(got[1] == 1)
}

/// Which member gets each of ten messages of one publisher to one topic.
fn receivers(broker: &TestBroker, topic: &str, members: &mut [Client; 2]) -> Vec<usize> {
    let mut publisher = Client::v5("publisher").connect(broker);
    (0..MESSAGES).map(|_| receiver_of(&mut publisher, topic, members)).collect()
}

fn alternate(receivers: &[usize]) -> bool {
    receivers.windows(2).all(|pair| pair[0] != pair[1])
}

fn all_the_same(receivers: &[usize]) -> bool {
    receivers.windows(2).all(|pair| pair[0] == pair[1])
}

#[test]
fn b115_sticky_stays_with_one_member_whatever_the_first_pick() {
    for pick in ["random", "hash_clientid", "hash_topic"] {
        let broker = TestBroker::with(&format!(
            "mqtt {{ shared_subscription_strategy = sticky, shared_subscription_initial_sticky_pick = {pick} }}"
        ));
        let mut members = two_members(&broker, "$share/team/jobs");
        let receivers = receivers(&broker, "jobs", &mut members);
        assert!(all_the_same(&receivers), "{pick}: {receivers:?}");
    }
}

#[test]
fn b116_sticky_goes_to_the_other_member_when_its_own_unsubscribes() {
    let broker = broker_with("sticky");
    let mut members = two_members(&broker, "$share/team/jobs");
    let mut publisher = Client::v5("publisher").connect(&broker);
    let chosen = receiver_of(&mut publisher, "jobs", &mut members);
    members[chosen].unsubscribe("$share/team/jobs");
    for _ in 0..3 {
        assert_eq!(receiver_of(&mut publisher, "jobs", &mut members), 1 - chosen);
    }
}

#[test]
fn b117_round_robin_alternates_and_random_reaches_one_at_a_time() {
    let broker = broker_with("round_robin");
    let mut members = two_members(&broker, "$share/team/jobs");
    let in_turn = receivers(&broker, "jobs", &mut members);
    assert!(alternate(&in_turn), "{in_turn:?}");
    let broker = broker_with("random");
    let mut members = two_members(&broker, "$share/team/jobs");
    assert_eq!(receivers(&broker, "jobs", &mut members).len(), MESSAGES);
}

#[test]
fn b118_round_robin_per_group_alternates_for_one_publisher() {
    let broker = broker_with("round_robin_per_group");
    let mut members = two_members(&broker, "$share/team/jobs");
    let receivers = receivers(&broker, "jobs", &mut members);
    assert!(alternate(&receivers), "{receivers:?}");
}

#[test]
fn b118_round_robin_per_group_alternates_when_every_message_has_a_new_publisher() {
    let broker = broker_with("round_robin_per_group");
    let mut members = two_members(&broker, "$share/team/jobs");
    let mut receivers = Vec::new();
    // Their ids put them on both workers, which have to agree on whose turn it is.
    for number in 0..MESSAGES {
        let mut publisher = Client::v5(&format!("publisher-{number}")).connect(&broker);
        receivers.push(receiver_of(&mut publisher, "jobs", &mut members));
    }
    assert!(alternate(&receivers), "{receivers:?}");
}

#[test]
fn b118_round_robin_per_group_counts_each_group_for_itself() {
    let broker = broker_with("round_robin_per_group");
    let mut members = ["red-1", "red-2", "blue-1", "blue-2", "blue-3"].map(|id| {
        let mut member = Client::v5(id).connect(&broker);
        let group = &id[..id.len() - 2];
        member.subscribe(&format!("$share/{group}/jobs"), AtLeastOnce);
        member
    });
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..30 {
        publisher.publish("jobs", format!("{number}"), AtLeastOnce);
    }
    let got = received(&mut members).map(|messages| messages.len());
    assert_eq!(got, [15, 15, 10, 10, 10]);
}

#[test]
fn b119_hash_clientid_ties_a_publisher_to_a_member() {
    let broker = broker_with("hash_clientid");
    let mut members = two_members(&broker, "$share/team/jobs/+");
    let mut seen = [false; 2];
    for number in 0..20 {
        let mut publisher = Client::v5(&format!("publisher-{number}")).connect(&broker);
        let receivers = ["jobs/a", "jobs/b", "jobs/c"].map(|topic| receiver_of(&mut publisher, topic, &mut members));
        assert!(all_the_same(&receivers), "{receivers:?}");
        seen[receivers[0]] = true;
    }
    assert_eq!(seen, [true; 2], "different publishers reach different members");
}

#[test]
fn b119_hash_topic_ties_a_topic_to_a_member() {
    let broker = broker_with("hash_topic");
    let mut members = two_members(&broker, "$share/team/jobs/+");
    let mut publishers = ["one", "two"].map(|id| Client::v5(id).connect(&broker));
    let mut seen = [false; 2];
    for number in 0..20 {
        let topic = format!("jobs/{number}");
        let receivers = publishers.each_mut().map(|publisher| receiver_of(publisher, &topic, &mut members));
        assert!(all_the_same(&receivers), "{receivers:?}");
        seen[receivers[0]] = true;
    }
    assert_eq!(seen, [true; 2], "different topics reach different members");
}

#[test]
fn b120_a_group_has_its_own_strategy_by_its_name() {
    let broker = TestBroker::with(
        "mqtt.shared_subscription_strategy = round_robin_per_group
         broker.shared_subscription_group.loyal.strategy = sticky",
    );
    let mut loyal = two_members(&broker, "$share/loyal/a");
    let sticky = receivers(&broker, "a", &mut loyal);
    assert!(all_the_same(&sticky), "{sticky:?}");
    let mut others = two_members(&broker, "$share/others/b");
    let in_turn = receivers(&broker, "b", &mut others);
    assert!(alternate(&in_turn), "{in_turn:?}");
}

#[test]
fn b130_a_client_in_two_groups_gets_two_copies_each_with_the_options_of_its_group() {
    let broker = TestBroker::start();
    let mut member = Client::v5("member").connect(&broker);
    member.subscribe("$share/red/jobs", AtLeastOnce);
    member.subscribe("$share/blue/jobs", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut qualities = |member: &mut Client| {
        publisher.publish("jobs", "one", ExactlyOnce);
        let mut qualities: Vec<_> = member.drain().iter().map(|message| message.qos).collect();
        qualities.sort_unstable();
        qualities
    };
    assert_eq!(qualities(&mut member), [AtLeastOnce, AtLeastOnce]);
    member.subscribe("$share/red/jobs", ExactlyOnce);
    assert_eq!(qualities(&mut member), [AtLeastOnce, ExactlyOnce]);
    member.subscribe("$share/blue/jobs", AtMostOnce);
    assert_eq!(qualities(&mut member), [AtMostOnce, ExactlyOnce]);
}

#[test]
fn b130_a_plain_subscription_stands_beside_that_of_a_group() {
    let broker = TestBroker::start();
    let mut members = two_members(&broker, "$share/team/jobs");
    for member in &mut members {
        member.subscribe("jobs", AtLeastOnce);
    }
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("jobs", "one", AtLeastOnce);
    let mut got = received(&mut members).map(|messages| messages.len());
    got.sort_unstable();
    assert_eq!(got, [1, 2]);
}

#[test]
fn b131_queue_is_a_group_of_its_own() {
    let broker = TestBroker::start();
    let mut member = Client::v5("member").connect(&broker);
    member.subscribe("$queue/jobs", AtLeastOnce);
    member.subscribe("$share/team/jobs", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    assert_eq!(publisher.publish("jobs", "twice", AtLeastOnce), ReasonCode::Success);
    member.expect_payloads(["twice", "twice"]);
    member.unsubscribe("$queue/jobs");
    publisher.publish("jobs", "once", AtLeastOnce);
    member.expect_payloads(["once"]);
    member.unsubscribe("$share/team/jobs");
    assert_eq!(publisher.publish("jobs", "never", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    member.expect_nothing();
}

#[test]
fn b131_members_of_queue_share() {
    let broker = TestBroker::start();
    let mut members = two_members(&broker, "$queue/jobs");
    let receivers = receivers(&broker, "jobs", &mut members);
    assert!(alternate(&receivers), "{receivers:?}");
}

#[test]
fn b132_without_the_feature_a_shared_filter_ends_the_connection() {
    let broker = TestBroker::with("mqtt.shared_subscription = false");
    let options = dunlin_model::SubscriptionOptions::default();
    let shared = [("$share/team/jobs", options)];
    let queue = [("$queue/jobs", options)];
    let mixed = [("plain", options), ("$share/team/jobs", options)];
    for filters in [&shared[..], &queue, &mixed] {
        let mut client = Client::v5("client").connect(&broker);
        assert_eq!(client.connack().shared_subscription_available, Some(false));
        client.send_subscribe(None, filters);
        client.expect_disconnect(ReasonCode::SharedSubscriptionsNotSupported);
        for connecting in [Client::v3("old"), Client::v4("old")] {
            let mut old = connecting.connect(&broker);
            old.send_subscribe(None, filters);
            old.expect_closed();
        }
    }
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("plain", AtLeastOnce);
    broker.wait_until("only the plain subscription is there", |broker| broker.subscriptions() == 1);
}
