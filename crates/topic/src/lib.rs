//! Topic names, topic filters and what is looked up by them.
//!
//! Rules first: [`validate_name`], [`validate_filter`], [`matches()`] and [`SubscriptionFilter`] say what a text is and
//! which filter selects which name (MQTT 5.0 §4.7, §4.8.2). Then the two indexes, which answer the same question for
//! many texts at once: [`FilterIndex`] maps filters to values and is asked with a name (routes), [`NameIndex`] holds
//! names and is asked with a filter, a page at a time (retained messages).
//!
//! Nothing here reads a socket, a file or a clock, and no function recurses on the depth of a topic.

mod arena;
mod error;
mod filter;
mod filter_index;
mod level_text;
mod matching;
mod name;
mod name_index;
mod name_order;
mod name_seek;
mod subscription_filter;
mod wildcard_trie;

pub use error::TopicError;
pub use filter::{has_wildcard, validate_filter};
pub use filter_index::{FilterIndex, FilterPlace};
pub use matching::matches;
pub use name::{MAX_TOPIC_BYTES, level_count, validate_name};
pub use name_index::{Cursor, NameIndex, Named};
pub use subscription_filter::{QUEUE_GROUP, SUBSCRIPTION_PREFIXES, SubscriptionFilter};
