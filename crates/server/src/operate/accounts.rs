//! Who may use the API, as the configuration says.

use dunlin_api::{AccountPolicy, DefaultUser, SHIPPED_PASSWORD};
use dunlin_config::Dashboard;
use tracing::error;

/// Who is there before anybody made a user. A password whose file cannot be read lets nobody in.
pub(super) fn default_user(dashboard: &Dashboard) -> DefaultUser {
    let password = match &dashboard.default_password {
        None => SHIPPED_PASSWORD.to_owned(),
        Some(secret) => secret.reveal().unwrap_or_else(|reason| {
            error!(msg = "default_password_unreadable", %reason, hint = "the default user cannot log in");
            String::new()
        }),
    };
    DefaultUser { username: dashboard.default_username.clone(), password: password.into() }
}

/// What holds for users and tokens.
pub(super) fn policy(dashboard: &Dashboard) -> AccountPolicy {
    AccountPolicy {
        token_lifetime: dashboard.token_expired_time,
        password_lifetime: dashboard.password_expired_time,
        max_failures: dashboard.unsuccessful_login_max_attempts,
        failure_window: dashboard.unsuccessful_login_interval,
        lock_duration: dashboard.unsuccessful_login_lock_duration,
        allows_other_origins: dashboard.cors,
    }
}
