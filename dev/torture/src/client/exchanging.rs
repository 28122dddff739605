//! Packets in both directions once the connection is up.

use super::{Client, Phase, Request, Scene, Which, granted_levels};
use crate::inbound::Arrival;
use crate::message::MessageId;
use crate::oracle::{Event, Purpose};
use crate::outbound::{Outgoing, Progress};
use crate::plan::Habit;
use dunlin_codec::{Ack, AckKind, Packet, Publish};
use dunlin_model::{Qos, ReasonCode};

impl Client {
    pub(super) fn handle(&mut self, which: Which, packet: &Packet<'_>, scene: &mut Scene<'_>) {
        match packet {
            Packet::ConnAck(connack) => self.connack(connack, scene),
            Packet::Publish(publish) => self.publish(publish, scene),
            Packet::PubAck(ack) => self.acknowledged(AckKind::PubAck, ack, scene),
            Packet::PubRec(ack) => self.acknowledged(AckKind::PubRec, ack, scene),
            Packet::PubComp(ack) => self.acknowledged(AckKind::PubComp, ack, scene),
            Packet::PubRel(ack) => self.inbound.release(ack.packet_id, scene.now_ms),
            Packet::SubAck(ack) if self.request == Some(Request::Subscribe) => {
                self.request = None;
                self.is_subscribed = true;
                let granted = granted_levels(ack.reason_codes);
                scene.oracle.record(Event::SubscribeAcknowledged { client: self.number, granted: &granted });
            }
            Packet::UnsubAck(_) if self.request == Some(Request::Unsubscribe) => {
                self.request = None;
                scene.oracle.record(Event::UnsubscribeAcknowledged { client: self.number });
            }
            Packet::PingResp => self.pings_owed = self.pings_owed.saturating_sub(1),
            Packet::Disconnect(disconnect) => {
                if which == Which::Newest {
                    self.sent_away = Some(disconnect.reason_code.as_u8());
                }
            }
            other => self.accuse(format!("unexpected {other:?}"), scene),
        }
    }

    fn publish(&mut self, publish: &Publish<'_>, scene: &mut Scene<'_>) {
        let message = match MessageId::read(scene.plan.run, publish.payload) {
            Ok(message) => message,
            Err(error) => {
                let what = format!("got {error}, {} bytes on {}", publish.payload.len(), publish.topic);
                self.accuse(what, scene);
                return;
            }
        };
        // After a DISCONNECT a client answers nothing, so it has not taken the message either.
        if self.phase == Phase::Leaving {
            return;
        }
        let arrival = match publish.qos {
            Qos::AtMostOnce => Arrival::New,
            qos => self.inbound.publish(publish.packet_id, message, qos, scene.now_ms),
        };
        match arrival {
            Arrival::Repeated => return,
            Arrival::IdTaken { by } => {
                let what =
                    format!("packet identifier {} is in use for {by} and came with {message}", publish.packet_id);
                self.accuse(what, scene);
            }
            Arrival::New => {}
        }
        if self.profile.habit == Habit::Prober {
            self.found.retain(|found| found.stream != message.stream);
            self.found.push(message);
        }
        scene.oracle.record(Event::Received { client: self.number, message, topic: publish.topic, qos: publish.qos });
    }

    fn acknowledged(&mut self, kind: AckKind, ack: &Ack<'_>, scene: &mut Scene<'_>) {
        let progress = self.outbound.acknowledge(kind, ack.packet_id, ack.reason_code.is_error());
        scene.tally.acknowledgements += u64::from(matches!(progress, Progress::Done(_) | Progress::Received(..)));
        match progress {
            Progress::Done(message) => {
                scene.oracle.record(Event::PublishAcknowledged { message });
                scene.oracle.record(Event::PublishCompleted { message });
            }
            Progress::Received(message, release) => {
                scene.oracle.record(Event::PublishAcknowledged { message });
                // Where a new connection is being made, everything that is in flight goes out on that.
                if self.phase == Phase::Online {
                    self.send_outgoing(release, scene);
                }
            }
            Progress::Completed(message) => scene.oracle.record(Event::PublishCompleted { message }),
            Progress::Refused(message) => {
                scene.oracle.record(Event::PublishRefused { message, code: ack.reason_code.as_u8() });
            }
            Progress::Unexpected => {
                self.accuse(format!("{kind:?} {} answers nothing", ack.packet_id), scene);
            }
        }
    }

    pub(super) fn publish_more(&mut self, scene: &mut Scene<'_>) {
        while let Some(outgoing) = self.outbound.next_message() {
            self.send_outgoing(outgoing, scene);
            if let Outgoing::Publish { message, .. } = outgoing {
                scene.tally.published += 1;
                scene.oracle.record(Event::PublishSent { message });
            }
        }
    }

    pub(super) fn send_outgoing(&mut self, outgoing: Outgoing, scene: &Scene<'_>) {
        let Some(link) = &mut self.link else { return };
        match outgoing {
            Outgoing::Release { packet_id } => link.send(&Packet::PubRel(Ack { packet_id, ..Ack::default() })),
            Outgoing::Publish { packet_id, message, dup } => {
                let Some(stream) = scene.plan.streams.get(usize::from(message.stream)) else { return };
                let payload =
                    if stream.is_removal(message.sequence) { Vec::new() } else { message.payload(scene.plan.run) };
                link.send(&Packet::Publish(Publish {
                    dup,
                    qos: stream.qos,
                    retain: stream.purpose == Purpose::Retained,
                    topic: &stream.topic,
                    packet_id,
                    payload: &payload,
                    ..Publish::default()
                }));
            }
        }
    }

    /// Acknowledgements go to the connection that the message came on: as long as there is an older one, to that.
    pub(super) fn send_due_acknowledgements(&mut self, now_ms: u64) {
        let newest = self.link.as_mut().filter(|_| self.phase == Phase::Online);
        let Some(link) = self.older.as_mut().or(newest) else { return };
        while let Some((kind, packet_id)) = self.inbound.next_due(now_ms) {
            let ack = Ack { packet_id, reason_code: ReasonCode::Success, ..Ack::default() };
            link.send(&match kind {
                AckKind::PubAck => Packet::PubAck(ack),
                AckKind::PubRec => Packet::PubRec(ack),
                AckKind::PubRel => Packet::PubRel(ack),
                AckKind::PubComp => Packet::PubComp(ack),
            });
        }
    }
}
