//! `dunlin ping` and `dunlin pid`: whether a node runs, and which process it is.

use super::{CommandError, data_dir, end};
use crate::configuration::Configuration;
use crate::control::{ControlClient, ControlError};
use crate::data_folder_lock::DataFolderLock;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A node that needs longer to say how it is is not well.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args, Debug)]
pub(super) struct PingArguments {
    /// Data folder of the node [default: `node.data_dir` of the configuration]
    #[arg(short, long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

/// `pong`, if clients are served.
pub(super) fn ping(arguments: &PingArguments, config: Option<&Path>) -> ExitCode {
    let ask = || {
        let folder = data_dir(arguments.data_dir.clone(), config)?;
        let status = match ControlClient::new(&folder).call("node.status", json!({}), Some(PATIENCE)) {
            Ok(status) => status,
            Err(ControlError::NoBroker { .. }) => return Err(CommandError::Told(not_responding(config))),
            Err(error) => return Err(error.into()),
        };
        let word = |key| status.get(key).and_then(Value::as_str).unwrap_or("unknown");
        if word("status") != "started" {
            return Err(CommandError::Told(format!("Node '{}' is {}.", word("node"), word("status"))));
        }
        println!("pong");
        Ok(ExitCode::SUCCESS)
    };
    end(ask())
}

/// The number of the process.
pub(super) fn pid(arguments: &PingArguments, config: Option<&Path>) -> ExitCode {
    let ask = || {
        let folder = data_dir(arguments.data_dir.clone(), config)?;
        let pid = process(&folder)?.ok_or_else(|| CommandError::Told(not_responding(config)))?;
        println!("{pid}");
        Ok(ExitCode::SUCCESS)
    };
    end(ask())
}

/// The process that works on a data folder, if one does. It need not be well enough to answer.
pub(super) fn process(data_dir: &Path) -> Result<Option<u32>, CommandError> {
    if let Some(pid) = ControlClient::new(data_dir).process()? {
        return Ok(Some(pid));
    }
    let owner = DataFolderLock::owner(data_dir)
        .map_err(|source| CommandError::Unreadable { path: data_dir.to_owned(), source })?;
    match owner {
        None => Ok(None),
        Some(Some(pid)) => Ok(Some(pid)),
        Some(None) => Err(CommandError::Told(format!(
            "a broker runs on the data folder {}, but does not say which process it is",
            data_dir.display()
        ))),
    }
}

/// What EMQX says where no node runs.
pub(super) fn not_responding(config: Option<&Path>) -> String {
    match Configuration::read(config) {
        Ok(read) => format!("Node '{}' not responding to pings.", read.config().node.name.as_str()),
        // Another command's business.
        Err(_) => "Node not responding to pings.".into(),
    }
}
