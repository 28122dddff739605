//! `dunlin ctl`: questions to a running broker.

use super::{EXIT_CODES, ctl_store, data_dir, end};
use crate::ControlClient;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  dunlin ctl store info                             of the broker of the default configuration
  dunlin --config dunlin.conf ctl store info        of the broker with this configuration
  dunlin ctl --data-dir /var/lib/dunlin store verify
  DUNLIN_NODE__DATA_DIR=/var/lib/dunlin dunlin ctl store compact";

/// Arguments of `dunlin ctl`.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct CtlArguments {
    /// Data folder of the broker [default: `node.data_dir` of the configuration]
    #[arg(short, long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Subcommand, Debug)]
enum Subject {
    /// The store of the durable sessions
    #[command(subcommand, after_help = EXIT_CODES)]
    Store(ctl_store::Command),
}

impl CtlArguments {
    /// Asks, and prints the answer. `config` is the configuration file that was named.
    #[must_use]
    pub fn run(self, config: Option<&Path>) -> ExitCode {
        let Subject::Store(command) = self.subject;
        end(data_dir(self.data_dir, config).and_then(|folder| command.run(&ControlClient::new(folder))))
    }
}
