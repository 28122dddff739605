//! Tests over the public surface of the session: tables of inputs and what comes of them, a server and a client joined by a
//! line that breaks, and arbitrary inputs against what must always hold.

mod aliases;
mod any_input;
mod closing;
mod connecting;
mod deliver;
mod deliver_queue;
mod description;
mod durable;
mod limits;
mod mountpoint;
mod pacing;
mod pair;
mod publish;
mod resuming;
mod scene;
mod shared;
mod slow;
mod snapshot;
mod subscribing;
mod timing;
mod will;

use dunlin_model::{ProtocolVersion, Qos};

const V3: ProtocolVersion = ProtocolVersion::V3;
const V4: ProtocolVersion = ProtocolVersion::V4;
const V5: ProtocolVersion = ProtocolVersion::V5;
const Q0: Qos = Qos::AtMostOnce;
const Q1: Qos = Qos::AtLeastOnce;
const Q2: Qos = Qos::ExactlyOnce;

/// What comes of an input that has no effect to be seen.
const NOTHING: [&str; 0] = [];
