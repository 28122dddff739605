//! What the `dunlin` command does: serving, starting and stopping a node in the background, questions to a running one, and a
//! look at the store of one that does not run.

mod asker;
mod command_line;
mod completion;
mod ctl;
mod ctl_access;
mod ctl_admins;
mod ctl_api_keys;
mod ctl_banned;
mod ctl_client_stats;
mod ctl_clients;
mod ctl_cluster;
mod ctl_conf;
mod ctl_data;
mod ctl_listeners;
mod ctl_log;
mod ctl_missing;
mod ctl_node;
mod ctl_overload;
mod ctl_retainer;
mod ctl_rules;
mod ctl_slow_subs;
mod ctl_store;
mod ctl_top;
mod ctl_topic_metrics;
mod ctl_topics;
mod ctl_trace;
mod ctl_users;
mod examples;
mod mqtt_arguments;
mod mqtt_properties;
mod mqtt_usage;
mod notices;
mod output;
mod page_arguments;
mod ping;
mod publish;
mod serve;
mod start;
mod stop;
mod store;
mod store_dump;
mod subscribe;
mod tune;

pub use command_line::run_command_line;

use crate::configuration::{Configuration, ConfigurationError};
use crate::control::ControlError;
use dunlin_storage::store::{OpenStoreError, StoreError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The broker cannot be reached: none runs there.
const EXIT_NO_BROKER: u8 = 3;

/// A node does not start because of its configuration, and would not the next time: `EX_CONFIG` of `sysexits.h`, which the systemd
/// unit knows.
const EXIT_CONFIGURATION: u8 = 78;

/// What `--help` says about exit codes.
const EXIT_CODES: &str = "Exit codes: 0 good, 1 failed or damage found, 2 wrong usage, 3 no broker runs on the data folder, 78 foreground and console: the \
     configuration is wrong";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    OpenStore(#[from] OpenStoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    NoStore(String),
    /// In the words that the command has for it.
    #[error("{0}")]
    Told(String),
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// The end of a command: its exit code, and its error on standard error.
fn end(result: Result<ExitCode, CommandError>) -> ExitCode {
    match result {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dunlin: {error}");
            match error {
                CommandError::Control(ControlError::NoBroker { .. }) => ExitCode::from(EXIT_NO_BROKER),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// The data folder that is named, or that of the configuration.
fn data_dir(named: Option<PathBuf>, config: Option<&Path>) -> Result<PathBuf, CommandError> {
    match named {
        Some(named) => Ok(named),
        None => Ok(Configuration::data_dir(config)?),
    }
}
