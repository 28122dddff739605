//! What is wrong with the settings of a back end.

/// What is wrong with the settings of a back end, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No place to connect to.
    #[error("`server` / `servers` names no server")]
    NoServers,
    /// A single server was given as a list.
    #[error("`redis_type = single` takes one server, not {0}; sentinel and cluster take several")]
    SeveralServers(usize),
    /// A place that nobody can connect to.
    #[error("`{0}` is no server: write host:port, or [address]:port for IPv6")]
    Address(String),
    /// A cluster has no numbered databases.
    #[error("`database` must be 0 in a cluster, which has no others; it is {0}")]
    DatabaseInCluster(u32),
    /// Sentinels were given without the name of what they watch.
    #[error("`sentinel` must name the master that the sentinels watch")]
    NoMasterName,
    /// No connection could ever be made.
    #[error("`pool_size` must be at least 1")]
    NoConnections,
    /// No question could ever be answered.
    #[error("the timeout of a question must be longer than nothing")]
    NoTime,
    /// A user name for the server without its password.
    #[error("`username` needs a `password`")]
    NoPassword,
    /// A user name for the sentinels without its password.
    #[error("`sentinel_username` needs a `sentinel_password`")]
    NoSentinelPassword,
    /// A command that cannot be read.
    #[error("`cmd = {command}`: {reason}")]
    Command {
        /// As it was written.
        command: String,
        /// What is wrong with it.
        reason: String,
    },
}
