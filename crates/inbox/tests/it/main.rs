//! Tests over the public surface of the inbox: tables of commands and what comes of them, stored forms, and random commands,
//! checkpoints and crashes against a naive model.

#![allow(clippy::unwrap_used, reason = "a test that panics says where, in its helper functions too")]

mod commands;
mod encoding;
mod groups;
mod hostile_bytes;
mod image;
mod model;
mod naive;
mod paging;
mod records;
mod room;
mod store;

use dunlin_inbox::{Recipient, SessionNumber, SessionRecord};
use dunlin_model::{Message, MessageParts, ProtocolVersion, Qos, SubscriptionIds};

const Q1: Qos = Qos::AtLeastOnce;
const Q2: Qos = Qos::ExactlyOnce;

const A: SessionNumber = SessionNumber(0);
const B: SessionNumber = SessionNumber(1);
const C: SessionNumber = SessionNumber(2);

/// A message with so many bytes of payload.
fn message(payload_len: usize) -> Message {
    message_on("a/b", payload_len)
}

fn message_on(topic: &str, payload_len: usize) -> Message {
    Message::new(&MessageParts {
        topic,
        properties: &[],
        payload: &vec![b'x'; payload_len],
        qos: Qos::ExactlyOnce,
        retain: false,
        expiry_secs: None,
        publisher: "publisher",
        received_at: 1_700_000_000_000,
    })
}

/// A session that never expires.
fn record(client_id: &str) -> SessionRecord {
    SessionRecord {
        client_id: client_id.into(),
        version: ProtocolVersion::V5,
        expiry_secs: u32::MAX,
        connected: true,
        expires_at: None,
        will: None,
    }
}

/// A plain delivery.
fn recipient(session: SessionNumber, position: u64, qos: Qos) -> Recipient {
    Recipient { session, position, qos, retain: false, subscription_ids: SubscriptionIds::None, shared: None }
}
