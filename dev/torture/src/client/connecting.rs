//! Connections: making, taking over, ending.

use super::{Client, Phase, RETRY_AFTER_MS, Request, Scene};
use crate::link::Link;
use crate::message::MessageId;
use crate::oracle::{Event, WillSent};
use crate::plan::Habit;
use dunlin_codec::{
    ConnAck, Connect, Disconnect, Packet, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters, UserProperties,
    Will,
};
use dunlin_model::{ReasonCode, SubscriptionOptions};

/// Of durable sessions: longer than any run.
const SESSION_EXPIRY_S: u32 = 24 * 3_600;

/// Packet identifier of the request that is out; publishes have others.
const REQUEST_PACKET_ID: u16 = 65_000;

/// Will delays in seconds: none, one that passes before a check, one that does not pass.
const WILL_DELAYS_S: [u32; 3] = [0, 1, 3_600];

impl Client {
    /// Opens a connection; one that is in use stays in use until the broker has answered the new one.
    pub fn connect(&mut self, clean_start: bool, scene: &mut Scene<'_>) {
        let clean_start = clean_start || !self.profile.is_durable();
        // One takeover at a time; a connection on which DISCONNECT was sent has nothing to take over.
        if matches!(self.phase, Phase::Connecting { .. } | Phase::Leaving) {
            return;
        }
        // A session that ends with its connection cannot be taken over.
        if !self.has_durable_session {
            self.cut(scene);
        }
        let token = scene.tally.next_token();
        let link = Link::open(scene.address, self.profile.version, token, scene.registry);
        let Ok(link) = link else {
            // The broker may have ended: whoever watches the process finds out.
            self.retry_at_ms = Some(scene.now_ms + RETRY_AFTER_MS);
            return;
        };
        scene.tally.connects += 1;
        scene.tally.takeovers += u64::from(self.phase == Phase::Online);
        self.older = self.link.replace(link);
        self.phase = Phase::Connecting { clean_start };
        if clean_start {
            self.is_subscribed = false;
            self.inbound.forget();
        }
        self.send_connect(clean_start, scene);
    }

    fn send_connect(&mut self, clean_start: bool, scene: &mut Scene<'_>) {
        // Before 5.0 a session that begins clean ends with its connection (MQTT 3.1.1 §3.1.2.4).
        let is_durable = self.profile.is_durable() && (self.profile.version.is_v5() || !clean_start);
        self.has_durable_session = is_durable;
        let will = (self.profile.habit == Habit::Mourner).then(|| self.next_will()).flatten();
        let payload = will
            .map(|will| MessageId { stream: will.stream, sequence: will.sequence }.payload(scene.plan.run))
            .unwrap_or_default();
        let stream = will.and_then(|will| scene.plan.streams.get(usize::from(will.stream)));
        let connect = Connect {
            version: self.profile.version,
            clean_start,
            client_id: &self.profile.name,
            will: will.zip(stream).map(|(will, stream)| Will {
                topic: &stream.topic,
                payload: &payload,
                qos: stream.qos,
                delay_interval: will.delay_s,
                ..Will::default()
            }),
            session_expiry_interval: is_durable.then_some(SESSION_EXPIRY_S),
            receive_maximum: self.profile.receive_maximum,
            ..Connect::default()
        };
        if let Some(link) = &mut self.link {
            link.send(&Packet::Connect(Box::new(connect)));
            link.flush();
        }
        scene.oracle.record(Event::ConnectSent { client: self.number, clean_start, is_durable, will });
    }

    fn next_will(&mut self) -> Option<WillSent> {
        let stream = *self.profile.streams.first()?;
        let sequence = self.wills_sent;
        self.wills_sent += 1;
        let delay_s = self.random.choice(WILL_DELAYS_S)?;
        Some(WillSent { stream, sequence, delay_s })
    }

    pub(super) fn connack(&mut self, connack: &ConnAck<'_>, scene: &mut Scene<'_>) {
        let Phase::Connecting { clean_start } = self.phase else {
            self.accuse("a CONNACK that was not asked for".to_owned(), scene);
            return;
        };
        match connack.reason_code {
            ReasonCode::Success => {}
            ReasonCode::ServerBusy | ReasonCode::ServerUnavailable => {
                self.retry_at_ms = Some(scene.now_ms + RETRY_AFTER_MS);
                self.cut(scene);
                return;
            }
            other => {
                self.accuse(format!("CONNECT was refused: {}", other.as_str()), scene);
                self.cut(scene);
                return;
            }
        }
        // Nothing that was written to the older connection comes after this.
        self.older = None;
        self.phase = Phase::Online;
        self.request = None;
        self.pings_owed = 0;
        let is_present = connack.session_present;
        scene.oracle.record(Event::ConnectAcknowledged { client: self.number, session_present: is_present });
        self.is_subscribed &= is_present && !clean_start;
        self.inbound.resume(is_present);
        for outgoing in self.outbound.resume(is_present, connack.receive_maximum.unwrap_or(u16::MAX)) {
            self.send_outgoing(outgoing, scene);
        }
        self.subscribe_if_needed(scene);
    }

    /// Sends DISCONNECT; the session stays.
    pub fn leave(&mut self, scene: &mut Scene<'_>) {
        if self.phase != Phase::Online {
            self.cut(scene);
            return;
        }
        self.phase = Phase::Leaving;
        if let Some(link) = &mut self.link {
            link.send(&Packet::Disconnect(Disconnect::default()));
        }
        scene.oracle.record(Event::DisconnectSent { client: self.number });
    }

    /// Subscribes to all its filters.
    pub fn subscribe(&mut self, scene: &mut Scene<'_>) {
        if self.phase != Phase::Online || self.request.is_some() {
            return;
        }
        let filters: Vec<_> = (self.profile.filters.iter())
            .map(|(filter, qos)| (filter.as_str(), SubscriptionOptions { qos: *qos, ..SubscriptionOptions::default() }))
            .collect();
        if let Some(link) = &mut self.link {
            link.send(&Packet::Subscribe(Subscribe {
                packet_id: REQUEST_PACKET_ID,
                subscription_id: None,
                user_properties: UserProperties::default(),
                filters: SubscribeFilters::Values(&filters),
            }));
        }
        self.request = Some(Request::Subscribe);
        scene.oracle.record(Event::SubscribeSent { client: self.number, filters: &self.profile.filters });
    }

    /// Subscribes where a subscription was ended, or its SUBACK was lost.
    pub fn subscribe_if_needed(&mut self, scene: &mut Scene<'_>) {
        if !self.is_subscribed && !self.profile.filters.is_empty() {
            self.subscribe(scene);
        }
    }

    /// Ends one of its subscriptions.
    pub fn unsubscribe(&mut self, index: usize, scene: &mut Scene<'_>) {
        let Some((filter, _)) = self.profile.filters.get(index) else { return };
        if self.phase != Phase::Online || self.request.is_some() || !self.is_subscribed {
            return;
        }
        if let Some(link) = &mut self.link {
            link.send(&Packet::Unsubscribe(Unsubscribe {
                packet_id: REQUEST_PACKET_ID,
                user_properties: UserProperties::default(),
                filters: UnsubscribeFilters::Values(&[filter]),
            }));
        }
        self.request = Some(Request::Unsubscribe);
        self.is_subscribed = false;
        scene.oracle.record(Event::UnsubscribeSent { client: self.number, filter });
    }

    /// Sends PINGREQ.
    pub fn ping(&mut self) {
        if let Some(link) = self.link.as_mut().filter(|_| self.phase == Phase::Online) {
            link.send(&Packet::PingReq);
            self.pings_owed += 1;
        }
    }
}
