//! Retained messages: the last one of each topic, kept for those who subscribe later (MQTT 5.0 §3.3.1.3).
//!
//! [`RetainedStore`] is a table in memory. Every call does a bounded piece of work, so that an event loop can serve a
//! subscriber of `#` to a million topics page by page; how fast the pages are sent is for the caller to say.

mod page_limits;
mod retained_config;
mod retained_message;
mod retained_store;
mod store_outcome;

pub use dunlin_topic::Cursor;
pub use page_limits::PageLimits;
pub use retained_config::RetainedConfig;
pub use retained_store::RetainedStore;
pub use store_outcome::StoreOutcome;
