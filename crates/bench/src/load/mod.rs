//! What is measured and checked: payload stamps, credit, order and loss, latency, pace. No socket in here.

mod inflight;
mod latency;
mod ledger;
mod pace;
mod publisher;
mod stamp;
mod stream;

pub use inflight::Inflight;
pub use latency::{Latency, LatencySummary};
pub use ledger::{Faults, Ledger, Recipients};
pub use pace::Pace;
pub use publisher::Publisher;
pub use stamp::Stamp;
pub use stream::Stream;
