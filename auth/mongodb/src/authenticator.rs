//! Authentication by a document per user.

use crate::driver::{Find, Mongodb};
use crate::{Filter, MongodbSettings, SettingsError, values};
use dunlin_access::{Answer, Authenticator, BackendQuestions, BackendStatus, Credentials, Outcome};
use dunlin_auth_backend::{PasswordCheck, Pool, UserRecord};
use dunlin_model::ReasonCode;
use dunlin_passwords::Algorithm;
use mongodb::bson::Document;
use std::num::NonZeroUsize;

/// Which fields of a document say what of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFields {
    /// `password_hash_field`
    pub password_hash: String,
    /// `salt_field`
    pub salt: String,
    /// `is_superuser_field`
    pub is_superuser: String,
    /// `clientid_override_field`
    pub client_id: String,
}

impl Default for UserFields {
    fn default() -> Self {
        Self {
            password_hash: "password_hash".to_owned(),
            salt: "salt".to_owned(),
            is_superuser: "is_superuser".to_owned(),
            client_id: "clientid_override".to_owned(),
        }
    }
}

/// `password_based:mongodb`: the first document that a filter finds is the user.
///
/// A client without a password is denied, an unknown one ignored.
#[derive(Debug)]
pub struct MongodbAuthenticator {
    pool: Pool<Mongodb>,
    filter: Filter,
    fields: UserFields,
    check: PasswordCheck,
}

impl MongodbAuthenticator {
    /// `filter` is one of [`Filter::for_users`]. Connects to nothing yet.
    ///
    /// # Errors
    /// The settings cannot work.
    pub fn new(
        settings: MongodbSettings,
        collection: &str,
        filter: Filter,
        fields: UserFields,
        algorithm: Algorithm,
    ) -> Result<Self, SettingsError> {
        Ok(Self { pool: pool(settings, collection)?, filter, fields, check: PasswordCheck::new(algorithm) })
    }

    /// How many more questions could be asked at once.
    #[must_use]
    pub fn free_connections(&self) -> usize {
        self.pool.free_connections()
    }

    /// What compares passwords.
    #[must_use]
    pub const fn password_check(&self) -> &PasswordCheck {
        &self.check
    }

    async fn outcome(&self, credentials: &Credentials) -> Outcome {
        let Some(password) = &credentials.password else {
            return Outcome::Deny(ReasonCode::BadUserNameOrPassword);
        };
        let deadline = self.pool.deadline();
        let user = match self.filter.for_client(&credentials.client, Some(password)) {
            None => None,
            Some(filter) => match self.pool.ask(&Find { filter, skip: 0, limit: 1 }, deadline).await {
                Ok(documents) => documents.first().map(|document| self.user(document)),
                Err(failure) => return Outcome::Failed(failure),
            },
        };
        UserRecord::judge(user, &self.check, password, credentials.client.peer.ip(), deadline).await
    }

    fn user(&self, document: &Document) -> UserRecord {
        UserRecord {
            password_hash: document.get(&self.fields.password_hash).and_then(values::bytes),
            salt: document.get(&self.fields.salt).and_then(values::bytes).unwrap_or_default(),
            is_superuser: document.get(&self.fields.is_superuser).is_some_and(values::is_yes),
            client_id: document.get_str(&self.fields.client_id).ok().filter(|id| !id.is_empty()).map(str::to_owned),
        }
    }
}

/// Questions to one collection, as many at once as the driver has connections.
pub(crate) fn pool(settings: MongodbSettings, collection: &str) -> Result<Pool<Mongodb>, SettingsError> {
    settings.check()?;
    if collection.is_empty() {
        return Err(SettingsError::Missing("collection"));
    }
    let at_once = NonZeroUsize::new(settings.pool_size).ok_or(SettingsError::PoolSize(0))?;
    let timeout = settings.timeout;
    Ok(Pool::new(Mongodb::new(settings, collection), at_once, timeout))
}

impl Authenticator for MongodbAuthenticator {
    fn id(&self) -> &str {
        "password_based:mongodb"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.outcome(credentials))
    }

    fn status(&self) -> BackendStatus {
        self.pool.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.pool.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.pool.questions())
    }
}
