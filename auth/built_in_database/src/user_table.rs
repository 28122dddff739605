//! A table of users, whatever is stored of each.

use crate::{DatabaseError, Page, PageQuery};
use dunlin_storage::metadata::{MetadataBatch, MetadataStore, MetadataTables};
use std::sync::Arc;

/// The longest user id: that of a string of MQTT (MQTT 5.0 §1.5.4).
pub const MAX_USER_ID_BYTES: usize = 65_535;

/// Bit of a value's first byte: the user is a superuser.
pub(crate) const SUPERUSER: u8 = 1;

/// A user, without what it proves itself by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its user name or client id.
    pub user_id: String,
    /// No rule is asked for it.
    pub is_superuser: bool,
}

/// Which users are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// The page, and `like_user_id`.
    pub page: PageQuery,
    /// Only superusers, or only others.
    pub is_superuser: Option<bool>,
}

/// A table of users. The first byte of a value says whether it is a superuser; the rest is for others to understand.
#[derive(Clone, Debug)]
pub(crate) struct UserTable {
    store: Arc<MetadataStore>,
    name: Box<str>,
}

impl UserTable {
    pub(crate) fn new(store: Arc<MetadataStore>, name: String) -> Self {
        Self { store, name: name.into() }
    }

    pub(crate) fn store(&self) -> &Arc<MetadataStore> {
        &self.store
    }

    /// The value in a store that is being looked at already.
    pub(crate) fn value<'a>(&self, tables: &'a MetadataTables, user_id: &str) -> Option<&'a [u8]> {
        tables.get(&self.name, user_id.as_bytes())
    }

    pub(crate) fn put(&self, batch: &mut MetadataBatch, user_id: &str, value: &[u8]) {
        batch.set(&self.name, user_id.as_bytes(), value);
    }

    pub(crate) fn read<T>(&self, user_id: &str, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.store.read(|tables| self.value(tables, user_id).map(read))
    }

    pub(crate) fn get(&self, user_id: &str) -> Option<User> {
        self.read(user_id, |value| user(user_id, value))
    }

    pub(crate) fn add(&self, user_id: &str, value: &[u8]) -> Result<User, DatabaseError> {
        check_user_id(user_id)?;
        self.store.change(|tables, batch| {
            if self.value(tables, user_id).is_some() {
                return Err(DatabaseError::AlreadyExists);
            }
            self.put(batch, user_id, value);
            Ok(user(user_id, value))
        })
    }

    /// Replaces the value by what `change` makes of it; nothing can be made of what another version wrote.
    pub(crate) fn update(
        &self,
        user_id: &str,
        change: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<User, DatabaseError> {
        self.store.change(|tables, batch| {
            let value = change(self.value(tables, user_id).ok_or(DatabaseError::NotFound)?);
            let value = value.ok_or(DatabaseError::Unreadable)?;
            self.put(batch, user_id, &value);
            Ok(user(user_id, &value))
        })
    }

    pub(crate) fn remove(&self, user_id: &str) -> Result<(), DatabaseError> {
        self.store.change(|tables, batch| {
            self.value(tables, user_id).ok_or(DatabaseError::NotFound)?;
            batch.remove(&self.name, user_id.as_bytes());
            Ok(())
        })
    }

    pub(crate) fn remove_all(&self) -> Result<(), DatabaseError> {
        self.store.change(|_, batch| {
            batch.clear(&self.name);
            Ok(())
        })
    }

    pub(crate) fn list(&self, query: &UserQuery) -> Page<User> {
        let is_wanted = |(user_id, value): &(&[u8], &[u8])| {
            query.page.is_for(user_id) && query.is_superuser.is_none_or(|wanted| wanted == is_superuser(value))
        };
        let is_everybody = query.page.like.is_empty() && query.is_superuser.is_none();
        self.store.read(|tables| {
            let users = tables.entries(&self.name, b"").filter(is_wanted);
            let users = users.map(|(user_id, value)| user(&String::from_utf8_lossy(user_id), value));
            query.page.page_of(users, is_everybody.then(|| tables.len(&self.name)))
        })
    }
}

pub(crate) fn check_user_id(user_id: &str) -> Result<(), DatabaseError> {
    if (1..=MAX_USER_ID_BYTES).contains(&user_id.len()) { Ok(()) } else { Err(DatabaseError::InvalidUserId) }
}

pub(crate) fn is_superuser(value: &[u8]) -> bool {
    value.first().is_some_and(|flags| flags & SUPERUSER != 0)
}

fn user(user_id: &str, value: &[u8]) -> User {
    User { user_id: user_id.to_owned(), is_superuser: is_superuser(value) }
}
