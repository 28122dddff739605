//! `password_based:built_in_database`.

use crate::PasswordUsers;
use dunlin_access::{Answer, Authenticator, BackendFailure, Credentials, Outcome};
use dunlin_auth_backend::{Deadline, PasswordCheck, UserRecord};
use dunlin_model::ReasonCode;
use std::sync::Arc;
use std::time::Duration;

/// How long the check of a password may wait for a core. Only bcrypt and PBKDF2 have to.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// `user_id_type`: what users are known by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserIdType {
    /// `username`.
    #[default]
    Username,
    /// `clientid`.
    ClientId,
}

/// `password_based:built_in_database`: who has a password here.
#[derive(Debug)]
pub struct BuiltInAuthenticator {
    users: Arc<PasswordUsers>,
    user_id_type: UserIdType,
    check: PasswordCheck,
}

impl BuiltInAuthenticator {
    /// An authenticator with these users.
    #[must_use]
    pub fn new(users: Arc<PasswordUsers>, user_id_type: UserIdType) -> Self {
        let check = PasswordCheck::new(users.algorithm());
        Self { users, user_id_type, check }
    }

    /// Its users.
    #[must_use]
    pub const fn users(&self) -> &Arc<PasswordUsers> {
        &self.users
    }

    /// What compares passwords.
    #[must_use]
    pub const fn password_check(&self) -> &PasswordCheck {
        &self.check
    }

    /// An unknown user, or none, takes as much work as a wrong password.
    async fn outcome(&self, credentials: &Credentials) -> Outcome {
        let Some(password) = &credentials.password else {
            return Outcome::Deny(ReasonCode::BadUserNameOrPassword);
        };
        let user_id = match self.user_id_type {
            UserIdType::Username => credentials.client.username.as_deref(),
            UserIdType::ClientId => Some(credentials.client.client_id.as_str()),
        };
        let record = match user_id.and_then(|user_id| self.users.stored(user_id)) {
            Some(None) => return Outcome::Failed(BackendFailure::BadAnswer("a user of another version".into())),
            Some(Some(stored)) => Some(UserRecord {
                password_hash: Some(stored.password.hash.into_bytes()),
                salt: stored.password.salt.into_bytes(),
                is_superuser: stored.is_superuser,
                client_id: None,
            }),
            None => None,
        };
        UserRecord::judge(record, &self.check, password, credentials.client.peer.ip(), Deadline::after(CHECK_TIMEOUT))
            .await
    }
}

impl Authenticator for BuiltInAuthenticator {
    fn id(&self) -> &str {
        "password_based:built_in_database"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.outcome(credentials))
    }
}

#[cfg(test)]
mod tests;
