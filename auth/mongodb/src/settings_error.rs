//! What is wrong with the settings of a back end.

/// What is wrong with the settings of a back end, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No place to connect to.
    #[error("`server` / `servers` names no server")]
    NoServers,
    /// Several servers where there can be one.
    #[error("{what} takes one server, not {count}")]
    SeveralServers {
        /// The key that says so.
        what: &'static str,
        /// How many there are.
        count: usize,
    },
    /// A place that nobody can connect to.
    #[error("`{0}` is no server: write host:port, or a host only with `srv_record = true`")]
    Address(String),
    /// A setting that must not be empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// No connection could ever be made.
    #[error("`pool_size` must be from 1 to 10000; it is {0}")]
    PoolSize(usize),
    /// No question could ever be answered.
    #[error("the timeout of a question must be longer than nothing")]
    NoTime,
    /// A filter that cannot be used.
    #[error("`filter`: {place}: {reason}")]
    Filter {
        /// The path of keys to it.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// How many documents are read.
    #[error("`limit` must be from 1 to 100000; it is {0}")]
    Limit(u32),
}
