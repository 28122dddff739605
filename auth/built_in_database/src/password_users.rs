//! The users of `password_based:built_in_database`.

use crate::import::{ImportError, ImportFile, ImportReport, ImportedPassword, ImportedUser, OnExisting};
use crate::randomness::random_bytes;
use crate::stored_user::StoredUser;
use crate::user_table::{UserTable, check_user_id};
use crate::{DatabaseError, Page, User, UserQuery};
use dunlin_passwords::{Algorithm, StoredPassword};
use dunlin_storage::metadata::MetadataStore;
use std::collections::BTreeMap;
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

    /// Adds the users of a file, all of them or none.
    ///
    /// # Errors
    /// One of the rows is no user; or as [`DatabaseError`] says.
    pub fn import(&self, file: &ImportFile<'_>, on_existing: OnExisting) -> Result<ImportReport, ImportError> {
        let users = file.users()?;
        let mut values = Vec::with_capacity(users.len());
        for user in &users {
            values.push(self.imported_value(user, on_existing)?);
        }
        let report = self.table.store().change(|tables, batch| {
            let mut report = ImportReport { total: users.len(), ..ImportReport::default() };
            let mut written: BTreeMap<&str, &[u8]> = BTreeMap::new();
            for (user, value) in users.iter().zip(&values) {
                let user_id = user.user_id.as_str();
                let existing = written.get(user_id).copied().or_else(|| self.table.value(tables, user_id));
                match (existing, value) {
                    (Some(existing), Some(value)) if existing == value => report.unchanged += 1,
                    (Some(_), Some(value)) if on_existing == OnExisting::Replace => {
                        report.replaced += 1;
                        written.insert(user_id, value);
                    }
                    (None, Some(value)) => {
                        report.added += 1;
                        written.insert(user_id, value);
                    }
                    (_, _) => report.kept += 1,
                }
            }
            for (user_id, value) in written {
                self.table.put(batch, user_id, value);
            }
            Ok::<_, DatabaseError>(report)
        })?;
        Ok(report)
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
