//! What an operator sees of clients and does to them while they are served.
//!
//! A client belongs to its worker, so whoever wants to know something of it asks that worker by mail ([`question`]) and waits for
//! the answer on a thread of its own; [`Clients`] is that side. Nothing of it lies on the way of a message: an event loop that
//! nobody asks anything looks at one empty list in each turn.
//!
//! Lists are walks over the sessions of each worker in the order of their slots, which a session keeps for its life: whoever
//! turns pages sees every session once that is there all the while. No index is kept for them. A worker goes on with each walk a
//! portion in every turn (`worker/walking.rs`), so that its clients wait for no more than that; a hundred thousand sessions are
//! passed over in a millisecond or two, and held against a filter in a few tens (`make bench-clients` over HTTP).
//!
//! Where to look: asking `clients/handle.rs`, what is known of a client `clients/client_facts.rs`, which of them are wanted
//! `clients/client_filter.rs`; the workers' side `worker/client_view.rs`, `worker/walking.rs`, `worker/steering.rs`.

mod ask_error;
mod client_facts;
mod client_filter;
mod handle;
mod kept_verdict;
mod pages;
pub(crate) mod question;
mod steering;
mod subscription_facts;
mod topics;

pub use ask_error::AskError;
pub use client_facts::{ClientDrops, ClientFacts};
pub use client_filter::{ClientFilter, Span};
pub use handle::Clients;
pub use kept_verdict::KeptVerdict;
pub use pages::{ClientCursor, ClientPage, SubscriptionPage};
pub use steering::Subscribing;
pub use subscription_facts::{SubscriptionFacts, SubscriptionQuery};
pub use topics::{TopicFacts, TopicPage};
