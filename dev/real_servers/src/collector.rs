//! The Collector of OpenTelemetry, which writes what it gets into a file.

use crate::built_program::built_program;
use crate::{Certificates, PATIENCE, ServerProcess, free_port};
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const READY: &str = "Everything is ready";

/// Between two looks at its file.
const PAUSE: Duration = Duration::from_millis(20);

/// A Collector that takes OTLP over gRPC and HTTP.
#[derive(Debug)]
pub struct CollectorServer {
    process: ServerProcess,
    program: String,
    arguments: Vec<String>,
    grpc_port: u16,
    http_port: u16,
    file: PathBuf,
    _folder: TempDir,
}

impl CollectorServer {
    /// Starts one on 127.0.0.1. `None` where it was not built, for want of Go; never where the tests are those of CI.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// As [`Self::start`], with TLS.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_tls(certificates: &Certificates) -> Option<Self> {
        let (certificate, key) = (certificates.certificate(), certificates.key());
        let tls = format!("cert_file: \"{}\", key_file: \"{}\"", certificate.display(), key.display());
        Self::start_with(&format!("tls: {{ {tls} }}"))
    }

    fn start_with(more: &str) -> Option<Self> {
        let Some(program) = built_program("otelcol") else {
            assert!(
                std::env::var_os("CI").is_none(),
                "there is no Collector of OpenTelemetry: `make servers` builds it"
            );
            eprintln!("skipped: there is no Collector of OpenTelemetry (`make servers` builds it with Go)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder for its data");
        let file = folder.path().join("received.json");
        let (grpc_port, http_port) = (free_port(), free_port());
        let config = format!(
            "receivers:\n  otlp:\n    protocols:\n\
             \x20     grpc: {{ endpoint: 127.0.0.1:{grpc_port}, {more} }}\n\
             \x20     http: {{ endpoint: 127.0.0.1:{http_port}, {more} }}\n\
             exporters:\n  file: {{ path: \"{}\", flush_interval: 50ms }}\n\
             service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  pipelines:\n\
             \x20   metrics: {{ receivers: [otlp], exporters: [file] }}\n\
             \x20   logs: {{ receivers: [otlp], exporters: [file] }}\n\
             \x20   traces: {{ receivers: [otlp], exporters: [file] }}\n",
            file.display()
        );
        let path = folder.path().join("config.yaml");
        fs::write(&path, config.replace(", }", " }")).expect("its configuration is written");
        let arguments = vec![format!("--config={}", path.display())];
        let process = ServerProcess::start(&program, &arguments, READY);
        Some(Self { process, program, arguments, grpc_port, http_port, file, _folder: folder })
    }

    /// Where it takes OTLP/gRPC.
    #[must_use]
    pub const fn grpc_port(&self) -> u16 {
        self.grpc_port
    }

    /// Where it takes OTLP/HTTP.
    #[must_use]
    pub const fn http_port(&self) -> u16 {
        self.http_port
    }

    /// The process.
    #[must_use]
    pub const fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    /// Starts it again on the same ports, after it was killed.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = ServerProcess::start(&self.program, &self.arguments, READY);
    }

    /// All that it has got so far: one object of JSON a line, each a batch.
    #[must_use]
    pub fn received(&self) -> String {
        fs::read_to_string(&self.file).unwrap_or_default()
    }

    /// Waits until what it has got is as `look` wants it, and gives back what `look` found there.
    ///
    /// # Panics
    /// It is not within [`PATIENCE`].
    #[expect(clippy::disallowed_methods, reason = "another process writes a file, of which nobody tells")]
    pub fn wait_until<T>(&self, what: &str, look: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let received = self.received();
            if let Some(found) = look(&received) {
                return found;
            }
            assert!(Instant::now() < deadline, "{what}: not in\n{received}");
            thread::sleep(PAUSE);
        }
    }
}
