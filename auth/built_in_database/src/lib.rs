//! Users and rules that Dunlin keeps itself, in its own metadata.
//!
//! - [`BuiltInAuthenticator`] is `password_based:built_in_database`; its users are [`PasswordUsers`].
//! - [`ScramAuthenticator`] is `scram:built_in_database`; its users are [`ScramUsers`].
//! - [`UserDatabase`] is either of them, for whoever changes users.
//! - [`BuiltInAuthorization`] is the source of rules `built_in_database`; its rules are in a [`RuleDatabase`].
//!
//! Reading asks nobody: everything is in memory, and the answer to a client never waits for a disk. Changes are on disk
//! before they are seen, and wait for it; new passwords are hashed, which may take long. Both are for threads that may wait.

mod authenticator;
mod authorization;
mod bootstrap;
mod error;
mod import;
mod page;
mod password_users;
mod randomness;
mod rule_database;
mod rule_rows;
mod scram_authenticator;
mod scram_user;
mod scram_users;
mod stored_user;
mod user_database;
mod user_table;

pub use authenticator::{BuiltInAuthenticator, UserIdType};
pub use authorization::BuiltInAuthorization;
pub use bootstrap::BootstrapError;
pub use error::{DatabaseError, RuleDatabaseError};
pub use import::{
    ImportError, ImportFile, ImportFormat, ImportPlace, ImportReport, InvalidRow, MAX_IMPORT_BYTES, OnExisting,
    PasswordForm,
};
pub use page::{Page, PageQuery};
pub use password_users::{PasswordUsers, UserChange};
pub use rule_database::{DEFAULT_MAX_RULES, RuleDatabase, RuleSubject, SubjectKind};
pub use scram_authenticator::{ScramAuthenticator, decoy_secret};
pub use scram_users::ScramUsers;
pub use user_database::UserDatabase;
pub use user_table::{MAX_USER_ID_BYTES, User, UserQuery};
