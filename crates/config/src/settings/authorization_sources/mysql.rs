//! `mysql`: rules in a MySQL or MariaDB.

use crate::rule::filled_text;
use crate::section::Section;
use crate::settings::back_end::{MYSQL, SqlServers, check_sql_query};
use dunlin_auth_backend::sql::{Dialect, Purpose};

/// `mysql`: rules in a MySQL or MariaDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mysql {
    /// How it is reached.
    pub servers: SqlServers,
    /// `query`: finds the rules of a client; `${username}` and the like become bind variables.
    pub query: String,
}

impl Mysql {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_sql_query(entry, "query", Dialect::MySql, Purpose::Authorization);
        let query = entry.required("query", &filled_text());
        let servers = SqlServers::read(entry, &MYSQL)?;
        Some(Self { servers, query: query? })
    }
}
