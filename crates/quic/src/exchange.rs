//! One byte stream for the broker, several for the client: packets are merged one way and sent to the right stream the other way.
//!
//! A pure state machine: bytes in, bytes out, and it says when it has no room. What the packets mean is in [`ledger`].
//!
//! ```text
//! client                                    broker
//! stream 0 -> input --\                 /-> to_broker
//! stream 4 -> input ---- one packet at a time
//! stream 0 <- output -\                 /-- from_broker
//! stream 4 <- output ---- by the ledger
//! ```
//!
//! The broker is the one judge of what a client may send. Where the merged stream cannot go on, because a stream contradicts its own
//! framing or ends within a packet, the broker is given what there is and then the end.

mod aliases;
mod byte_queue;
mod front;
mod ledger;
mod packet_ids;
mod publish_front;
mod stream_number;
mod subscription_streams;

pub(crate) use stream_number::StreamNumber;

use byte_queue::ByteQueue;
use dunlin_codec::PacketType;
use front::{Front, Properties};
use ledger::{Ledger, ToBroker};

/// A packet that has more bytes than this here goes on before it is complete, and others wait until it is.
const WHOLE_PACKET_BYTES: usize = 64 * 1024;

/// No front of a packet is longer; more than this is not taken in.
const INPUT_BYTES_MAX: usize = 2 * 64 * 1024;

/// While so much waits to be written, nothing is added.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// What a DISCONNECT begins with.
const DISCONNECT: u8 = PacketType::Disconnect as u8;

/// The exchange of one connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    max_packet_bytes: u32,
    ledger: Ledger,
    /// By number.
    streams: Vec<Stream>,
    /// Whose turn it is to send a packet to the broker.
    turn: usize,
    /// A packet for the broker whose rest is still to come.
    unfinished: Option<Unfinished>,
    to_broker: ByteQueue,
    /// The broker gets nothing more.
    is_over: bool,
    from_broker: ByteQueue,
    /// A packet for the client whose rest is still to come.
    delivering: Option<Delivering>,
}

#[derive(Debug)]
struct Stream {
    number: StreamNumber,
    input: ByteQueue,
    /// The client sends nothing more on it.
    is_finished: bool,
    /// And did not mean to stop where it did.
    is_cut_off: bool,
    output: ByteQueue,
}

#[derive(Clone, Copy, Debug)]
struct Unfinished {
    stream: StreamNumber,
    missing_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Delivering {
    /// `None`: nobody wants it.
    stream: Option<StreamNumber>,
    missing_bytes: usize,
}

impl Stream {
    fn new(number: StreamNumber) -> Self {
        let (input, output) = (ByteQueue::default(), ByteQueue::default());
        Self { number, input, is_finished: false, is_cut_off: false, output }
    }
}

impl Stream {
    /// Nothing has been moved by that.
    fn forget_incomplete(&mut self) -> bool {
        self.input.clear();
        false
    }
}

impl Exchange {
    /// With the control stream open.
    pub(crate) fn new(max_packet_bytes: u32) -> Self {
        Self {
            max_packet_bytes,
            ledger: Ledger::default(),
            streams: vec![Stream::new(StreamNumber::CONTROL)],
            turn: 0,
            unfinished: None,
            to_broker: ByteQueue::default(),
            is_over: false,
            from_broker: ByteQueue::default(),
            delivering: None,
        }
    }

    /// The client has opened a data stream; each has a greater number than those before.
    pub(crate) fn open(&mut self, stream: StreamNumber) {
        self.streams.push(Stream::new(stream));
    }

    fn position(&self, stream: StreamNumber) -> Option<usize> {
        self.streams.binary_search_by_key(&stream, |stream| stream.number).ok()
    }

    fn stream_mut(&mut self, stream: StreamNumber) -> Option<&mut Stream> {
        let position = self.position(stream)?;
        self.streams.get_mut(position)
    }

    /// Whether bytes from this stream have room.
    pub(crate) fn takes_from(&self, stream: StreamNumber) -> bool {
        let stream = self.position(stream).and_then(|position| self.streams.get(position));
        !self.is_over && stream.is_some_and(|stream| stream.input.len() < INPUT_BYTES_MAX && !stream.is_finished)
    }

    /// Bytes the client has sent.
    pub(crate) fn client_sent(&mut self, stream: StreamNumber, bytes: &[u8]) {
        if let Some(stream) = self.stream_mut(stream) {
            stream.input.push(bytes);
        }
    }

    /// The client sends nothing more on this stream.
    pub(crate) fn finish(&mut self, stream: StreamNumber) {
        if let Some(stream) = self.stream_mut(stream) {
            stream.is_finished = true;
        }
    }

    /// The client has given up sending on this stream: an incomplete packet at its end is not meant to be sent.
    pub(crate) fn reset(&mut self, stream: StreamNumber) {
        if let Some(stream) = self.stream_mut(stream) {
            stream.is_finished = true;
            stream.is_cut_off = true;
        }
    }

    /// Nothing can be sent on this stream any more.
    pub(crate) fn abandon(&mut self, stream: StreamNumber) {
        if let Some(stream) = self.stream_mut(stream) {
            stream.output.clear();
        }
        if let Some(delivering) = self.delivering.as_mut().filter(|delivering| delivering.stream == Some(stream)) {
            delivering.stream = None;
        }
        if !stream.is_control() {
            self.ledger.stream_abandoned(stream);
        }
    }

    /// Whether a data stream has no purpose any more: its sending side can be finished and both forgotten.
    pub(crate) fn is_done(&self, stream: StreamNumber) -> bool {
        let Some(state) = self.position(stream).and_then(|position| self.streams.get(position)) else { return true };
        let is_delivering = self.delivering.is_some_and(|delivering| delivering.stream == Some(stream));
        let is_idle = state.is_finished && state.input.is_empty() && state.output.is_empty() && !is_delivering;
        is_idle && !stream.is_control() && !self.ledger.owes(stream)
    }

    /// Forgets a data stream.
    pub(crate) fn close(&mut self, stream: StreamNumber) {
        self.abandon(stream);
        self.ledger.stream_closed(stream);
        if let Some(position) = self.position(stream) {
            self.streams.remove(position);
        }
    }

    /// What the broker is to get next.
    pub(crate) fn to_broker(&self) -> &[u8] {
        self.to_broker.as_slice()
    }

    /// The broker has taken some of it.
    pub(crate) fn broker_took(&mut self, count: usize) {
        self.to_broker.take(count);
    }

    /// The broker takes nothing any more.
    pub(crate) fn broker_left(&mut self) {
        self.is_over = true;
        self.to_broker.clear();
    }

    /// Whether the broker has got everything it will ever get.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over && self.to_broker.is_empty()
    }

    /// Whether bytes from the broker have room.
    pub(crate) fn takes_from_broker(&self) -> bool {
        !self.is_any_output_full()
    }

    fn is_any_output_full(&self) -> bool {
        self.streams.iter().any(|stream| stream.output.len() >= OUTPUT_BYTES_MAX)
    }

    /// Bytes the broker has sent.
    pub(crate) fn broker_sent(&mut self, bytes: &[u8]) {
        self.from_broker.push(bytes);
    }

    /// What the client is to get next on this stream.
    pub(crate) fn to_client(&self, stream: StreamNumber) -> &[u8] {
        let stream = self.position(stream).and_then(|position| self.streams.get(position));
        stream.map_or(&[], |stream| stream.output.as_slice())
    }

    /// The client's side has taken some of it.
    pub(crate) fn client_took(&mut self, stream: StreamNumber, count: usize) {
        if let Some(stream) = self.stream_mut(stream) {
            stream.output.take(count);
        }
    }

    /// Whether the client has got everything that [`Self::advance`] has found for it.
    pub(crate) fn is_delivered(&self) -> bool {
        self.streams.iter().all(|stream| stream.output.is_empty())
    }

    /// Moves what can be moved, both ways.
    pub(crate) fn advance(&mut self) {
        while !self.is_any_output_full() && self.step_to_client() {}
        let mut idle_streams = 0;
        while self.has_room_for_broker() && idle_streams < self.streams.len() {
            self.turn %= self.streams.len();
            if self.step_to_broker(self.turn) {
                idle_streams = 0;
            } else {
                idle_streams += 1;
            }
            // One packet each, so that no stream waits for more than one of each other.
            self.turn += 1;
        }
        if self.has_room_for_broker() {
            self.take_leave();
        }
    }

    fn has_room_for_broker(&self) -> bool {
        !self.is_over && self.to_broker.len() < OUTPUT_BYTES_MAX
    }

    /// A client says that it leaves on its control stream, by a DISCONNECT or by ending it. That comes after everything that
    /// has arrived on the others.
    fn take_leave(&mut self) {
        let Some(control) = self.streams.first() else { return };
        if !control.input.is_empty() && self.unfinished.is_none() {
            self.step_packet(0);
        }
        self.is_over |= self.streams.first().is_some_and(|control| control.is_finished && control.input.is_empty());
    }

    /// Moves a packet, or what there is of it, to the broker; false if there is nothing to be moved.
    fn step_to_broker(&mut self, position: usize) -> bool {
        let Some(stream) = self.streams.get_mut(position) else { return false };
        let number = stream.number;
        match &mut self.unfinished {
            Some(unfinished) if unfinished.stream != number => return false,
            Some(unfinished) => {
                let bytes = stream.input.as_slice();
                let count = bytes.len().min(unfinished.missing_bytes);
                self.to_broker.push(bytes.get(..count).unwrap_or_default());
                stream.input.take(count);
                unfinished.missing_bytes -= count;
                if unfinished.missing_bytes == 0 {
                    self.unfinished = None;
                } else if stream.is_finished {
                    self.is_over = true;
                }
                return count > 0;
            }
            None => {}
        }
        if stream.input.is_empty() {
            if stream.is_finished && !number.is_control() {
                self.ledger.stream_finished(number);
            }
            return false;
        }
        if number.is_control() && stream.input.as_slice().first().is_some_and(|byte| byte >> 4 == DISCONNECT) {
            return false;
        }
        (number.is_control() || self.ledger.is_connected()) && self.step_packet(position)
    }

    /// Starts a packet.
    fn step_packet(&mut self, position: usize) -> bool {
        let is_alone = self.streams.len() == 1;
        let Some(stream) = self.streams.get_mut(position) else { return false };
        let bytes = stream.input.as_slice();
        // The control stream's aliases are the broker's business.
        let properties = Properties::of(self.ledger.version(), !stream.number.is_control());
        let front = match Front::read(properties, bytes, self.max_packet_bytes) {
            Ok(Some(front)) => front,
            Ok(None) if bytes.len() < INPUT_BYTES_MAX && !stream.is_finished => return false,
            Ok(None) if stream.is_cut_off => return stream.forget_incomplete(),
            Ok(None) | Err(_) => return self.give_up(position),
        };
        let is_whole = bytes.len() >= front.packet_len;
        if !is_whole && stream.is_cut_off {
            return stream.forget_incomplete();
        }
        if !is_whole && stream.is_finished {
            return self.give_up(position);
        }
        if !is_whole && !is_alone && bytes.len() < WHOLE_PACKET_BYTES {
            return false;
        }
        let count = bytes.len().min(front.packet_len);
        match self.ledger.client_sent(stream.number, &front, bytes) {
            ToBroker::Wait => return false,
            ToBroker::Pass(packet_id) => {
                self.to_broker.push(bytes.get(..count).unwrap_or_default());
                if let (Some(id), Some(at)) = (packet_id, front.packet_id_at) {
                    self.to_broker.patch(count - at, &id.to_be_bytes());
                }
            }
            ToBroker::Rewritten(new_front) => {
                self.to_broker.push(&new_front);
                self.to_broker.push(bytes.get(front.len..count).unwrap_or_default());
            }
            ToBroker::Refuse(packet) => {
                self.to_broker.push(packet);
                self.is_over = true;
                return true;
            }
        }
        let missing_bytes = front.packet_len - count;
        self.unfinished = (missing_bytes > 0).then_some(Unfinished { stream: stream.number, missing_bytes });
        stream.input.take(count);
        true
    }

    /// The stream makes no sense: the broker gets it as it is, and nothing more.
    fn give_up(&mut self, position: usize) -> bool {
        if let Some(stream) = self.streams.get_mut(position) {
            self.to_broker.push(stream.input.as_slice());
            stream.input.clear();
        }
        self.is_over = true;
        true
    }

    /// Moves a packet, or what there is of it, to the client.
    fn step_to_client(&mut self) -> bool {
        let bytes = self.from_broker.as_slice();
        if bytes.is_empty() {
            return false;
        }
        if let Some(Delivering { stream, missing_bytes }) = self.delivering {
            let count = bytes.len().min(missing_bytes);
            self.deliver(stream, count, None, None);
            let missing_bytes = missing_bytes - count;
            self.delivering = (missing_bytes > 0).then_some(Delivering { stream, missing_bytes });
            return true;
        }
        let Ok(front) = Front::read(Properties::of(self.ledger.version(), true), bytes, u32::MAX) else {
            // Not MQTT: none of the broker's workers does that, and the client will say so.
            self.deliver(Some(StreamNumber::CONTROL), bytes.len(), None, None);
            return true;
        };
        let Some(front) = front else { return false };
        if Ledger::wants_whole(front.packet_type) && bytes.len() < front.packet_len {
            return false;
        }
        let to_client = self.ledger.broker_sent(&front, bytes);
        let count = bytes.len().min(front.packet_len);
        let new_front = to_client.front.as_deref().map(|new_front| (front.len, new_front));
        let new_id = to_client.packet_id.zip(front.packet_id_at);
        self.deliver(to_client.stream, count, new_front, new_id);
        let missing_bytes = front.packet_len - count;
        self.delivering = (missing_bytes > 0).then_some(Delivering { stream: to_client.stream, missing_bytes });
        true
    }

    /// Moves `count` bytes of the broker to a stream, with another front or another packet identifier where that is given.
    fn deliver(
        &mut self,
        stream: Option<StreamNumber>,
        count: usize,
        new_front: Option<(usize, &[u8])>,
        new_id: Option<(u16, usize)>,
    ) {
        let bytes = self.from_broker.as_slice();
        let stream = stream.and_then(|number| self.streams.iter_mut().find(|stream| stream.number == number));
        if let Some(stream) = stream {
            let (skipped, new_front) = new_front.unwrap_or((0, &[]));
            stream.output.push(new_front);
            stream.output.push(bytes.get(skipped..count).unwrap_or_default());
            if let Some((id, at)) = new_id {
                stream.output.patch(count - at, &id.to_be_bytes());
            }
        }
        self.from_broker.take(count);
    }
}

#[cfg(test)]
mod tests;
