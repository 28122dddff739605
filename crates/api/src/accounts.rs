//! Who may use the API: people with a password and programs with a key; and who is logged in.
//!
//! Users and keys are in the metadata of the node, on disk before they count. Tokens and locks are in memory: a node that
//! starts anew knows nobody who was logged in.

mod api_keys;
mod bootstrap_file;
mod key_guesses;
mod login;
mod login_lock;
mod login_queue;
mod password_policy;
mod role;
mod scope;
mod tokens;
mod totp;
mod users;

pub use api_keys::{ApiKey, ApiKeyChange, ApiKeyError, ApiKeys, NewApiKey};
pub use bootstrap_file::BootstrapError;
pub use role::Role;
pub use scope::Scope;
pub use users::{DefaultUser, SHIPPED_PASSWORD, User, UserError, Users};

pub(crate) use login::{LoggedIn, LoginRefused};
pub(crate) use tokens::TokenState;

use crate::AccountPolicy;
use crate::clock::now_secs;
use dunlin_storage::metadata::MetadataStore;
use key_guesses::KeyGuesses;
use login_lock::LoginLock;
use login_queue::LoginQueue;
use parking_lot::{Mutex, RwLock};
use std::net::IpAddr;
use std::sync::Arc;
use tokens::Tokens;

/// Why a key is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRefused {
    /// There is none such, it cannot be used, or its secret is another one.
    Wrong,
    /// Too many were wrong.
    Locked,
}

/// See the head of the file.
pub struct Accounts {
    users: Users,
    keys: ApiKeys,
    tokens: Mutex<Tokens>,
    lock: Mutex<LoginLock>,
    key_guesses: Mutex<KeyGuesses>,
    /// Passwords are compared one after the other: that is work for a core, and a flood of logins may have one and no more.
    comparing: Mutex<()>,
    login_queue: LoginQueue,
    policy: RwLock<AccountPolicy>,
    metadata: Arc<MetadataStore>,
}

impl Accounts {
    /// Those in the metadata of a node.
    #[must_use]
    pub fn new(metadata: &Arc<MetadataStore>, default_user: DefaultUser, policy: AccountPolicy) -> Self {
        Self {
            users: Users::new(Arc::clone(metadata), default_user),
            keys: ApiKeys::new(Arc::clone(metadata)),
            tokens: Mutex::default(),
            lock: Mutex::default(),
            key_guesses: Mutex::default(),
            comparing: Mutex::default(),
            login_queue: LoginQueue::default(),
            policy: RwLock::new(policy),
            metadata: Arc::clone(metadata),
        }
    }

    /// People.
    #[must_use]
    pub const fn users(&self) -> &Users {
        &self.users
    }

    /// Programs.
    #[must_use]
    pub const fn keys(&self) -> &ApiKeys {
        &self.keys
    }

    /// What holds now.
    #[must_use]
    pub fn policy(&self) -> AccountPolicy {
        self.policy.read().clone()
    }

    /// From now on something else holds.
    pub fn change(&self, default_user: DefaultUser, policy: AccountPolicy) {
        self.users.set_default_user(default_user);
        *self.policy.write() = policy;
    }

    /// The key that a program shows.
    pub(crate) fn check_key(&self, api_key: &str, secret: &str, address: IpAddr) -> Result<ApiKey, KeyRefused> {
        let now = now_secs();
        if self.key_guesses.lock().is_locked(api_key, address, now) {
            return Err(KeyRefused::Locked);
        }
        let found = self.keys.check(api_key, secret, now);
        let mut guesses = self.key_guesses.lock();
        match &found {
            Some(_) => guesses.succeeded(api_key, address),
            None => guesses.failed(api_key, address, &self.policy.read(), now),
        }
        found.ok_or(KeyRefused::Wrong)
    }

    /// Sets a password without asking for the old one: for whoever has the machine. Ends a lock, and everybody who is logged in under
    /// this name is not any more.
    ///
    /// # Errors
    /// [`UserError`]; nothing has changed then.
    pub fn reset_password(&self, username: &str, password: &str) -> Result<(), UserError> {
        self.users.set_password(username, password, now_secs())?;
        self.lock.lock().reset(username);
        self.log_out_everywhere(username);
        Ok(())
    }

    /// Removes a user, who is not logged in any more.
    ///
    /// # Errors
    /// [`UserError`]; nothing has changed then.
    pub fn remove_user(&self, username: &str) -> Result<(), UserError> {
        self.users.remove(username)?;
        self.log_out_everywhere(username);
        Ok(())
    }

    /// Takes over what somebody else has put into the store. These users, by name, have to log in anew.
    pub fn reload<'a>(&self, changed_users: impl IntoIterator<Item = &'a [u8]>) {
        self.keys.index();
        for username in changed_users {
            self.log_out_everywhere(&String::from_utf8_lossy(username));
        }
    }

    /// Whether users and keys of a store are understood.
    ///
    /// # Errors
    /// Which table has something in it that is not.
    pub fn check_stored(metadata: &MetadataStore) -> Result<(), String> {
        metadata.read(|tables| {
            Users::check_stored(tables)?;
            ApiKeys::check_stored(tables)
        })
    }

    pub(crate) fn log_out_everywhere(&self, username: &str) {
        self.tokens.lock().end_all_of(username);
    }
}
