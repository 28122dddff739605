//! The users of an authenticator, whichever kind it is.

use crate::{
    DatabaseError, ImportError, ImportFile, ImportReport, OnExisting, Page, PasswordUsers, ScramUsers, User,
    UserChange, UserQuery,
};

/// The users of an authenticator, whichever kind it is. Whoever changes them waits for the disk, and for the hashes of new
/// passwords.
#[derive(Clone, Debug)]
pub enum UserDatabase {
    /// Of `password_based:built_in_database`.
    Password(PasswordUsers),
    /// Of `scram:built_in_database`.
    Scram(ScramUsers),
}

impl UserDatabase {
    /// Adds a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn add(&self, user_id: &str, password: &str, is_superuser: bool) -> Result<User, DatabaseError> {
        match self {
            Self::Password(users) => users.add(user_id, password, is_superuser),
            Self::Scram(users) => users.add(user_id, password, is_superuser),
        }
    }

    /// A user.
    #[must_use]
    pub fn get(&self, user_id: &str) -> Option<User> {
        match self {
            Self::Password(users) => users.get(user_id),
            Self::Scram(users) => users.get(user_id),
        }
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn update(&self, user_id: &str, change: UserChange<'_>) -> Result<User, DatabaseError> {
        match self {
            Self::Password(users) => users.update(user_id, change),
            Self::Scram(users) => users.update(user_id, change),
        }
    }

    /// Removes a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn remove(&self, user_id: &str) -> Result<(), DatabaseError> {
        match self {
            Self::Password(users) => users.remove(user_id),
            Self::Scram(users) => users.remove(user_id),
        }
    }

    /// Users in the order of their ids.
    #[must_use]
    pub fn list(&self, query: &UserQuery) -> Page<User> {
        match self {
            Self::Password(users) => users.list(query),
            Self::Scram(users) => users.list(query),
        }
    }

    /// Adds the users of a file, some at a time; `progress` hears what has come of it so far, which is on disk then. A file
    /// with a row that is no user is refused before anything changes.
    ///
    /// # Errors
    /// One of the rows is no user; or as [`DatabaseError`] says, and users before that have been added.
    pub fn import(
        &self,
        file: &ImportFile<'_>,
        on_existing: OnExisting,
        progress: impl FnMut(&ImportReport),
    ) -> Result<ImportReport, ImportError> {
        match self {
            Self::Password(users) => users.import(file, on_existing, progress),
            Self::Scram(users) => users.import(file, on_existing, progress),
        }
    }
}
