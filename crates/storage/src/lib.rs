//! Storage engine: a segmented log and a key-value store behind traits, over a disk that can be simulated.
//!
//! - [`disk`]: files of fixed length in one folder; the real file system, and a simulated one that loses and fails.
//! - [`log`]: frames appended to segments, group commit, recovery after a crash.
//! - [`key_value`]: small values by key, changed by atomic batches.
//! - [`metadata`]: tables in memory whose changes are on disk before they are seen.
//!
//! Nothing here knows what a session is.

pub mod disk;
pub mod key_value;
pub mod log;
pub mod metadata;
pub mod store;
