//! A MariaDB server for a test.

use crate::database_process::{DATABASE, DatabaseProcess, PASSWORD, USERNAME, run, run_with_input};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

/// A MariaDB server, with and without TLS on the same port.
#[derive(Debug)]
pub struct MariadbServer {
    process: DatabaseProcess,
}

/// As small and quick as it can be: what is written survives the server, but not the machine.
const SERVER_OPTIONS: [&str; 7] = [
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=8M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-flush-method=nosync",
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--max-connections=50",
];

impl MariadbServer {
    /// Starts a new one, with an empty database.
    #[must_use]
    pub fn start() -> Self {
        let mut server = Self { process: DatabaseProcess::prepare("mysql") };
        let mut command = server.process.command("mariadb-install-db");
        command.arg("--no-defaults").arg(format!("--datadir={}", server.data().display()));
        command.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=4M"]);
        run(&mut command);
        server.start_again();
        let password = PASSWORD.replace('\'', "''");
        server.as_user(
            "root",
            "",
            &format!(
                "CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;\n\
                 CREATE USER '{USERNAME}'@'127.0.0.1' IDENTIFIED BY '{password}';\n\
                 GRANT ALL ON *.* TO '{USERNAME}'@'127.0.0.1';\n"
            ),
        );
        server
    }

    /// Starts it after [`Self::kill`], on the same port.
    pub fn start_again(&mut self) {
        let folder = self.process.folder().to_owned();
        let mut command = self.process.command("/usr/sbin/mariadbd");
        command.arg("--no-defaults").arg(format!("--datadir={}", self.data().display()));
        command.args(SERVER_OPTIONS).arg(format!("--port={}", self.address().port()));
        command.arg(format!("--socket={}", self.socket().display()));
        command.arg(format!("--ssl-cert={}", folder.join("certificate.pem").display()));
        command.arg(format!("--ssl-key={}", folder.join("key.pem").display()));
        let mut is_ready = Command::new("mariadb-admin");
        is_ready.arg("--no-defaults").arg(format!("--socket={}", self.socket().display())).args(["-u", "root", "ping"]);
        self.process.start(command, is_ready);
    }

    /// Runs statements in the database of the test; what they find, a row in a line, without titles.
    pub fn execute(&self, statements: &str) -> String {
        self.as_user("root", DATABASE, statements)
    }

    fn as_user(&self, user: &str, database: &str, statements: &str) -> String {
        let mut command = Command::new("mariadb");
        command
            .args(["--no-defaults", "--skip-column-names", "--default-character-set=utf8mb4"])
            .arg(format!("--socket={}", self.socket().display()));
        command.args(["-u", user, database]);
        run_with_input(&mut command, statements)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Its certificate, for `localhost` and `127.0.0.1`, signed by itself.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        self.process.certificate_pem()
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Lets it do nothing until [`Self::thaw`].
    pub fn freeze(&self) {
        self.process.freeze();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.thaw();
    }

    fn data(&self) -> PathBuf {
        self.process.folder().join("data")
    }

    fn socket(&self) -> PathBuf {
        self.process.folder().join("socket")
    }
}
