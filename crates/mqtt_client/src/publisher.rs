//! Publishes what a source has, and waits until the broker has acknowledged all of it.

use crate::connection::{Event, reason};
use crate::payload_source::Next;
use crate::{ClientError, ConnectSettings, Connection, PayloadSource, PropertySheet, StopSignal};
use dunlin_codec::{Ack, AckKind, Disconnect, Packet, Publish, UserProperties};
use dunlin_model::{Qos, ReasonCode};
use std::collections::BTreeMap;

/// Messages of QoS 1 and 2 that wait for their acknowledgement at a time, at most; the broker may want fewer.
const WINDOW_MAX: usize = 100;

/// What is published, and how.
#[derive(Debug)]
pub struct PublisherSettings {
    /// Topic; may be empty where an alias of an earlier message stands for it.
    pub topic: String,
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// Properties of every PUBLISH (5.0).
    pub properties: PropertySheet,
    /// Properties of DISCONNECT (5.0).
    pub goodbye: PropertySheet,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Messages that the broker took; at QoS 0, that were sent.
    pub taken: u64,
    /// Messages that the broker refused.
    pub refused: u64,
    /// Why it refused the first one.
    pub first_refusal: Option<String>,
}

/// Where a message of QoS 1 or 2 is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// QoS 1: PUBACK is awaited.
    Published,
    /// QoS 2: PUBREC is awaited.
    Sent,
    /// QoS 2: PUBCOMP is awaited.
    Released,
}

/// Connects, publishes everything that `source` has, and says goodbye when all of it is acknowledged.
///
/// # Errors
/// [`ClientError`]; what was acknowledged by then stays published.
pub fn publish(
    connect: &ConnectSettings,
    settings: &PublisherSettings,
    mut source: PayloadSource,
    stop: StopSignal,
) -> Result<Published, ClientError> {
    let mut connection = Connection::open(connect, stop)?;
    let mut publishing = Publishing { settings, open: BTreeMap::new(), done: Published::default(), is_first: true };
    publishing.run(&mut connection, &mut source)?;
    let user = settings.goodbye.user_pairs();
    let session_expiry_interval = settings.goodbye.session_expiry_interval;
    let user_properties = UserProperties::from_pairs(&user);
    connection.close(Disconnect { session_expiry_interval, user_properties, ..Disconnect::default() })?;
    Ok(publishing.done)
}

struct Publishing<'a> {
    settings: &'a PublisherSettings,
    open: BTreeMap<u16, Stage>,
    done: Published,
    is_first: bool,
}

impl Publishing<'_> {
    fn run(&mut self, connection: &mut Connection, source: &mut PayloadSource) -> Result<(), ClientError> {
        let window = WINDOW_MAX.min(connection.agreement.receive_maximum.into());
        loop {
            let mut due = None;
            let mut wants_input = false;
            let mut has_ended = false;
            while self.open.len() < window && !connection.is_stopped() {
                match source.next()? {
                    Next::Payload(payload) => self.send(connection, &payload)?,
                    Next::At(moment) => due = Some(moment),
                    Next::Input => wants_input = true,
                    Next::End => has_ended = true,
                }
                if due.is_some() || wants_input || has_ended {
                    break;
                }
            }
            if has_ended && self.open.is_empty() {
                return Ok(());
            }
            let event = connection.next(source.input().filter(|_| wants_input), due)?;
            match event {
                Event::Packet(frame) => self.receive(connection, &frame.packet()?)?,
                Event::Input => source.read()?,
                Event::Timeout => {}
                Event::Stopped => return Err(ClientError::Stopped),
            }
        }
    }

    fn send(&mut self, connection: &mut Connection, payload: &[u8]) -> Result<(), ClientError> {
        let Self { settings, is_first, .. } = self;
        let packet_id = if settings.qos == Qos::AtMostOnce { 0 } else { unused_id(connection, &self.open) };
        let alias = settings.properties.topic_alias;
        // Once the broker knows what an alias stands for, the topic need not be sent again (MQTT 5.0 §3.3.2.3.4).
        let topic = if alias.is_some() && !*is_first { "" } else { settings.topic.as_str() };
        *is_first = false;
        connection.send(&Packet::Publish(Publish {
            qos: settings.qos,
            retain: settings.retain,
            topic,
            packet_id,
            topic_alias: alias,
            message_expiry_interval: settings.properties.message_expiry_interval,
            properties: settings.properties.passed_on(),
            payload,
            ..Publish::default()
        }))?;
        match settings.qos {
            Qos::AtMostOnce => self.done.taken += 1,
            Qos::AtLeastOnce => drop(self.open.insert(packet_id, Stage::Published)),
            Qos::ExactlyOnce => drop(self.open.insert(packet_id, Stage::Sent)),
        }
        Ok(())
    }

    fn receive(&mut self, connection: &mut Connection, packet: &Packet<'_>) -> Result<(), ClientError> {
        match packet {
            Packet::PubAck(ack) if self.is_at(ack.packet_id, Stage::Published) => self.end(ack),
            Packet::PubRec(ack) if ack.reason_code.is_error() && self.is_at(ack.packet_id, Stage::Sent) => {
                self.end(ack);
            }
            Packet::PubRec(ack) => {
                // An answer to one that was forgotten is a release too: the broker has it in its state.
                if self.is_at(ack.packet_id, Stage::Sent) {
                    self.open.insert(ack.packet_id, Stage::Released);
                }
                connection.acknowledge(AckKind::PubRel, ack.packet_id)?;
            }
            Packet::PubComp(ack) if self.is_at(ack.packet_id, Stage::Released) => self.end(ack),
            // A session that was resumed may bring messages, which a publisher leaves for a subscriber.
            _ => {}
        }
        Ok(())
    }

    fn is_at(&self, packet_id: u16, stage: Stage) -> bool {
        self.open.get(&packet_id) == Some(&stage)
    }

    fn end(&mut self, ack: &Ack<'_>) {
        self.open.remove(&ack.packet_id);
        if ack.reason_code.is_error() && ack.reason_code != ReasonCode::PacketIdentifierNotFound {
            self.done.refused += 1;
            self.done.first_refusal.get_or_insert_with(|| reason(ack.reason_code, ack.reason_string));
        } else {
            self.done.taken += 1;
        }
    }
}

/// At most [`WINDOW_MAX`] of 65,535 are in use.
fn unused_id(connection: &mut Connection, open: &BTreeMap<u16, Stage>) -> u16 {
    loop {
        let id = connection.next_packet_id();
        if !open.contains_key(&id) {
            return id;
        }
    }
}
