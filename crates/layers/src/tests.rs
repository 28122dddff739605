//! The layers under test: real clients of each combination, over a wire in memory that is cut anywhere, and over the loopback.

mod client;
mod endings;
mod event_loop;
mod facts;
mod farewells;
mod interleavings;
#[cfg(feature = "psk")]
mod key_client;
#[cfg(feature = "psk")]
mod keys;
mod loopback;
mod memory_wire;
mod setting;
mod sizes;
