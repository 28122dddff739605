//! A query of the settings, ready to be asked.

#[cfg(test)]
mod tests;

use super::scanner::Scanner;
use super::{Placeholder, Purpose, SqlQueryError, SqlQuestion};
use dunlin_expression::Bindings;
use std::sync::Arc;

/// The longest query.
pub(super) const MAX_QUERY_BYTES: usize = 64 * 1024;
/// The most placeholders.
pub(super) const MAX_PARAMETERS: usize = 100;

/// How a database writes bind variables and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `$1`, dollar quotes, `E'..'`.
    PostgreSql,
    /// `?`, backslashes in text, names in backticks, `#` before comments.
    MySql,
}

/// A query of the settings: its placeholders are bind variables, so that no name of a client ever becomes part of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlQuery {
    text: Arc<str>,
    placeholders: Vec<Placeholder>,
}

impl SqlQuery {
    /// Reads a query such as `SELECT password_hash, salt FROM mqtt_user WHERE username = ${username}`.
    ///
    /// Quotes around a placeholder and nothing else are taken off. In other texts in quotes and in comments, `${...}` stays as it is
    /// where its name is not known.
    ///
    /// # Errors
    /// [`SqlQueryError`]. Whether the database understands the query, only the database knows.
    pub fn parse(query: &str, dialect: Dialect, purpose: Purpose) -> Result<Self, SqlQueryError> {
        let query = query.trim();
        if query.is_empty() {
            return Err(SqlQueryError::Empty);
        }
        if query.len() > MAX_QUERY_BYTES {
            return Err(SqlQueryError::TooLong(query.len()));
        }
        let (text, placeholders) = Scanner::new(query, dialect, purpose).scan()?;
        Ok(Self { text: text.into(), placeholders })
    }

    /// What the database gets to see.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What its bind variables stand for, in order.
    #[must_use]
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders
    }

    /// The question about this client.
    #[must_use]
    pub fn question(&self, client: &dyn Bindings, max_rows: usize) -> SqlQuestion {
        let parameters = self.placeholders.iter().map(|placeholder| placeholder.value(client)).collect();
        SqlQuestion { text: Arc::clone(&self.text), parameters, max_rows }
    }
}
