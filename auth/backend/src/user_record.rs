//! What a back end says of a user, and what follows from it.

use crate::password_check::StoredHash;
use crate::{Deadline, PasswordCheck};
use dunlin_access::{Admission, Outcome, Password};
use dunlin_model::ReasonCode;
use std::fmt;
use std::net::IpAddr;

/// What a back end says of a user.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserRecord {
    /// `password_hash`. A user without one cannot come in.
    pub password_hash: Option<Vec<u8>>,
    /// `salt`, for algorithms that need one beside the hash.
    pub salt: Vec<u8>,
    /// `is_superuser`.
    pub is_superuser: bool,
    /// `clientid_override`: another client id for it.
    pub client_id: Option<String>,
}

impl UserRecord {
    /// The outcome for a client that gives this password, where the back end says this of it, `None` being a user it does not
    /// know. All of them take the same work, so that time does not tell which users exist.
    ///
    /// - not known: [`Outcome::Ignore`]
    /// - known, but without a hash: denied, not authorized
    /// - another password: denied, bad user name or password
    pub async fn judge(
        record: Option<Self>,
        check: &PasswordCheck,
        password: &Password,
        address: IpAddr,
        deadline: Deadline,
    ) -> Outcome {
        let is_known = record.is_some();
        let record = record.unwrap_or_default();
        let has_hash = record.password_hash.is_some();
        let stored = record.password_hash.map(|hash| StoredHash { hash, salt: record.salt });
        match check.verify(password, stored, address, deadline).await {
            Err(failure) => Outcome::Failed(failure),
            Ok(_) if !is_known => Outcome::Ignore,
            Ok(_) if !has_hash => Outcome::Deny(ReasonCode::NotAuthorized),
            Ok(false) => Outcome::Deny(ReasonCode::BadUserNameOrPassword),
            Ok(true) => Outcome::Allow(Box::new(Admission {
                is_superuser: record.is_superuser,
                client_id: record.client_id,
                ..Admission::default()
            })),
        }
    }
}

impl fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRecord")
            .field("is_superuser", &self.is_superuser)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Whether a text says yes, as `is_superuser` may be stored: `true`, or a number from 1 on.
#[must_use]
pub fn is_truthy(text: &str) -> bool {
    text == "true" || text.parse::<i64>().is_ok_and(|number| number >= 1)
}
