//! `dunlin store`: the store of a broker that does not run.

use super::{CommandError, EXIT_CODES, data_dir, end, store_dump::Dump};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
The broker must not run. Nothing in its data folder is changed: what the key-value store holds is copied to a temporary
folder (TMPDIR) first.

Examples:
  dunlin store dump --data-dir /var/lib/dunlin
  dunlin store dump --data-dir /var/lib/dunlin --session sensor-7 --bodies
  dunlin store dump --json | jq 'select(.kind == \"queued\") | .topic'";

/// Arguments of `dunlin store`.
#[derive(Args, Debug)]
pub(super) struct StoreArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Print sessions, subscriptions, queues, retained and delayed messages
    #[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
    Dump(DumpArguments),
}

/// What is printed, and how.
#[derive(Args, Debug)]
pub(super) struct DumpArguments {
    /// Data folder of the broker [default: `node.data_dir` of the configuration]
    #[arg(short, long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Only the session of this client
    #[arg(short, long, value_name = "CLIENT ID")]
    pub(super) session: Option<String>,
    /// One JSON object for each line
    #[arg(long)]
    pub(super) json: bool,
    /// Payloads too: as text, or in hexadecimal digits where they are none
    #[arg(long)]
    pub(super) bodies: bool,
}

impl StoreArguments {
    /// Does it. `config` is the configuration file that was named.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let Command::Dump(arguments) = self.command;
        end(dump(&arguments, config))
    }
}

fn dump(arguments: &DumpArguments, config: Option<&Path>) -> Result<ExitCode, CommandError> {
    let folder = data_dir(arguments.data_dir.clone(), config)?;
    Dump::of(&folder, arguments)
}
