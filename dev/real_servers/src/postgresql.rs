//! A PostgreSQL server for a test.

use crate::database_process::{DATABASE, DatabaseProcess, PASSWORD, USERNAME, run, run_with_input, write};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

/// A PostgreSQL server, with and without TLS on the same port.
#[derive(Debug)]
pub struct PostgresqlServer {
    process: DatabaseProcess,
    programs: PathBuf,
}

impl PostgresqlServer {
    /// Starts a new one, with an empty database.
    #[must_use]
    pub fn start() -> Self {
        let process = DatabaseProcess::prepare("postgres");
        let mut server = Self { process, programs: programs() };
        let password_file = server.process.folder().join("password");
        write(&password_file, PASSWORD);
        server.process.hand_over(&password_file);
        let mut command = server.process.command(server.programs.join("initdb"));
        command.arg("--pgdata").arg(server.data()).arg("--pwfile").arg(&password_file);
        command.args([
            "--username",
            USERNAME,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        run(&mut command);
        server.start_again();
        server.in_database("postgres", &format!("CREATE DATABASE {DATABASE};"));
        server
    }

    /// Starts it after [`Self::kill`], on the same port.
    pub fn start_again(&mut self) {
        let folder = self.process.folder().to_owned();
        let mut command = self.process.command(self.programs.join("postgres"));
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &self.port()]);
        for setting in ["fsync=off", "max_connections=50", "unix_socket_directories=", "ssl=on"] {
            command.arg("-c").arg(setting);
        }
        command.arg("-c").arg(format!("ssl_cert_file={}", folder.join("certificate.pem").display()));
        command.arg("-c").arg(format!("ssl_key_file={}", folder.join("key.pem").display()));
        let mut is_ready = Command::new(self.programs.join("pg_isready"));
        is_ready.args(["-h", "127.0.0.1", "-p", &self.port()]);
        self.process.start(command, is_ready);
    }

    /// Runs statements in the database of the test; what they find, a row in a line, without titles.
    pub fn execute(&self, statements: &str) -> String {
        self.in_database(DATABASE, statements)
    }

    fn in_database(&self, database: &str, statements: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]);
        command.args(["-h", "127.0.0.1", "-p", &self.port(), "-U", USERNAME, database]);
        command.env("PGPASSWORD", PASSWORD);
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

    fn port(&self) -> String {
        self.address().port().to_string()
    }

    fn data(&self) -> PathBuf {
        self.process.folder().join("data")
    }
}

/// Debian keeps the programs of each version in a folder of their own, outside `PATH`.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or_else(PathBuf::new, |version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
}
