//! Authentication by a hash per user.

use crate::command::{Command, Verb};
use crate::redis_servers::RedisServers;
use crate::{RedisSettings, SettingsError};
use dunlin_access::{Answer, Authenticator, BackendFailure, BackendQuestions, BackendStatus, Credentials, Outcome};
use dunlin_auth_backend::sql::{Rows, Value};
use dunlin_auth_backend::{PasswordCheck, UserRecord};
use dunlin_model::ReasonCode;
use dunlin_passwords::Algorithm;

/// `password_based:redis`: each user is a hash with the field `password_hash` (or `password`), and maybe `salt`,
/// `is_superuser` and `clientid_override`.
///
/// A client without a password is denied, an unknown one ignored.
#[derive(Debug)]
pub struct RedisAuthenticator {
    servers: RedisServers,
    command: Command,
    check: PasswordCheck,
}

impl RedisAuthenticator {
    /// `command` is `HMGET key field …` or `HGET key field`. Connects to nothing yet.
    ///
    /// # Errors
    /// The settings or the command cannot work.
    pub fn new(settings: RedisSettings, command: &str, algorithm: Algorithm) -> Result<Self, SettingsError> {
        Ok(Self {
            servers: RedisServers::new(settings)?,
            command: Command::for_users(command)?,
            check: PasswordCheck::new(algorithm),
        })
    }

    /// How many more questions could be asked at once, on the servers that are known.
    #[must_use]
    pub fn free_connections(&self) -> usize {
        self.servers.free_connections()
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
        let deadline = self.servers.deadline();
        let user = match self.command.for_client(&credentials.client, Some(password)) {
            None => None,
            Some((key, command)) => {
                let answer = self.servers.ask(&key, command, deadline).await;
                match answer.and_then(|answer| user(&self.command, answer)) {
                    Ok(user) => user,
                    Err(failure) => return Outcome::Failed(failure),
                }
            }
        };
        UserRecord::judge(user, &self.check, password, credentials.client.peer.ip(), deadline).await
    }
}

/// The user that the values of fields are about; none of them is there where there is no such user.
fn user(command: &Command, answer: redis::Value) -> Result<Option<UserRecord>, BackendFailure> {
    let values = match (command.verb(), answer) {
        (Verb::OneField, value) => vec![value],
        (_, redis::Value::Array(values)) if values.len() == command.fields().len() => values,
        _ => return Err(BackendFailure::BadAnswer("not as many values as fields".into())),
    };
    let values = values.into_iter().map(|value| match value {
        redis::Value::Nil => Ok(Value::Null),
        redis::Value::BulkString(bytes) => Ok(Value::Bytes(bytes)),
        _ => Err(BackendFailure::BadAnswer("the value of a field is no text".into())),
    });
    let row = values.collect::<Result<Vec<_>, _>>()?;
    if row.iter().all(|value| *value == Value::Null) {
        return Ok(None);
    }
    Ok(Rows { columns: command.fields().into(), rows: vec![row], has_more: false }.into_user())
}

impl Authenticator for RedisAuthenticator {
    fn id(&self) -> &str {
        "password_based:redis"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.outcome(credentials))
    }

    fn status(&self) -> BackendStatus {
        self.servers.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.servers.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.servers.questions())
    }
}
