//! What the authenticators share that ask somebody in words of their own: HTTP, LDAP, JSON.
//!
//! - [`Desk`]: as many questions at once as there are connections, as many in the queue as may, one deadline for the whole of
//!   each, and the last failure for whoever asks how the back end is.
//! - [`IdleLines`]: connections between two questions. [`Backoff`]: when a server that was not there is tried again.
//! - [`CREDENTIAL_NAMES`] and [`ACTION_NAMES`]: what placeholders there are.
//! - [`admission`]: what the fields of an answer or a token say of a client that is let in.
//!
//! **Invariant:** a question that is dropped gives back its place, its slot and its connection at once.

pub mod admission;
mod backoff;
mod desk;
mod idle_lines;
mod placeholders;

pub use backoff::Backoff;
pub use desk::{Desk, DeskSettings};
pub use idle_lines::{IdleLines, Line};
pub use placeholders::{ACTION_NAMES, CREDENTIAL_NAMES};

use dunlin_model::Millis;
use std::sync::Arc;

/// Reads the time of day, in milliseconds since the Unix epoch. Handed in, so that tests choose it.
pub type WallClock = Arc<dyn Fn() -> Millis + Send + Sync>;
