//! The users of `password_based:built_in_database`.

use crate::import::{ImportError, ImportFile, ImportReport, ImportedPassword, ImportedUser, OnExisting};
use crate::randomness::random_bytes;
use crate::stored_user::StoredUser;
use crate::user_table::{UserTable, check_user_id};
use crate::{DatabaseError, Page, User, UserQuery};
use dunlin_passwords::{Algorithm, StoredPassword};
use dunlin_storage::metadata::MetadataStore;
use std::sync::Arc;

/// The users of `password_based:built_in_database`. Whoever changes them waits for the disk, and for the hash of a new
/// password.
#[derive(Clone, Debug)]
pub struct PasswordUsers {
    table: UserTable,
    algorithm: Algorithm,
}

/// What is to change of a user.
#[derive(Clone, Copy, Default)]
pub struct UserChange<'a> {
    /// Another password.
    pub password: Option<&'a str>,
    /// Whether it is a superuser from now on.
    pub is_superuser: Option<bool>,
}

impl PasswordUsers {
    /// The users of one group, such as `mqtt:global` or the id of a listener: authenticators of different chains do not
    /// share users. `algorithm` is that of new passwords.
    #[must_use]
    pub fn new(store: Arc<MetadataStore>, group: &str, algorithm: Algorithm) -> Self {
        Self { table: UserTable::new(store, format!("users/password/{group}")), algorithm }
    }

    /// How passwords are stored.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn add(&self, user_id: &str, password: &str, is_superuser: bool) -> Result<User, DatabaseError> {
        check_user_id(user_id)?;
        if self.table.get(user_id).is_some() {
            return Err(DatabaseError::AlreadyExists);
        }
        let password = self.hash(password)?;
        self.table.add(user_id, &StoredUser { password, is_superuser }.encode())
    }

    /// A user.
    #[must_use]
    pub fn get(&self, user_id: &str) -> Option<User> {
        self.table.get(user_id)
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn update(&self, user_id: &str, change: UserChange<'_>) -> Result<User, DatabaseError> {
        if self.table.get(user_id).is_none() {
            return Err(DatabaseError::NotFound);
        }
        let password = change.password.map(|password| self.hash(password)).transpose()?;
        self.table.update(user_id, |value| {
            let mut user = StoredUser::decode(value)?;
            user.password = password.unwrap_or(user.password);
            user.is_superuser = change.is_superuser.unwrap_or(user.is_superuser);
            Some(user.encode())
        })
    }

    /// Removes a user.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn remove(&self, user_id: &str) -> Result<(), DatabaseError> {
        self.table.remove(user_id)
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
        let value = |user: &ImportedUser| self.imported_value(user, on_existing);
        Ok(self.table.import(&file.users()?, on_existing, value, progress)?)
    }

    /// What is to be stored of a user of a file; `None` where nobody will want it: a hash may take long.
    fn imported_value(&self, user: &ImportedUser, on_existing: OnExisting) -> Result<Option<Vec<u8>>, DatabaseError> {
        let password = match &user.password {
            ImportedPassword::Hash(password) => password.clone(),
            ImportedPassword::Plain(_) if on_existing == OnExisting::Keep && self.get(&user.user_id).is_some() => {
                return Ok(None);
            }
            ImportedPassword::Plain(password) => self.hash(password)?,
        };
        Ok(Some(StoredUser { password, is_superuser: user.is_superuser }.encode()))
    }

    /// What is stored of a user; `None` where there is none, and in it where another version wrote it.
    pub(crate) fn stored(&self, user_id: &str) -> Option<Option<StoredUser>> {
        self.table.read(user_id, StoredUser::decode)
    }

    fn hash(&self, password: &str) -> Result<StoredPassword, DatabaseError> {
        Ok(self.algorithm.create(password.as_bytes(), random_bytes()?)?)
    }
}

#[cfg(test)]
mod tests;
