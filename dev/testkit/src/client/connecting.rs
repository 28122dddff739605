//! How a client connects.

use super::{Arrival, Client};
use crate::{Frame, PATIENCE, TestBroker, Way};
use dunlin_codec::{Connect, Packet, Will};
use dunlin_model::{ProtocolVersion, ReasonCode};
use std::net::SocketAddr;

/// A client that is about to connect.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connecting<'a> {
    connect: Connect<'a>,
    acks_by_itself: bool,
    way: Way,
}

impl<'a> Connecting<'a> {
    pub(super) fn new(version: ProtocolVersion, client_id: &'a str) -> Self {
        let connect = Connect { version, client_id, clean_start: true, ..Connect::default() };
        Self { connect, acks_by_itself: true, way: Way::tcp() }
    }

    /// Clean start, or clean session of older versions.
    pub fn clean_start(mut self, clean_start: bool) -> Self {
        self.connect.clean_start = clean_start;
        self
    }

    /// Session expiry interval in seconds (5.0).
    pub fn session_expiry(mut self, secs: u32) -> Self {
        self.connect.session_expiry_interval = Some(secs);
        self
    }

    /// Keep alive in seconds; 0, the default, is none.
    pub fn keep_alive(mut self, secs: u16) -> Self {
        self.connect.keep_alive = secs;
        self
    }

    /// A will.
    pub fn will(mut self, will: Will<'a>) -> Self {
        self.connect.will = Some(will);
        self
    }

    /// How many QoS 1 and 2 messages it takes at a time (5.0).
    pub fn receive_maximum(mut self, maximum: u16) -> Self {
        self.connect.receive_maximum = Some(maximum);
        self
    }

    /// How many topic aliases it takes (5.0).
    pub fn topic_alias_maximum(mut self, maximum: u16) -> Self {
        self.connect.topic_alias_maximum = Some(maximum);
        self
    }

    /// Bytes of the largest packet it takes (5.0).
    pub fn maximum_packet_size(mut self, bytes: u32) -> Self {
        self.connect.maximum_packet_size = Some(bytes);
        self
    }

    /// Anything else in the CONNECT packet.
    pub fn with(mut self, change: impl FnOnce(&mut Connect<'a>)) -> Self {
        change(&mut self.connect);
        self
    }

    /// Messages are acknowledged by the test, not when they are read.
    pub fn manual_acks(mut self) -> Self {
        self.acks_by_itself = false;
        self
    }

    /// What lies between it and its socket; plain TCP as long as the test does not say otherwise.
    pub fn through(mut self, way: &Way) -> Self {
        self.way = way.clone();
        self
    }

    /// Connects and is let in.
    #[must_use]
    pub fn connect(self, broker: &TestBroker) -> Client {
        let mut client = self.connect_to(broker.address());
        client.is_settled = Some(Box::new(broker.settled_probe()));
        client
    }

    /// Connects to any listener and is let in.
    #[must_use]
    pub fn connect_to(self, address: SocketAddr) -> Client {
        let mut client = self.send_connect(address);
        let frame = client.recv();
        let connack = frame.connack();
        assert_eq!(connack.reason_code, ReasonCode::Success, "{}: expected to be let in", client.id);
        if let Some(assigned) = connack.assigned_client_identifier {
            client.id = assigned.to_owned();
        }
        client.connack = Some(frame);
        client
    }

    /// Connects and is refused: the CONNACK, after which the broker closed the connection.
    pub fn connect_refused(self, broker: &TestBroker) -> Frame {
        let mut client = self.send_connect(broker.address());
        let frame = client.recv();
        assert!(frame.connack().reason_code.is_error(), "{}: expected a refusal, got {frame:?}", client.id);
        client.expect_closed();
        frame
    }

    /// Connects and is thrown out without an answer.
    pub fn connect_closed(self, broker: &TestBroker) {
        let mut client = self.send_connect(broker.address());
        match client.next_arrival(PATIENCE) {
            Arrival::Closed => {}
            Arrival::Packet(frame) => panic!("{}: expected to be closed, got {frame:?}", client.id),
            Arrival::Nothing => panic!("{}: expected to be closed, but nothing happened", client.id),
        }
    }

    /// Opens a connection and sends CONNECT; the answer is left to the test.
    #[must_use]
    pub fn send_connect(self, address: SocketAddr) -> Client {
        let mut client = Client::open(address, &self.way, self.connect.version, self.connect.client_id);
        client.acks_by_itself = self.acks_by_itself;
        client.send(&Packet::Connect(Box::new(self.connect)));
        client
    }
}
