//! What back ends of access control share, whatever they ask.
//!
//! - [`Deadline`] is the end of one question: waiting for a connection, asking, comparing hashes.
//! - [`Pool`] keeps a bounded number of connections of a [`Driver`], lets a bounded number of questions wait for them, and comes
//!   back by itself after a failure.
//! - [`PasswordCheck`] compares passwords with stored hashes, beside the threads of the runtime where that is dear, and with
//!   the same work for users that do not exist.
//! - [`UserRecord`] is what a back end says of a user; it becomes an outcome of the authentication chain.
//! - [`ScramExchange`] is the exchange of SCRAM in AUTH packets; [`ScramDirectory`] is where the keys of its users are.
//! - [`NameTemplate`] is text with the names of a client in it, by which it is looked up, and by which no other one is.
//! - [`sql`] is the part that all relational databases have in common.

mod deadline;
mod driver;
mod health;
mod lease;
mod name_template;
mod password_check;
mod pool;
mod reconnection;
mod scram_exchange;
pub mod sql;
mod user_record;

pub use deadline::Deadline;
pub use driver::{AskError, Driver};
pub use name_template::NameTemplate;
pub use password_check::PasswordCheck;
pub use pool::{DEFAULT_CONNECTIONS, MAX_WAITING, Pool};
pub use scram_exchange::{ScramDirectory, ScramExchange, ScramRecord};
pub use user_record::{UserRecord, is_truthy};
