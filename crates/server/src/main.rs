//! The `dunlin` command.

use clap::{Parser, Subcommand};
use dunlin_server::{
    Answerer, ControlServer, CtlArguments, GiveBack, Server, StartControlError, StoreArguments, read, start_logging,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tracing::{info, warn};

#[global_allocator]
static ALLOCATOR: dunlin_allocator::Allocator = dunlin_allocator::Allocator;

/// How long a stop waits for clients that read slowly.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// A usage error, as of every command line.
const EXIT_USAGE: u8 = 2;

/// MQTT broker: MQTT 3.1, 3.1.1 and 5.0.
#[derive(Parser)]
#[command(name = "dunlin", version, after_help = EXAMPLES)]
struct Arguments {
    /// Configuration file (HOCON) [default: /etc/dunlin/dunlin.conf if it exists, else built-in defaults]
    #[arg(short, long, global = true, env = "DUNLIN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run in the foreground until SIGTERM or SIGINT (the default)
    Foreground,
    /// Check the configuration and exit: 0 good, 1 bad
    #[command(name = "check_config", alias = "check-config")]
    CheckConfig,
    /// Ask a running broker
    Ctl(CtlArguments),
    /// Look at the store of a broker that does not run
    Store(StoreArguments),
}

const EXAMPLES: &str = "\
Examples:
  dunlin                                        serve MQTT on port 1883
  dunlin --config dunlin.conf                   with settings from a file
  dunlin check_config --config dunlin.conf      say what is wrong with it
  dunlin ctl store info                         what the store of the running broker holds
  dunlin store dump --data-dir data             the same message by message, when it does not run
  DUNLIN_MQTT__MAX_PACKET_SIZE=2MB dunlin       one setting from the environment";

fn main() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| error.exit());
    let config = arguments.config.as_deref();
    match arguments.command {
        Some(Command::Ctl(ctl)) => ctl.run(config),
        Some(Command::Store(store)) => store.run(config),
        Some(Command::CheckConfig) => check_config(config),
        Some(Command::Foreground) | None => serve(config),
    }
}

fn check_config(config: Option<&Path>) -> ExitCode {
    match read(config) {
        Ok((loaded, _)) => {
            for warning in &loaded.warnings {
                println!("warning: {warning}");
            }
            println!("configuration is valid");
            ExitCode::SUCCESS
        }
        Err(error) => failure(&error),
    }
}

fn failure(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("dunlin: {error}");
    ExitCode::FAILURE
}

fn serve(config: Option<&Path>) -> ExitCode {
    let (loaded, path) = match read(config) {
        Ok(found) => found,
        Err(error) => return failure(&error),
    };
    start_logging(&loaded.config.console_log);
    let file = path.map_or_else(|| "built-in defaults".to_owned(), |path| path.display().to_string());
    info!(msg = "starting", version = env!("CARGO_PKG_VERSION"), config = %file);
    for warning in &loaded.warnings {
        warn!(msg = "config_warning", %warning);
    }
    // No client is known yet that could be told apart: whoever can reach a listener may use the broker.
    warn!(
        msg = "anonymous_access_allowed",
        hint = "no authenticator is configured: everyone who reaches a listener is let in"
    );
    // Before the first thread, so that no signal is lost.
    let mut signals = match Signals::new([SIGTERM, SIGINT]) {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("dunlin: cannot listen for signals: {error}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let server = match Server::start(&loaded.config) {
        Ok(server) => server,
        Err(error) => return failure(&error),
    };
    let control = match ControlServer::start(&loaded.config.node.data_dir, Answerer::new(server.broker())) {
        Ok(control) => Some(control),
        Err(error @ StartControlError::InUse { .. }) => return failure(&error),
        Err(error) => {
            // Clients are served all the same.
            warn!(msg = "control_socket_unavailable", %error);
            None
        }
    };
    let _memory = GiveBack::start();
    for (id, address) in server.broker().addresses() {
        println!("Listener {id} on {address} started.");
    }
    if let Some(signal) = signals.forever().next() {
        info!(msg = "stopping", signal, connections = server.broker().connections());
    }
    drop(control);
    server.stop(STOP_GRACE);
    info!(msg = "stopped");
    ExitCode::SUCCESS
}
