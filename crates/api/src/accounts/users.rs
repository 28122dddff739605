//! Users: people with a name and a password.

use super::password_policy::{check_password, check_username};
use super::role::Role;
use super::tokens::random_bytes;
use super::totp;
use crate::hidden::Hidden;
use dunlin_passwords::{Algorithm, Digest, Pbkdf2Password, SALT_SEED_BYTES};
use dunlin_storage::metadata::{MetadataBatch, MetadataError, MetadataStore, MetadataTables};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// The table of the metadata. Keys are user names; values are [`StoredUser`] as JSON.
const TABLE: &str = "dashboard_users";
/// Users there can be.
const USERS_MAX: usize = 1_000;
/// As EMQX.
const ITERATIONS: u32 = 600_000;
const TOTP_SECRET_BYTES: usize = 20;
const DESCRIPTION_BYTES_MAX: usize = 1_024;

/// A user, as the API shows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// Name.
    #[schema(example = "admin")]
    pub username: String,
    /// What the user may do.
    pub role: Role,
    /// For people.
    pub description: String,
    /// Who knows the password: `local`.
    #[schema(example = "local")]
    pub backend: &'static str,
    /// The second factor: `none`, `totp` or `disabled`.
    #[schema(example = "none")]
    pub mfa: &'static str,
}

/// Who there is before anybody has made a user. It is an administrator, and is there until its password is changed; a user is there
/// under this name then. Nobody has this name if it is empty.
#[derive(Clone)]
pub struct DefaultUser {
    /// `dashboard.default_username`.
    pub username: String,
    /// `dashboard.default_password`.
    pub password: Zeroizing<String>,
}

/// Without the password.
impl std::fmt::Debug for DefaultUser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DefaultUser").field("username", &self.username).finish_non_exhaustive()
    }
}

/// The password of the default user where the configuration has no other, as in EMQX: everybody knows it.
pub const SHIPPED_PASSWORD: &str = "public";

/// Why users stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// There is none of this name.
    #[error("username_not_found")]
    NotFound,
    /// There is one already.
    #[error("username_already_exists")]
    AlreadyExists,
    /// The name or password, or what it is to become, is not allowed.
    #[error("{0}")]
    NotAllowed(String),
    /// The default user is protected.
    #[error("{0}")]
    Protected(&'static str),
    /// There are too many.
    #[error("Maximum number of users reached.")]
    TooMany,
    /// What is stored cannot be understood.
    #[error("the stored user cannot be understood")]
    Malformed,
    /// The disk does not take it.
    #[error("not stored: {0}")]
    Metadata(#[from] MetadataError),
}

/// How the password of a login was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PasswordCheck {
    /// Right.
    Right {
        /// It is the one that everybody knows, and nobody has set another.
        is_default: bool,
        /// When it was set, in seconds since 1970; `None` for that of the configuration.
        changed_at: Option<u64>,
        /// The second factor, if the user has one.
        totp: Option<Totp>,
    },
    /// Wrong, or there is no such user.
    Wrong,
}

/// A second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totp {
    pub(super) secret: Hidden<Vec<u8>>,
    /// The last number that was good, as RFC 6238 counts; 0 before the first.
    pub(super) last_step: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredUser {
    hash: String,
    salt: String,
    iterations: u32,
    role: Role,
    #[serde(default)]
    description: String,
    changed_at: u64,
    #[serde(default)]
    totp: Option<Totp>,
    /// The second factor was switched off for this user.
    #[serde(default)]
    mfa_disabled: bool,
}

/// See the head of the file.
pub struct Users {
    metadata: Arc<MetadataStore>,
    default_user: RwLock<DefaultUser>,
}

impl Users {
    pub(super) const fn new(metadata: Arc<MetadataStore>, default_user: DefaultUser) -> Self {
        Self { metadata, default_user: RwLock::new(default_user) }
    }

    pub(super) fn set_default_user(&self, default_user: DefaultUser) {
        *self.default_user.write() = default_user;
    }

    /// Whether all that is stored is understood.
    pub(super) fn check_stored(tables: &MetadataTables) -> Result<(), String> {
        for (name, value) in tables.entries(TABLE, b"") {
            let read = serde_json::from_slice::<StoredUser>(value).map_err(|error| error.to_string());
            let named = std::str::from_utf8(name).map_err(|error| error.to_string());
            read.map(drop).and(named.map(drop)).map_err(|error| format!("{TABLE}: {error}"))?;
        }
        Ok(())
    }

    /// All users, ordered by name.
    #[must_use]
    pub fn all(&self) -> Vec<User> {
        let default = self.default_name();
        self.metadata.read(|tables| {
            let stored = tables.entries(TABLE, b"").filter_map(|(key, value)| {
                Some(shown(std::str::from_utf8(key).ok()?, &serde_json::from_slice(value).ok()?))
            });
            let mut users: Vec<_> = stored.collect();
            if !default.is_empty() && tables.get(TABLE, default.as_bytes()).is_none() {
                users.push(shown_default(&default));
            }
            users.sort_by(|one, other| one.username.cmp(&other.username));
            users
        })
    }

    /// A user.
    #[must_use]
    pub fn find(&self, username: &str) -> Option<User> {
        match self.stored(username) {
            Some(user) => Some(shown(username, &user)),
            None => self.is_untouched_default(username).then(|| shown_default(username)),
        }
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`UserError`]; nothing has changed then.
    pub fn add(
        &self,
        username: &str,
        password: &str,
        role: Role,
        description: &str,
        now: u64,
    ) -> Result<User, UserError> {
        check_username(username).map_err(not_allowed)?;
        check_password(password).map_err(not_allowed)?;
        check_role(role)?;
        check_description(description)?;
        if self.is_untouched_default(username) {
            return Err(UserError::AlreadyExists);
        }
        let user = StoredUser { role, description: description.to_owned(), ..StoredUser::new(password, now)? };
        self.metadata.change(|tables, batch| {
            if tables.get(TABLE, username.as_bytes()).is_some() {
                return Err(UserError::AlreadyExists);
            }
            if tables.entries(TABLE, b"").count() >= USERS_MAX {
                return Err(UserError::TooMany);
            }
            set(batch, username, &user)
        })?;
        Ok(shown(username, &user))
    }

    /// Gives a user another role and description.
    ///
    /// # Errors
    /// [`UserError`]; nothing has changed then.
    pub fn update(&self, username: &str, role: Role, description: &str) -> Result<User, UserError> {
        check_role(role)?;
        check_description(description)?;
        if username == self.default_name() && role != Role::Administrator {
            return Err(UserError::Protected("The default administrator role cannot be changed."));
        }
        if self.is_untouched_default(username) {
            return Err(UserError::Protected("The default user has its default password: change that first."));
        }
        self.change(username, |user| {
            user.role = role;
            description.clone_into(&mut user.description);
        })
    }

    /// Removes a user.
    pub(super) fn remove(&self, username: &str) -> Result<(), UserError> {
        if username == self.default_name() {
            return Err(UserError::Protected("The default administrator user cannot be deleted."));
        }
        self.metadata.change(|tables, batch| {
            tables.get(TABLE, username.as_bytes()).ok_or(UserError::NotFound)?;
            batch.remove(TABLE, username.as_bytes());
            Ok(())
        })
    }

    /// Sets a password. That of the default user makes it a user like others.
    pub(super) fn set_password(&self, username: &str, password: &str, now: u64) -> Result<(), UserError> {
        check_password(password).map_err(not_allowed)?;
        let is_default = username == self.default_name();
        if is_default && bool::from(self.default_user.read().password.as_bytes().ct_eq(password.as_bytes())) {
            return Err(UserError::NotAllowed("The new password cannot be the default one.".to_owned()));
        }
        let new = StoredUser::new(password, now)?;
        self.metadata.change(|tables, batch| {
            let user = match read(tables, username)? {
                Some(user) => {
                    StoredUser { hash: new.hash, salt: new.salt, iterations: new.iterations, changed_at: now, ..user }
                }
                None if is_default => StoredUser { role: Role::Administrator, ..new },
                None => return Err(UserError::NotFound),
            };
            set(batch, username, &user)
        })
    }

    /// Whether a password is right. It takes as long for a user that is not there.
    pub(super) fn check(&self, username: &str, password: &str) -> PasswordCheck {
        match self.stored(username) {
            Some(user) => {
                let Ok(algorithm) = algorithm(user.iterations) else { return PasswordCheck::Wrong };
                match algorithm.verify(password.as_bytes(), user.hash.as_bytes(), user.salt.as_bytes()) {
                    true => {
                        PasswordCheck::Right { is_default: false, changed_at: Some(user.changed_at), totp: user.totp }
                    }
                    false => PasswordCheck::Wrong,
                }
            }
            None => {
                if let Ok(algorithm) = algorithm(ITERATIONS) {
                    algorithm.decoy(password.as_bytes());
                }
                let default = self.default_user.read();
                let is_right: bool = default.password.as_bytes().ct_eq(password.as_bytes()).into();
                match is_right && !default.password.is_empty() && !username.is_empty() && default.username == username {
                    true => {
                        let is_default = default.password.as_str() == SHIPPED_PASSWORD;
                        PasswordCheck::Right { is_default, changed_at: None, totp: None }
                    }
                    false => PasswordCheck::Wrong,
                }
            }
        }
    }

    /// The default user, while its password is that of the configuration.
    #[must_use]
    pub fn is_untouched_default(&self, username: &str) -> bool {
        !username.is_empty() && username == self.default_name() && self.stored(username).is_none()
    }

    /// Gives a user a second factor, which is shown at the next login.
    pub(super) fn begin_totp(&self, username: &str) -> Result<(), UserError> {
        if self.is_untouched_default(username) {
            return Err(UserError::Protected("The default user has its default password: change that first."));
        }
        let secret = random_bytes::<TOTP_SECRET_BYTES>().to_vec();
        let mut has_one = false;
        self.change(username, |user| {
            has_one = user.totp.is_some();
            if !has_one {
                (user.totp, user.mfa_disabled) = (Some(Totp { secret: Hidden(secret), last_step: 0 }), false);
            }
        })?;
        if has_one {
            return Err(UserError::NotAllowed("MFA is already enabled using 'totp'".to_owned()));
        }
        Ok(())
    }

    /// Takes the second factor away.
    pub(super) fn end_totp(&self, username: &str) -> Result<(), UserError> {
        if self.is_untouched_default(username) {
            return Ok(());
        }
        self.change(username, |user| (user.totp, user.mfa_disabled) = (None, true)).map(drop)
    }

    /// Whether a number is that of the second factor now; it is not a second time.
    pub(super) fn use_totp(&self, username: &str, token: &str, now: u64) -> Result<bool, UserError> {
        self.metadata.change(|tables, batch| {
            let mut user = read(tables, username)?.ok_or(UserError::NotFound)?;
            let Some(factor) = &mut user.totp else { return Ok(false) };
            let Some(step) = totp::matching_step(&factor.secret.0, token, now, factor.last_step) else {
                return Ok(false);
            };
            factor.last_step = step;
            set(batch, username, &user)?;
            Ok(true)
        })
    }

    fn change(&self, username: &str, change: impl FnOnce(&mut StoredUser)) -> Result<User, UserError> {
        self.metadata.change(|tables, batch| {
            let mut user = read(tables, username)?.ok_or(UserError::NotFound)?;
            change(&mut user);
            set(batch, username, &user)?;
            Ok(shown(username, &user))
        })
    }

    fn stored(&self, username: &str) -> Option<StoredUser> {
        self.metadata.read(|tables| read(tables, username).ok().flatten())
    }

    fn default_name(&self) -> String {
        self.default_user.read().username.clone()
    }
}

impl StoredUser {
    fn new(password: &str, now: u64) -> Result<Self, UserError> {
        let made = algorithm(ITERATIONS)
            .and_then(|algorithm| algorithm.create(password.as_bytes(), random_bytes::<SALT_SEED_BYTES>()));
        let stored = made.map_err(|error| UserError::NotAllowed(error.to_string()))?;
        Ok(Self {
            hash: stored.hash,
            salt: stored.salt,
            iterations: ITERATIONS,
            role: Role::default(),
            description: String::new(),
            changed_at: now,
            totp: None,
            mfa_disabled: false,
        })
    }
}

fn algorithm(iterations: u32) -> Result<Algorithm, dunlin_passwords::PasswordError> {
    Pbkdf2Password::new(Digest::Sha256, iterations, None).map(Algorithm::Pbkdf2)
}

fn not_allowed(reason: &'static str) -> UserError {
    UserError::NotAllowed(reason.to_owned())
}

fn check_role(role: Role) -> Result<(), UserError> {
    match role {
        Role::Publisher => Err(not_allowed("Role does not exist")),
        Role::Administrator | Role::Viewer => Ok(()),
    }
}

fn check_description(description: &str) -> Result<(), UserError> {
    if description.len() > DESCRIPTION_BYTES_MAX { Err(not_allowed("The description is too long")) } else { Ok(()) }
}

fn read(tables: &MetadataTables, username: &str) -> Result<Option<StoredUser>, UserError> {
    let value = tables.get(TABLE, username.as_bytes());
    value.map(|value| serde_json::from_slice(value).map_err(|_| UserError::Malformed)).transpose()
}

fn set(batch: &mut MetadataBatch, username: &str, user: &StoredUser) -> Result<(), UserError> {
    let value = serde_json::to_vec(user).map_err(|_| UserError::Malformed)?;
    batch.set(TABLE, username.as_bytes(), &value);
    Ok(())
}

fn shown(username: &str, user: &StoredUser) -> User {
    let mfa = match &user.totp {
        Some(_) => "totp",
        None if user.mfa_disabled => "disabled",
        None => "none",
    };
    User {
        username: username.to_owned(),
        role: user.role,
        description: user.description.clone(),
        backend: "local",
        mfa,
    }
}

fn shown_default(username: &str) -> User {
    User {
        username: username.to_owned(),
        role: Role::Administrator,
        description: "administrator".to_owned(),
        backend: "local",
        mfa: "none",
    }
}

#[cfg(test)]
mod tests;
