//! Logging in and out, and changing one's password.

use super::login_queue::LoginTurn;
use super::tokens::TokenState;
use super::users::{PasswordCheck, Totp};
use super::{Accounts, Role, UserError, totp};
use crate::clock::now_secs;
use crate::hidden::Hidden;
use dunlin_storage::metadata::MetadataError;
use std::net::IpAddr;
use tracing::{info, warn};

/// The table of the metadata that remembers that somebody has been logged in with the default password.
const TABLE: &str = "dashboard_logins";
const DEFAULT_USED: &[u8] = b"default_password_used";

/// Somebody who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoggedIn {
    pub(crate) token: Hidden<String>,
    pub(crate) role: Role,
    /// Seconds until the password has to be changed; negative where that is past. `None` where passwords do not age.
    pub(crate) password_expires_in_secs: Option<i64>,
    /// The password is that of the configuration.
    pub(crate) must_change_password: bool,
}

/// Why somebody is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginRefused {
    /// Too many logins failed.
    Locked,
    /// User name or password is wrong.
    Wrong,
    /// The default password is no use from elsewhere any more.
    DefaultPassword,
    /// The second factor is missing. `secret` is for the app on the phone, until a first number was good.
    FactorMissing { secret: Option<Hidden<String>> },
    /// The second factor is wrong.
    FactorWrong,
    /// The disk does not take what has to be remembered.
    NotStored(String),
}

impl Accounts {
    /// Waits for the turn of a password from this address; `None` where too many wait.
    pub(crate) async fn login_turn(&self, address: IpAddr) -> Option<LoginTurn> {
        self.login_queue.turn(address).await
    }

    /// Logs somebody in. `is_local` says that the request comes from this machine.
    pub(crate) fn log_in(
        &self,
        username: &str,
        password: &str,
        factor: Option<&str>,
        is_local: bool,
    ) -> Result<LoggedIn, LoginRefused> {
        let now = now_secs();
        if self.lock.lock().is_locked(username, now) {
            return Err(LoginRefused::Locked);
        }
        let result = self.log_in_unlocked(username, password, factor, is_local, now);
        match &result {
            Ok(_) => {
                self.lock.lock().reset(username);
                info!(msg = "dashboard_login_successful", username);
            }
            Err(LoginRefused::Wrong | LoginRefused::FactorWrong) => {
                self.lock.lock().failed(username, &self.policy.read(), now);
                info!(msg = "dashboard_login_failed", username);
            }
            Err(_) => {}
        }
        result
    }

    fn log_in_unlocked(
        &self,
        username: &str,
        password: &str,
        factor: Option<&str>,
        is_local: bool,
        now: u64,
    ) -> Result<LoggedIn, LoginRefused> {
        let PasswordCheck::Right { is_default, changed_at, totp } = self.check_password(username, password) else {
            return Err(LoginRefused::Wrong);
        };
        if let Some(totp) = totp {
            self.check_factor(username, &totp, factor, now)?;
        }
        if is_default {
            self.note_default_password(is_local)?;
        }
        let policy = self.policy();
        let role = self.users.find(username).map_or(Role::Viewer, |user| user.role);
        let lifetime = policy.token_lifetime.as_secs();
        let password_expires_in_secs = policy.password_lifetime.zip(changed_at).map(|(lifetime, changed_at)| {
            let ends = changed_at.saturating_add(lifetime.as_secs());
            i64::try_from(ends).unwrap_or(i64::MAX).saturating_sub_unsigned(now)
        });
        let is_too_old = password_expires_in_secs.is_some_and(|left| left <= 0);
        let only_for_password = (is_default && !is_local) || is_too_old;
        let token = self.tokens.lock().begin(username, only_for_password, now, lifetime);
        Ok(LoggedIn {
            token: Hidden(token),
            role,
            password_expires_in_secs,
            must_change_password: is_default || is_too_old,
        })
    }

    fn check_password(&self, username: &str, password: &str) -> PasswordCheck {
        let _one_at_a_time = self.comparing.lock();
        self.users.check(username, password)
    }

    fn check_factor(&self, username: &str, totp: &Totp, factor: Option<&str>, now: u64) -> Result<(), LoginRefused> {
        let Some(factor) = factor.filter(|factor| !factor.is_empty()) else {
            let secret = (totp.last_step == 0).then(|| Hidden(totp::base32(&totp.secret.0)));
            return Err(LoginRefused::FactorMissing { secret });
        };
        match self.users.use_totp(username, factor, now) {
            Ok(true) => Ok(()),
            Ok(false) => Err(LoginRefused::FactorWrong),
            Err(error) => Err(LoginRefused::NotStored(error.to_string())),
        }
    }

    /// The default password is good once for somebody who comes from elsewhere; for this machine it is until it is changed.
    fn note_default_password(&self, is_local: bool) -> Result<(), LoginRefused> {
        let noted = self.metadata.change(|tables, batch| {
            let was_used = tables.get(TABLE, DEFAULT_USED).is_some();
            if !was_used {
                batch.set(TABLE, DEFAULT_USED, b"true");
            }
            Ok::<_, MetadataError>(was_used)
        });
        let was_used = noted.map_err(|error| LoginRefused::NotStored(error.to_string()))?;
        warn!(
            msg = "default_password_in_use",
            hint = "whoever reads the manual can log in: change it, or `dunlin ctl admins passwd`"
        );
        if was_used && !is_local { Err(LoginRefused::DefaultPassword) } else { Ok(()) }
    }

    /// What a token is good for.
    pub(crate) fn who_has(&self, token: &str) -> TokenState {
        let lifetime = self.policy.read().token_lifetime.as_secs();
        self.tokens.lock().used(token, now_secs(), lifetime)
    }

    /// Ends a token, if it is that of this user.
    pub(crate) fn log_out(&self, token: &str, username: &str) -> bool {
        self.tokens.lock().end(token, username)
    }

    /// Changes a password for somebody who knows the old one; `Ok(false)` for somebody who does not.
    pub(crate) fn change_password(&self, username: &str, old: &str, new: &str) -> Result<bool, UserError> {
        let now = now_secs();
        if self.users.find(username).is_none() {
            return Err(UserError::NotFound);
        }
        if self.lock.lock().is_locked(username, now) {
            return Err(UserError::NotAllowed("Login locked".to_owned()));
        }
        if self.check_password(username, old) == PasswordCheck::Wrong {
            self.lock.lock().failed(username, &self.policy.read(), now);
            return Ok(false);
        }
        self.reset_password(username, new)?;
        Ok(true)
    }

    /// Gives a user a second factor. Whoever is logged in under this name has to do so anew.
    ///
    /// # Errors
    /// There is no such user, or the disk does not take it.
    pub fn begin_totp(&self, username: &str) -> Result<(), UserError> {
        self.users.begin_totp(username)?;
        self.log_out_everywhere(username);
        Ok(())
    }

    /// Takes the second factor of a user away.
    ///
    /// # Errors
    /// There is no such user, or the disk does not take it.
    pub fn end_totp(&self, username: &str) -> Result<(), UserError> {
        self.users.end_totp(username)
    }
}
