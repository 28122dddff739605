//! What all relational databases have in common as back ends: queries with bind variables, rows of users and of rules.

mod authenticator;
mod authorization;
mod placeholder;
mod query;
mod query_error;
mod row_memory;
mod rows;
mod scanner;
mod server_address;
mod settings;
mod table;

pub use authenticator::SqlAuthenticator;
pub use authorization::SqlAuthorization;
pub use placeholder::{Placeholder, Purpose};
pub use query::{Dialect, SqlQuery};
pub use query_error::SqlQueryError;
pub use row_memory::RowMemory;
pub use rows::{Rows, Value};
pub use server_address::{InvalidServer, ServerAddress};
pub use settings::{Secret, SqlSettings};

use crate::Driver;
use std::sync::Arc;

/// A query with the values of its bind variables.
#[derive(Clone, Debug)]
pub struct SqlQuestion {
    /// The text, the same for every client.
    pub text: Arc<str>,
    /// The values of its bind variables, in order.
    pub parameters: Vec<Vec<u8>>,
    /// How many rows are read at most. Where there are more, the connection is not used again, since nobody reads the rest.
    pub max_rows: usize,
}

impl SqlQuestion {
    /// What every database can answer.
    #[must_use]
    pub fn ping() -> Self {
        Self { text: "SELECT 1".into(), parameters: Vec::new(), max_rows: 1 }
    }
}

/// A driver of a relational database.
pub trait SqlDriver: Driver<Question = SqlQuestion, Reply = Rows> {
    /// The name of the database in settings, such as `mysql`.
    const KIND: &'static str;
    /// `password_based:` and that name.
    const MECHANISM: &'static str;
    /// How it writes bind variables and text.
    const DIALECT: Dialect;

    /// Whether a text of this database can have this value. No row can be about a client with a name that cannot be stored.
    fn can_hold(value: &[u8]) -> bool {
        let _ = value;
        true
    }
}
