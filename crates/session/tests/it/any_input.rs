//! Any inputs in any order, also those a client must not send: a session never panics, stays within its limits and accounts
//! for every message.

mod accounts;
mod inputs;

use crate::{Q0, scene};
use accounts::{Accounts, FROM_DISK, payload};
use dunlin_codec::{
    Connect, Disconnect, Publish, Subscribe, SubscribeFilters, SubscriptionIdList, Unsubscribe, UnsubscribeFilters,
    UserProperties, Will,
};
use dunlin_model::{Millis, ReasonCode, SubscriptionIds, SubscriptionOptions};
use dunlin_session::{
    Delivery, Durable, Ending, Fate, Fault, Mountpoint, Opening, Outbox, Output, PublishOutcome, Session,
    SessionSettings, SlowWatch, SubscribeRequest, Turn,
};
use dunlin_topic::SubscriptionFilter;
use inputs::{FILTERS, Input, TOPICS, any_input, any_settings};
use proptest::prelude::*;

/// A session, and what the broker knows of it.
struct Stage {
    settings: SessionSettings,
    now: Millis,
    session: Session,
    /// The broker knows the session.
    exists: bool,
    request: Option<Box<SubscribeRequest>>,
    largest: usize,
    accounts: Accounts,
    /// Releases resumed on the present connection.
    releases: usize,
}

impl Stage {
    fn new(settings: SessionSettings) -> Self {
        Self {
            settings,
            now: 1_000_000,
            session: Session::new("c".into()),
            exists: false,
            request: None,
            largest: usize::MAX,
            accounts: Accounts::new(),
            releases: 0,
        }
    }

    /// One input; a fault closes the connection, as the broker would.
    fn act(&mut self, act: impl FnOnce(&mut Session, Turn<'_>, &mut Outbox<'_>) -> Result<(), Fault>) {
        let (mut wire, mut outputs, mut sent) = (Vec::new(), Vec::new(), dunlin_session::Sent::default());
        let turn = Turn { now: self.now, settings: &self.settings, slow: SlowWatch::OFF, latencies: None };
        let mut out =
            Outbox { wire: &mut wire, outputs: &mut outputs, sent: &mut sent, traffic: &mut Default::default() };
        let result = act(&mut self.session, turn, &mut out);
        if let Err(fault) = result {
            self.session.write_disconnect(fault.code, &mut out);
        }
        self.accounts.check_wire(self.session.version(), self.largest, &wire, sent.publishes());
        for output in outputs {
            self.accounts.check_output(&output);
            self.check_mounted(&output);
            if let Output::Subscribe(request) = output {
                self.request = Some(request);
            }
        }
        self.check_limits();
        if result.is_err() && self.session.is_connected() {
            self.detach(Ending::Closed);
        }
    }

    /// Nothing a client names lies outside its mountpoint.
    fn check_mounted(&self, output: &Output) {
        let at = self.session.mountpoint().map_or("", Mountpoint::as_str);
        match output {
            Output::Route { message, .. } => assert!(message.topic().starts_with(at), "{message:?} at {at:?}"),
            Output::Subscribe(request) => {
                for item in request.items.iter().filter(|item| !item.code.is_error()) {
                    let filter = SubscriptionFilter::parse(&item.filter).expect("a filter is granted");
                    assert!(filter.filter().starts_with(at), "{} at {at:?}", item.filter);
                }
            }
            _ => {}
        }
    }

    fn check_limits(&self) {
        let (info, settings) = (self.session.info(), &self.settings);
        let lanes = 2;
        // What comes from disk has limits of its own; releases it owes are open whatever the window is.
        let fed = self.accounts.fed_len();
        assert!(info.queued <= settings.max_queue_len * lanes + fed, "{} queued", info.queued);
        assert!(info.inflight <= usize::from(settings.max_inflight) + self.releases, "{} in flight", info.inflight);
        assert!(info.inflight + info.queued >= fed, "{fed} fed, {} in flight, {} queued", info.inflight, info.queued);
        assert!(info.awaiting_release <= settings.max_awaiting_release, "{} awaiting", info.awaiting_release);
        let memory = self.session.memory_bytes();
        if !info.connected {
            assert!(memory <= settings.max_memory_bytes.unwrap_or(usize::MAX), "{memory} bytes");
            assert!(memory == 0 || info.queued > 0, "{memory} bytes for nothing");
        }
    }

    fn detach(&mut self, ending: Ending) {
        if !self.exists {
            return;
        }
        self.accounts.connection_ended();
        self.releases = 0;
        let mut fate = Fate::Kept;
        if self.session.is_connected() {
            self.act(|session, turn, out| {
                fate = session.detach(turn, ending, out);
                Ok(())
            });
        } else if ending == Ending::Discarded || ending == Ending::Kicked {
            self.act(|session, turn, out| {
                session.end_offline(turn, ending, out);
                Ok(())
            });
            fate = Fate::Ended;
        }
        if fate == Fate::Ended {
            self.forget();
        }
    }

    /// The session has ended and is forgotten.
    fn forget(&mut self) {
        let info = self.session.info();
        assert_eq!((info.subscriptions, info.inflight, info.queued, info.awaiting_release), (0, 0, 0, 0));
        assert_eq!((self.session.memory_bytes(), self.session.next_deadline(&self.settings)), (0, None));
        self.accounts.close();
        self.session = Session::new("c".into());
        (self.exists, self.request) = (false, None);
    }

    fn connect(&mut self, connect: &Connect<'_>, mountpoint: Option<&str>) {
        if self.session.is_connected() {
            self.detach(Ending::TakenOver);
        }
        self.largest = connect.maximum_packet_size.map_or(usize::MAX, |size| size as usize);
        self.accounts.is_silent = false;
        let resumed = std::mem::replace(&mut self.exists, true);
        let mountpoint = mountpoint.map(|text| Mountpoint::new(text).expect("a good one"));
        let opening = Opening { mountpoint: mountpoint.as_ref(), ..Opening::default() };
        self.act(|session, turn, out| {
            session.attach(turn, connect, resumed, opening, out);
            Ok(())
        });
    }

    fn wait(&mut self, millis: Millis) {
        self.now += millis;
        let mut fate = Fate::Kept;
        self.act(|session, turn, out| {
            fate = session.timeout(turn, out);
            Ok(())
        });
        if fate == Fate::Ended {
            self.forget();
        }
        let next = self.session.next_deadline(&self.settings);
        assert!(next.is_none_or(|at| at > self.now), "a deadline that has passed is served");
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Connect { version, expiry, window, size, aliases, will, mountpoint } => {
                let will = will.map(|delay_interval| Will { topic: "w", delay_interval, ..Will::default() });
                let connect = Connect { version, client_id: "c", clean_start: false, will, ..Connect::default() };
                let of_v5 = Connect {
                    session_expiry_interval: expiry,
                    receive_maximum: Some(window),
                    maximum_packet_size: size,
                    topic_alias_maximum: Some(aliases),
                    ..connect.clone()
                };
                self.connect(if version.is_v5() { &of_v5 } else { &connect }, mountpoint);
            }
            Input::Deliver { published, granted, more, shared, expiry, topic } if self.exists => {
                let payload = payload(self.accounts.next(), more);
                let delivery = scene::delivery(TOPICS[topic], published, &payload, expiry, self.now);
                let shared = shared.map(|filter| FILTERS[filter].into());
                let delivery = Delivery { qos: granted, shared, subscription_ids: SubscriptionIds::One(5), ..delivery };
                self.act(|session, turn, out| {
                    session.deliver(turn, delivery, out);
                    Ok(())
                });
            }
            Input::Feed { skipped, qos, dup, topic, expiry } if self.session.is_connected() => {
                let position = self.accounts.feed(skipped);
                let delivery = scene::delivery(TOPICS[topic], qos, &payload(FROM_DISK, 3), expiry, self.now);
                let delivery = Delivery { durable: Some(Durable::new(position, dup)), ..delivery };
                self.act(|session, turn, out| {
                    session.deliver(turn, delivery, out);
                    Ok(())
                });
            }
            Input::Release if self.session.is_connected() => {
                let (position, open) = (self.accounts.next_position(), self.session.info().inflight);
                self.releases += 1;
                self.act(|session, _, out| {
                    session.resume_release(position, out);
                    Ok(())
                });
                // Nothing is done while its identifier is in use.
                if self.session.info().inflight > open {
                    self.accounts.feed_received();
                }
            }
            Input::MarkStored(id) => self.session.mark_release_stored(id),
            Input::Detach(ending) => self.detach(ending),
            Input::Wait(millis) => self.wait(millis),
            Input::Trim => self.session.trim(),
            Input::HandBack(filter) if !self.session.is_connected() => self.act(|session, _, out| {
                session.hand_back_shared(|shared| shared == FILTERS[filter], out);
                Ok(())
            }),
            Input::HandBack(_) => {}
            Input::Subscribed => {
                if let Some(request) = self.request.take() {
                    self.act(|session, _, out| {
                        session.subscribed(&request, out);
                        Ok(())
                    });
                }
            }
            packet if self.session.is_connected() => self.act(|session, turn, out| handle(session, turn, &packet, out)),
            _ => {}
        }
    }
}

/// What comes from a connected client, or in answer to it.
fn handle(session: &mut Session, turn: Turn<'_>, input: &Input, out: &mut Outbox<'_>) -> Result<(), Fault> {
    match *input {
        Input::Publish { qos, id, topic, alias, flags } => {
            let ids: &[u32] = if flags == 7 { &[1] } else { &[] };
            let publish = Publish {
                dup: flags & 1 > 0,
                retain: flags & 2 > 0,
                qos,
                packet_id: if qos == Q0 { 0 } else { id },
                topic: TOPICS[topic],
                topic_alias: alias,
                subscription_ids: SubscriptionIdList::Values(ids),
                payload: b"x",
                ..Publish::default()
            };
            return session.handle_publish(turn, &publish, out);
        }
        Input::Published(qos, id, code) => {
            let outcome = match code {
                ReasonCode::Success => PublishOutcome::Routed,
                ReasonCode::NoMatchingSubscribers => PublishOutcome::NoMatchingSubscribers,
                code => PublishOutcome::Refused(code),
            };
            session.published(qos, id, outcome, out);
        }
        Input::PubAck(id) => return session.handle_puback(turn, id, out),
        Input::PubRec(id, code) => return session.handle_pubrec(turn, id, code, out),
        Input::PubRel(id) => session.handle_pubrel(id, out),
        Input::PubComp(id) => return session.handle_pubcomp(turn, id, out),
        Input::Subscribe(filter, qos, no_local) => {
            let options = SubscriptionOptions { qos, no_local, ..SubscriptionOptions::default() };
            let filters = [(FILTERS[filter], options), ("b", options)];
            let filters = SubscribeFilters::Values(&filters);
            let user_properties = UserProperties::default();
            let packet = Subscribe { packet_id: 9, subscription_id: Some(5), user_properties, filters };
            return session.handle_subscribe(turn, &packet, &[], out);
        }
        Input::Unsubscribe(filter) => {
            let filters = UnsubscribeFilters::Values(&FILTERS[filter..]);
            let packet = Unsubscribe { packet_id: 9, user_properties: UserProperties::default(), filters };
            session.handle_unsubscribe(&packet, out);
        }
        Input::Ping => session.handle_ping(out),
        Input::Disconnect(reason_code, session_expiry_interval) => {
            let packet = Disconnect { reason_code, session_expiry_interval, ..Disconnect::default() };
            return session.handle_disconnect(turn, &packet, out);
        }
        Input::Congested(congested) => session.set_congested(turn, congested, out),
        _ => {}
    }
    Ok(())
}

fn run(settings: SessionSettings, inputs: Vec<Input>) {
    let mut stage = Stage::new(settings);
    for input in inputs {
        stage.input(input);
    }
    stage.detach(Ending::Discarded);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_input_in_any_order(settings in any_settings(), inputs in proptest::collection::vec(any_input(), 0..120)) {
        run(settings, inputs);
    }
}
