//! What a client expects from the broker.

use super::{Arrival, Client};
use crate::{Delivery, Frame, PATIENCE, clock};
use dunlin_codec::Packet;
use dunlin_model::ReasonCode;
use std::time::Duration;

impl Client {
    /// The next packet is a message.
    pub fn expect_publish(&mut self) -> Delivery {
        Delivery::new(&self.recv())
    }

    /// The next packets are messages with these payloads, in this order.
    pub fn expect_payloads<P: AsRef<[u8]>>(&mut self, payloads: impl IntoIterator<Item = P>) {
        for payload in payloads {
            let delivery = self.expect_publish();
            let text = String::from_utf8_lossy;
            assert_eq!(text(&delivery.payload), text(payload.as_ref()), "{}: {delivery:?}", self.id());
        }
    }

    /// All messages on the way to this client, however many.
    ///
    pub fn drain(&mut self) -> Vec<Delivery> {
        self.look();
        let (messages, others): (Vec<Frame>, Vec<Frame>) =
            self.early.drain(..).partition(|frame| matches!(frame.packet(), Packet::Publish(_)));
        self.early = others.into();
        messages.iter().map(Delivery::new).collect()
    }

    /// Nothing is on the way to this client; see [`Client::drain`].
    pub fn expect_nothing(&mut self) {
        self.look();
        assert!(self.early.is_empty(), "{}: expected nothing, got {:?}", self.id(), self.early);
    }

    /// Reads what is on the way.
    ///
    /// Once every publisher's exchange is complete, its messages lie in the mailbox of the worker that owns this client, or, for
    /// durable sessions, are on their way there from the disk. That worker may answer the first ping before it looks into its
    /// mailbox, but not the second.
    fn look(&mut self) {
        if let Some(is_settled) = &self.is_settled {
            assert!(clock::comes_true(is_settled), "{}: the broker's disk does not come to rest", self.id);
        }
        self.ping();
        self.ping();
    }

    /// Nothing comes for so long.
    pub fn expect_nothing_for(&mut self, duration: Duration) {
        match self.next_arrival(duration) {
            Arrival::Nothing => {}
            Arrival::Packet(frame) => panic!("{}: expected nothing for {duration:?}, got {frame:?}", self.id()),
            Arrival::Closed => panic!("{}: expected nothing for {duration:?}, but was closed", self.id()),
        }
    }

    /// The broker closes the connection and sends nothing before.
    pub fn expect_closed(&mut self) {
        match self.next_arrival(PATIENCE) {
            Arrival::Closed => {}
            Arrival::Packet(frame) => panic!("{}: expected to be closed, got {frame:?}", self.id()),
            Arrival::Nothing => panic!("{}: expected to be closed, but was not", self.id()),
        }
    }

    /// The broker says goodbye with this code and closes the connection (5.0).
    pub fn expect_disconnect(&mut self, reason_code: ReasonCode) -> Frame {
        let frame = self.recv();
        assert_eq!(frame.disconnect().reason_code, reason_code, "{}: DISCONNECT", self.id());
        self.expect_closed();
        frame
    }
}
