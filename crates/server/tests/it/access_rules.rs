//! What clients may do: rules, and sources that take their time.

use crate::access_back_ends::{Told, authentication, authorization, broker_with, rules};
use dunlin_access::{Admission, AuthorizationSettings, DenyAction, Outcome, SourceEntry, Verdict};
use dunlin_broker::{AccessControl, Metric};
use dunlin_codec::{Packet, Publish, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{DisconnectReason, ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};
use std::cell::RefCell;
use std::sync::Arc;
use tokio::sync::watch::Sender;

const RULES: &str = "
    {allow, {username, \"chief\"}, all, [\"#\"]}.
    {deny, all, publish, [\"closed/#\"]}.
    {deny, all, subscribe, [\"closed/#\", {eq, \"#\"}]}.
    {allow, all, all, [\"own/${clientid}/#\"]}.
    {deny, all, all, [\"own/#\"]}.
    {allow, all}.
";

fn broker_of(settings: AuthorizationSettings, sources: Vec<SourceEntry>) -> TestBroker {
    broker_with(AccessControl { authentication: None, authorization: authorization(settings, sources) })
}

fn ruled() -> TestBroker {
    broker_of(AuthorizationSettings::default(), vec![rules(RULES)])
}

/// One whose source says nothing before it is told.
fn slow() -> (Sender<Option<Verdict>>, TestBroker) {
    let (tell, told) = Told::<Verdict>::nothing();
    (tell, broker_of(AuthorizationSettings::default(), vec![SourceEntry::new(Arc::new(told))]))
}

#[test]
fn a_publish_that_is_denied_is_answered_and_reaches_nobody() {
    let broker = ruled();
    let mut chief = Client::v5("chief").with(|connect| connect.username = Some("chief")).connect(&broker);
    chief.subscribe("#", ExactlyOnce);
    let mut newer = Client::v5("newer").connect(&broker);
    let mut older = Client::v4("older").connect(&broker);
    assert_eq!(newer.publish("closed/a", "x", AtLeastOnce), ReasonCode::NotAuthorized);
    assert_eq!(newer.publish("closed/a", "x", ExactlyOnce), ReasonCode::NotAuthorized);
    // Before 5.0 there is no word for it, and without an answer the client would send it again for ever.
    assert_eq!(older.publish("closed/a", "x", AtLeastOnce), ReasonCode::Success);
    assert_eq!(older.publish("closed/a", "x", ExactlyOnce), ReasonCode::Success);
    for client in [&mut newer, &mut older] {
        client.publish("closed/a", "x", AtMostOnce);
        client.publish_retained("own/other/a", "x", AtLeastOnce);
        let mine = format!("own/{}/a", client.id());
        assert_eq!(client.publish(&mine, "mine", AtLeastOnce), ReasonCode::Success);
    }
    chief.expect_payloads(["mine", "mine"]);
    chief.expect_nothing();
    assert_eq!(broker.retained(), 0);
    broker.wait_until("all are counted", |broker| broker.metric(Metric::PacketsPublishAuthError) == 8);
    broker.wait_until("the rulings too", |broker| broker.authorization_tally().deny == 8);
}

#[test]
fn a_delayed_publish_is_one_to_the_topic_it_is_for() {
    let broker = ruled();
    let mut client = Client::v5("c").connect(&broker);
    assert_eq!(client.publish("$delayed/1/closed/a", "x", AtLeastOnce), ReasonCode::NotAuthorized);
    assert_ne!(client.publish("$delayed/60/open", "x", AtLeastOnce), ReasonCode::NotAuthorized);
}

#[test]
fn an_alias_hides_no_topic() {
    let broker = TestBroker::with_settings("", |settings| {
        settings.access.authorization = authorization(AuthorizationSettings::default(), vec![rules(RULES)]);
    });
    let mut client = Client::v5("c").connect(&broker);
    let aliased = |topic: &'static str| Publish {
        topic,
        topic_alias: Some(1),
        payload: b"x",
        qos: AtLeastOnce,
        ..Publish::default()
    };
    assert_eq!(client.publish_with(aliased("closed/a")), ReasonCode::NotAuthorized);
    assert_eq!(client.publish_with(aliased("")), ReasonCode::NotAuthorized, "the alias was set all the same");
    assert_ne!(client.publish_with(aliased("open")), ReasonCode::NotAuthorized);
    assert_ne!(client.publish_with(aliased("")), ReasonCode::NotAuthorized);
}

#[test]
fn each_filter_of_a_subscribe_has_its_own_answer() {
    let broker = ruled();
    let options = SubscriptionOptions::default();
    let filters = [
        ("open/#", ReasonCode::Success),
        ("closed/+/a", ReasonCode::NotAuthorized),
        ("#", ReasonCode::NotAuthorized),
        ("$share/g/closed/a", ReasonCode::NotAuthorized),
        ("$queue/closed/a", ReasonCode::NotAuthorized),
        ("$share/g/open", ReasonCode::Success),
        ("own/c/+", ReasonCode::Success),
        ("own/+/a", ReasonCode::NotAuthorized),
    ];
    let asked: Vec<_> = filters.iter().map(|(filter, _)| (*filter, options)).collect();
    let expected: Vec<_> = filters.iter().map(|(_, code)| *code).collect();
    let mut client = Client::v5("c").connect(&broker);
    assert_eq!(client.subscribe_all(None, &asked), expected);
    assert_eq!(broker.subscriptions(), 3);
    assert_eq!(broker.metric(Metric::PacketsSubscribeAuthError), 5);
}

#[test]
fn a_will_that_is_denied_is_left_out() {
    let broker = ruled();
    let mut chief = Client::v5("chief").with(|connect| connect.username = Some("chief")).connect(&broker);
    chief.subscribe("#", AtLeastOnce);
    for (topic, is_published) in [("closed/will", false), ("own/other/will", false), ("own/c/will", true)] {
        let will = Will { topic, payload: b"gone", qos: AtLeastOnce, ..Will::default() };
        Client::v5("c").will(will).connect(&broker).cut(&broker);
        if is_published {
            chief.expect_payloads(["gone"]);
        } else {
            chief.expect_nothing();
        }
    }
}

#[test]
fn a_will_is_decided_on_again_when_it_is_published() {
    const CLOSED: &str = "
        {deny, all, publish, [\"closed/#\"]}.
        {deny, {username, \"team\"}, publish, [\"of/others\"]}.
        {allow, all}.
    ";
    let access = |text| AccessControl {
        authentication: None,
        authorization: authorization(AuthorizationSettings::default(), vec![rules(text)]),
    };
    // There may be rules at CONNECT or none at all.
    for before in [AccessControl::default(), access("{allow, all}.")] {
        let broker = broker_with(before);
        let mut witness = Client::v5("witness").connect(&broker);
        for topic in ["open", "closed/a", "of/others"] {
            witness.subscribe(topic, AtLeastOnce);
        }
        let come = |id, topic, delay_interval, lasts| {
            let will = Will { topic, payload: b"gone", qos: AtLeastOnce, delay_interval, ..Will::default() };
            Client::v5(id).with(|connect| connect.username = Some(id)).will(will).session_expiry(lasts).connect(&broker)
        };
        let going = [
            come("ends", "closed/a", 0, 0),
            come("stays", "closed/a", 0, 600),
            come("late", "closed/a", 1, 600),
            come("delayed", "$delayed/1/closed/a", 0, 0),
            come("team", "of/others", 0, 0),
        ];
        let allowed = [come("good", "open", 0, 0), come("later", "open", 1, 600)];
        broker.change_access(access(CLOSED));
        let prober = RefCell::new(Client::v5("prober").connect(&broker));
        broker.wait_until("the worker knows", |_| {
            prober.borrow_mut().publish("closed/x", "x", AtLeastOnce) == ReasonCode::NotAuthorized
        });
        let before = broker.metric(Metric::PacketsPublishAuthError);
        for client in going {
            client.cut(&broker);
        }
        broker.wait_until("all are kept back", |broker| broker.metric(Metric::PacketsPublishAuthError) == before + 5);
        for client in allowed {
            client.cut(&broker);
        }
        witness.expect_payloads(["gone", "gone"]);
        witness.expect_nothing();
    }
}

#[test]
fn a_will_nobody_can_be_asked_about_any_more_is_published_as_decided_at_connect() {
    let (tell, broker) = slow();
    tell.send_replace(Some(Verdict::Allow));
    let mut witness = Client::v5("witness").connect(&broker);
    witness.subscribe("will", AtLeastOnce);
    let will = Will { topic: "will", payload: b"gone", qos: AtLeastOnce, ..Will::default() };
    let leaving = Client::v5("leaving").will(will).connect(&broker);
    tell.send_replace(Some(Verdict::Deny));
    leaving.cut(&broker);
    witness.expect_payloads(["gone"]);
}

#[test]
fn whoever_wants_what_it_may_not_can_be_disconnected() {
    let settings = AuthorizationSettings { deny_action: DenyAction::Disconnect, ..AuthorizationSettings::default() };
    let broker = broker_of(settings, vec![rules(RULES)]);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.send_publish("closed/a", "x", AtMostOnce);
    publisher.expect_disconnect(ReasonCode::NotAuthorized);
    let mut subscriber = Client::v4("subscriber").connect(&broker);
    subscriber.send_subscribe(None, &[("closed/a", SubscriptionOptions::default())]);
    subscriber.expect_closed();
    broker.wait_until("both are counted", |broker| broker.disconnects(DisconnectReason::NotAuthorized) == 2);
}

#[test]
fn other_rules_count_at_once_for_clients_that_are_connected() {
    let broker = ruled();
    let mut client = Client::v5("c").connect(&broker);
    assert_eq!(client.publish("closed/a", "x", AtLeastOnce), ReasonCode::NotAuthorized);
    assert_ne!(client.publish("open", "x", AtLeastOnce), ReasonCode::NotAuthorized);
    let turned = "{allow, all, all, [\"closed/#\"]}. {deny, all}.";
    let access = |text| AccessControl {
        authentication: None,
        authorization: authorization(AuthorizationSettings::default(), vec![rules(text)]),
    };
    // The worker may be about to handle a publish when it is told of the change.
    let publish_until = |client: &mut Client, topic: &str, wanted: bool| {
        let client = RefCell::new(client);
        broker.wait_until("the worker knows", |_| {
            (client.borrow_mut().publish(topic, "x", AtLeastOnce) != ReasonCode::NotAuthorized) == wanted
        });
    };
    broker.change_access(access(turned));
    publish_until(&mut client, "open", false);
    assert_ne!(client.publish("closed/a", "x", AtLeastOnce), ReasonCode::NotAuthorized);
    broker.change_access(AccessControl::default());
    publish_until(&mut client, "open", true);
}

#[test]
fn what_a_source_has_said_is_forgotten_with_it() {
    let source = |verdict| {
        let (tell, told) = Told::<Verdict>::nothing();
        tell.send_replace(Some(verdict));
        let sources = vec![SourceEntry::new(Arc::new(told))];
        (tell, authorization(AuthorizationSettings::default(), sources))
    };
    let access = |authorization| AccessControl { authentication: None, authorization };
    let (allowing, authorization) = source(Verdict::Allow);
    let broker = broker_with(access(authorization));
    let mut client = Client::v5("c").connect(&broker);
    for _ in 0..2 {
        assert_eq!(client.publish("t", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    }
    // The verdict is kept: the source would say something else by now.
    allowing.send_replace(Some(Verdict::Deny));
    assert_eq!(client.publish("t", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    broker.wait_until("it was kept", |broker| broker.authorization_tally().cache_hit == 2);
    let (_denying, authorization) = source(Verdict::Deny);
    broker.change_access(access(authorization));
    client.ping();
    assert_eq!(client.publish("t", "x", AtLeastOnce), ReasonCode::NotAuthorized);
}

#[test]
fn rules_that_come_later_know_who_the_connected_clients_are() {
    let (tell, told) = Told::<Outcome>::nothing();
    let acl = r#"[{"permission": "deny", "action": "publish", "topic": "forbidden"}]"#.to_owned();
    let attributes = [("team".to_owned(), "red".to_owned())].into();
    tell.send_replace(Some(Outcome::Allow(Box::new(Admission { acl: Some(acl), attributes, ..Admission::default() }))));
    let access = |text| AccessControl { authentication: None, authorization: text };
    let broker = broker_with(AccessControl { authentication: authentication(told), authorization: None });
    let mut client = Client::v5("c").with(|connect| connect.username = Some("ann")).connect(&broker);
    assert_ne!(client.publish("forbidden", "x", AtLeastOnce), ReasonCode::NotAuthorized, "there are no rules");
    let text =
        "{deny, {username, \"ann\"}, publish, [\"of/others\"]}. {allow, {client_attr, \"team\", \"red\"}, all, all}.";
    broker.change_access(access(authorization(AuthorizationSettings::default(), vec![rules(text)])));
    client.ping();
    for (topic, is_allowed) in [("forbidden", false), ("of/others", false), ("own", true)] {
        let code = client.publish(topic, "x", AtLeastOnce);
        assert_eq!(code != ReasonCode::NotAuthorized, is_allowed, "{topic}");
    }
}

#[test]
fn packets_behind_a_question_wait_in_their_order_and_others_do_not() {
    let (tell, broker) = slow();
    let mut asking = Client::v5("asking").connect(&broker);
    for number in 0..10 {
        asking.send_publish("t", number.to_string(), AtLeastOnce);
    }
    asking.send(&Packet::PingReq);
    for other in ["a", "b", "c"] {
        Client::v5(other).connect(&broker).ping();
    }
    tell.send_replace(Some(Verdict::Allow));
    for _ in 0..10 {
        let frame = asking.recv();
        assert!(matches!(frame.packet(), Packet::PubAck(_)), "{frame:?}");
    }
    assert!(matches!(asking.recv().packet(), Packet::PingResp));
}

#[test]
fn a_subscribe_and_a_will_wait_for_their_answer_too() {
    let (tell, broker) = slow();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.send_subscribe(None, &[("t", SubscriptionOptions::default()), ("u", SubscriptionOptions::default())]);
    let will = Will { topic: "t", payload: b"gone", qos: AtLeastOnce, ..Will::default() };
    let leaving = Client::v5("leaving").will(will).send_connect(broker.address());
    Client::v5("other").connect(&broker).ping();
    tell.send_replace(Some(Verdict::Allow));
    subscriber.recv_where("SUBACK", |packet| matches!(packet, Packet::SubAck(ack) if ack.reason_codes == [0, 0]));
    broker.wait_until("the client with the will is in", |broker| broker.metric(Metric::ClientConnected) == 3);
    leaving.cut(&broker);
    subscriber.expect_payloads(["gone"]);
}

#[test]
fn a_question_ends_with_the_connection_that_asked_it() {
    let (tell, broker) = slow();
    for _ in 0..3 {
        let mut asking = Client::v5("asking").connect(&broker);
        asking.send_publish("t", "x", AtLeastOnce);
    }
    // Each of them was taken over by the one after it. The next client has the same place among the connections: no answer for those before it is taken for its own.
    let mut next = Client::v5("next").connect(&broker);
    tell.send_replace(Some(Verdict::Allow));
    next.ping();
    assert_eq!(next.publish("t", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
}

#[test]
fn a_question_nobody_answers_ends_the_connection() {
    let (_tell, broker) = slow();
    let mut client = Client::v5("c").connect(&broker);
    client.send_publish("panic", "x", AtLeastOnce);
    client.expect_disconnect(ReasonCode::ServerBusy);
}
