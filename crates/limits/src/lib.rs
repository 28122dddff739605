//! How often something may happen: token buckets that are given the time, for one owner ([`Bucket`]) or for many threads without a
//! lock ([`SharedBucket`]). And when it is too much for an event loop whatever was allowed ([`OverloadDetector`]).
//!
//! A [`Rate`] is so many tokens in a period, and a burst on top. A bucket is full at first, burst included. The tokens of a period
//! come when they are wanted, and no more often than once in a period (once in a second where that is longer): who waits for
//! tokens is woken seldom and finds several. What was not taken in a period is lost. Once in the period of the burst an empty
//! bucket is filled to the brim.
//!
//! More tokens than a period gives may be taken when the bucket has those of a whole period: the rest is a debt, paid before the
//! next ones are given out. So nothing waits for ever, however large it is, and the average is kept.
//!
//! Where to look: the arithmetic `rate.rs`; the buckets `bucket.rs` and `shared_bucket.rs`; overload `overload.rs`.

mod bucket;
mod overload;
mod rate;
mod shared_bucket;

pub use bucket::Bucket;
pub use overload::{LATE_MS, OVERLOAD_MS, OverloadChange, OverloadDetector};
pub use rate::Rate;
pub use shared_bucket::SharedBucket;
