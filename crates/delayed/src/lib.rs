//! Delayed messages: published to `$delayed/{seconds}/{topic}`, kept until they are due.
//!
//! [`parse_topic`] reads the prefix and [`DelaySpec::due_at`] turns it into a time; [`DelayedStore`] is the table of what
//! is due when. MQTT knows nothing of this: it is a service of the broker, with EMQX's topics and limits. The store is
//! memory only; who owns it makes changes durable and brings them back with [`DelayedStore::restore`].

mod delay_spec;
mod delayed_id;
mod delayed_message;
mod delayed_store;
mod delayed_topic;
mod error;

pub use delay_spec::{DelaySpec, MAX_DELAY_SECS};
pub use delayed_id::DelayedId;
pub use delayed_message::DelayedMessage;
pub use delayed_store::DelayedStore;
pub use delayed_topic::{DELAYED_PREFIX, parse_topic};
pub use error::{DelayedTopicError, Full};
