//! Arguments that say which broker, and how the result is shown.

use super::layer_arguments::LayerArguments;
use crate::block_device::BlockDevice;
use crate::error::RunError;
use crate::progress::Progress;
use crate::stop_signal::StopSignal;
use crate::target::Target;
use crate::traffic::RunContext;
use crate::wire::Credentials;
use clap::{Args, ValueEnum};
use dunlin_model::ProtocolVersion;
use std::net::ToSocketAddrs;
use std::path::PathBuf;

/// Protocol version as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Protocol {
    /// MQTT 3.1
    #[value(name = "3", alias = "3.1")]
    V3,
    /// MQTT 3.1.1
    #[value(name = "4", alias = "3.1.1")]
    V4,
    /// MQTT 5.0
    #[value(name = "5", alias = "5.0")]
    V5,
}

/// How all clients talk to the broker.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Clients")]
pub(super) struct ClientArguments {
    /// Protocol version: 3 is 3.1, 4 is 3.1.1, 5 is 5.0
    #[arg(long, value_enum, default_value = "4")]
    pub(super) protocol: Protocol,
    /// User name of all clients
    #[arg(long)]
    pub(super) username: Option<String>,
    /// Password of all clients
    #[arg(long, requires = "username")]
    pub(super) password: Option<String>,
}

/// Where the broker is.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Broker")]
pub(super) struct TargetArguments {
    /// Host name or address of the broker
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// TCP port of the broker; without it 1883, with --tls 8883, with --ws 8083, with both 8084
    #[arg(long)]
    port: Option<u16>,
    /// Process id of the broker, to measure its CPU time and memory (same machine only)
    #[arg(long)]
    pid: Option<u32>,
    /// Folder of the broker's data, to read what the disk below it writes: that of the whole device, of everybody who uses it
    /// (durable, same machine only)
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    clients: ClientArguments,
    #[command(flatten)]
    layers: LayerArguments,
}

/// How the result is shown.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArguments {
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// No progress line
    #[arg(long)]
    pub(super) quiet: bool,
}

impl Protocol {
    pub(super) fn version(self) -> ProtocolVersion {
        match self {
            Self::V3 => ProtocolVersion::V3,
            Self::V4 => ProtocolVersion::V4,
            Self::V5 => ProtocolVersion::V5,
        }
    }
}

impl ClientArguments {
    pub(super) fn credentials(&self) -> Result<Credentials, RunError> {
        for (name, value) in [("--username", &self.username), ("--password", &self.password)] {
            check_text(name, value.as_deref().unwrap_or_default())?;
        }
        Ok(Credentials { username: self.username.clone(), password: self.password.clone() })
    }
}

impl TargetArguments {
    pub(super) fn context(&self, output: OutputArguments, stop: StopSignal) -> Result<RunContext, RunError> {
        let port = self.port.unwrap_or_else(|| self.layers.default_port());
        let addresses = (self.host.as_str(), port).to_socket_addrs();
        let address = addresses
            .map_err(|error| RunError::Usage(format!("cannot resolve --host {}: {error}", self.host)))?
            .next()
            .ok_or_else(|| RunError::Usage(format!("--host {} has no address", self.host)))?;
        if let Some(folder) = self.data_dir.as_deref().filter(|folder| !folder.is_dir()) {
            return Err(RunError::Usage(format!("--data-dir {} is not a folder", folder.display())));
        }
        let target = Target {
            address,
            layers: self.layers.layers(&self.host, port)?,
            version: self.clients.protocol.version(),
            credentials: self.clients.credentials()?,
            pid: self.pid,
            device: self.data_dir.as_deref().and_then(BlockDevice::of_folder),
        };
        Ok(RunContext { target, stop, progress: Progress::new(output.quiet) })
    }
}

/// MQTT text is at most 65,535 bytes long (MQTT 5.0 §1.5.4) and has no U+0000 [MQTT-1.5.4-2]; room is left for a number.
pub(super) fn check_text(name: &str, text: &str) -> Result<(), RunError> {
    if text.len() > usize::from(u16::MAX) - 16 || text.contains('\0') {
        return Err(RunError::Usage(format!("{name} is too long for MQTT or contains U+0000")));
    }
    Ok(())
}
