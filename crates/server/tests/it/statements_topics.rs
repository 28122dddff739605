//! MQTT 5.0 chapters 4.7 and 4.8: topics, filters, shared subscriptions.

use crate::statements_bytes::{expect_fault, publish};
use dunlin_codec::AckKind;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

/// Which of these topics a filter selects.
fn selected<'a>(broker: &TestBroker, filter: &str, topics: &[&'a str]) -> Vec<&'a str> {
    let mut client = Client::v5("client").connect(broker);
    client.subscribe(filter, AtMostOnce);
    for topic in topics {
        client.publish(topic, "x", AtLeastOnce);
    }
    let messages = client.drain();
    let is_there = |topic: &&&str| messages.iter().any(|message| message.topic == **topic);
    topics.iter().filter(is_there).copied().collect()
}

fn refused(client: &mut Client, filter: &str) {
    let codes = client.subscribe_all(None, &[(filter, SubscriptionOptions::default())]);
    assert_eq!(codes, [ReasonCode::TopicFilterInvalid], "{filter:?}");
}

// [MQTT-4.7.1-2]
#[test]
fn mqtt_4_7_1_1_misplaced_wildcards_are_refused() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    for filter in ["a#", "a/#/b", "#/a", "a/b#", "a+", "+a/b", "a/+b/c", "a/b+"] {
        refused(&mut client, filter);
    }
    assert_eq!(broker.subscriptions(), 0);
}

#[test]
fn mqtt_4_7_1_1_wildcards_select_whole_levels() {
    let broker = TestBroker::start();
    let topics = ["a", "a/", "a/b", "/b", "a/b/c", "/", "b"];
    for (filter, expected) in [
        ("a/+", &["a/", "a/b"][..]),
        ("+/b", &["a/b", "/b"]),
        ("a/#", &["a", "a/", "a/b", "a/b/c"]),
        ("+", &["a", "b"]),
        ("/+", &["/b", "/"]),
        ("+/+", &["a/", "a/b", "/b", "/"]),
    ] {
        assert_eq!(selected(&broker, filter, &topics), expected, "{filter}");
    }
}

#[test]
fn mqtt_4_7_2_1_wildcards_in_front_do_not_select_dollar_topics() {
    let broker = TestBroker::start();
    let topics = ["$test/a", "test/a"];
    for (filter, expected) in
        [("#", &["test/a"][..]), ("+/a", &["test/a"]), ("$test/#", &["$test/a"]), ("$test/+", &["$test/a"])]
    {
        assert_eq!(selected(&broker, filter, &topics), expected, "{filter}");
    }
}

#[test]
fn mqtt_4_7_3_1_names_and_filters_are_not_empty() {
    let broker = TestBroker::start();
    refused(&mut Client::v5("client").connect(&broker), "");
    expect_fault(&broker, &publish(b"", b"x"), ReasonCode::ProtocolError);
}

#[test]
fn mqtt_4_7_3_3_a_topic_has_up_to_65535_bytes() {
    let broker = TestBroker::start();
    let topic = "t".repeat(65_535);
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe(&topic, AtLeastOnce);
    client.publish(&topic, "x", AtLeastOnce);
    assert_eq!(client.expect_publish().topic, topic);
}

#[test]
fn mqtt_4_7_3_4_topics_are_compared_byte_by_byte() {
    let broker = TestBroker::start();
    // Composed and decomposed, upper case, a level more, a space.
    let topics = ["caf\u{E9}", "cafe\u{301}", "CAF\u{C9}", "caf\u{E9}/", "/caf\u{E9}", "caf\u{E9} "];
    for topic in topics {
        assert_eq!(selected(&broker, topic, &topics), [topic]);
    }
}

// [MQTT-4.8.2-2]
#[test]
fn mqtt_4_8_2_1_malformed_shared_filters_are_refused() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    for filter in ["$share/g", "$share/g/", "$share//t", "$share/g+/t", "$share/#/t", "$share/g#/t", "$share/"] {
        refused(&mut client, filter);
    }
}

#[test]
fn mqtt_4_8_2_3_a_member_gets_no_more_than_it_was_granted() {
    let broker = TestBroker::start();
    let mut member = Client::v5("member").connect(&broker);
    member.subscribe("$share/g/t", AtLeastOnce);
    for (published, expected) in [(ExactlyOnce, AtLeastOnce), (AtLeastOnce, AtLeastOnce), (AtMostOnce, AtMostOnce)] {
        member.publish("t", "x", published);
        assert_eq!(member.expect_publish().qos, expected);
    }
}

#[test]
fn mqtt_4_8_2_4_one_member_gets_a_message_and_completes_it() {
    let broker = TestBroker::start();
    let mut members = ["one", "two"].map(|id| {
        let mut member = Client::v5(id).session_expiry(60).manual_acks().connect(&broker);
        member.subscribe("$share/g/t", ExactlyOnce);
        member
    });
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "x", ExactlyOnce);
    let got = members.each_mut().map(|member| member.drain());
    let chosen = usize::from(got[0].is_empty());
    assert_eq!((got[chosen].len(), got[1 - chosen].len()), (1, 0));
    let id = got[chosen][0].packet_id;
    members[chosen].ack(AckKind::PubRec, id);
    assert_eq!(members[chosen].recv().pubrel().packet_id, id);
    members[chosen].ack(AckKind::PubComp, id);
    for member in &mut members {
        member.expect_nothing();
    }
}

#[test]
fn mqtt_4_8_2_5_a_delivery_that_has_begun_stays_with_its_member() {
    let broker = TestBroker::start();
    let member = |id| {
        let mut member = Client::v5(id).clean_start(false).session_expiry(60).manual_acks().connect(&broker);
        member.subscribe("$share/g/t", ExactlyOnce);
        member
    };
    let mut first = member("first");
    Client::v5("publisher").connect(&broker).publish("t", "x", ExactlyOnce);
    let id = first.expect_publish().packet_id;
    let mut second = member("second");
    first.cut(&broker);
    second.expect_nothing();
    let mut first = Client::v5("first").clean_start(false).session_expiry(60).manual_acks().connect(&broker);
    let again = first.expect_publish();
    assert_eq!((again.packet_id, again.dup), (id, true));
    second.expect_nothing();
}
