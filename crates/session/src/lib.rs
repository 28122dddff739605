//! One MQTT session as a pure state machine.
//!
//! What came from the network, from the router or from the clock goes in through a method; bytes for the client are
//! appended to the connection's out-buffer and everything the broker has to do comes out as an [`Output`]. No socket, no
//! file, no clock, no runtime: `now` is part of [`Turn`]. The caller drains all outputs before the next input; an output
//! that asks for something ([`Output::Route`], [`Output::Subscribe`]) is answered by the method its documentation names.
//!
//! Where to look: packets from the client `publish_in.rs`, `acknowledge.rs`, `subscribe.rs`, `disconnect.rs`; packets to the
//! client `publish_out.rs` with its window (`inflight.rs`) and queue (`queue.rs`); connecting `handshake.rs`, `open.rs`,
//! `mountpoint.rs`; what operators see and do `listing.rs`, `steering.rs`; ends `will.rs`, `close.rs`; sessions on disk `durable.rs`, `snapshot.rs`; sessions nobody uses `packed.rs`.

mod acknowledge;
mod alias;
mod awaiting_release;
mod close;
mod delivery;
mod disconnect;
mod durable;
mod handshake;
mod inflight;
mod listing;
mod mountpoint;
mod mountpoint_template;
mod naming;
mod open;
mod output;
mod packed;
mod publish_in;
mod publish_out;
mod queue;
mod sent;
mod session;
mod settings;
mod slow;
mod snapshot;
mod steering;
mod subscribe;
mod subscriptions;
mod timing;
mod traffic;
mod will;

pub use close::{Ending, Fate};
pub use delivery::{Delivery, DropReason, Durable};
pub use handshake::{Refusal, check_connect, check_mounted_will, refuse};
pub use listing::{InflightMessage, QueuedMessage};
pub use mountpoint::{Mountpoint, MountpointError};
pub use mountpoint_template::{Placeholders, resolve_mountpoint};
pub use open::Opening;
pub use output::{Fault, MissedAck, Outbox, Output, Turn};
pub use packed::PackedSession;
pub use publish_in::PublishOutcome;
pub use queue::QueuePlace;
pub use sent::Sent;
pub use session::{Session, SessionInfo};
pub use settings::{QueuePriorities, SessionSettings};
pub use slow::{DeliverySpan, SlowWatch};
pub use snapshot::{SessionFacts, SessionSnapshot, WillSnapshot};
pub use subscribe::{SubscribeItem, SubscribeRequest};
pub use subscriptions::Subscription;
pub use traffic::{Traffic, TrafficTotal};
