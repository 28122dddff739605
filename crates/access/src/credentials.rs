//! What a client shows to be let in.

use crate::ClientInfo;
use std::fmt;

/// The password of a CONNECT. Never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(Vec<u8>);

impl Password {
    /// The bytes as the client sent them, at most 65,535.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes. Compare them in constant time only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

/// What a client shows to be let in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who it says it is.
    pub client: ClientInfo,
    /// The password it gave, if any [MQTT-3.1.2-22].
    pub password: Option<Password>,
}
