//! The server that all tests share, and those that a test has for itself.

use crate::scenarios::{Database, Limits, Mortal};
use dunlin_access::{Authenticator, AuthorizationSource, RuleSettings};
use dunlin_auth_backend::sql::{Secret, ServerAddress, SqlSettings};
use dunlin_auth_postgresql::{PostgresqlSettings, authenticator, authorization};
use dunlin_passwords::Algorithm;
use dunlin_real_servers::{DATABASE, PASSWORD, PostgresqlServer, USERNAME};
use std::borrow::Borrow;
use std::sync::{Arc, LazyLock};

/// The tables as the manual of EMQX creates them, with its types.
const TABLES: &str = "
CREATE TABLE mqtt_user (
    id serial PRIMARY KEY, username text NOT NULL UNIQUE, password_hash text, salt text, is_superuser boolean DEFAULT false,
    clientid_override text);
CREATE TYPE action AS ENUM ('publish', 'subscribe', 'all');
CREATE TYPE permission AS ENUM ('allow', 'deny');
CREATE TABLE mqtt_acl (
    id serial PRIMARY KEY, username text NOT NULL, permission permission NOT NULL, action action NOT NULL, topic text NOT NULL,
    qos text, retain smallint, clientid_re text, username_re text, ipaddr inet, zone varchar(20), listener char(11));";

/// A server with its tables, and how its statements are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postgresql<S> {
    server: S,
    /// `disable_prepared_statements`
    pub(crate) is_without_prepared_statements: bool,
}

/// The server that all tests share.
pub(crate) fn shared() -> Postgresql<&'static PostgresqlServer> {
    static SHARED: LazyLock<PostgresqlServer> = LazyLock::new(start);
    Postgresql { server: &*SHARED, is_without_prepared_statements: false }
}

/// A server for one test alone.
pub(crate) fn own() -> Postgresql<PostgresqlServer> {
    Postgresql { server: start(), is_without_prepared_statements: false }
}

fn start() -> PostgresqlServer {
    let server = PostgresqlServer::start();
    server.execute(TABLES);
    server
}

impl<S: Borrow<PostgresqlServer>> Postgresql<S> {
    pub(crate) fn server(&self) -> &PostgresqlServer {
        self.server.borrow()
    }

    /// How it is reached.
    pub(crate) fn settings(&self, limits: Limits) -> PostgresqlSettings {
        let address = self.server().address();
        let servers = vec![ServerAddress { host: address.ip().to_string(), port: address.port() }];
        let mut sql = SqlSettings::new(servers, DATABASE);
        sql.username = USERNAME.to_owned();
        sql.password = Secret::new(PASSWORD);
        sql.pool_size = limits.connections;
        sql.query_timeout = limits.timeout;
        let mut settings = PostgresqlSettings::new(sql);
        settings.disable_prepared_statements = self.is_without_prepared_statements;
        settings
    }
}

impl<S: Borrow<PostgresqlServer>> Database for Postgresql<S> {
    const BACKSLASH: &'static str = "\\";
    const SLEEPS: &'static str = "pg_sleep(30) IS NULL";
    const SLEEPERS: &'static str = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' \
                                    AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid();";
    const CONNECTIONS: &'static str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dunlin';";

    fn execute(&self, statements: &str) -> String {
        self.server().execute(statements)
    }

    fn authenticator(&self, query: &str, algorithm: Algorithm, limits: Limits) -> Arc<dyn Authenticator> {
        Arc::new(authenticator(self.settings(limits), query, algorithm).expect("the settings are right"))
    }

    fn measured(&self, query: &str, algorithm: Algorithm) -> (Arc<dyn Authenticator>, Box<dyn Fn() -> u64>) {
        let made = authenticator(self.settings(Limits::default()), query, algorithm).expect("the settings are right");
        let made = Arc::new(made);
        let measured = Arc::clone(&made);
        (made, Box::new(move || measured.password_check().work()))
    }

    fn authorization(&self, query: &str, limits: Limits) -> Arc<dyn AuthorizationSource> {
        let rules = RuleSettings::default();
        Arc::new(authorization(self.settings(limits), query, rules).expect("the settings are right"))
    }
}

impl Mortal for Postgresql<PostgresqlServer> {
    fn kill(&mut self) {
        self.server.kill();
    }

    fn start_again(&mut self) {
        self.server.start_again();
    }

    fn freeze(&self) {
        self.server.freeze();
    }

    fn thaw(&self) {
        self.server.thaw();
    }
}
