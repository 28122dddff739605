//! MQTT over QUIC from outside: a QUIC client of another make over the loopback, and a broker made of a few lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics says where, in its helper functions too"
)]

mod client;
mod data_streams;
mod handshakes;
mod lifetime;
mod listener;
mod packets;
mod pressure;
mod single_stream;
