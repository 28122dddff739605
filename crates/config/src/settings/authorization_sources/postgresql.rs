//! `postgresql`: rules in a PostgreSQL.

use crate::rule::{Flag, filled_text};
use crate::section::Section;
use crate::settings::back_end::{POSTGRESQL, SqlServers, check_sql_query};
use dunlin_auth_backend::sql::{Dialect, Purpose};

/// `postgresql`: rules in a PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgresql {
    /// How it is reached.
    pub servers: SqlServers,
    /// `disable_prepared_statements`: for proxies that give each transaction another connection, default false.
    pub disable_prepared_statements: bool,
    /// `query`: finds the rules of a client; `${username}` and the like become bind variables.
    pub query: String,
}

impl Postgresql {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_sql_query(entry, "query", Dialect::PostgreSql, Purpose::Authorization);
        let query = entry.required("query", &filled_text());
        let disable_prepared_statements = entry.value("disable_prepared_statements", &Flag, false);
        let servers = SqlServers::read(entry, &POSTGRESQL)?;
        Some(Self { servers, disable_prepared_statements, query: query? })
    }
}
