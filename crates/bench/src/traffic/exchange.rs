//! The hot side of a run: every PUBLISH and acknowledgement passes here.

use super::meter::Meter;
use super::plan::{Amount, Load, TrafficPlan};
use crate::clock::now_ns;
use crate::load::{Ledger, Pace, Publisher, Stamp, Stream};
use crate::network::{ClientError, Handler, Network, Outbox};
use crate::wire::{Acknowledgement, AcknowledgementKind, Frame, PacketKind, PublishHead, ReceivedPublish, WireError};
use dunlin_model::{ProtocolVersion, Qos};

/// A publisher stops adding to an outbox of this size: the socket does not take more.
const OUTBOX_BYTES_MAX: usize = 256 * 1024;
/// A payload that claims to be older than a minute has no stamp, or is a retained message.
const PLAUSIBLE_LATENCY_NS: u64 = 60_000_000_000;

/// Network indices of the first subscriber and the first publisher, and what they agreed with the broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clients {
    pub(super) first_subscriber: usize,
    pub(super) first_publisher: usize,
    pub(super) receive_maximum: u16,
    pub(super) version: ProtocolVersion,
}

/// Publishers, streams and ledger of a run, and the handler of their packets.
pub(super) struct Exchange {
    pub(super) meter: Meter,
    pub(super) ledger: Ledger,
    /// Set at the end of the window: nothing new is published.
    pub(super) closing: bool,
    pub(super) failed: usize,
    pub(super) first_error: Option<ClientError>,
    /// Deliveries without a stamp of this run: other clients publish to the same topics.
    pub(super) foreign: u64,
    clients: Clients,
    /// Marks the messages of this run, see [`Stamp::run`].
    pub(super) run: u32,
    qos: Qos,
    stamped: bool,
    filler: Vec<u8>,
    fan_out: u32,
    publishers: Vec<Publisher>,
    streams: Vec<Stream>,
    /// Publishers that may be able to send.
    ready: Vec<usize>,
    pace: Option<Pace>,
    dealt: u64,
    now_ns: u64,
}

impl Exchange {
    pub(super) fn new(plan: &TrafficPlan, load: &Load, clients: Clients) -> Self {
        let streams_count = plan.topics.iter().map(Vec::len).sum();
        let ledger = Ledger::new(plan.recipients.clone(), plan.filters.len(), streams_count);
        let fan_out = ledger.fan_out();
        let stamped = load.payload_bytes >= Stamp::BYTES;
        let (mut streams, mut publishers) = (Vec::with_capacity(streams_count), Vec::new());
        for (index, topics) in plan.topics.iter().enumerate() {
            let start = streams.len();
            streams.extend(topics.iter().map(|topic| {
                let head = PublishHead::new(topic, load.qos, load.retain, load.payload_bytes, clients.version);
                Stream::new(head, index as u32)
            }));
            let client = clients.first_publisher + index;
            let mut publisher = Publisher::new(client, start..streams.len(), load.window, load.backlog as u64);
            publisher.limit_window(clients.receive_maximum);
            publisher.amount = match load.amount {
                Amount::Unlimited => u64::MAX,
                Amount::Messages(count) => count,
                Amount::OncePerTopic => topics.len() as u64,
            };
            publishers.push(publisher);
        }
        let now_ns = now_ns();
        let mut exchange = Self {
            meter: Meter::default(),
            ledger,
            closing: false,
            failed: 0,
            first_error: None,
            foreign: 0,
            clients,
            // Different enough: two runs within the same nanosecond modulo 2^32 do not share a broker.
            run: now_ns as u32 ^ std::process::id().rotate_left(16),
            qos: load.qos,
            stamped,
            filler: vec![b'.'; if stamped { load.filler_bytes() } else { load.payload_bytes }],
            fan_out,
            ready: Vec::with_capacity(publishers.len()),
            publishers,
            streams,
            pace: None,
            dealt: 0,
            now_ns,
        };
        if let Some(per_second) = load.per_second {
            exchange.pace = Some(Pace::new(now_ns, per_second, exchange.publishers.len()));
            exchange.publishers.iter_mut().for_each(|publisher| publisher.due = 0);
        }
        (0..exchange.publishers.len()).for_each(|index| exchange.enqueue(index));
        exchange
    }

    /// Sends what pace and credit allow.
    pub(super) fn publish(&mut self, network: &mut Network) {
        self.now_ns = now_ns();
        self.deal();
        if self.closing {
            return;
        }
        let mut ready = std::mem::take(&mut self.ready);
        ready.retain(|index| {
            let full = self.publish_from(*index, network);
            self.publishers[*index].queued = full;
            full
        });
        self.ready = ready;
    }

    /// A publisher was stopped by a full outbox that has room again: the next turn should not wait.
    pub(super) fn can_go_on(&self, network: &Network) -> bool {
        let has_room = |index: &usize| network.pending_bytes(self.publishers[*index].client) <= OUTBOX_BYTES_MAX;
        !self.closing && self.ready.iter().any(has_room)
    }

    /// Nanoseconds until the next paced message; `None` without a pace.
    pub(super) fn next_due_ns(&self) -> Option<u64> {
        self.pace.map(|pace| pace.due_at_ns(self.dealt).saturating_sub(now_ns()))
    }

    /// Every message that was published has been acknowledged and delivered.
    pub(super) fn is_settled(&self) -> bool {
        self.publishers.iter().all(Publisher::is_settled)
    }

    /// Every publisher has sent its amount and all of it is settled.
    pub(super) fn is_done(&self) -> bool {
        let is_done = |publisher: &Publisher| publisher.sent >= publisher.amount && publisher.is_settled();
        !self.publishers.is_empty() && self.publishers.iter().all(is_done)
    }

    /// Something is on the way, so something ought to move.
    pub(super) fn waits(&self) -> bool {
        !self.publishers.is_empty() && !self.is_settled()
    }

    /// Messages sent per stream.
    pub(super) fn sent_per_stream(&self) -> Vec<u64> {
        self.streams.iter().map(|stream| stream.sent).collect()
    }

    /// Publishes that wait for an acknowledgement.
    pub(super) fn unacknowledged(&self) -> usize {
        self.publishers.iter().map(|publisher| publisher.inflight.len()).sum()
    }

    /// Gives the publishers what has become due.
    fn deal(&mut self) {
        let Some(pace) = self.pace else { return };
        let due = pace.due(self.now_ns);
        while self.dealt < due {
            let index = pace.publisher_of(self.dealt);
            self.publishers[index].due += 1;
            self.enqueue(index);
            self.dealt += 1;
        }
    }

    #[inline]
    fn enqueue(&mut self, index: usize) {
        let publisher = &mut self.publishers[index];
        if !publisher.queued {
            publisher.queued = true;
            self.ready.push(index);
        }
    }

    /// `true` when only the outbox stopped it.
    fn publish_from(&mut self, index: usize, network: &mut Network) -> bool {
        let publisher = &mut self.publishers[index];
        if !publisher.wants_to_send() || !publisher.has_credit() {
            publisher.behind |= self.pace.is_some() && publisher.wants_to_send();
            return false;
        }
        let Some(outbox) = network.outbox(publisher.client) else { return false };
        while publisher.wants_to_send() {
            if !publisher.has_credit() {
                publisher.behind = self.pace.is_some();
                return false;
            }
            if outbox.pending_bytes() > OUTBOX_BYTES_MAX {
                return true;
            }
            let sent_at_ns = match self.pace {
                Some(pace) if publisher.behind => pace.publisher_due_at_ns(index, publisher.sent).min(self.now_ns),
                _ => self.now_ns,
            };
            let stream_index = publisher.spend(self.fan_out);
            let packet_id = if self.qos == Qos::AtMostOnce { 0 } else { publisher.inflight.take(sent_at_ns) };
            let stream = &mut self.streams[stream_index];
            stream.head.write(&mut outbox.bytes, packet_id);
            let sequence = stream.send(self.fan_out);
            if self.stamped {
                let stamp = Stamp { run: self.run, stream: stream_index as u32, sequence, sent_at_ns };
                stamp.write(&mut outbox.bytes);
            }
            outbox.bytes.extend_from_slice(&self.filler);
            self.meter.publish();
        }
        publisher.behind = false;
        false
    }

    #[inline]
    fn delivered(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError> {
        let publish = ReceivedPublish::read(frame, self.clients.version)?;
        publish.acknowledge(&mut outbox.bytes);
        if self.publishers.is_empty() {
            self.meter.delivery(self.plausible_latency_ns(publish.payload));
            return Ok(());
        }
        let Some(stamp) = Stamp::read(publish.payload).filter(|stamp| stamp.run == self.run) else {
            self.foreign += 1;
            return Ok(());
        };
        self.meter.delivery(Some(self.now_ns.saturating_sub(stamp.sent_at_ns)));
        let subscriber = client.wrapping_sub(self.clients.first_subscriber) as u32;
        if self.ledger.deliver(subscriber, stamp.stream, stamp.sequence) {
            let stream = &mut self.streams[stamp.stream as usize];
            let complete = stream.delivered(stamp.sequence, self.fan_out);
            let index = stream.publisher as usize;
            let publisher = &mut self.publishers[index];
            publisher.undelivered = publisher.undelivered.saturating_sub(complete);
            self.enqueue(index);
        }
        Ok(())
    }

    /// Latency of a message of another process, whose payload may or may not start with a stamp.
    fn plausible_latency_ns(&self, payload: &[u8]) -> Option<u64> {
        let latency_ns = self.now_ns.checked_sub(Stamp::read(payload)?.sent_at_ns)?;
        (latency_ns < PLAUSIBLE_LATENCY_NS).then_some(latency_ns)
    }

    fn publisher_of(&mut self, client: usize) -> Result<(usize, &mut Publisher), WireError> {
        let index = client.wrapping_sub(self.clients.first_publisher);
        self.publishers.get_mut(index).map(|publisher| (index, publisher)).ok_or(WireError::UnknownPacketId(0))
    }

    fn finished(&mut self, client: usize, acknowledgement: Acknowledgement) -> Result<(), WireError> {
        let (index, publisher) = self.publisher_of(client)?;
        let sent_at_ns = publisher.inflight.finish(acknowledgement.packet_id)?;
        self.meter.acknowledgement(self.now_ns.saturating_sub(sent_at_ns));
        self.enqueue(index);
        Ok(())
    }
}

impl Handler for Exchange {
    fn reading(&mut self) {
        self.now_ns = now_ns();
    }

    #[inline]
    fn received(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError> {
        match frame.kind()? {
            PacketKind::Publish => self.delivered(client, frame, outbox)?,
            PacketKind::PubAck | PacketKind::PubComp => {
                self.finished(client, Acknowledgement::read(frame.body)?.accepted()?)?;
            }
            PacketKind::PubRec => {
                let received = Acknowledgement::read(frame.body)?.accepted()?;
                self.publisher_of(client)?.1.inflight.check(received.packet_id)?;
                // PUBREL answers PUBREC with the same identifier [MQTT-4.3.3-4].
                Acknowledgement::write(&mut outbox.bytes, AcknowledgementKind::PubRel, received.packet_id);
            }
            PacketKind::PubRel => {
                let released = Acknowledgement::read(frame.body)?;
                // PUBCOMP answers PUBREL with the same identifier [MQTT-4.3.3-11].
                Acknowledgement::write(&mut outbox.bytes, AcknowledgementKind::PubComp, released.packet_id);
            }
            PacketKind::Disconnect => {
                let code = frame.body.first().copied().unwrap_or_default();
                return Err(WireError::Disconnected(code).into());
            }
            PacketKind::SubAck | PacketKind::PingResp => {}
            PacketKind::ConnAck => return Err(WireError::Unexpected(frame.first).into()),
        }
        Ok(())
    }

    fn failed(&mut self, _client: usize, error: ClientError) {
        self.failed += 1;
        self.first_error.get_or_insert(error);
    }
}
