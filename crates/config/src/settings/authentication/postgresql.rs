//! `password_based:postgresql`: users in a PostgreSQL.

use super::password_hash::read_password_hash;
use crate::rule::{Flag, filled_text};
use crate::section::Section;
use crate::settings::back_end::{POSTGRESQL, SqlServers, check_sql_query};
use dunlin_auth_backend::sql::{Dialect, Purpose};
use dunlin_passwords::Algorithm;

/// `password_based:postgresql`: users in a PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgresql {
    /// How it is reached.
    pub servers: SqlServers,
    /// `disable_prepared_statements`: for proxies that give each transaction another connection, default false.
    pub disable_prepared_statements: bool,
    /// `query`: finds a user; `${username}` and the like become bind variables.
    pub query: String,
    /// `password_hash_algorithm`, default `sha256` with the salt in front.
    pub password_hash_algorithm: Algorithm,
}

impl Postgresql {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_sql_query(entry, "query", Dialect::PostgreSql, Purpose::Authentication);
        let query = entry.required("query", &filled_text());
        let password_hash_algorithm = read_password_hash(entry);
        let disable_prepared_statements = entry.value("disable_prepared_statements", &Flag, false);
        let servers = SqlServers::read(entry, &POSTGRESQL)?;
        Some(Self { servers, disable_prepared_statements, query: query?, password_hash_algorithm })
    }
}
