//! `$exclusive/…`: a topic for one subscriber, the opposite of a group.

use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

const FILTER: &str = "$exclusive/line";
const ON: &str = "mqtt.exclusive_subscription = true";

fn subscribe(client: &mut Client, filter: &str) -> ReasonCode {
    let options = SubscriptionOptions { qos: AtLeastOnce, ..SubscriptionOptions::default() };
    client.subscribe_all(None, &[(filter, options)])[0]
}

#[test]
fn b151_only_one_client_has_an_exclusive_subscription() {
    let broker = TestBroker::with(ON);
    let (mut owner, mut other) = (Client::v5("owner").connect(&broker), Client::v5("other").connect(&broker));
    assert_eq!(subscribe(&mut owner, FILTER), ReasonCode::GrantedQos1);
    assert_eq!(subscribe(&mut other, FILTER), ReasonCode::QuotaExceeded);
    assert_eq!(subscribe(&mut owner, FILTER), ReasonCode::GrantedQos1, "its owner may repeat it");
    assert_eq!(subscribe(&mut other, "line"), ReasonCode::GrantedQos1, "a plain subscription is another matter");
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("line", "hello", AtLeastOnce);
    owner.expect_payloads(["hello"]);
    other.expect_payloads(["hello"]);
    owner.expect_nothing();
    other.expect_nothing();
}

#[test]
fn b151_it_is_freed_by_unsubscribe_and_by_the_end_of_the_session() {
    let broker = TestBroker::with(ON);
    let mut next = Client::v5("next").connect(&broker);
    let mut owner = Client::v5("owner").connect(&broker);
    assert_eq!(subscribe(&mut owner, FILTER), ReasonCode::GrantedQos1);
    owner.unsubscribe(FILTER);
    assert_eq!(subscribe(&mut next, FILTER), ReasonCode::GrantedQos1);
    next.disconnect();
    assert_eq!(subscribe(&mut owner, FILTER), ReasonCode::GrantedQos1);
}

#[test]
fn b151_a_session_that_lives_offline_keeps_it() {
    let broker = TestBroker::with(ON);
    let mut owner = Client::v5("owner").session_expiry(60).connect(&broker);
    assert_eq!(subscribe(&mut owner, FILTER), ReasonCode::GrantedQos1);
    owner.disconnect();
    let mut other = Client::v5("other").connect(&broker);
    assert_eq!(subscribe(&mut other, FILTER), ReasonCode::QuotaExceeded);
    other.publish("line", "for the owner", AtLeastOnce);
    let mut owner = Client::v5("owner").clean_start(false).connect(&broker);
    owner.expect_payloads(["for the owner"]);
    // Now without expiry: the end of the connection is the end of the session.
    owner.disconnect();
    assert_eq!(subscribe(&mut other, FILTER), ReasonCode::GrantedQos1);
}

#[test]
fn b151_without_the_feature_it_is_refused() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    assert_eq!(subscribe(&mut client, FILTER), ReasonCode::TopicFilterInvalid);
    let mut old = Client::v4("old").connect(&broker);
    assert_eq!(subscribe(&mut old, FILTER), ReasonCode::UnspecifiedError);
}
