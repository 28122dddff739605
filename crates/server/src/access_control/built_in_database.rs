//! Users and rules that Dunlin keeps itself.

use super::making::Making;
use dunlin_auth_built_in_database::{
    BuiltInAuthenticator, PasswordForm, PasswordUsers, ScramAuthenticator, ScramUsers, UserDatabase, UserIdType,
};
use dunlin_config::EtcFile;
use dunlin_config::authentication::{self, AuthenticatorKind, BootstrapPasswords, ScramBuiltInDatabase};
use dunlin_storage::metadata::MetadataStore;
use std::path::Path;
use std::sync::Arc;
use tracing::{info, warn};

/// `password_based:built_in_database`. Chains do not share users: `group` is the one of the chain.
pub(super) fn authenticator(
    config: &authentication::BuiltInDatabase,
    group: &str,
    making: &Making<'_>,
) -> BuiltInAuthenticator {
    let user_id_type = match config.user_id_type {
        authentication::UserIdType::Username => UserIdType::Username,
        authentication::UserIdType::ClientId => UserIdType::ClientId,
    };
    BuiltInAuthenticator::new(Arc::new(users(config, group, making.metadata)), user_id_type)
}

/// `scram:built_in_database`.
pub(super) fn scram_authenticator(
    config: &ScramBuiltInDatabase,
    group: &str,
    making: &Making<'_>,
) -> Result<ScramAuthenticator, String> {
    let users = scram_users(config, group, making.metadata)?;
    ScramAuthenticator::new(Arc::new(users)).map_err(|error| error.to_string())
}

/// The users of an authenticator; `None` where it keeps none itself.
pub(super) fn users_of(
    kind: &AuthenticatorKind,
    group: &str,
    metadata: &Arc<MetadataStore>,
) -> Result<Option<UserDatabase>, String> {
    Ok(match kind {
        AuthenticatorKind::BuiltInDatabase(config) => Some(UserDatabase::Password(users(config, group, metadata))),
        AuthenticatorKind::ScramBuiltInDatabase(config) => {
            Some(UserDatabase::Scram(scram_users(config, group, metadata)?))
        }
        _ => None,
    })
}

fn scram_users(
    config: &ScramBuiltInDatabase,
    group: &str,
    metadata: &Arc<MetadataStore>,
) -> Result<ScramUsers, String> {
    let users = ScramUsers::new(Arc::clone(metadata), group, config.algorithm, config.iteration_count);
    users.map_err(|error| error.to_string())
}

fn users(config: &authentication::BuiltInDatabase, group: &str, metadata: &Arc<MetadataStore>) -> PasswordUsers {
    PasswordUsers::new(Arc::clone(metadata), group, config.password_hash_algorithm)
}

/// Adds the users of `bootstrap_file`. Those that are there are kept, so that this is done whenever an authenticator begins. As in
/// EMQX the node goes on without them where that fails: those that are there can come in.
pub(super) fn bootstrap(
    config: &authentication::BuiltInDatabase,
    group: &str,
    metadata: &Arc<MetadataStore>,
    etc_dir: Option<&Path>,
) {
    let Some(file) = config.bootstrap_file.path(etc_dir) else { return };
    if matches!(config.bootstrap_file, EtcFile::Default(_)) && !file.exists() {
        return;
    }
    let form = match config.bootstrap_type {
        BootstrapPasswords::Plain => PasswordForm::Plain,
        BootstrapPasswords::Hash => PasswordForm::Hash,
    };
    match users(config, group, metadata).bootstrap(&file, form) {
        Ok(report) => info!(msg = "bootstrap_users_imported", file = %file.display(), ?report),
        Err(error) => warn!(msg = "bootstrap_users_failed", %error, hint = "clients among them cannot come in"),
    }
}
