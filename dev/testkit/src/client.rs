//! A blocking MQTT client that does what the test says and nothing else.

mod connecting;
mod exchanging;
mod expecting;

pub use connecting::Connecting;

use crate::way::Line;
use crate::{Frame, PATIENCE, TestBroker, Way, clock};
use dunlin_codec::{Ack, AckKind, ConnAck, Disconnect, Packet, encode};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A client of any version on a blocking socket, with whatever [`Way`] it comes. It sends no pings of its own and never reconnects; messages are acknowledged
/// when they are read, unless [`Connecting::manual_acks`] was asked for. Dropping it cuts the connection without a goodbye.
pub struct Client {
    id: String,
    version: ProtocolVersion,
    /// The socket below the line: timeouts are set on it.
    stream: TcpStream,
    line: Box<dyn Line>,
    /// Bytes that are no whole packet yet.
    partial: Vec<u8>,
    /// Packets that came while another one was awaited.
    early: VecDeque<Frame>,
    acks_by_itself: bool,
    connack: Option<Frame>,
    last_packet_id: u16,
    /// Whether the broker has nothing under way to or from its disk.
    is_settled: Option<SettledProbe>,
}

/// Asks the broker of the test.
type SettledProbe = Box<dyn Fn() -> bool + Send + Sync>;

/// What a wait for bytes ended with.
enum Arrival {
    Packet(Frame),
    Closed,
    Nothing,
}

impl Client {
    /// A client of MQTT 5.0, with clean start as long as the test does not say otherwise.
    pub fn v5(id: &str) -> Connecting<'_> {
        Connecting::new(ProtocolVersion::V5, id)
    }

    /// A client of MQTT 3.1.1, with clean session as long as the test does not say otherwise.
    pub fn v4(id: &str) -> Connecting<'_> {
        Connecting::new(ProtocolVersion::V4, id)
    }

    /// A client of MQTT 3.1, with clean session as long as the test does not say otherwise.
    pub fn v3(id: &str) -> Connecting<'_> {
        Connecting::new(ProtocolVersion::V3, id)
    }

    /// An open connection on which nothing was sent; what comes is read as MQTT 5.0.
    #[must_use]
    pub fn silent(address: SocketAddr) -> Self {
        Self::open(address, &Way::tcp(), ProtocolVersion::V5, "")
    }

    fn open(address: SocketAddr, way: &Way, version: ProtocolVersion, id: &str) -> Self {
        let stream = way.connect(address).expect("the broker listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        let line = way.open(&stream).unwrap_or_else(|error| panic!("{id}: no way to the broker: {error}"));
        Self {
            id: id.to_owned(),
            version,
            stream,
            line,
            partial: Vec::new(),
            early: VecDeque::new(),
            acks_by_itself: true,
            connack: None,
            last_packet_id: 0,
            is_settled: None,
        }
    }

    /// The client id it uses; the one the broker assigned if it sent none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The CONNACK it was let in with.
    #[must_use]
    pub fn connack(&self) -> ConnAck<'_> {
        self.connack.as_ref().expect("a connection that was let in").connack()
    }

    /// Whether the broker had a session for it.
    #[must_use]
    pub fn session_present(&self) -> bool {
        self.connack().session_present
    }

    /// The socket, for tests about TCP.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// A packet identifier that was not used for a while.
    pub fn next_packet_id(&mut self) -> u16 {
        self.last_packet_id = self.last_packet_id % u16::MAX + 1;
        self.last_packet_id
    }

    /// Sends a packet.
    pub fn send(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        encode(self.version, packet, &mut bytes).expect("a packet that can be encoded");
        self.send_raw(&bytes);
    }

    /// Sends bytes. That the broker has closed the connection is left to the next look at what it sent.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
        match self.line.write_all(bytes).and_then(|()| self.line.flush()) {
            Err(error) if !is_closed(error.kind()) => panic!("{}: cannot write: {error}", self.id),
            _ => {}
        }
    }

    /// The next packet; a message is acknowledged if the client does that by itself.
    pub fn recv(&mut self) -> Frame {
        match self.next_arrival(PATIENCE) {
            Arrival::Packet(frame) => frame,
            Arrival::Closed => panic!("{}: expected a packet, but the broker closed the connection", self.id),
            Arrival::Nothing => panic!("{}: expected a packet, but nothing came for {PATIENCE:?}", self.id),
        }
    }

    /// The first packet for which `wanted` holds; those before it are kept for later.
    pub fn recv_where(&mut self, what: &str, wanted: impl Fn(&Packet<'_>) -> bool) -> Frame {
        if let Some(index) = self.early.iter().position(|frame| wanted(&frame.packet())) {
            return self.early.remove(index).expect("just found");
        }
        loop {
            match self.read_packet(PATIENCE) {
                Arrival::Packet(frame) if wanted(&frame.packet()) => return frame,
                Arrival::Packet(frame) => self.early.push_back(frame),
                Arrival::Closed => panic!("{}: expected {what}, but was closed after {:?}", self.id, self.early),
                Arrival::Nothing => panic!("{}: expected {what}, got only {:?}", self.id, self.early),
            }
        }
    }

    /// Acknowledges with success, in one of the four ways.
    pub fn ack(&mut self, kind: AckKind, packet_id: u16) {
        self.ack_with(kind, packet_id, ReasonCode::Success);
    }

    /// Acknowledges, in one of the four ways.
    pub fn ack_with(&mut self, kind: AckKind, packet_id: u16, reason_code: ReasonCode) {
        let ack = Ack { packet_id, reason_code, ..Ack::default() };
        self.send(&match kind {
            AckKind::PubAck => Packet::PubAck(ack),
            AckKind::PubRec => Packet::PubRec(ack),
            AckKind::PubRel => Packet::PubRel(ack),
            AckKind::PubComp => Packet::PubComp(ack),
        });
    }

    /// Says goodbye and waits until the broker has closed the connection; packets that came before are dropped.
    pub fn disconnect(self) {
        self.disconnect_with(Disconnect::default());
    }

    /// Says goodbye in other words, and waits until the broker has closed the connection.
    pub fn disconnect_with(mut self, disconnect: Disconnect<'_>) {
        self.send(&Packet::Disconnect(disconnect));
        loop {
            match self.read_packet(PATIENCE) {
                Arrival::Packet(_) => {}
                Arrival::Closed => return,
                Arrival::Nothing => panic!("{}: the broker did not close after DISCONNECT", self.id),
            }
        }
    }

    /// Cuts the connection without a goodbye, and waits until the broker has noticed.
    pub fn cut(self, broker: &TestBroker) {
        let gone = || broker.metric(dunlin_broker::Metric::ClientDisconnected);
        let before = gone();
        let id = self.id.clone();
        drop(self);
        broker.wait_until(&format!("the connection of {id} is gone"), |_| gone() > before);
    }

    fn next_arrival(&mut self, patience: Duration) -> Arrival {
        self.early.pop_front().map_or_else(|| self.read_packet(patience), Arrival::Packet)
    }

    /// The next packet from the socket.
    fn read_packet(&mut self, patience: Duration) -> Arrival {
        let deadline = clock::now() + patience;
        loop {
            while let Some(frame) = Frame::take_first(self.version, &mut self.partial) {
                if self.acks_by_itself && !self.answer(&frame) {
                    continue;
                }
                return Arrival::Packet(frame);
            }
            if let Some(end) = self.read_some(deadline) {
                return end;
            }
        }
    }

    /// Reads what is there; an end when there will be no more.
    fn read_some(&mut self, deadline: Instant) -> Option<Arrival> {
        let left = deadline.saturating_duration_since(clock::now());
        if left.is_zero() {
            return Some(Arrival::Nothing);
        }
        self.stream.set_read_timeout(Some(left)).expect("not zero");
        let mut buffer = [0; 16 * 1024];
        match self.line.read(&mut buffer) {
            Ok(0) => self.closed(),
            Ok(count) => {
                self.partial.extend_from_slice(&buffer[..count]);
                None
            }
            Err(error) if is_closed(error.kind()) => self.closed(),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Some(Arrival::Nothing),
                ErrorKind::Interrupted => None,
                _ => panic!("{}: cannot read: {error}", self.id),
            },
        }
    }

    fn closed(&self) -> Option<Arrival> {
        assert!(self.partial.is_empty(), "{}: closed in the middle of a packet: {:02x?}", self.id, self.partial);
        // The broker waits for this before it lets go of the socket.
        let _ = self.stream.shutdown(Shutdown::Write);
        Some(Arrival::Closed)
    }

    /// Acknowledges what wants it; false for what a test is not interested in then.
    fn answer(&mut self, frame: &Frame) -> bool {
        match frame.packet() {
            Packet::Publish(publish) if publish.qos == Qos::AtLeastOnce => self.ack(AckKind::PubAck, publish.packet_id),
            Packet::Publish(publish) if publish.qos == Qos::ExactlyOnce => self.ack(AckKind::PubRec, publish.packet_id),
            Packet::PubRel(ack) => {
                self.ack(AckKind::PubComp, ack.packet_id);
                return false;
            }
            _ => {}
        }
        true
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}
