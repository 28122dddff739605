//! Why a query of the settings cannot be used.

use super::query::{MAX_PARAMETERS, MAX_QUERY_BYTES};

/// Why a query of the settings cannot be used. Offsets count bytes from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SqlQueryError {
    /// There is nothing but spaces.
    #[error("the query is empty")]
    Empty,
    /// It is longer than any sensible query.
    #[error("the query has {0} bytes, and at most {MAX_QUERY_BYTES} are allowed")]
    TooLong(usize),
    /// More placeholders than any sensible query has.
    #[error("the query has more than {MAX_PARAMETERS} placeholders")]
    TooManyPlaceholders,
    /// Nobody knows this name.
    #[error("nothing is known as `${{{name}}}` (at {offset}); there are: {known}")]
    UnknownPlaceholder {
        /// The name as written.
        name: String,
        /// Where it stands.
        offset: usize,
        /// All names, with commas between them.
        known: String,
    },
    /// A placeholder that is part of a longer text in quotes, where the database would take its mark for text.
    #[error("`${{{name}}}` (at {offset}) stands inside a text in quotes; let the database join them: {remedy}")]
    PlaceholderInText {
        /// The name as written.
        name: String,
        /// Where it stands.
        offset: usize,
        /// How texts are joined in this database.
        remedy: &'static str,
    },
    /// A quote, comment or placeholder that does not end.
    #[error("what begins with `{start}` at {offset} does not end")]
    NotEnded {
        /// How it begins.
        start: String,
        /// Where it begins.
        offset: usize,
    },
    /// A bind variable that the query brings itself.
    #[error("`{mark}` (at {offset}) is no placeholder here; write for example ${{username}}")]
    OwnBindVariable {
        /// The mark.
        mark: &'static str,
        /// Where it stands.
        offset: usize,
    },
}
