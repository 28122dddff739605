//! The users of `scram:built_in_database`.

use crate::import::{ImportError, ImportFile, ImportReport, ImportedPassword, ImportedUser, OnExisting};
use crate::randomness::random_bytes;
use crate::scram_user::ScramUser;
use crate::user_table::{UserTable, check_user_id};
use crate::{DatabaseError, Page, User, UserChange, UserQuery};
use dunlin_access::{Admission, Answer, BackendFailure, ClientInfo};
use dunlin_auth_backend::{ScramDirectory, ScramRecord};
use dunlin_passwords::{MAX_ITERATIONS, PasswordError, SALT_SEED_BYTES, ScramCredentials, ScramMechanism};
use dunlin_storage::metadata::MetadataStore;
use std::borrow::Cow;
use std::sync::Arc;

/// The users of `scram:built_in_database`. Their names are compared as SASLprep spells them (RFC 5802 §5.1), here and in
/// what clients send. Whoever changes them waits for the disk, and for the keys of a new password.
#[derive(Clone, Debug)]
pub struct ScramUsers {
    table: UserTable,
    mechanism: ScramMechanism,
    iterations: u32,
}

impl ScramUsers {
    /// The users of one group, such as `mqtt:global`. `mechanism` is `algorithm`; new passwords get `iterations`, which is
    /// `iteration_count`. A user of another mechanism is none, until the password is set anew.
    ///
    /// # Errors
    /// The number of iterations is out of range.
    pub fn new(
        store: Arc<MetadataStore>,
        group: &str,
        mechanism: ScramMechanism,
        iterations: u32,
    ) -> Result<Self, PasswordError> {
        if !(1..=MAX_ITERATIONS).contains(&iterations) {
            return Err(PasswordError::Iterations(iterations));
        }
        Ok(Self { table: UserTable::new(store, format!("users/scram/{group}")), mechanism, iterations })
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn add(&self, user_id: &str, password: &str, is_superuser: bool) -> Result<User, DatabaseError> {
        let user_id = prepared(user_id).ok_or(DatabaseError::InvalidUserId)?;
        check_user_id(&user_id)?;
        let credentials = self.derive(password)?;
        self.table.add(&user_id, &ScramUser { credentials, is_superuser }.encode())
    }

    /// A user.
    #[must_use]
    pub fn get(&self, user_id: &str) -> Option<User> {
        self.table.get(&prepared(user_id)?)
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn update(&self, user_id: &str, change: UserChange<'_>) -> Result<User, DatabaseError> {
        let user_id = prepared(user_id).ok_or(DatabaseError::NotFound)?;
        let credentials = change.password.map(|password| self.derive(password)).transpose()?;
        self.table.update(&user_id, |value| {
            let mut user = ScramUser::decode(value)?;
            user.credentials = credentials.unwrap_or(user.credentials);
            user.is_superuser = change.is_superuser.unwrap_or(user.is_superuser);
            Some(user.encode())
        })
    }

    /// Removes a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn remove(&self, user_id: &str) -> Result<(), DatabaseError> {
        self.table.remove(&prepared(user_id).ok_or(DatabaseError::NotFound)?)
    }

    /// Removes all users of the group: its authenticator is deleted.
    ///
    /// # Errors
    /// [`DatabaseError::Metadata`].
    pub fn remove_all(&self) -> Result<(), DatabaseError> {
        self.table.remove_all()
    }

    /// Users in the order of their ids.
    #[must_use]
    pub fn list(&self, query: &UserQuery) -> Page<User> {
        self.table.list(query)
    }

    /// Adds the users of a file, as [`PasswordUsers::import`](crate::PasswordUsers::import) does. Their passwords have to be
    /// there as they are: no hash of another kind is the key of a user.
    ///
    /// # Errors
    /// [`ImportError::HashesForScram`]; a row is no user; or as [`DatabaseError`] says, and users before that have been added.
    pub fn import(
        &self,
        file: &ImportFile<'_>,
        on_existing: OnExisting,
        progress: impl FnMut(&ImportReport),
    ) -> Result<ImportReport, ImportError> {
        let mut users = file.users()?;
        for user in &mut users {
            user.user_id = prepared(&user.user_id).ok_or(DatabaseError::InvalidUserId)?.into_owned();
            check_user_id(&user.user_id)?;
            if matches!(user.password, ImportedPassword::Hash(_)) {
                return Err(ImportError::HashesForScram);
            }
        }
        Ok(self.table.import(&users, on_existing, |user| self.imported_value(user, on_existing), progress)?)
    }

    fn imported_value(&self, user: &ImportedUser, on_existing: OnExisting) -> Result<Option<Vec<u8>>, DatabaseError> {
        match &user.password {
            ImportedPassword::Plain(password)
                if on_existing == OnExisting::Replace || self.table.get(&user.user_id).is_none() =>
            {
                let credentials = self.derive(password)?;
                Ok(Some(ScramUser { credentials, is_superuser: user.is_superuser }.encode()))
            }
            _ => Ok(None),
        }
    }

    /// What new passwords get.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// What clients must ask for.
    #[must_use]
    pub const fn mechanism(&self) -> ScramMechanism {
        self.mechanism
    }

    pub(crate) const fn table(&self) -> &UserTable {
        &self.table
    }

    /// What is stored of a user whose name is prepared already.
    pub(crate) fn stored(&self, prepared_user_id: &str) -> Option<ScramUser> {
        let user = self.table.read(prepared_user_id, ScramUser::decode)??;
        (user.credentials.mechanism() == self.mechanism).then_some(user)
    }

    fn derive(&self, password: &str) -> Result<ScramCredentials, DatabaseError> {
        let salt = random_bytes::<SALT_SEED_BYTES>()?;
        Ok(ScramCredentials::derive(self.mechanism, password, &salt, self.iterations)?)
    }
}

impl ScramDirectory for ScramUsers {
    fn mechanism(&self) -> ScramMechanism {
        self.mechanism
    }

    fn iterations(&self) -> u32 {
        self.iterations
    }

    fn find<'a>(
        &'a self,
        _: &'a ClientInfo,
        username: &'a str,
    ) -> Answer<'a, Result<Option<ScramRecord>, BackendFailure>> {
        let record = self.stored(username).map(|ScramUser { credentials, is_superuser }| ScramRecord {
            credentials,
            admission: Admission { is_superuser, ..Admission::default() },
        });
        Box::pin(std::future::ready(Ok(record)))
    }
}

/// A name as clients send it (RFC 4013).
fn prepared(user_id: &str) -> Option<Cow<'_, str>> {
    stringprep::saslprep(user_id).ok()
}
