//! One session on a stage: every input is a method that returns, in words, what the session wrote and what it asked for.

use crate::{Q1, Q2, V5, description};
use dunlin_codec::{
    Connect, DecodeOptions, Disconnect, Packet, Publish, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters,
    UserProperties, decode_next,
};
use dunlin_model::{
    Message, MessageParts, Millis, ProtocolVersion, Qos, ReasonCode, SubscriptionIds, SubscriptionOptions,
};
use dunlin_session::{
    Delivery, Ending, Fate, Fault, Opening, Outbox, Output, PublishOutcome, Session, SessionSettings, SlowWatch,
    SubscribeRequest, Traffic, Turn,
};
use dunlin_telemetry::LatencyBlock;

/// A session, its settings and its clock.
pub(crate) struct Scene {
    pub(crate) settings: SessionSettings,
    pub(crate) now: Millis,
    pub(crate) session: Session,
    /// The SUBSCRIBE that waits for its answer.
    pub(crate) request: Option<Box<SubscribeRequest>>,
    /// What became of the session at the last detach, end or timeout.
    pub(crate) fate: Fate,
    wire: Vec<u8>,
    outputs: Vec<Output>,
    sent: dunlin_session::Sent,
    slow: SlowWatch,
    pub(crate) latencies: std::sync::Arc<LatencyBlock>,
}

/// What came of one input: packets first, then outputs, each in order.
pub(crate) type Lines = Vec<String>;

impl Scene {
    /// A client named `c` before it connects.
    pub(crate) fn offstage(settings: SessionSettings) -> Self {
        Self {
            settings,
            now: 1_000_000,
            session: Session::new("c".into()),
            request: None,
            fate: Fate::Kept,
            wire: Vec::new(),
            outputs: Vec::new(),
            sent: dunlin_session::Sent::default(),
            slow: SlowWatch::OFF,
            latencies: LatencyBlock::new(&[10, 100, 1_000]).into(),
        }
    }

    /// A connected client of any kind.
    pub(crate) fn with(settings: SessionSettings, connect: &Connect<'_>) -> Self {
        let mut scene = Self::offstage(settings);
        scene.connect(connect);
        scene
    }

    /// A connected 5.0 client whose session outlives its connection by 100 s.
    pub(crate) fn connected() -> Self {
        Self::with(SessionSettings::default(), &v5())
    }

    /// The same with other settings.
    pub(crate) fn with_settings(settings: SessionSettings) -> Self {
        Self::with(settings, &v5())
    }

    /// One input and what came of it.
    pub(crate) fn input(
        &mut self,
        act: impl FnOnce(&mut Session, Turn<'_>, &mut Outbox<'_>) -> Result<(), Fault>,
    ) -> Lines {
        let turn = Turn { now: self.now, settings: &self.settings, slow: self.slow, latencies: Some(&self.latencies) };
        let mut traffic = Traffic::default();
        let mut out =
            Outbox { wire: &mut self.wire, outputs: &mut self.outputs, sent: &mut self.sent, traffic: &mut traffic };
        let result = act(&mut self.session, turn, &mut out);
        let mut lines = packets_in_words(self.session.version(), &self.wire);
        let publishes = lines.iter().filter(|line| line.starts_with("PUBLISH")).count();
        assert_eq!(self.sent.publishes(), publishes as u64, "every PUBLISH is counted");
        assert_eq!(traffic.messages_sent.iter().sum::<u32>() as usize, publishes, "and for its client");
        assert_eq!(traffic.packets_sent as usize, lines.len(), "as every other packet");
        lines.extend(self.outputs.iter().map(description::of_output));
        lines.extend(result.err().map(description::of_fault));
        self.wire.clear();
        let _ = self.sent.take();
        for output in self.outputs.drain(..) {
            if let Output::Subscribe(request) = output {
                self.request = Some(request);
            }
        }
        lines
    }

    /// Deliveries that are told of from now on.
    pub(crate) fn watch(&mut self, slow: SlowWatch) {
        self.slow = slow;
    }

    fn infallible(&mut self, act: impl FnOnce(&mut Session, Turn<'_>, &mut Outbox<'_>)) -> Lines {
        self.input(|session, turn, out| {
            act(session, turn, out);
            Ok(())
        })
    }

    pub(crate) fn connect(&mut self, connect: &Connect<'_>) -> Lines {
        self.infallible(|session, turn, out| session.attach(turn, connect, false, Opening::default(), out))
    }

    pub(crate) fn resume(&mut self, connect: &Connect<'_>) -> Lines {
        self.infallible(|session, turn, out| session.attach(turn, connect, true, Opening::default(), out))
    }

    /// The line breaks and the same client comes back.
    pub(crate) fn break_and_resume(&mut self) -> Lines {
        self.detach(Ending::Closed);
        self.resume(&v5())
    }

    pub(crate) fn publish(&mut self, publish: &Publish<'_>) -> Lines {
        self.input(|session, turn, out| session.handle_publish(turn, publish, out))
    }

    pub(crate) fn publish_refused(&mut self, publish: &Publish<'_>) -> Lines {
        let code = ReasonCode::NotAuthorized;
        self.input(|session, turn, out| session.handle_refused_publish(turn, publish, code, out))
    }

    pub(crate) fn published(&mut self, qos: Qos, packet_id: u16, outcome: PublishOutcome) -> Lines {
        self.infallible(|session, _, out| session.published(qos, packet_id, outcome, out))
    }

    pub(crate) fn puback(&mut self, packet_id: u16) -> Lines {
        self.input(|session, turn, out| session.handle_puback(turn, packet_id, out))
    }

    pub(crate) fn pubrec(&mut self, packet_id: u16, code: ReasonCode) -> Lines {
        self.input(|session, turn, out| session.handle_pubrec(turn, packet_id, code, out))
    }

    pub(crate) fn pubrel(&mut self, packet_id: u16) -> Lines {
        self.infallible(|session, _, out| session.handle_pubrel(packet_id, out))
    }

    pub(crate) fn pubcomp(&mut self, packet_id: u16) -> Lines {
        self.input(|session, turn, out| session.handle_pubcomp(turn, packet_id, out))
    }

    /// SUBSCRIBE #9; its request waits for [`Scene::answer`].
    pub(crate) fn subscribe(&mut self, filters: &[(&str, SubscriptionOptions)]) -> Lines {
        self.subscribe_denied(filters, &[])
    }

    /// The same, where the client may not have some of the filters.
    pub(crate) fn subscribe_denied(&mut self, filters: &[(&str, SubscriptionOptions)], denied: &[bool]) -> Lines {
        let filters = SubscribeFilters::Values(filters);
        let packet =
            Subscribe { packet_id: 9, subscription_id: None, user_properties: UserProperties::default(), filters };
        self.input(|session, turn, out| session.handle_subscribe(turn, &packet, denied, out))
    }

    /// The broker's answer to the SUBSCRIBE: as asked for, but with these codes for the filters named.
    pub(crate) fn answer(&mut self, refused: &[(&str, ReasonCode)]) -> Lines {
        let mut request = self.request.take().expect("a SUBSCRIBE was asked for");
        for item in &mut request.items {
            if let Some((_, code)) = refused.iter().find(|(filter, _)| item.filter == *filter) {
                item.code = *code;
            }
        }
        self.infallible(|session, _, out| session.subscribed(&request, out))
    }

    /// Subscribes to these filters at QoS 2 and gets them.
    pub(crate) fn is_subscribed_to(&mut self, filters: &[&str]) {
        let filters: Vec<_> = filters.iter().map(|filter| (*filter, at_most(Q2))).collect();
        self.subscribe(&filters);
        self.answer(&[]);
    }

    /// UNSUBSCRIBE #10.
    pub(crate) fn unsubscribe(&mut self, filters: &[&str]) -> Lines {
        let filters = UnsubscribeFilters::Values(filters);
        let packet = Unsubscribe { packet_id: 10, user_properties: UserProperties::default(), filters };
        self.infallible(|session, _, out| session.handle_unsubscribe(&packet, out))
    }

    pub(crate) fn disconnect(&mut self, code: ReasonCode, expiry: Option<u32>) -> Lines {
        let packet = Disconnect { reason_code: code, session_expiry_interval: expiry, ..Disconnect::default() };
        self.input(|session, turn, out| session.handle_disconnect(turn, &packet, out))
    }

    pub(crate) fn deliver(&mut self, delivery: Delivery) -> Lines {
        self.infallible(|session, turn, out| session.deliver(turn, delivery, out))
    }

    /// Delivers messages `1`, `2` and so on.
    pub(crate) fn deliver_some(&mut self, qos: Qos, payloads: std::ops::RangeInclusive<u32>) -> Lines {
        payloads.flat_map(|payload| self.deliver(message(qos, &payload.to_string()))).collect()
    }

    pub(crate) fn congested(&mut self, congested: bool) -> Lines {
        self.infallible(|session, turn, out| session.set_congested(turn, congested, out))
    }

    pub(crate) fn detach(&mut self, ending: Ending) -> Lines {
        let mut fate = Fate::Kept;
        let lines = self.infallible(|session, turn, out| fate = session.detach(turn, ending, out));
        self.fate = fate;
        lines
    }

    pub(crate) fn end_offline(&mut self, ending: Ending) -> Lines {
        self.infallible(|session, turn, out| session.end_offline(turn, ending, out))
    }

    /// So many seconds pass, every deadline on the way is served.
    pub(crate) fn wait_secs(&mut self, secs: u64) -> Lines {
        let until = self.now + secs * 1000;
        let mut lines = Vec::new();
        while let Some(at) = self.session.next_deadline(&self.settings).filter(|at| *at <= until) {
            assert!(at >= self.now, "a deadline never lies in the past");
            self.now = at;
            let mut fate = Fate::Kept;
            lines.extend(self.infallible(|session, turn, out| fate = session.timeout(turn, out)));
            self.fate = fate;
            assert!(
                self.session.next_deadline(&self.settings).is_none_or(|next| next > at),
                "a served deadline is over"
            );
        }
        self.now = until;
        lines
    }

    /// The shared subscriptions named are handed back.
    pub(crate) fn hand_back(&mut self, filters: &[&str]) -> Lines {
        self.infallible(|session, _, out| session.hand_back_shared(|filter| filters.contains(&filter.as_str()), out))
    }

    /// (in flight, queued, awaiting release)
    pub(crate) fn open(&self) -> (usize, usize, usize) {
        let info = self.session.info();
        (info.inflight, info.queued, info.awaiting_release)
    }
}

/// Everything the bytes hold, which are whole packets.
pub(crate) fn packets_in_words(version: ProtocolVersion, mut wire: &[u8]) -> Lines {
    let options = DecodeOptions { max_packet_size: u32::MAX, strict: true };
    let mut lines = Vec::new();
    while !wire.is_empty() {
        let (packet, taken) = decode_next(version, &options, wire).expect("valid bytes").expect("whole packets");
        lines.push(description::of_packet(&packet));
        if let Packet::ConnAck(_) = packet {
            assert_eq!(lines.len(), 1, "CONNACK comes first [MQTT-3.2.0-1]");
        }
        wire = &wire[taken..];
    }
    lines
}

/// CONNECT of a 5.0 client with 100 s of session expiry.
pub(crate) fn v5() -> Connect<'static> {
    Connect { version: V5, client_id: "c", session_expiry_interval: Some(100), ..Connect::default() }
}

/// CONNECT of an older client that keeps its session.
pub(crate) fn older(version: ProtocolVersion) -> Connect<'static> {
    Connect { version, client_id: "c", clean_start: false, ..Connect::default() }
}

/// PUBLISH of `x` to `t`.
pub(crate) fn publish(qos: Qos, packet_id: u16) -> Publish<'static> {
    Publish { qos, packet_id, topic: "t", payload: b"x", ..Publish::default() }
}

/// A message to `t` published at this QoS, for a subscription granted QoS 2.
pub(crate) fn message(qos: Qos, payload: &str) -> Delivery {
    delivery("t", qos, payload.as_bytes(), None, 1_000_000)
}

/// A message to `t` that lives so many seconds from the start of the scene.
pub(crate) fn expiring(qos: Qos, payload: &str, secs: u32) -> Delivery {
    delivery("t", qos, payload.as_bytes(), Some(secs), 1_000_000)
}

/// A message by way of a shared subscription.
pub(crate) fn by_group(filter: &str, qos: Qos, payload: &str) -> Delivery {
    Delivery { shared: Some(filter.into()), ..message(qos, payload) }
}

pub(crate) fn delivery(
    topic: &str,
    qos: Qos,
    payload: &[u8],
    expiry_secs: Option<u32>,
    received_at: Millis,
) -> Delivery {
    let message = Message::new(&MessageParts {
        topic,
        properties: &[],
        payload,
        qos,
        retain: false,
        expiry_secs,
        publisher: "p",
        received_at,
    });
    Delivery { message, qos: Q2, retain: false, subscription_ids: SubscriptionIds::None, shared: None, durable: None }
}

/// Subscription options with this QoS and nothing else.
pub(crate) fn at_most(qos: Qos) -> SubscriptionOptions {
    SubscriptionOptions { qos, ..SubscriptionOptions::default() }
}

/// Settings with a small window and queue.
pub(crate) fn narrow(max_inflight: u16, max_queue_len: usize) -> SessionSettings {
    SessionSettings { max_inflight, max_queue_len, ..SessionSettings::default() }
}

#[test]
fn the_stage_is_set() {
    let mut scene = Scene::connected();
    assert_eq!(scene.deliver(message(Q1, "x")), ["PUBLISH q1 #1 t x"]);
    assert_eq!(scene.open(), (1, 0, 0));
}
