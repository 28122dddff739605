//! Why users or rules that a node keeps itself cannot be had or changed.

use dunlin_auth_built_in_database::RuleDatabaseError;

/// Why there are no users to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoUsersError {
    /// No listener of this id has authenticators of its own.
    #[error(
        "`{0}` has no authenticators of its own: name `global`, or a listener with `authentication` such as tcp:default"
    )]
    UnknownChain(String),
    /// The chain has no authenticator of this id.
    #[error("there is no authenticator `{id}` in `{chain}`: it has {known}")]
    UnknownAuthenticator {
        /// `global`, or the id of a listener.
        chain: String,
        /// What was asked for.
        id: String,
        /// Those that are there, for people.
        known: String,
    },
    /// The authenticator asks somebody else about users.
    #[error("`{0}` keeps no users: change them where it asks")]
    KeepsNone(String),
    /// What is configured of it cannot be used.
    #[error("{0}")]
    Unusable(String),
}

/// Why rules cannot be had or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The built-in database is no source of rules: nobody would ask it.
    #[error("`authorization.sources` has no `built_in_database`: add {{ type = built_in_database }} to it first")]
    NoSource,
    /// The database says why not.
    #[error(transparent)]
    Database(#[from] RuleDatabaseError),
    /// What is stored cannot be read.
    #[error("{0}")]
    Unreadable(String),
}
