//! `scram:built_in_database`: the exchange of AUTH packets (MQTT 5.0 §4.12).

use crate::randomness::random_bytes;
use crate::{DatabaseError, ScramUsers};
use dunlin_access::{Answer, Authenticator, ClientInfo, Credentials, Exchange, Outcome};
use dunlin_auth_backend::ScramExchange;
use dunlin_storage::metadata::MetadataStore;
use std::fmt;
use std::sync::Arc;

/// Where the secret is kept that makes decoys steady.
const SECRETS: &str = "secrets";
const DECOY_SECRET: &[u8] = b"scram_decoy";

/// `scram:built_in_database`: who can show that it knows a password, without sending it.
pub struct ScramAuthenticator {
    users: Arc<ScramUsers>,
    /// Kept for as long as users are, so that a user that does not exist is asked the same question each time.
    decoy_secret: Arc<[u8]>,
}

impl ScramAuthenticator {
    /// An authenticator with these users: `ScramUsers` has what the configuration says, group, `algorithm` and
    /// `iteration_count`. It is an entry of a chain like any other (`ChainEntry::new(Arc::new(authenticator))`); clients that
    /// come without an Authentication Method it does not know.
    ///
    /// # Errors
    /// The secret of decoys cannot be made or stored.
    pub fn new(users: Arc<ScramUsers>) -> Result<Self, DatabaseError> {
        let decoy_secret = decoy_secret(users.table().store())?;
        Ok(Self { users, decoy_secret })
    }

    /// Its users.
    #[must_use]
    pub const fn users(&self) -> &Arc<ScramUsers> {
        &self.users
    }
}

/// What questions to users that do not exist are made of, made when it is wanted first and kept with the users. `scram:http`
/// takes it too.
///
/// # Errors
/// It cannot be made or stored.
pub fn decoy_secret(store: &MetadataStore) -> Result<Arc<[u8]>, DatabaseError> {
    let new = random_bytes::<32>()?;
    store.change(|tables, batch| {
        if let Some(secret) = tables.get(SECRETS, DECOY_SECRET) {
            return Ok::<Arc<[u8]>, DatabaseError>(secret.into());
        }
        batch.set(SECRETS, DECOY_SECRET, &new);
        Ok(new[..].into())
    })
}

impl Authenticator for ScramAuthenticator {
    fn id(&self) -> &str {
        "scram:built_in_database"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(std::future::ready(Outcome::Ignore))
    }

    fn exchange(&self, method: &str, client: &ClientInfo) -> Option<Box<dyn Exchange>> {
        let (users, secret) = (Arc::clone(&self.users), Arc::clone(&self.decoy_secret));
        let exchange = ScramExchange::begin(users, secret, method, client)?;
        Some(Box::new(exchange))
    }
}

impl fmt::Debug for ScramAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramAuthenticator").field("mechanism", &self.users.mechanism()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
