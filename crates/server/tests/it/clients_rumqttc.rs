//! rumqttc, a Rust client, in MQTT 3.1.1 and 5.0: the same scenarios for both, through [`Peer`].

use dunlin_testkit::TestBroker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
const PACKET_SIZE_MAX: u32 = 1 << 20;

/// More events than any test causes.
const EVENTS_MAX: usize = 10_000;

/// What a client saw.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Connected { session_present: bool },
    Subscribed,
    Unsubscribed,
    Message(Received),
}

/// A message as it arrived.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    topic: String,
    payload: Vec<u8>,
    qos: u8,
    retain: bool,
}

/// How a client connects.
#[derive(Clone, Copy, Default)]
struct Setup {
    keep: bool,
    will: Option<(&'static str, &'static str)>,
}

/// What a test asks a client to do.
enum Request<'a> {
    Publish { topic: &'a str, qos: u8, retain: bool, payload: Vec<u8> },
    Subscribe { filter: &'a str, qos: u8 },
    Unsubscribe { filter: &'a str },
    Disconnect,
}

/// A connected client of either version, driven by a thread of its own.
struct Peer {
    request: Box<dyn Fn(Request<'_>)>,
    seen: Receiver<Seen>,
    stop: Arc<AtomicBool>,
    driver: Option<JoinHandle<()>>,
    session_present: bool,
}

/// Opens a client; there is one for each version.
type Open = fn(&TestBroker, &str, Setup) -> Peer;

const VERSIONS: [Open; 2] = [version_4::open, version_5::open];

impl Peer {
    fn subscribe(&self, filter: &str, qos: u8) {
        (self.request)(Request::Subscribe { filter, qos });
        assert_eq!(self.next(), Seen::Subscribed);
    }

    fn unsubscribe(&self, filter: &str) {
        (self.request)(Request::Unsubscribe { filter });
        assert_eq!(self.next(), Seen::Unsubscribed);
    }

    fn publish(&self, topic: &str, qos: u8, payload: impl Into<Vec<u8>>) {
        (self.request)(Request::Publish { topic, qos, retain: false, payload: payload.into() });
    }

    fn publish_retained(&self, topic: &str, qos: u8, payload: &str) {
        (self.request)(Request::Publish { topic, qos, retain: true, payload: payload.into() });
    }

    fn next(&self) -> Seen {
        self.seen.recv_timeout(TIMEOUT).expect("something happens in time")
    }

    fn receive(&self) -> Received {
        match self.next() {
            Seen::Message(message) => message,
            other => panic!("a message should have come, not {other:?}"),
        }
    }

    /// Whatever was on its way arrives before a message of our own.
    fn drain(&self) -> Vec<Received> {
        (self.request)(Request::Subscribe { filter: "fence", qos: 0 });
        self.publish("fence", 0, "");
        let mut messages = Vec::new();
        loop {
            match self.next() {
                Seen::Message(message) if message.topic == "fence" => return messages,
                Seen::Message(message) => messages.push(message),
                _ => {}
            }
        }
    }

    /// Sends DISCONNECT and waits until the connection is closed.
    fn disconnect(mut self) {
        (self.request)(Request::Disconnect);
        self.join();
    }

    /// Closes the connection without DISCONNECT: the driver drops it at the next event.
    fn vanish(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.publish("vanish", 0, "");
        self.join();
    }

    fn join(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.join().expect("the driver of a client does not panic");
        }
    }

    /// Starts the thread that drives the connection, and waits for CONNACK.
    fn new(
        request: impl Fn(Request<'_>) + 'static,
        drive: impl FnOnce(SyncSender<Seen>, Arc<AtomicBool>) + Send + 'static,
    ) -> Self {
        let (sender, seen) = sync_channel(EVENTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let driver = Some(thread::spawn(move || drive(sender, stopped)));
        let mut peer = Self { request: Box::new(request), seen, stop, driver, session_present: false };
        let Seen::Connected { session_present } = peer.next() else { panic!("the first packet is CONNACK") };
        peer.session_present = session_present;
        peer
    }
}

mod version_4 {
    //! MQTT 3.1.1.

    use super::{EVENTS_MAX, PACKET_SIZE_MAX, Peer, Received, Request, Seen, Setup};
    use dunlin_testkit::TestBroker;
    use rumqttc::{Client, Event, LastWill, MqttOptions, Packet, QoS};
    use std::sync::atomic::Ordering;

    fn qos(level: u8) -> QoS {
        rumqttc::qos(level).expect("0, 1 or 2")
    }

    pub(super) fn open(broker: &TestBroker, id: &str, setup: Setup) -> Peer {
        let mut options = MqttOptions::new(id, "127.0.0.1", broker.port());
        let size = PACKET_SIZE_MAX as usize;
        options.set_clean_session(!setup.keep).set_max_packet_size(size, size).set_inflight(20);
        if let Some((topic, payload)) = setup.will {
            options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, false));
        }
        let (client, mut connection) = Client::new(options, EVENTS_MAX);
        let request = move |request: Request<'_>| {
            let taken = match request {
                Request::Publish { topic, qos: level, retain, payload } => {
                    client.publish(topic, qos(level), retain, payload)
                }
                Request::Subscribe { filter, qos: level } => client.subscribe(filter, qos(level)),
                Request::Unsubscribe { filter } => client.unsubscribe(filter),
                Request::Disconnect => client.disconnect(),
            };
            taken.expect("the request is taken");
        };
        Peer::new(request, move |sender, stop| {
            for event in connection.iter() {
                let Ok(event) = event else { break };
                let seen = match event {
                    Event::Incoming(Packet::ConnAck(connack)) => {
                        Seen::Connected { session_present: connack.session_present }
                    }
                    Event::Incoming(Packet::SubAck(_)) => Seen::Subscribed,
                    Event::Incoming(Packet::UnsubAck(_)) => Seen::Unsubscribed,
                    Event::Incoming(Packet::Publish(publish)) => Seen::Message(Received {
                        topic: publish.topic,
                        payload: publish.payload.to_vec(),
                        qos: publish.qos as u8,
                        retain: publish.retain,
                    }),
                    _ if stop.load(Ordering::SeqCst) => break,
                    _ => continue,
                };
                if sender.send(seen).is_err() {
                    break;
                }
            }
        })
    }
}

mod version_5 {
    //! MQTT 5.0.

    use super::{EVENTS_MAX, PACKET_SIZE_MAX, Peer, Received, Request, Seen, Setup};
    use dunlin_testkit::TestBroker;
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::{LastWill, Packet};
    use rumqttc::v5::{Client, Event, MqttOptions};
    use std::sync::atomic::Ordering;

    fn qos(level: u8) -> QoS {
        rumqttc::v5::mqttbytes::qos(level).expect("0, 1 or 2")
    }

    pub(super) fn open(broker: &TestBroker, id: &str, setup: Setup) -> Peer {
        let mut options = MqttOptions::new(id, "127.0.0.1", broker.port());
        options.set_clean_start(!setup.keep).set_max_packet_size(Some(PACKET_SIZE_MAX));
        options.set_session_expiry_interval(setup.keep.then_some(60));
        if let Some((topic, payload)) = setup.will {
            options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, false, None));
        }
        let (client, mut connection) = Client::new(options, EVENTS_MAX);
        let request = move |request: Request<'_>| {
            let taken = match request {
                Request::Publish { topic, qos: level, retain, payload } => {
                    client.publish(topic, qos(level), retain, payload)
                }
                Request::Subscribe { filter, qos: level } => client.subscribe(filter, qos(level)),
                Request::Unsubscribe { filter } => client.unsubscribe(filter),
                Request::Disconnect => client.disconnect(),
            };
            taken.expect("the request is taken");
        };
        Peer::new(request, move |sender, stop| {
            for event in connection.iter() {
                let Ok(event) = event else { break };
                let seen = match event {
                    Event::Incoming(Packet::ConnAck(connack)) => {
                        Seen::Connected { session_present: connack.session_present }
                    }
                    Event::Incoming(Packet::SubAck(_)) => Seen::Subscribed,
                    Event::Incoming(Packet::UnsubAck(_)) => Seen::Unsubscribed,
                    Event::Incoming(Packet::Publish(publish)) => Seen::Message(Received {
                        topic: String::from_utf8(publish.topic.to_vec()).expect("a topic is text"),
                        payload: publish.payload.to_vec(),
                        qos: publish.qos as u8,
                        retain: publish.retain,
                    }),
                    _ if stop.load(Ordering::SeqCst) => break,
                    _ => continue,
                };
                if sender.send(seen).is_err() {
                    break;
                }
            }
        })
    }
}

#[test]
fn rumqttc_every_qos_both_ways() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let receiver = open(&broker, "receiver", Setup::default());
        let sender = open(&broker, "sender", Setup::default());
        for granted in 0..3 {
            receiver.subscribe("to/+", granted);
            for qos in 0..3 {
                sender.publish("to/here", qos, [qos]);
                let expected =
                    Received { topic: "to/here".into(), payload: vec![qos], qos: qos.min(granted), retain: false };
                assert_eq!(receiver.receive(), expected);
            }
        }
        receiver.unsubscribe("to/+");
        sender.publish("to/here", 1, "nobody listens");
        assert_eq!(receiver.drain(), []);
    }
}

#[test]
fn rumqttc_retained_messages() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let sender = open(&broker, "sender", Setup::default());
        for (topic, payload) in [("door", "old"), ("door", "new"), ("window", "open"), ("window", "")] {
            sender.publish_retained(topic, 1, payload);
        }
        // All of them are handled once a later message has come back.
        assert_eq!(sender.drain(), []);
        let late = open(&broker, "late", Setup::default());
        late.subscribe("#", 1);
        let message = late.receive();
        assert_eq!((message.topic.as_str(), &message.payload[..], message.retain), ("door", &b"new"[..], true));
        assert_eq!(late.drain(), []);
    }
}

#[test]
fn rumqttc_will_of_a_vanished_client() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let watcher = open(&broker, "watcher", Setup::default());
        watcher.subscribe("gone/+", 1);
        open(&broker, "polite", Setup { will: Some(("gone/polite", "not sent")), ..Setup::default() }).disconnect();
        open(&broker, "hasty", Setup { will: Some(("gone/hasty", "gone")), ..Setup::default() }).vanish();
        let message = watcher.receive();
        assert_eq!((message.topic.as_str(), &message.payload[..], message.qos), ("gone/hasty", &b"gone"[..], 1));
        assert_eq!(watcher.drain(), []);
    }
}

#[test]
fn rumqttc_session_is_resumed_with_its_queue() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let keep = Setup { keep: true, ..Setup::default() };
        let keeper = open(&broker, "keeper", keep);
        assert!(!keeper.session_present);
        keeper.subscribe("news", 2);
        keeper.disconnect();
        let sender = open(&broker, "sender", Setup::default());
        for number in 0..30_u8 {
            sender.publish("news", number % 3, [number]);
        }
        assert_eq!(sender.drain(), []);
        let keeper = open(&broker, "keeper", keep);
        assert!(keeper.session_present);
        for number in 0..30_u8 {
            let message = keeper.receive();
            assert_eq!((message.payload, message.qos), (vec![number], number % 3));
        }
        keeper.disconnect();
        assert!(!open(&broker, "keeper", Setup::default()).session_present);
    }
}

#[test]
fn rumqttc_members_of_a_group_share() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let sender = open(&broker, "sender", Setup::default());
        let members = ["one", "two"].map(|id| open(&broker, id, Setup::default()));
        for member in &members {
            member.subscribe("$share/team/jobs", 1);
        }
        for number in 0..40_u8 {
            sender.publish("jobs", 1, [number]);
        }
        assert_eq!(sender.drain(), []);
        let [one, two] = members.map(|member| member.drain().iter().map(|job| job.payload[0]).collect::<Vec<u8>>());
        assert!(!one.is_empty() && !two.is_empty(), "{one:?} {two:?}");
        let mut all = [one, two].concat();
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<u8>>());
    }
}

#[test]
fn rumqttc_large_payload() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let client = open(&broker, "client", Setup::default());
        client.subscribe("large", 2);
        let payload: Vec<u8> = (0..500_000_u32).map(|index| (index % 251) as u8).collect();
        for qos in 0..3 {
            client.publish("large", qos, payload.clone());
            let message = client.receive();
            assert!(message.payload == payload && message.qos == qos, "QoS {qos}");
        }
    }
}

#[test]
fn rumqttc_thousand_messages_in_order() {
    for open in VERSIONS {
        let broker = TestBroker::start();
        let (receiver, sender) =
            (open(&broker, "receiver", Setup::default()), open(&broker, "sender", Setup::default()));
        receiver.subscribe("count/+", 2);
        for number in 0..1000_u16 {
            let qos = (number % 3) as u8;
            sender.publish(&format!("count/{qos}"), qos, number.to_be_bytes());
        }
        let mut next = [0_u16, 1, 2];
        for _ in 0..1000 {
            let message = receiver.receive();
            let qos = usize::from(message.qos);
            assert_eq!((message.topic, message.payload), (format!("count/{qos}"), next[qos].to_be_bytes().to_vec()));
            next[qos] += 3;
        }
    }
}

#[test]
fn rumqttc_properties_arrive_unchanged() {
    use rumqttc::v5::mqttbytes::QoS::AtLeastOnce;
    use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties, SubscribeProperties};
    use rumqttc::v5::{Client, Event, MqttOptions};

    let broker = TestBroker::start();
    let options = MqttOptions::new("client", "127.0.0.1", broker.port());
    let (client, mut connection) = Client::new(options, EVENTS_MAX);
    let identifier = SubscribeProperties { id: Some(7), user_properties: Vec::new() };
    let properties = PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(3600),
        response_topic: Some("answers/here".into()),
        correlation_data: Some(vec![0, 255, 1].into()),
        user_properties: [("b", "1"), ("a", "2"), ("b", "3")].map(|(name, value)| (name.into(), value.into())).into(),
        content_type: Some("text/plain".into()),
        ..PublishProperties::default()
    };
    client.subscribe_with_properties("ask", AtLeastOnce, identifier).expect("the request is taken");
    let publish = client.publish_with_properties("ask", AtLeastOnce, false, "what", properties.clone());
    publish.expect("the request is taken");
    let received = loop {
        let event = connection.recv_timeout(TIMEOUT).expect("something happens in time");
        if let Event::Incoming(Packet::Publish(publish)) = event.expect("the connection holds") {
            break publish;
        }
    };
    assert_eq!(&received.payload[..], b"what");
    assert_eq!(received.properties, Some(PublishProperties { subscription_identifiers: vec![7], ..properties }));
}
