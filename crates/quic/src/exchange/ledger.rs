//! What is under way in a connection, and so where each packet goes and what changes on its way.

use super::aliases::{BrokerAliases, StreamAliases};
use super::front::Front;
use super::packet_ids::{Owed, PacketIds};
use super::publish_front::{PublishFront, WITHOUT_TOPIC};
use super::stream_number::StreamNumber;
use super::subscription_streams::{Asked, SubscriptionStreams};
use dunlin_codec::{DecodeOptions, Packet, PacketType, Publish, decode_next};
use dunlin_model::ProtocolVersion;
use hashbrown::HashMap;
use std::collections::VecDeque;

/// PINGREQs without an answer; more wait.
const PINGS_MAX: usize = 256;

/// Reason codes from here on refuse (MQTT 5.0 §2.4).
const FIRST_REFUSAL: u8 = 0x80;

/// What a packet is allowed to be is for the broker to say.
const LENIENT: DecodeOptions = DecodeOptions { max_packet_size: u32::MAX, strict: false };

/// Who waits for what, in one connection.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    version: ProtocolVersion,
    is_connected: bool,
    /// The client has said so, so that PUBLISHes need not be looked at.
    takes_no_aliases: bool,
    /// Aliases the broker takes, from its CONNACK.
    alias_maximum: u16,
    ids: PacketIds,
    pings: VecDeque<StreamNumber>,
    /// Deliveries of QoS 2 whose PUBREC came on a data stream, by the broker's identifiers.
    received_on: HashMap<u16, StreamNumber>,
    subscriptions: SubscriptionStreams,
    stream_aliases: StreamAliases,
    broker_aliases: BrokerAliases,
    /// Streams the client sends nothing more on.
    finished: Vec<StreamNumber>,
}

/// What to do with a packet for the broker.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ToBroker {
    /// Pass it on, with this identifier in place of its own if there is one.
    Pass(Option<u16>),
    /// Pass it on with this front.
    Rewritten(Vec<u8>),
    /// Not before something has been answered.
    Wait,
    /// Pass on this instead, and nothing more.
    Refuse(&'static [u8]),
}

/// What to do with a packet for the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ToClient {
    /// Where it goes; `None`: nobody waits for it any more.
    pub(crate) stream: Option<StreamNumber>,
    /// The identifier in place of its own.
    pub(crate) packet_id: Option<u16>,
    /// The front in place of its own.
    pub(crate) front: Option<Vec<u8>>,
}

impl ToClient {
    fn unchanged(stream: StreamNumber) -> Self {
        Self { stream: Some(stream), packet_id: None, front: None }
    }
}

impl Ledger {
    pub(crate) fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Whether the broker has accepted the CONNECT, before which only the control stream may say something.
    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Takes note of a packet for the broker; `packet` has the front at least.
    pub(crate) fn client_sent(&mut self, stream: StreamNumber, front: &Front, packet: &[u8]) -> ToBroker {
        let id = front.packet_id(packet);
        match (front.packet_type, id) {
            (Some(PacketType::Connect), _) if !self.is_connected => {
                self.version = match front.code {
                    3 => ProtocolVersion::V3,
                    5 => ProtocolVersion::V5,
                    _ => ProtocolVersion::V4,
                };
                if let Ok(Some((Packet::Connect(connect), _))) = decode_next(self.version, &LENIENT, packet) {
                    self.takes_no_aliases = connect.topic_alias_maximum.unwrap_or(0) == 0;
                }
                ToBroker::Pass(None)
            }
            (Some(PacketType::Publish), _) => self.publish_from_client(stream, front, packet, id),
            (Some(PacketType::PubRel), Some(id)) => self.request(stream, id),
            (Some(PacketType::Subscribe | PacketType::Unsubscribe), Some(id)) => {
                let to_broker = self.request(stream, id);
                if let ToBroker::Pass(Some(broker_id)) = to_broker {
                    self.remember_filters(stream, packet, broker_id);
                }
                to_broker
            }
            (Some(PacketType::PubRec), Some(id)) => {
                if stream.is_control() || front.code >= FIRST_REFUSAL {
                    self.received_on.remove(&id);
                } else {
                    self.received_on.insert(id, stream);
                }
                ToBroker::Pass(None)
            }
            (Some(PacketType::PingReq), _) if self.pings.len() >= PINGS_MAX => ToBroker::Wait,
            (Some(PacketType::PingReq), _) => {
                self.pings.push_back(stream);
                ToBroker::Pass(None)
            }
            _ => ToBroker::Pass(None),
        }
    }

    fn request(&mut self, stream: StreamNumber, id: u16) -> ToBroker {
        self.ids.broker_id(stream, id).map_or(ToBroker::Wait, |id| ToBroker::Pass(Some(id)))
    }

    fn publish_from_client(&mut self, stream: StreamNumber, front: &Front, packet: &[u8], id: Option<u16>) -> ToBroker {
        let id = match id {
            Some(id) => match self.ids.broker_id(stream, id) {
                Some(id) => Some(id),
                None => return ToBroker::Wait,
            },
            None => None,
        };
        if stream.is_control() || !self.version.is_v5() {
            return ToBroker::Pass(id);
        }
        let cut = PublishFront::of(front, packet);
        let publish = cut.as_ref().and_then(PublishFront::read);
        let (Some(cut), Some(publish)) = (&cut, publish) else { return ToBroker::Pass(id) };
        // [MQTT-3.3.2-8] [MQTT-3.3.2-9] For the broker to refuse, which does not ask what it stands for.
        let Some(alias) = publish.topic_alias.filter(|alias| (1..=self.alias_maximum).contains(alias)) else {
            return ToBroker::Pass(id);
        };
        if !publish.topic.is_empty() && !self.stream_aliases.set(stream, alias, publish.topic) {
            return ToBroker::Refuse(&WITHOUT_TOPIC);
        }
        // The broker must not take it for the alias of another stream.
        let Some(topic) = self.stream_aliases.topic(stream, alias) else { return ToBroker::Refuse(&WITHOUT_TOPIC) };
        let packet_id = id.unwrap_or_default();
        let resolved = Publish { topic, packet_id, topic_alias: None, ..publish.clone() };
        cut.rewrite(resolved).map_or(ToBroker::Refuse(&WITHOUT_TOPIC), ToBroker::Rewritten)
    }

    /// Keeps the topic filters of a request until the broker has said yes; one too long to be here as a whole is not remembered.
    fn remember_filters(&mut self, stream: StreamNumber, packet: &[u8], broker_id: u16) {
        if stream.is_control() && self.subscriptions.is_empty() {
            return;
        }
        let asked = match decode_next(self.version, &LENIENT, packet) {
            Ok(Some((Packet::Subscribe(subscribe), _))) => {
                let filters = subscribe.filters.iter().map(|(filter, _)| filter);
                self.subscriptions.ask(filters, subscribe.subscription_id)
            }
            Ok(Some((Packet::Unsubscribe(unsubscribe), _))) => self.subscriptions.ask(unsubscribe.filters.iter(), None),
            _ => None,
        };
        if let Some(earlier) = self.ids.set_asked(broker_id, asked) {
            self.subscriptions.forget(&earlier);
        }
    }

    /// Whether a packet of the broker can be looked at only as a whole.
    pub(crate) fn wants_whole(packet_type: Option<PacketType>) -> bool {
        matches!(packet_type, Some(PacketType::ConnAck | PacketType::SubAck | PacketType::UnsubAck))
    }

    /// Takes note of a packet for the client; `packet` has the front at least.
    pub(crate) fn broker_sent(&mut self, front: &Front, packet: &[u8]) -> ToClient {
        let control = ToClient::unchanged(StreamNumber::CONTROL);
        let id = front.packet_id(packet);
        match (front.packet_type, id) {
            (Some(PacketType::ConnAck), _) => {
                self.is_connected = front.code == 0;
                if let Ok(Some((Packet::ConnAck(connack), _))) = decode_next(self.version, &LENIENT, packet) {
                    self.alias_maximum = connack.topic_alias_maximum.unwrap_or(0);
                }
                control
            }
            (Some(PacketType::Publish), _) => self.publish_from_broker(front, packet).unwrap_or(control),
            (Some(PacketType::PubRec), Some(id)) if front.code < FIRST_REFUSAL => match self.ids.owed(id) {
                Some(owed) => answer(owed),
                None => control,
            },
            (Some(PacketType::PubAck | PacketType::PubRec | PacketType::PubComp), Some(id)) => {
                let Some(owed) = self.ids.settle(id) else { return control };
                // Of a client that used one identifier for two things.
                if let Some(asked) = &owed.asked {
                    self.subscriptions.forget(asked);
                }
                answer(&owed)
            }
            (Some(PacketType::SubAck | PacketType::UnsubAck), Some(id)) => {
                let Some(owed) = self.ids.settle(id) else { return control };
                if let Some(asked) = &owed.asked {
                    self.filters_answered(owed.stream, asked, packet);
                }
                answer(&owed)
            }
            (Some(PacketType::PubRel), Some(id)) => self.received_on.remove(&id).map_or(control, ToClient::unchanged),
            (Some(PacketType::PingResp), _) => self.pings.pop_front().map_or(control, ToClient::unchanged),
            _ => control,
        }
    }

    /// `None`: to the control stream as it is.
    fn publish_from_broker(&mut self, front: &Front, packet: &[u8]) -> Option<ToClient> {
        if self.subscriptions.is_empty() && self.takes_no_aliases {
            return None;
        }
        if !self.version.is_v5() {
            let topic = std::str::from_utf8(packet.get(front.topic.clone())?).ok()?;
            return self.subscriptions.stream_for(topic, &std::iter::empty()).map(ToClient::unchanged);
        }
        let cut = PublishFront::of(front, packet)?;
        let publish = cut.read()?;
        let subscription_ids = publish.subscription_ids.iter();
        let Some(alias) = publish.topic_alias else {
            return self.subscriptions.stream_for(publish.topic, &subscription_ids).map(ToClient::unchanged);
        };
        let topic = self.broker_aliases.resolve(alias, publish.topic)?;
        let stream = self.subscriptions.stream_for(topic, &subscription_ids).unwrap_or(StreamNumber::CONTROL);
        // Data streams know no alias, and the control stream only those it has seen announced.
        if stream.is_control() {
            if !publish.topic.is_empty() {
                self.broker_aliases.announced_on_control(alias);
            }
            if self.broker_aliases.is_known_on_control(alias) {
                return None;
            }
        }
        let topic = self.broker_aliases.topic(alias)?;
        let front = cut.rewrite(Publish { topic, topic_alias: None, ..publish.clone() })?;
        Some(ToClient { stream: Some(stream), packet_id: None, front: Some(front) })
    }

    /// Subscriptions belong to the stream that made them last.
    fn filters_answered(&mut self, stream: Option<StreamNumber>, asked: &Asked, packet: &[u8]) {
        self.subscriptions.forget(asked);
        let stream = stream.filter(|stream| !self.finished.contains(stream)).unwrap_or(StreamNumber::CONTROL);
        match decode_next(self.version, &LENIENT, packet) {
            Ok(Some((Packet::SubAck(suback), _))) => {
                for (filter, code) in asked.filters.iter().zip(suback.reason_codes) {
                    if *code < FIRST_REFUSAL {
                        self.subscriptions.subscribe(filter, stream, asked.subscription_id);
                    }
                }
            }
            Ok(Some((Packet::UnsubAck(unsuback), _))) => {
                // Before 5.0 there are no codes, and no refusals.
                let codes = unsuback.reason_codes.iter().copied().chain(std::iter::repeat(0));
                for (filter, code) in asked.filters.iter().zip(codes) {
                    if code < FIRST_REFUSAL {
                        self.subscriptions.unsubscribe(filter);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether a stream waits for an answer.
    pub(crate) fn owes(&self, stream: StreamNumber) -> bool {
        self.pings.contains(&stream) || self.ids.owes(stream)
    }

    /// The client says nothing more on a data stream: what it gets there it could not acknowledge.
    pub(crate) fn stream_finished(&mut self, stream: StreamNumber) {
        if self.finished.contains(&stream) {
            return;
        }
        self.finished.push(stream);
        self.subscriptions.forget_stream(stream);
        self.stream_aliases.forget_stream(stream);
        self.received_on.retain(|_, owner| *owner != stream);
    }

    /// Nothing can be sent on a data stream any more: what it waits for goes to the control stream.
    pub(crate) fn stream_abandoned(&mut self, stream: StreamNumber) {
        self.subscriptions.forget_stream(stream);
        self.received_on.retain(|_, owner| *owner != stream);
        self.ids.forget_stream(stream);
    }

    /// A data stream has gone, both ways.
    pub(crate) fn stream_closed(&mut self, stream: StreamNumber) {
        self.stream_finished(stream);
        self.stream_abandoned(stream);
        self.finished.retain(|finished| *finished != stream);
    }
}

fn answer(owed: &Owed) -> ToClient {
    ToClient { stream: owed.stream, packet_id: Some(owed.client_id), front: None }
}
