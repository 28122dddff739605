//! Tables of the metadata by the names that EMQX has for what is in them.

use super::BackupError;
use dunlin_api::Accounts;
use dunlin_auth_built_in_database::RuleDatabase;
use dunlin_banned::Ban;
use dunlin_storage::metadata::{MetadataError, MetadataStore};
use std::sync::Arc;

/// The table of bans.
pub(super) const BANNED: &str = "banned";

/// A set of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableSet {
    /// `banned`.
    Banned,
    /// `builtin_authn`: users of the built-in databases.
    Users,
    /// `builtin_authz`: rules of the built-in database.
    Rules,
    /// `dashboard_users`.
    DashboardUsers,
    /// `api_keys`.
    ApiKeys,
}

impl TableSet {
    pub(crate) const ALL: [Self; 5] = [Self::Banned, Self::Users, Self::Rules, Self::DashboardUsers, Self::ApiKeys];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Users => "builtin_authn",
            Self::Rules => "builtin_authz",
            Self::DashboardUsers => "dashboard_users",
            Self::ApiKeys => "api_keys",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self, BackupError> {
        let found = Self::ALL.into_iter().find(|set| set.as_str() == name);
        found.ok_or_else(|| BackupError::UnknownSet {
            name: name.to_owned(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }

    /// Whether a table belongs to it.
    pub(crate) fn has(self, table: &str) -> bool {
        match self {
            Self::Banned => table == BANNED,
            Self::Users => table.starts_with("users/password/") || table.starts_with("users/scram/"),
            Self::Rules => matches!(table, "rules/all" | "rules/clientid" | "rules/username"),
            Self::DashboardUsers => table == "dashboard_users",
            Self::ApiKeys => table == "api_keys",
        }
    }
}

/// An entry of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRow {
    pub(crate) set: TableSet,
    pub(crate) table: String,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// All entries of some sets.
pub(crate) fn read_rows(metadata: &MetadataStore, sets: &[TableSet]) -> Vec<StoredRow> {
    metadata.read(|tables| {
        let mut rows = Vec::new();
        for &set in sets {
            for table in tables.names().filter(|table| set.has(table)) {
                let entries = tables.entries(table, b"").map(|(key, value)| StoredRow {
                    set,
                    table: table.to_owned(),
                    key: key.to_vec(),
                    value: value.to_vec(),
                });
                rows.extend(entries);
            }
        }
        rows
    })
}

/// The bans among some entries.
///
/// # Errors
/// One is not understood.
pub(crate) fn bans(rows: &[StoredRow], now_secs: u64) -> Result<Vec<Ban>, BackupError> {
    let of_bans = rows.iter().filter(|row| row.set == TableSet::Banned);
    let read = |row: &StoredRow| -> Result<Ban, BackupError> {
        let malformed = |why: String| BackupError::Malformed(format!("a ban: {why}"));
        let json = serde_json::from_slice(&row.value).map_err(|error| malformed(error.to_string()))?;
        Ban::from_stored(&json, now_secs).map_err(|error| malformed(error.to_string()))
    };
    of_bans.map(read).collect()
}

/// Whether a node could start with these entries: they are put into a store of their own, and read as a node does it.
///
/// # Errors
/// [`BackupError::Malformed`].
pub(crate) fn check_rows(rows: &[StoredRow], now_secs: u64) -> Result<(), BackupError> {
    let unusable = |error: &dyn std::fmt::Display| BackupError::Malformed(error.to_string());
    bans(rows, now_secs)?;
    let folder = tempfile::tempdir().map_err(|error| unusable(&error))?;
    let (store, _) = MetadataStore::open_folder(folder.path()).map_err(|error| unusable(&error))?;
    let written = store.change(|_, batch| {
        rows.iter().for_each(|row| batch.set(&row.table, &row.key, &row.value));
        Ok::<_, MetadataError>(())
    });
    written.map_err(|error| unusable(&error))?;
    let store = Arc::new(store);
    Accounts::check_stored(&store).map_err(|error| unusable(&error))?;
    RuleDatabase::open(store).map(drop).map_err(|error| unusable(&error))
}
