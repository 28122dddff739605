//! `dunlin-bench intrude` as a process of its own beside a measurement.

use super::child::ask_to_end;
use crate::error::RunError;
use crate::intruders::IntruderReport;
use crate::target::Target;
use dunlin_model::ProtocolVersion;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// Intruders that go on until [`IntruderProcess::end`], or until this is dropped.
#[derive(Debug)]
pub(super) struct IntruderProcess(Child);

impl IntruderProcess {
    /// Starts them at `address`; version and user name are those of the clients of `target`.
    pub(super) fn start(address: SocketAddr, target: &Target, per_second: f64) -> Result<Self, RunError> {
        let version = match target.version {
            ProtocolVersion::V3 => "3",
            ProtocolVersion::V4 => "4",
            ProtocolVersion::V5 => "5",
        };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["intrude", "--json", "--quiet", "--protocol", version]);
        command.args(["--rate", &per_second.to_string()]);
        command.args(["--host", &address.ip().to_string(), "--port", &address.port().to_string()]);
        if let Some(username) = &target.credentials.username {
            command.args(["--username", username]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Self(child))
    }

    /// Ends them and tells what became of them.
    pub(super) fn end(mut self) -> Result<IntruderReport, RunError> {
        ask_to_end(&self.0);
        let mut report = String::new();
        if let Some(output) = &mut self.0.stdout {
            output.read_to_string(&mut report)?;
        }
        serde_json::from_str(&report)
            .map_err(|error| RunError::Broker(format!("the intruders ended without a report: {error}")))
    }
}

impl Drop for IntruderProcess {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
