//! The server that all tests share, and those that a test has for itself.

use crate::scenarios::{Database, Limits, Mortal};
use dunlin_access::{Authenticator, AuthorizationSource, RuleSettings};
use dunlin_auth_backend::sql::{Secret, ServerAddress, SqlSettings};
use dunlin_auth_mysql::{MysqlSettings, authenticator, authorization};
use dunlin_passwords::Algorithm;
use dunlin_real_servers::{DATABASE, MariadbServer, PASSWORD, USERNAME};
use std::borrow::Borrow;
use std::sync::{Arc, LazyLock};

/// The tables as the manual of EMQX creates them, with its types.
const TABLES: &str = "
CREATE TABLE mqtt_user (
    id INT PRIMARY KEY AUTO_INCREMENT, username VARCHAR(100) NOT NULL UNIQUE, password_hash VARCHAR(100), salt VARCHAR(35),
    is_superuser TINYINT(1) DEFAULT 0, clientid_override VARCHAR(100)) COLLATE utf8mb4_bin;
CREATE TABLE mqtt_acl (
    id INT PRIMARY KEY AUTO_INCREMENT, username VARCHAR(100) NOT NULL, permission ENUM('allow', 'deny') NOT NULL,
    action ENUM('publish', 'subscribe', 'all') NOT NULL, topic VARCHAR(100) NOT NULL, qos VARCHAR(10), retain TINYINT,
    clientid_re VARCHAR(50), username_re VARCHAR(50), ipaddr VARCHAR(60), zone TEXT, listener CHAR(20));";

/// A server with its tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mysql<S> {
    server: S,
}

/// The server that all tests share.
pub(crate) fn shared() -> Mysql<&'static MariadbServer> {
    static SHARED: LazyLock<MariadbServer> = LazyLock::new(start);
    Mysql { server: &*SHARED }
}

/// A server for one test alone.
pub(crate) fn own() -> Mysql<MariadbServer> {
    Mysql { server: start() }
}

fn start() -> MariadbServer {
    let server = MariadbServer::start();
    server.execute(TABLES);
    server
}

impl<S: Borrow<MariadbServer>> Mysql<S> {
    pub(crate) fn server(&self) -> &MariadbServer {
        self.server.borrow()
    }

    /// How it is reached.
    pub(crate) fn settings(&self, limits: Limits) -> MysqlSettings {
        let address = self.server().address();
        let servers = vec![ServerAddress { host: address.ip().to_string(), port: address.port() }];
        let mut sql = SqlSettings::new(servers, DATABASE);
        sql.username = USERNAME.to_owned();
        sql.password = Secret::new(PASSWORD);
        sql.pool_size = limits.connections;
        sql.query_timeout = limits.timeout;
        MysqlSettings::new(sql)
    }
}

impl<S: Borrow<MariadbServer>> Database for Mysql<S> {
    const BACKSLASH: &'static str = "\\\\";
    const SLEEPS: &'static str = "SLEEP(30) = 1";
    const SLEEPERS: &'static str =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(%' AND id <> CONNECTION_ID();";
    const CONNECTIONS: &'static str = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'dunlin';";

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

impl Mortal for Mysql<MariadbServer> {
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
