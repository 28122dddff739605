//! Nodes whose configuration names a database: PostgreSQL, MariaDB.

use crate::access_scenario::{BackEnd, WRONG, node, play, play_while_it_is_there, pool, stored};
use dunlin_real_servers::{DATABASE, MariadbServer, PASSWORD, PostgresqlServer, USERNAME};

const USER_QUERY: &str = "SELECT password_hash, salt FROM mqtt_user WHERE username = ${username} LIMIT 1";
const RULE_QUERY: &str = "SELECT permission, action, topic FROM mqtt_acl WHERE username = ${username}";

/// Tables with ann in them.
pub(crate) fn tables() -> String {
    let stored = stored();
    format!(
        "CREATE TABLE mqtt_user (username varchar(100), password_hash varchar(100), salt varchar(40));
         CREATE TABLE mqtt_acl (username varchar(100), permission varchar(10), action varchar(10), topic varchar(100));
         INSERT INTO mqtt_user VALUES ('ann', '{}', '{}');
         INSERT INTO mqtt_acl VALUES ('ann', 'allow', 'publish', 'own/${{username}}/#');",
        stored.hash, stored.salt
    )
}

/// What a configuration says of a relational database.
pub(crate) fn sql_place(server: std::net::SocketAddr, query: &str) -> String {
    // What has to be escaped in JSON has to be here too.
    let password = serde_json::to_string(PASSWORD).expect("a text");
    format!(
        "server = \"{server}\", database = \"{DATABASE}\", username = \"{USERNAME}\", password = {password}, \
         query = \"{query}\", query_timeout = 4s, {}",
        pool()
    )
}

impl BackEnd for PostgresqlServer {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn start_again(&mut self) {
        Self::start_again(self);
    }
}

impl BackEnd for MariadbServer {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn start_again(&mut self) {
        Self::start_again(self);
    }
}

#[test]
fn postgresql() {
    let mut server = PostgresqlServer::start();
    server.execute(&tables());
    let broker = node(
        &format!("mechanism = password_based, backend = postgresql, {}", sql_place(server.address(), USER_QUERY)),
        &format!("type = postgresql, {}", sql_place(server.address(), RULE_QUERY)),
    );
    play(&broker, &mut server, WRONG);
}

#[test]
fn postgresql_over_tls() {
    let server = PostgresqlServer::start();
    server.execute(&tables());
    let folder = tempfile::tempdir().expect("a folder");
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, server.certificate_pem()).expect("it can be written");
    let ssl = format!("ssl {{ enable = true, verify = verify_peer, cacertfile = \"{}\" }}", authority.display());
    let broker = node(
        &format!(
            "mechanism = password_based, backend = postgresql, {ssl}, {}",
            sql_place(server.address(), USER_QUERY)
        ),
        &format!("type = postgresql, {ssl}, {}", sql_place(server.address(), RULE_QUERY)),
    );
    play_while_it_is_there(&broker, WRONG);
}

#[test]
fn mysql() {
    let mut server = MariadbServer::start();
    server.execute(&tables());
    let folder = tempfile::tempdir().expect("a folder");
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, server.certificate_pem()).expect("it can be written");
    let ssl = format!("ssl {{ enable = true, verify = verify_peer, cacertfile = \"{}\" }}", authority.display());
    let broker = node(
        &format!("mechanism = password_based, backend = mysql, {ssl}, {}", sql_place(server.address(), USER_QUERY)),
        &format!("type = mysql, {}", sql_place(server.address(), RULE_QUERY)),
    );
    play(&broker, &mut server, WRONG);
}
