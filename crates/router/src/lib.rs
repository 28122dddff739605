//! Who gets this message: subscriptions, shared groups and exclusive subscriptions of this node.
//!
//! [`Router`] is the table. A look-up flattens everything that matches one topic into a [`Route`], which a worker keeps
//! and uses again for as long as the topic's [`Stamp`] in [`Epochs`] stays what it was: that check takes no lock. The
//! router itself has none either; whoever shares it between threads puts one around it.
//!
//! A [`Route`] names sessions, not connections: what is done with a target that is offline is for the session to say.
//! Of a shared group ([`GroupRoute`]) one member is picked per message, at the moment of delivery.

mod epochs;
mod filter_entry;
mod grant;
mod group;
mod group_list;
mod group_route;
mod pick_memory;
mod position_index;
mod recent_map;
mod route;
mod router;
mod router_config;
mod session_key;
mod shared_strategy;
mod stable_hash;
mod subscriber;
mod subscriber_list;
mod target;
mod topic_entry;

pub use epochs::{Epochs, Stamp};
pub use grant::Grant;
pub use group::Member;
pub use group_route::{GroupRoute, PickContext};
pub use pick_memory::{MAX_ROUND_ROBIN_POSITIONS, MAX_STICKY_PICKS, PickMemory};
pub use route::Route;
pub use router::{Router, SubscribeError, Subscribed};
pub use router_config::{GroupConfig, RouterConfig};
pub use session_key::SessionKey;
pub use shared_strategy::{InitialStickyPick, SharedStrategy};
pub use target::{Delivery, Target};
pub use topic_entry::TopicEntry;
