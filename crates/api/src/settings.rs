//! What the API can be told.

use std::net::SocketAddr;
use std::time::Duration;

/// An HTTP or HTTPS listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSettings {
    /// Where it listens.
    pub bind: SocketAddr,
    /// Whether an IPv6 address is for IPv6 only.
    pub ipv6_v6only: bool,
    /// Connections that wait for being accepted, as the operating system counts.
    pub backlog: u32,
    /// Connections at a time; others wait for being accepted.
    pub max_connections: u32,
    /// How long a client may take no byte of its answer before it is disconnected.
    pub send_timeout: Duration,
}

/// What holds for users and tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPolicy {
    /// How long a token is good for after it was used last.
    pub token_lifetime: Duration,
    /// Age of a password at which it has to be changed; `None` never.
    pub password_lifetime: Option<Duration>,
    /// So many logins may fail for a user name within [`Self::failure_window`].
    pub max_failures: u32,
    /// See [`Self::max_failures`].
    pub failure_window: Duration,
    /// How long nobody can log in with a user name after too many failures.
    pub lock_duration: Duration,
    /// Whether pages of other origins may use the API.
    pub allows_other_origins: bool,
}

impl Default for AccountPolicy {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(3600),
            password_lifetime: None,
            max_failures: 5,
            failure_window: Duration::from_secs(300),
            lock_duration: Duration::from_secs(600),
            allows_other_origins: false,
        }
    }
}
