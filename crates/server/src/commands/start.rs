//! `dunlin start`: a node in the background, and the one reason if there is none.

use super::{CommandError, end, notices, ping};
use crate::configuration::Configuration;
use crate::control::{ControlClient, socket_path};
use crate::data_folder_lock::{DataFolderLock, create_data_folder};
use crate::start_report::{StartOutcome, read_outcome};
use clap::Args;
use close_fds::CloseFdsBuilder;
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// EMQX's patience with a start, and with a stop.
const WAIT_SECS: u64 = 120;

/// How long a node may take to end when its start took too long, before it is killed.
const END_SECS: u64 = 10;

/// A node that has just started answers quickly.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the node prints besides its log: in the folder of the log.
const OUTPUT_NAME: &str = "dunlin.out";

/// The first one behind standard input, output and error.
const FIRST_LENT_DESCRIPTOR: i32 = 3;

#[derive(Args, Debug)]
pub(super) struct StartArguments {
    /// How long to wait until clients are served [default: DUNLIN_WAIT_FOR_START, EMQX_WAIT_FOR_START, or 120]
    #[arg(long, value_name = "SECONDS")]
    start_timeout: Option<u64>,
}

/// Starts a node, and prints where it listens.
pub(super) fn start(arguments: &StartArguments, config: Option<&Path>) -> ExitCode {
    end(try_start(arguments, config))
}

/// The number of seconds that a variable of the environment gives: `DUNLIN_WAIT_FOR_START`.
pub(super) fn wait_secs(name: &str) -> u64 {
    let read = |prefix| std::env::var(format!("{prefix}{name}")).ok()?.parse().ok();
    read("DUNLIN_").or_else(|| read("EMQX_")).unwrap_or(WAIT_SECS)
}

/// Where the log goes: `DUNLIN_LOG_DIR`, `EMQX_LOG_DIR`, or `log` in the data folder.
pub(super) fn log_folder(data_dir: &Path) -> PathBuf {
    let named = ["DUNLIN_LOG_DIR", "EMQX_LOG_DIR"].into_iter().find_map(std::env::var_os);
    named.map_or_else(|| data_dir.join("log"), PathBuf::from)
}

fn try_start(arguments: &StartArguments, config: Option<&Path>) -> Result<ExitCode, CommandError> {
    let configuration = Configuration::read(config)?;
    let node = &configuration.config().node;
    if let Some(pid) = ping::process(&node.data_dir)? {
        let message = format!(
            "Node '{}' is already running: process {pid} on the data folder {}",
            node.name.as_str(),
            node.data_dir.display()
        );
        return Err(CommandError::Told(message));
    }
    // Before the folder of the log, which may be in it.
    create_data_folder(&node.data_dir).map_err(|error| {
        CommandError::Told(format!("cannot use the data folder {}: {error} (`node.data_dir`)", node.data_dir.display()))
    })?;
    let output_path = log_folder(&node.data_dir).join(OUTPUT_NAME);
    let output = open_output(&output_path)
        .map_err(|error| CommandError::Told(format!("cannot write {}: {error}", output_path.display())))?;
    let (ours, theirs) = UnixStream::pair()?;
    let mut child = spawn(config, theirs.into(), &output)?;
    let timeout_secs = arguments.start_timeout.unwrap_or_else(|| wait_secs("WAIT_FOR_START"));
    ours.set_read_timeout(Some(Duration::from_secs(timeout_secs.max(1))))?;
    match read_outcome(&ours) {
        Ok(Some(StartOutcome::Ready)) => {}
        Ok(Some(StartOutcome::Failed(reason))) => {
            child.wait()?;
            return Err(CommandError::Told(reason));
        }
        Ok(None) => {
            let status = child.wait()?;
            clean_up(&node.data_dir);
            let message = format!("the node ended without a reason ({status}); see {}", output_path.display());
            return Err(CommandError::Told(message));
        }
        Err(error) => {
            end_child(&mut child, &node.data_dir)?;
            let reason = match error.kind() {
                io::ErrorKind::WouldBlock => format!("it was not ready within {timeout_secs} seconds"),
                _ => error.to_string(),
            };
            let log = log_folder(&node.data_dir);
            let message =
                format!("the node did not start: {reason}; it was stopped again, its log is in {}", log.display());
            return Err(CommandError::Told(message));
        }
    }
    eprint!("{}", notices::after_start(&configuration));
    print_listeners(&node.data_dir)?;
    println!("Dunlin {} is started successfully!", env!("CARGO_PKG_VERSION"));
    Ok(ExitCode::SUCCESS)
}

fn open_output(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}

fn spawn(config: Option<&Path>, report: OwnedFd, output: &File) -> io::Result<Child> {
    // What this process was lent, such as the lock of a script or the pipe of a terminal, is not for a node that stays.
    CloseFdsBuilder::new().cloexecfrom(FIRST_LENT_DESCRIPTOR);
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    command.args(["foreground", "--background"]);
    command.stdin(Stdio::from(report)).stdout(output.try_clone()?).stderr(output.try_clone()?).spawn()
}

fn print_listeners(data_dir: &Path) -> Result<(), CommandError> {
    let listeners = ControlClient::new(data_dir).call("listeners", json!({}), Some(PATIENCE))?;
    for listener in listeners.as_array().into_iter().flatten() {
        let word = |key| listener.get(key).and_then(Value::as_str).unwrap_or("unknown");
        if listener.get("running") == Some(&Value::Bool(true)) {
            println!("Listener {} on {} started.", word("id"), word("listen_on"));
        }
    }
    let status = ControlClient::new(data_dir).call("node.status", json!({}), Some(PATIENCE))?;
    for url in status.get("api").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        println!("Dashboard and REST API on {url} started.");
    }
    Ok(())
}

/// Ends a node whose start took too long: in order if it can, at once if it cannot.
fn end_child(child: &mut Child, data_dir: &Path) -> io::Result<()> {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let process = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?;
        let _ = rustix::process::pidfd_send_signal(&process, rustix::process::Signal::TERM);
        if !super::stop::wait(&process, END_SECS)? {
            child.kill()?;
        }
    }
    child.wait()?;
    clean_up(data_dir);
    Ok(())
}

/// Removes what a node that did not end by itself leaves behind.
fn clean_up(data_dir: &Path) {
    // Whoever else works on the folder by now keeps it.
    if let Ok(lock) = DataFolderLock::take(data_dir) {
        let _ = fs::remove_file(socket_path(data_dir));
        drop(lock);
    }
}
