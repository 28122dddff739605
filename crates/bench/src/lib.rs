//! Load generator for MQTT brokers, and a way to compare two of them.
//!
//! One thread, one epoll, and little work per message, so that the broker and not the generator is measured. Each message
//! carries a stamp by which loss, repetition, disorder and latency are found. The figure to compare is messages per second
//! of broker CPU: unlike messages per second it does not depend on how many cores the generator leaves to the broker.
//!
//! - [`wire`]: the packets.
//! - [`load`]: stamps, credit, ledger, latency, pace: pure.
//! - [`layers`]: TLS and WebSocket: pure but for the reading of certificates.
//! - [`network`]: sockets and the event loop.
//! - [`traffic`]: publishers and subscribers in a measured window.
//! - [`scenario`]: what can be measured, built on the above.
//! - [`intruders`]: clients with a wrong password beside all that.
//! - [`raw_disk`]: what the disk gives without a broker.
//! - [`compare`]: scenarios against several brokers, and against a saved report.
//! - [`cli`]: the program.

pub mod block_device;
pub mod cli;
pub mod clock;
pub mod compare;
pub mod disk_watch;
pub mod error;
pub mod figures;
pub mod file_limit;
pub mod intruders;
pub mod layers;
pub mod load;
pub mod network;
pub mod probe;
pub mod process_usage;
pub mod progress;
pub mod raw_disk;
pub mod scenario;
pub mod stop_signal;
pub mod sync_counter;
pub mod target;
pub mod traffic;
pub mod wire;
