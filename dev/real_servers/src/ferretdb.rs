//! FerretDB: an open server that speaks MongoDB's protocol, here with SQLite below it.

use crate::built_program::built_program;
use crate::{Certificates, ServerProcess, free_port};
use tempfile::TempDir;

const READY: &str = "Listening on TCP";

/// A FerretDB that keeps its data through a restart.
#[derive(Debug)]
pub struct FerretdbServer {
    process: ServerProcess,
    arguments: Vec<String>,
    port: u16,
    tls_port: Option<u16>,
    _folder: TempDir,
}

impl FerretdbServer {
    /// Starts one on 127.0.0.1 that lets everybody in.
    #[must_use]
    pub fn start() -> Self {
        Self::start_on(free_port())
    }

    /// Starts one on a port that was found free before.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_on(port: u16) -> Self {
        Self::start_with(port, None, &[])
    }

    /// Starts one that wants to know the password of a user of the database `admin`.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_with_user(username: &str, password: &str) -> Self {
        let arguments = [
            "--test-enable-new-auth".to_owned(),
            "--setup-database=admin".to_owned(),
            format!("--setup-username={username}"),
            format!("--setup-password={password}"),
        ];
        Self::start_with(free_port(), None, &arguments)
    }

    /// Starts one that says it is the primary of a replica set.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_in_set(name: &str) -> Self {
        Self::start_with(free_port(), None, &[format!("--repl-set-name={name}")])
    }

    /// Starts one that speaks TLS on another port too.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_tls(certificates: &Certificates) -> Self {
        let tls_port = free_port();
        let arguments = [
            format!("--listen-tls=127.0.0.1:{tls_port}"),
            format!("--listen-tls-cert-file={}", certificates.certificate().display()),
            format!("--listen-tls-key-file={}", certificates.key().display()),
        ];
        Self::start_with(free_port(), Some(tls_port), &arguments)
    }

    fn start_with(port: u16, tls_port: Option<u16>, more: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for its data");
        let fixed = [
            "--handler=sqlite".to_owned(),
            format!("--sqlite-url=file:{}/", folder.path().display()),
            format!("--state-dir={}", folder.path().display()),
            format!("--listen-addr=127.0.0.1:{port}"),
            "--debug-addr=-".to_owned(),
            "--telemetry=disable".to_owned(),
        ];
        let arguments: Vec<_> = fixed.into_iter().chain(more.iter().cloned()).collect();
        let process = ServerProcess::start(&program(), &arguments, READY);
        if tls_port.is_some() {
            process.wait_for_line("Listening on TLS");
        }
        Self { process, arguments, port, tls_port, _folder: folder }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens for TLS, if it does.
    #[must_use]
    pub fn tls_port(&self) -> Option<u16> {
        self.tls_port
    }

    /// The process.
    #[must_use]
    pub fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    /// Starts it again on the same port with the same data, after it was killed.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = ServerProcess::start(&program(), &self.arguments, READY);
    }
}

/// Where `make servers` has put it, or wherever the path leads.
fn program() -> String {
    built_program("ferretdb").unwrap_or_else(|| "ferretdb".to_owned())
}
