//! Traces: what they show of a client and of a topic, and what they never show.

use dunlin_broker::TraceSubject;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_server::{TraceDefinition, TraceError, TraceFormatter, TraceStatus};
use dunlin_testkit::{Client, TestBroker};
use std::cell::RefCell;
use std::time::Duration;

fn start(broker: &TestBroker, name: &str, subject: TraceSubject) {
    broker.server().traces().create(TraceDefinition::new(name, subject)).expect("it begins");
}

fn client(id: &str) -> TraceSubject {
    TraceSubject::ClientId(id.to_owned())
}

/// The file of a trace once it has a line with this.
fn text_with(broker: &TestBroker, name: &str, last: &str) -> String {
    let read = || String::from_utf8(broker.server().traces().read(name, 0, 1 << 20).expect("a file")).expect("text");
    broker.wait_until(last, |_| read().contains(last));
    read()
}

/// The lines, without their times, addresses and tags.
fn events(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| Some(line.split_once(" msg: ")?.1.to_owned())).collect()
}

#[test]
fn a_client_is_traced_from_connect_to_the_end() {
    let broker = TestBroker::start();
    start(&broker, "one", client("c1"));
    let mut traced = Client::v5("c1").with(|connect| connect.password = Some(b"hunter2")).connect(&broker);
    let mut other = Client::v5("c2").connect(&broker);
    traced.subscribe("t/#", ExactlyOnce);
    other.publish("t/2", "to you", ExactlyOnce);
    traced.expect_publish();
    traced.publish("u", "hello", AtLeastOnce);
    traced.ping();
    traced.disconnect();
    let text = text_with(&broker, "one", "connection_closed, reason: normal");
    let events = events(&text);
    let has = |what: &str| assert!(events.iter().any(|event| event.contains(what)), "{what} in {text}");
    has("mqtt_packet_received, packet: CONNECT(Q0, R0, D0, ClientId=c1, ProtoName=MQTT, ProtoVsn=5, CleanStart=true");
    has("mqtt_packet_sent, packet: CONNACK(Q0, R0, D0, AckFlags=0, ReasonCode=0)");
    has(
        "mqtt_packet_received, packet: SUBSCRIBE(Q1, R0, D0, PacketId=1 TopicFilters=[t/#(#{nl => 0,qos => 2,rap => 0,rh => 0})])",
    );
    has("mqtt_packet_sent, packet: SUBACK(Q0, R0, D0, PacketId=1, ReasonCodes=[2])");
    has("mqtt_packet_sent, packet: PUBLISH(Q2, R0, D0, Topic=t/2, PacketId=1, Payload(text)=to you)");
    has("mqtt_packet_received, packet: PUBREC(Q0, R0, D0, PacketId=1, ReasonCode=0)");
    has("mqtt_packet_sent, packet: PUBREL(Q1, R0, D0, PacketId=1, ReasonCode=0)");
    has("mqtt_packet_received, packet: PUBLISH(Q1, R0, D0, Topic=u, PacketId=2, Payload(text)=hello)");
    has("mqtt_packet_sent, packet: PUBACK(Q0, R0, D0, PacketId=2, ReasonCode=16)");
    has("mqtt_packet_sent, packet: PINGRESP(Q0, R0, D0)");
    has("mqtt_packet_received, packet: DISCONNECT(Q0, R0, D0, ReasonCode=0)");
    assert!(text.lines().all(|line| line.contains("] c1@127.0.0.1:")), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_topic_is_traced_from_publisher_to_receivers() {
    let broker = TestBroker::start();
    let mut receiver = Client::v5("receiver").connect(&broker);
    receiver.subscribe("#", AtMostOnce);
    start(&broker, "topic", TraceSubject::Topic("a/+".into()));
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("b/1", "not this", AtLeastOnce);
    publisher.publish("a/1", "this", AtLeastOnce);
    let text = text_with(&broker, "topic", "message_delivered");
    assert!(text.contains(" publisher msg: publish_to, topic: a/1, qos: 1, payload: Payload(text)=this\n"), "{text}");
    assert!(
        text.contains(" receiver msg: message_delivered, topic: a/1, qos: 1, payload: Payload(text)=this\n"),
        "{text}"
    );
    assert!(!text.contains("b/1"), "{text}");
}

#[test]
fn drops_and_decisions_are_told() {
    let broker = TestBroker::with(
        "authorization.no_match = allow\n\
         authorization.sources = [{ type = file, rules = \"{deny, {user, \\\"u\\\"}, all, all}. \
         {deny, all, publish, [\\\"secret\\\"]}. {allow, all, publish, [\\\"open\\\"]}.\" }]",
    );
    start(&broker, "here", TraceSubject::Address([127, 0, 0, 1].into()));
    let mut publisher = Client::v5("c").connect(&broker);
    publisher.publish("secret", "x", AtLeastOnce);
    publisher.publish("open", "x", AtLeastOnce);
    publisher.subscribe("mine", AtLeastOnce);
    let text = text_with(&broker, "here", "SUBACK");
    assert!(text.contains("[AUTHZ] c@127.0.0.1"), "{text}");
    for decision in [
        "authorization_permission_denied, action: publish, topic: secret, source: file, rule: 2\n",
        "authorization_permission_allowed, action: publish, topic: open, source: file, rule: 3\n",
        "authorization_permission_allowed, action: subscribe, topic: mine, source: no_match\n",
    ] {
        assert!(text.contains(decision), "{decision} in {text}");
    }
    start(&broker, "loop", client("c"));
    publisher.ping();
    publisher.subscribe_with("own", dunlin_model::SubscriptionOptions { no_local: true, ..Default::default() });
    publisher.publish("own", "mine", AtMostOnce);
    let text = text_with(&broker, "loop", "message_dropped");
    assert!(text.contains("message_dropped, reason: delivery.dropped.no_local, receiver: c, topic: own"), "{text}");
}

#[test]
fn a_trace_begins_and_ends_at_its_times() {
    let broker = TestBroker::start();
    let traces = broker.server().traces();
    let at_once = TraceDefinition::new("timed", client("c"));
    let after = |seconds| at_once.start_at + Duration::from_secs(seconds);
    let timed = TraceDefinition { start_at: after(1), end_at: after(4), ..at_once.clone() };
    let told = traces.create(timed).expect("it is taken");
    assert_eq!(told.status, TraceStatus::Waiting);
    let traced = RefCell::new(Client::v5("c").connect(&broker));
    let publish = |topic: &str| traced.borrow_mut().publish(topic, "", AtLeastOnce);
    publish("before");
    let read = |name: &str| String::from_utf8(traces.read(name, 0, 1 << 20).expect("a file")).expect("text");
    broker.wait_until("it has begun", |_| {
        publish("within");
        read("timed").contains("Topic=within")
    });
    broker.wait_until("it is over", |_| traces.list()[0].status == TraceStatus::Stopped);
    let before = read("timed");
    assert!(!before.contains("Topic=before"), "{before}");
    // Another one is about the same only when no other is that runs; what it tells, the first does not.
    start(&broker, "next", client("c"));
    broker.wait_until("the next has begun", |_| {
        publish("after");
        read("next").contains("Topic=after")
    });
    assert!(!read("timed").contains("Topic=after"), "{}", read("timed"));
}

#[test]
fn who_has_let_a_client_in_is_told() {
    let site = crate::lifecycle_site::Site::new(
        "authentication = [{ mechanism = password_based, backend = built_in_database }]",
    );
    let address = site.start();
    site.good(&["ctl", "authn", "users", "add", "ann", "--password", "right"]);
    site.good(&["ctl", "traces", "start", "in", "client", "c"]);
    let connecting = Client::v5("c").with(|connect| {
        connect.username = Some("ann");
        connect.password = Some(b"right");
    });
    connecting.connect_to(address).ping();
    let text = crate::lifecycle_site::eventually(|| {
        let text = std::fs::read_to_string(site.path("data/trace/trace_in.log")).ok()?;
        text.contains("CONNACK").then_some(text)
    });
    assert!(text.contains(" msg: authentication_success, authenticator: password_based:built_in_database\n"), "{text}");
}

#[test]
fn those_who_are_refused_are_traced_without_their_secrets() {
    let broker = TestBroker::with("authentication = [{ mechanism = password_based, backend = built_in_database }]");
    start(&broker, "refused", client("c"));
    let refused = Client::v5("c").with(|connect| {
        connect.username = Some("u");
        connect.password = Some(b"planted-secret");
    });
    refused.connect_refused(&broker);
    let text = text_with(&broker, "refused", "connection_closed");
    assert!(text.contains("authentication_failure, reason:") && text.contains("Password=******"), "{text}");
    assert!(!text.contains("planted-secret"), "{text}");
}

#[test]
fn one_object_a_line_where_that_is_asked_for() {
    let broker = TestBroker::start();
    let definition = TraceDefinition { formatter: TraceFormatter::Json, ..TraceDefinition::new("j", client("c")) };
    broker.server().traces().create(definition).expect("it begins");
    Client::v4("c").connect(&broker).disconnect();
    let text = text_with(&broker, "j", "connection_closed");
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("an object");
        assert_eq!((&value["meta"]["clientid"], &value["level"]), (&"c".into(), &"debug".into()), "{line}");
    }
}

#[test]
fn a_trace_ends_when_it_is_stopped_and_its_file_stays_until_it_is_deleted() {
    let broker = TestBroker::start();
    let traces = broker.server().traces();
    start(&broker, "t", client("c"));
    let mut connected = Client::v5("c").connect(&broker);
    text_with(&broker, "t", "CONNACK");
    traces.stop("t").expect("it is there");
    assert_eq!(traces.list()[0].status, TraceStatus::Stopped);
    start(&broker, "again", client("c"));
    // The first may be read before its worker hears of the trace.
    connected.ping();
    connected.ping();
    let text = text_with(&broker, "again", "PINGREQ");
    assert!(!text.contains("CONNECT("), "{text}");
    assert!(!text_with(&broker, "t", "CONNACK").contains("PINGREQ"));
    traces.delete("t").expect("it is there");
    assert!(matches!(traces.read("t", 0, 1), Err(TraceError::Unknown(_))));
    let broker = broker.restart();
    let kept: Vec<_> =
        broker.server().traces().list().into_iter().map(|state| (state.definition.name, state.status)).collect();
    assert_eq!(kept, [("again".to_owned(), TraceStatus::Running)]);
    Client::v5("c").connect(&broker).disconnect();
    text_with(&broker, "again", "CONNECT(");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let broker = TestBroker::start();
    let traces = broker.server().traces();
    start(&broker, "first", client("c"));
    let refused = |definition| traces.create(definition).expect_err("it is refused");
    assert!(matches!(refused(TraceDefinition::new("first", client("d"))), TraceError::NameTaken(_)));
    assert!(matches!(refused(TraceDefinition::new("second", client("c"))), TraceError::SameSubject(_)));
    for name in ["", "1st", "../etc/passwd", "a/b", "a b"] {
        assert!(matches!(refused(TraceDefinition::new(name, client("d"))), TraceError::Invalid(_)), "{name}");
    }
    assert!(matches!(refused(TraceDefinition::new("x", TraceSubject::Topic("a/#/b".into()))), TraceError::Invalid(_)));
    for number in 1..30 {
        start(&broker, &format!("n{number}"), client(&format!("c{number}")));
    }
    assert!(matches!(refused(TraceDefinition::new("more", client("d"))), TraceError::TooMany(30)));
    traces.clear().expect("they are deleted");
    assert_eq!(traces.list(), []);
}

#[test]
fn there_are_no_more_traces_and_no_longer_files_than_the_configuration_says() {
    let broker = TestBroker::with("trace { max_traces = 1, max_file_size = 2KB }");
    start(&broker, "one", client("c1"));
    let refused = broker.server().traces().create(TraceDefinition::new("two", client("c2")));
    assert!(matches!(refused, Err(TraceError::TooMany(1))), "{refused:?}");
    let mut traced = Client::v5("c1").connect(&broker);
    for _ in 0..100 {
        traced.publish("t", [b'x'; 200], AtLeastOnce);
    }
    let full = text_with(&broker, "one", "trace_file_full");
    let (_, last) = full.trim_end().rsplit_once('\n').expect("lines");
    assert!(last.ends_with(" [TRACE]  msg: trace_file_full, max_file_size: 2048"), "{last}");
    assert!(full.len() <= 2_048, "{}", full.len());
    // Shorter lines would find room; and a restart does not open it again.
    traced.disconnect();
    let broker = broker.restart();
    Client::v5("c1").connect(&broker).disconnect();
    broker.server().traces().delete("one").expect("it is there");
    let json = TraceDefinition { formatter: TraceFormatter::Json, ..TraceDefinition::new("two", client("c1")) };
    broker.server().traces().create(json).expect("it begins");
    let mut traced = Client::v5("c1").connect(&broker);
    traced.publish("t", [b'x'; 1_900], AtLeastOnce);
    traced.ping();
    traced.disconnect();
    let text = text_with(&broker, "two", "trace_file_full");
    let values: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(values.last().expect("lines")["msg"], "trace_file_full", "{text}");
}

#[test]
fn a_full_file_stays_full_over_a_restart() {
    let broker = TestBroker::with("trace { max_file_size = 1KB }");
    start(&broker, "one", client("c1"));
    let mut traced = Client::v5("c1").connect(&broker);
    traced.publish("t", [b'x'; 900], AtLeastOnce);
    let full = text_with(&broker, "one", "trace_file_full");
    assert!(full.len() < 800, "there is room for more: {full}");
    traced.disconnect();
    let broker = broker.restart();
    // What the other is told of comes behind what the first would have been told of.
    start(&broker, "other", TraceSubject::Address([127, 0, 0, 1].into()));
    Client::v5("c1").connect(&broker).disconnect();
    text_with(&broker, "other", "connection_closed");
    assert_eq!(text_with(&broker, "one", "trace_file_full"), full);
}

#[test]
fn a_trace_whose_file_cannot_be_removed_stays() {
    let broker = TestBroker::start();
    let traces = broker.server().traces();
    start(&broker, "stuck", client("c1"));
    start(&broker, "gone", client("c2"));
    let path = traces.list().into_iter().find(|state| state.definition.name == "stuck").expect("it is there").path;
    std::fs::remove_file(&path).expect("a file");
    std::fs::create_dir(&path).expect("a folder in its place");
    assert!(matches!(traces.delete("stuck"), Err(TraceError::File(_))));
    assert_eq!(traces.list().len(), 2);
    assert!(matches!(traces.clear(), Err(TraceError::File(_))));
    let names: Vec<_> = traces.list().into_iter().map(|state| state.definition.name).collect();
    assert_eq!(names, ["stuck"]);
    std::fs::remove_dir(&path).expect("the folder");
    traces.delete("stuck").expect("it is deleted");
    assert_eq!(traces.list(), []);
}

#[test]
fn a_trace_ends_within_a_week() {
    let broker = TestBroker::start();
    let traces = broker.server().traces();
    let now = TraceDefinition::new("long", client("c"));
    let until = |seconds| TraceDefinition { end_at: now.start_at + Duration::from_secs(seconds), ..now.clone() };
    let week = 7 * 86_400;
    let refused = traces.create(until(week + 60));
    assert!(matches!(&refused, Err(TraceError::Invalid(why)) if why.contains("7 days")), "{refused:?}");
    traces.create(until(week - 60)).expect("it begins");
}

#[test]
fn drops_are_told_by_the_address_of_who_had_to_do_with_them() {
    let broker = TestBroker::start();
    start(&broker, "here", TraceSubject::Address([127, 0, 0, 1].into()));
    start(&broker, "elsewhere", TraceSubject::Address([127, 0, 0, 9].into()));
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe_with("own", dunlin_model::SubscriptionOptions { no_local: true, ..Default::default() });
    client.publish("own", "mine", AtMostOnce);
    let text = text_with(&broker, "here", "message_dropped");
    assert!(text.contains("] c@127.0.0.1:"), "{text}");
    assert!(text.contains("message_dropped, reason: delivery.dropped.no_local, receiver: c, topic: own"), "{text}");
    client.disconnect();
    text_with(&broker, "here", "connection_closed");
    assert_eq!(text_with(&broker, "elsewhere", ""), "");
}

#[test]
fn what_is_no_packet_is_told() {
    let broker = TestBroker::start();
    start(&broker, "client", client("c"));
    let mut malformed = Client::v5("c").connect(&broker);
    malformed.send_raw(&[0xf7, 0x00]);
    let text = text_with(&broker, "client", "connection_closed");
    assert!(text.contains("] c@127.0.0.1:"), "{text}");
    assert!(text.contains(" msg: frame_parse_error, reason: "), "{text}");
    start(&broker, "here", TraceSubject::Address([127, 0, 0, 1].into()));
    let mut stranger = Client::silent(broker.address());
    stranger.send_raw(b"GET / HTTP/1.1\r\n\r\n");
    let text = text_with(&broker, "here", "not_an_mqtt_client");
    assert!(
        text.lines().any(|line| line.contains("] @127.0.0.1:") && line.contains("not_an_mqtt_client, reason: ")),
        "{text}"
    );
}
