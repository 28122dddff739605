//! A table of users, whatever is stored of each.

use crate::import::ImportedUser;
use crate::{DatabaseError, ImportReport, OnExisting, Page, PageQuery};
use dunlin_storage::metadata::{MetadataBatch, MetadataStore, MetadataTables};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest user id: that of a string of MQTT (MQTT 5.0 §1.5.4).
pub const MAX_USER_ID_BYTES: usize = 65_535;

/// Users of a file that become one change of what is on disk.
const PORTION_USERS: usize = 1_000;

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

    /// Stores users of a file, portion by portion. `value` says what is to be stored of each; `None` where it exists and is to
    /// stay as it is.
    pub(crate) fn import(
        &self,
        users: &[ImportedUser],
        on_existing: OnExisting,
        value: impl Fn(&ImportedUser) -> Result<Option<Vec<u8>>, DatabaseError>,
        mut progress: impl FnMut(&ImportReport),
    ) -> Result<ImportReport, DatabaseError> {
        let mut report = ImportReport { total: users.len(), ..ImportReport::default() };
        for portion in users.chunks(PORTION_USERS) {
            let values = portion.iter().map(&value).collect::<Result<Vec<_>, _>>()?;
            let named = portion.iter().map(|user| user.user_id.as_str()).zip(&values);
            // It counts only what is on disk.
            report = self.store.change(|tables, batch| {
                let mut report = report;
                let mut written: BTreeMap<&str, &[u8]> = BTreeMap::new();
                for (user_id, value) in named {
                    let existing = written.get(user_id).copied().or_else(|| self.value(tables, user_id));
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
                    self.put(batch, user_id, value);
                }
                Ok::<_, DatabaseError>(report)
            })?;
            progress(&report);
        }
        Ok(report)
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
