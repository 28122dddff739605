//! `password_based:built_in_database`: users that Dunlin keeps itself.

use super::password_hash::read_password_hash;
use crate::rule::OneOf;
use crate::section::Section;
use crate::settings::EtcFile;
use dunlin_passwords::Algorithm;

/// `password_based:built_in_database`: users that Dunlin keeps itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltInDatabase {
    /// `user_id_type`, default `username`.
    pub user_id_type: UserIdType,
    /// `password_hash_algorithm`: of new passwords, and of those that are there. Default `sha256` with the salt in front.
    pub password_hash_algorithm: Algorithm,
    /// `bootstrap_file`: users that are there from the beginning, CSV or JSON. Default `auth-built-in-db-bootstrap.csv` where
    /// configuration files are, if it is there.
    pub bootstrap_file: EtcFile,
    /// `bootstrap_type`: what that file has, default `plain`.
    pub bootstrap_type: BootstrapPasswords,
}

/// `user_id_type`: what users are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserIdType {
    /// `username`.
    Username,
    /// `clientid`.
    ClientId,
}

/// `bootstrap_type`: what stands in a file of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootstrapPasswords {
    /// `plain`: passwords.
    Plain,
    /// `hash`: hashes and salts, made with `password_hash_algorithm`.
    Hash,
}

const USER_ID_TYPES: &[(&str, UserIdType)] = &[("username", UserIdType::Username), ("clientid", UserIdType::ClientId)];
const BOOTSTRAP_TYPES: &[(&str, BootstrapPasswords)] =
    &[("plain", BootstrapPasswords::Plain), ("hash", BootstrapPasswords::Hash)];
const BOOTSTRAP_FILE: &str = "auth-built-in-db-bootstrap.csv";

impl BuiltInDatabase {
    pub(super) fn read(entry: &mut Section<'_>) -> Self {
        Self {
            user_id_type: entry.value("user_id_type", &OneOf(USER_ID_TYPES), UserIdType::Username),
            password_hash_algorithm: read_password_hash(entry),
            bootstrap_file: EtcFile::read(entry, "bootstrap_file", BOOTSTRAP_FILE),
            bootstrap_type: entry.value("bootstrap_type", &OneOf(BOOTSTRAP_TYPES), BootstrapPasswords::Plain),
        }
    }
}
