//! Watches the bytes the server writes, also those that are lost, and holds them against the rules for senders.

use super::Numbered;
use crate::Q0;
use dunlin_codec::{Packet, Publish};
use std::collections::{BTreeMap, BTreeSet};

/// What the server has sent so far.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Exchanges that are open for the session, by identifier; they outlive connections.
    open: BTreeMap<u16, Numbered>,
    /// Of these, what was sent on the present connection.
    sent: BTreeSet<u16>,
    /// Every message that was ever sent with an identifier.
    seen: BTreeSet<u32>,
    /// PUBREL was sent for these.
    released: BTreeSet<u16>,
    window: usize,
}

impl Witness {
    /// A new connection with this window.
    pub(super) fn connection(&mut self, window: usize) {
        self.sent.clear();
        self.window = window;
    }

    /// The server wrote this.
    pub(super) fn server_wrote(&mut self, packet: &Packet<'_>) {
        match packet {
            Packet::Publish(publish) if publish.qos > Q0 => self.publish(publish),
            Packet::PubRel(ack) => {
                assert!(self.open.contains_key(&ack.packet_id), "PUBREL for something open");
                self.released.insert(ack.packet_id);
                self.sent.insert(ack.packet_id);
                self.check_window();
            }
            _ => {}
        }
    }

    /// The server has read the packet that ends this exchange.
    pub(super) fn exchange_ended(&mut self, packet_id: u16) {
        self.open.remove(&packet_id);
        self.sent.remove(&packet_id);
        self.released.remove(&packet_id);
    }

    fn publish(&mut self, publish: &Publish<'_>) {
        let message = Numbered::read(publish.qos, publish.payload);
        assert!(self.sent.insert(publish.packet_id), "nothing is repeated on one connection [MQTT-4.4.0-1]");
        assert!(!self.released.contains(&publish.packet_id), "no PUBLISH after PUBREL [MQTT-4.3.3-6]");
        if let Some(open) = self.open.insert(publish.packet_id, message) {
            assert_eq!(open, message, "an identifier stays with its message [MQTT-2.2.1-4]");
            assert!(publish.dup, "sent again with DUP [MQTT-3.3.1-1]");
        } else {
            assert!(self.seen.insert(message.number), "sent again with the same identifier [MQTT-4.4.0-1]");
            assert!(!publish.dup, "sent first without DUP [MQTT-4.3.2-2] [MQTT-4.3.3-2]");
        }
        self.check_window();
    }

    fn check_window(&self) {
        assert!(
            self.sent.len() <= self.window,
            "{} open, the window is {} [MQTT-3.3.4-9]",
            self.sent.len(),
            self.window
        );
    }
}
