//! API keys: programs that may use the API.

use super::role::Role;
use super::scope::Scope;
use super::tokens::{random_bytes, random_text};
use crate::clock::now_secs;
use dunlin_passwords::{Algorithm, Digest, SALT_SEED_BYTES, SaltPosition};
use dunlin_storage::metadata::{MetadataError, MetadataStore, MetadataTables};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// The table of the metadata. Keys are names; values are [`ApiKey`] with what checks its secret, as JSON.
const TABLE: &str = "api_keys";
/// Keys that people can make, as in EMQX.
const KEYS_MAX: usize = 100;
/// Keys there can be with those of a file.
const KEYS_WITH_FILE_MAX: usize = 1_000;
const NAME_BYTES_MAX: usize = 256;
const DESCRIPTION_BYTES_MAX: usize = 1_024;
const SECRET_BYTES: usize = 32;

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name.
    pub name: String,
    /// The key itself: what a program says in the place of a user name.
    pub api_key: String,
    /// Whether it can be used.
    pub enable: bool,
    /// When it ends, in seconds since 1970; `None` never.
    pub expired_at: Option<u64>,
    /// When it was made, in seconds since 1970.
    pub created_at: u64,
    /// For people.
    pub desc: String,
    /// What it is good for.
    pub role: Role,
    /// Which resources it is good for; `None` all.
    #[serde(default)]
    pub scopes: Option<Vec<Scope>>,
}

impl ApiKey {
    /// Whether it has ended.
    #[must_use]
    pub fn is_expired(&self, now: u64) -> bool {
        self.expired_at.is_some_and(|end| end < now)
    }
}

/// What a new key is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// See [`ApiKey::name`].
    pub name: String,
    /// See [`ApiKey::enable`].
    pub enable: bool,
    /// See [`ApiKey::expired_at`].
    pub expired_at: Option<u64>,
    /// See [`ApiKey::desc`].
    pub desc: String,
    /// See [`ApiKey::role`].
    pub role: Role,
    /// See [`ApiKey::scopes`].
    pub scopes: Option<Vec<Scope>>,
}

/// What of a key becomes something else; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyChange {
    /// See [`ApiKey::enable`].
    pub enable: Option<bool>,
    /// See [`ApiKey::expired_at`].
    pub expired_at: Option<Option<u64>>,
    /// See [`ApiKey::desc`].
    pub desc: Option<String>,
    /// See [`ApiKey::role`].
    pub role: Option<Role>,
    /// See [`ApiKey::scopes`].
    pub scopes: Option<Option<Vec<Scope>>>,
}

/// Why keys stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// There is none of this name.
    #[error("Name NOT FOUND")]
    NotFound,
    /// There is one of this name already.
    #[error("name_already_exists")]
    AlreadyExists,
    /// The name is none.
    #[error("Name should be ^[A-Za-z]+[A-Za-z0-9-_]*$ and have at most 256 characters")]
    BadName,
    /// The description is too long.
    #[error("The description is too long")]
    DescriptionTooLong,
    /// There are too many.
    #[error("Maximum number of ApiKeys reached.")]
    TooMany,
    /// What is stored cannot be understood.
    #[error("the stored key cannot be understood")]
    Malformed,
    /// The disk does not take it.
    #[error("not stored: {0}")]
    Metadata(#[from] MetadataError),
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredKey {
    #[serde(flatten)]
    pub(super) key: ApiKey,
    hash: String,
    salt: String,
}

/// A secret of 32 random bytes needs no slow hash, and it is compared with each request.
const ALGORITHM: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);

/// See the head of the file.
pub struct ApiKeys {
    metadata: Arc<MetadataStore>,
    /// What is stored, by the key itself: it is asked for with each request.
    by_key: RwLock<Arc<HashMap<String, StoredKey>>>,
}

impl ApiKeys {
    pub(super) fn new(metadata: Arc<MetadataStore>) -> Self {
        let keys = Self { metadata, by_key: RwLock::default() };
        keys.index();
        keys
    }

    /// All keys, ordered by name.
    #[must_use]
    pub fn all(&self) -> Vec<ApiKey> {
        let mut keys: Vec<_> = self.by_key.read().values().map(|stored| stored.key.clone()).collect();
        keys.sort_by(|one, other| one.name.cmp(&other.name));
        keys
    }

    /// The key with a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ApiKey> {
        self.metadata.read(|tables| read(tables, name).ok().flatten()).map(|stored| stored.key)
    }

    /// Makes a key. Gives back its secret too, which nobody can get again.
    ///
    /// # Errors
    /// [`ApiKeyError`]; nothing has changed then.
    pub fn create(&self, new: NewApiKey) -> Result<(ApiKey, String), ApiKeyError> {
        let secret = random_text::<SECRET_BYTES>();
        let api_key = format!("{:016x}", u64::from_le_bytes(random_bytes::<8>()));
        Ok((self.create_with(new, api_key, &secret)?, secret))
    }

    /// As [`Self::create`], with a secret that somebody chose.
    ///
    /// # Errors
    /// [`ApiKeyError`]; nothing has changed then.
    pub fn create_with_secret(&self, new: NewApiKey, secret: &str) -> Result<ApiKey, ApiKeyError> {
        let api_key = format!("{:016x}", u64::from_le_bytes(random_bytes::<8>()));
        self.create_with(new, api_key, secret)
    }

    fn create_with(&self, new: NewApiKey, api_key: String, secret: &str) -> Result<ApiKey, ApiKeyError> {
        check_name(&new.name)?;
        check_description(&new.desc)?;
        let NewApiKey { name, enable, expired_at, desc, role, scopes } = new;
        let key = ApiKey { name, api_key, enable, expired_at, created_at: now_secs(), desc, role, scopes };
        let stored = StoredKey::new(key, secret)?;
        self.metadata.change(|tables, batch| {
            if tables.get(TABLE, stored.key.name.as_bytes()).is_some() {
                return Err(ApiKeyError::AlreadyExists);
            }
            if tables.len(TABLE) >= KEYS_MAX {
                return Err(ApiKeyError::TooMany);
            }
            batch.set(TABLE, stored.key.name.as_bytes(), &stored.to_bytes()?);
            Ok(())
        })?;
        self.index();
        Ok(stored.key)
    }

    /// Puts keys of a file in the place of those with the same names or keys, all of them or none.
    pub(super) fn put_all(&self, keys: &[StoredKey]) -> Result<(), ApiKeyError> {
        self.metadata.change(|tables, batch| {
            let is_replaced = |stored: &StoredKey| {
                keys.iter().any(|new| new.key.api_key == stored.key.api_key && new.key.name != stored.key.name)
            };
            for (name, value) in tables.entries(TABLE, b"") {
                if serde_json::from_slice::<StoredKey>(value).is_ok_and(|stored| is_replaced(&stored)) {
                    batch.remove(TABLE, name);
                }
            }
            if tables.len(TABLE).saturating_add(keys.len()) > KEYS_WITH_FILE_MAX {
                return Err(ApiKeyError::TooMany);
            }
            for key in keys {
                batch.set(TABLE, key.key.name.as_bytes(), &key.to_bytes()?);
            }
            Ok(())
        })?;
        self.index();
        Ok(())
    }

    /// Changes a key.
    ///
    /// # Errors
    /// [`ApiKeyError`]; nothing has changed then.
    pub fn update(&self, name: &str, change: ApiKeyChange) -> Result<ApiKey, ApiKeyError> {
        check_description(change.desc.as_deref().unwrap_or_default())?;
        let changed = self.metadata.change(|tables, batch| {
            let mut stored = read(tables, name)?.ok_or(ApiKeyError::NotFound)?;
            let ApiKeyChange { enable, expired_at, desc, role, scopes } = change;
            let key = &mut stored.key;
            key.enable = enable.unwrap_or(key.enable);
            key.expired_at = expired_at.unwrap_or(key.expired_at);
            key.desc = desc.unwrap_or_else(|| key.desc.clone());
            key.role = role.unwrap_or(key.role);
            key.scopes = scopes.unwrap_or_else(|| key.scopes.clone());
            batch.set(TABLE, name.as_bytes(), &stored.to_bytes()?);
            Ok::<_, ApiKeyError>(stored.key)
        })?;
        self.index();
        Ok(changed)
    }

    /// Removes a key.
    ///
    /// # Errors
    /// [`ApiKeyError`]; nothing has changed then.
    pub fn remove(&self, name: &str) -> Result<(), ApiKeyError> {
        self.metadata.change(|tables, batch| {
            tables.get(TABLE, name.as_bytes()).ok_or(ApiKeyError::NotFound)?;
            batch.remove(TABLE, name.as_bytes());
            Ok::<_, ApiKeyError>(())
        })?;
        self.index();
        Ok(())
    }

    /// The key that a program shows, if it can be used and the secret is right.
    pub(crate) fn check(&self, api_key: &str, secret: &str, now: u64) -> Option<ApiKey> {
        let keys = Arc::clone(&self.by_key.read());
        let Some(stored) = keys.get(api_key) else {
            ALGORITHM.decoy(secret.as_bytes());
            return None;
        };
        let is_right = ALGORITHM.verify(secret.as_bytes(), stored.hash.as_bytes(), stored.salt.as_bytes());
        (is_right && stored.key.enable && !stored.key.is_expired(now)).then(|| stored.key.clone())
    }

    /// Whether all that is stored is understood.
    pub(super) fn check_stored(tables: &MetadataTables) -> Result<(), String> {
        for (_, value) in tables.entries(TABLE, b"") {
            serde_json::from_slice::<StoredKey>(value).map(drop).map_err(|error| format!("{TABLE}: {error}"))?;
        }
        Ok(())
    }

    /// Reads everything anew.
    pub(super) fn index(&self) {
        let mut by_key = self.by_key.write();
        *by_key = self.metadata.read(|tables| {
            let stored = tables.entries(TABLE, b"").filter_map(|(_, value)| serde_json::from_slice(value).ok());
            Arc::new(stored.map(|stored: StoredKey| (stored.key.api_key.clone(), stored)).collect())
        });
    }
}

impl StoredKey {
    pub(super) fn new(key: ApiKey, secret: &str) -> Result<Self, ApiKeyError> {
        let stored = ALGORITHM.create(secret.as_bytes(), random_bytes::<SALT_SEED_BYTES>());
        let stored = stored.map_err(|_| ApiKeyError::Malformed)?;
        Ok(Self { key, hash: stored.hash, salt: stored.salt })
    }

    fn to_bytes(&self) -> Result<Vec<u8>, ApiKeyError> {
        serde_json::to_vec(self).map_err(|_| ApiKeyError::Malformed)
    }
}

fn read(tables: &MetadataTables, name: &str) -> Result<Option<StoredKey>, ApiKeyError> {
    let value = tables.get(TABLE, name.as_bytes());
    value.map(|value| serde_json::from_slice(value).map_err(|_| ApiKeyError::Malformed)).transpose()
}

fn check_name(name: &str) -> Result<(), ApiKeyError> {
    let is_good = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_good { Ok(()) } else { Err(ApiKeyError::BadName) }
}

fn check_description(description: &str) -> Result<(), ApiKeyError> {
    if description.len() > DESCRIPTION_BYTES_MAX { Err(ApiKeyError::DescriptionTooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
