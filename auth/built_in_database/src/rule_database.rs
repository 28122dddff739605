//! The rules of the source `built_in_database`.

use crate::rule_rows::{CheckedRules, rows};
use crate::{MAX_USER_ID_BYTES, Page, PageQuery, RuleDatabaseError};
use dunlin_access::{Row, Rule};
use dunlin_storage::metadata::{MetadataBatch, MetadataStore, MetadataTables};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `max_rules`: how many rules one subject may have, unless somebody says so.
pub const DEFAULT_MAX_RULES: usize = 100;

/// The key of the rules for all clients.
const ALL: &str = "all";

/// Whom rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleSubject<'a> {
    /// The client of this id.
    ClientId(&'a str),
    /// Clients of this user name.
    Username(&'a str),
    /// All clients.
    All,
}

/// One of the two lists of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// Client ids.
    ClientId,
    /// User names.
    Username,
}

/// The rules of the source `built_in_database`: stored as people write them, and ready to be asked.
///
/// There is one for a store; sources with different settings share it. Whoever changes rules waits for the disk.
pub struct RuleDatabase {
    store: Arc<MetadataStore>,
    max_rules: AtomicUsize,
    ready: RwLock<ReadyRules>,
    /// Held while rules are changed, in the store and then in `ready`: both see the same order.
    changes: Mutex<()>,
}

/// Rules that were compiled.
#[derive(Default)]
pub(crate) struct ReadyRules {
    pub(crate) by_client_id: HashMap<Box<str>, Box<[Rule]>>,
    pub(crate) by_username: HashMap<Box<str>, Box<[Rule]>>,
    pub(crate) for_all: Box<[Rule]>,
}

impl SubjectKind {
    const fn table(self) -> &'static str {
        match self {
            Self::ClientId => "rules/clientid",
            Self::Username => "rules/username",
        }
    }
}

impl<'a> RuleSubject<'a> {
    /// A subject of one of the lists.
    #[must_use]
    pub const fn of(kind: SubjectKind, name: &'a str) -> Self {
        match kind {
            SubjectKind::ClientId => Self::ClientId(name),
            SubjectKind::Username => Self::Username(name),
        }
    }

    const fn place(self) -> (&'static str, &'a str) {
        match self {
            Self::ClientId(name) => (SubjectKind::ClientId.table(), name),
            Self::Username(name) => (SubjectKind::Username.table(), name),
            Self::All => ("rules/all", ALL),
        }
    }

    fn value(self, tables: &MetadataTables) -> Option<&[u8]> {
        let (table, key) = self.place();
        tables.get(table, key.as_bytes())
    }

    fn put(self, batch: &mut MetadataBatch, value: &[u8]) {
        let (table, key) = self.place();
        batch.set(table, key.as_bytes(), value);
    }

    fn check(self) -> Result<(), RuleDatabaseError> {
        let is_possible = (1..=MAX_USER_ID_BYTES).contains(&self.place().1.len());
        if is_possible { Ok(()) } else { Err(RuleDatabaseError::InvalidSubject) }
    }
}

impl RuleDatabase {
    /// The rules of a store.
    ///
    /// # Errors
    /// [`RuleDatabaseError::Stored`]: what cannot be understood is not guessed at.
    pub fn open(store: Arc<MetadataStore>) -> Result<Self, RuleDatabaseError> {
        let ready = read_all(&store)?;
        let max_rules = AtomicUsize::new(DEFAULT_MAX_RULES);
        Ok(Self { store, max_rules, ready: RwLock::new(ready), changes: Mutex::new(()) })
    }

    /// Reads everything anew that somebody else has put into the store.
    ///
    /// # Errors
    /// [`RuleDatabaseError::Stored`]; the rules are those from before then.
    pub fn reload(&self) -> Result<(), RuleDatabaseError> {
        let _in_order = self.changes.lock();
        let ready = read_all(&self.store)?;
        *self.ready.write() = ready;
        Ok(())
    }

    /// Sets `max_rules`. Subjects that have more keep them.
    pub fn set_max_rules(&self, max_rules: usize) {
        self.max_rules.store(max_rules, Ordering::Relaxed);
    }

    /// The rules of a subject, as they were written, with defaults filled in.
    #[must_use]
    pub fn get(&self, subject: RuleSubject<'_>) -> Option<Vec<Row>> {
        self.store.read(|tables| rows(subject.value(tables)?))
    }

    /// Gives a subject these rules instead of those it has, if any.
    ///
    /// # Errors
    /// [`RuleDatabaseError`].
    pub fn set(&self, subject: RuleSubject<'_>, rows: Vec<Row>) -> Result<(), RuleDatabaseError> {
        self.set_all(vec![(subject, rows)])
    }

    /// Gives several subjects these rules instead of those they have, if any: all of them or no one.
    ///
    /// # Errors
    /// [`RuleDatabaseError`].
    pub fn set_all(&self, list: Vec<(RuleSubject<'_>, Vec<Row>)>) -> Result<(), RuleDatabaseError> {
        self.put(list, false)
    }

    /// Gives several subjects rules that have none, all of them or no one.
    ///
    /// # Errors
    /// [`RuleDatabaseError`].
    pub fn add(&self, list: Vec<(RuleSubject<'_>, Vec<Row>)>) -> Result<(), RuleDatabaseError> {
        self.put(list, true)
    }

    fn put<'a>(
        &self,
        list: impl IntoIterator<Item = (RuleSubject<'a>, Vec<Row>)>,
        is_new: bool,
    ) -> Result<(), RuleDatabaseError> {
        let checked = list.into_iter().map(|(subject, rows)| Ok((subject, self.check(subject, rows)?)));
        let checked = checked.collect::<Result<Vec<_>, RuleDatabaseError>>()?;
        let _in_order = self.changes.lock();
        self.store.change(|tables, batch| {
            let existing = checked.iter().filter(|(subject, _)| is_new && subject.value(tables).is_some());
            let existing: Vec<_> = existing.map(|(subject, _)| subject.place().1.to_owned()).collect();
            if !existing.is_empty() {
                return Err(RuleDatabaseError::AlreadyExist(existing));
            }
            for (subject, rules) in &checked {
                subject.put(batch, &rules.encode());
            }
            Ok(())
        })?;
        let mut ready = self.ready.write();
        for (subject, rules) in checked {
            ready.set(subject, rules.rules);
        }
        Ok(())
    }

    /// Takes all rules from a subject.
    ///
    /// # Errors
    /// [`RuleDatabaseError::NotFound`], [`RuleDatabaseError::Metadata`].
    pub fn remove(&self, subject: RuleSubject<'_>) -> Result<(), RuleDatabaseError> {
        let _in_order = self.changes.lock();
        self.store.change(|tables, batch| {
            subject.value(tables).ok_or(RuleDatabaseError::NotFound)?;
            let (table, key) = subject.place();
            batch.remove(table, key.as_bytes());
            Ok::<_, RuleDatabaseError>(())
        })?;
        self.ready.write().remove(subject);
        Ok(())
    }

    /// Takes all rules from all subjects.
    ///
    /// # Errors
    /// [`RuleDatabaseError::Metadata`].
    pub fn remove_all(&self) -> Result<(), RuleDatabaseError> {
        let _in_order = self.changes.lock();
        self.store.change(|_, batch| {
            for table in [SubjectKind::ClientId.table(), SubjectKind::Username.table(), RuleSubject::All.place().0] {
                batch.clear(table);
            }
            Ok::<_, RuleDatabaseError>(())
        })?;
        *self.ready.write() = ReadyRules::default();
        Ok(())
    }

    /// Subjects in the order of their names, with their rules.
    #[must_use]
    pub fn list(&self, kind: SubjectKind, query: &PageQuery) -> Page<(String, Vec<Row>)> {
        self.store.read(|tables| {
            let subjects = tables.entries(kind.table(), b"").filter(|(name, _)| query.is_for(name));
            let page = query.page_of(subjects, query.like.is_empty().then(|| tables.len(kind.table())));
            let read = |(name, value): (&[u8], &[u8])| {
                (String::from_utf8_lossy(name).into_owned(), rows(value).unwrap_or_default())
            };
            Page { data: page.data.into_iter().map(read).collect(), count: page.count, has_next: page.has_next }
        })
    }

    /// The rules, to be asked. Nothing may be waited for meanwhile.
    pub(crate) fn ready(&self) -> RwLockReadGuard<'_, ReadyRules> {
        self.ready.read()
    }

    fn check(&self, subject: RuleSubject<'_>, rows: Vec<Row>) -> Result<CheckedRules, RuleDatabaseError> {
        subject.check()?;
        let (count, max) = (rows.len(), self.max_rules.load(Ordering::Relaxed));
        if count > max {
            return Err(RuleDatabaseError::TooMany { count, max });
        }
        Ok(CheckedRules::new(rows)?)
    }
}

/// All rules of a store, ready to be asked.
fn read_all(store: &MetadataStore) -> Result<ReadyRules, RuleDatabaseError> {
    store.read(|tables| {
        let mut ready = ReadyRules::default();
        for kind in [SubjectKind::ClientId, SubjectKind::Username] {
            for (name, value) in tables.entries(kind.table(), b"") {
                let name = std::str::from_utf8(name).map_err(|error| RuleDatabaseError::Stored {
                    subject: format!("{kind:?}"),
                    problem: error.to_string(),
                })?;
                let subject = RuleSubject::of(kind, name);
                ready.set(subject, decode(subject, value)?.rules);
            }
        }
        if let Some(value) = RuleSubject::All.value(tables) {
            ready.set(RuleSubject::All, decode(RuleSubject::All, value)?.rules);
        }
        Ok::<_, RuleDatabaseError>(ready)
    })
}

fn decode(subject: RuleSubject<'_>, value: &[u8]) -> Result<CheckedRules, RuleDatabaseError> {
    let subject = format!("{subject:?}");
    CheckedRules::decode(value).map_err(|problem| RuleDatabaseError::Stored { subject, problem })
}

impl ReadyRules {
    fn set(&mut self, subject: RuleSubject<'_>, rules: Box<[Rule]>) {
        match subject {
            RuleSubject::ClientId(name) => drop(self.by_client_id.insert(name.into(), rules)),
            RuleSubject::Username(name) => drop(self.by_username.insert(name.into(), rules)),
            RuleSubject::All => self.for_all = rules,
        }
    }

    fn remove(&mut self, subject: RuleSubject<'_>) {
        match subject {
            RuleSubject::ClientId(name) => drop(self.by_client_id.remove(name)),
            RuleSubject::Username(name) => drop(self.by_username.remove(name)),
            RuleSubject::All => self.for_all = Box::default(),
        }
    }
}

impl fmt::Debug for RuleDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.ready.read();
        f.debug_struct("RuleDatabase")
            .field("client_ids", &ready.by_client_id.len())
            .field("usernames", &ready.by_username.len())
            .field("rules_for_all", &ready.for_all.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
