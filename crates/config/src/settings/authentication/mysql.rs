//! `password_based:mysql`: users in a MySQL or MariaDB.

use super::password_hash::read_password_hash;
use crate::rule::filled_text;
use crate::section::Section;
use crate::settings::back_end::{MYSQL, SqlServers, check_sql_query};
use dunlin_auth_backend::sql::{Dialect, Purpose};
use dunlin_passwords::Algorithm;

/// `password_based:mysql`: users in a MySQL or MariaDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mysql {
    /// How it is reached.
    pub servers: SqlServers,
    /// `query`: finds a user; `${username}` and the like become bind variables.
    pub query: String,
    /// `password_hash_algorithm`, default `sha256` with the salt in front.
    pub password_hash_algorithm: Algorithm,
}

impl Mysql {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_sql_query(entry, "query", Dialect::MySql, Purpose::Authentication);
        let query = entry.required("query", &filled_text());
        let password_hash_algorithm = read_password_hash(entry);
        let servers = SqlServers::read(entry, &MYSQL)?;
        Some(Self { servers, query: query?, password_hash_algorithm })
    }
}
