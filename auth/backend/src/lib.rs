//! What back ends of access control share, whatever they ask.
//!
//! - [`Deadline`] is the end of one question: waiting for a connection, asking, comparing hashes.
//! - [`Desk`]: as many questions at once as there are connections, as many in the queue as may, one deadline for the whole of
//!   each, and what is known of the back end by how they end.
//! - [`Pool`] is a desk with connections of a [`Driver`] behind it, for back ends with one kind of them. Others have [`IdleLines`],
//!   connections between two questions. [`Reconnection`]: when a server that was not there is tried again.
//! - [`Renewed`] is a value that is fetched in the background, again and again.
//! - [`PasswordCheck`] compares passwords with stored hashes, beside the threads of the runtime where that is dear, and with
//!   the same work for users that do not exist.
//! - [`UserRecord`] is what a back end says of a user; it becomes an outcome of the authentication chain.
//! - [`ScramExchange`] is the exchange of SCRAM in AUTH packets; [`ScramDirectory`] is where the keys of its users are.
//! - [`NameTemplate`] is text with the names of a client in it, by which it is looked up, and by which no other one is.
//! - [`CREDENTIAL_NAMES`] and [`ACTION_NAMES`]: the placeholders of those who are asked in words: requests, filters, claims.
//! - [`admission`]: what the fields of an answer or a token say of a client that is let in.
//! - [`sql`] is the part that all relational databases have in common.
//!
//! **Invariant:** a question that is dropped gives back its place, its slot and its connection at once.

pub mod admission;
mod deadline;
mod desk;
mod driver;
mod fair_turns;
mod health;
mod idle_lines;
mod lease;
mod name_template;
mod password_check;
mod placeholders;
mod pool;
mod reconnection;
mod renewed;
mod scram_exchange;
pub mod sql;
mod user_record;

pub use deadline::Deadline;
pub use desk::{Desk, DeskSettings};
pub use driver::{AskError, Driver};
pub use idle_lines::{IdleLines, Line};
pub use name_template::NameTemplate;
pub use password_check::PasswordCheck;
pub use placeholders::{ACTION_NAMES, CREDENTIAL_NAMES};
pub use pool::{DEFAULT_CONNECTIONS, MAX_WAITING, Pool};
pub use reconnection::{Attempt, Reconnection};
pub use renewed::{Renewed, Source};
pub use scram_exchange::{ScramDirectory, ScramExchange, ScramRecord};
pub use user_record::{UserRecord, is_truthy};

use dunlin_model::Millis;
use std::sync::Arc;

/// Reads the time of day, in milliseconds since the Unix epoch. Handed in, so that tests choose it.
pub type WallClock = Arc<dyn Fn() -> Millis + Send + Sync>;
