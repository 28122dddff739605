//! `dunlin stop`: asks the node to end, and waits until it has.

use super::{CommandError, data_dir, end, ping};
use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Seconds between two lines that say that the stop is not done yet.
const PROGRESS_SECS: u64 = 5;

#[derive(Args, Debug)]
pub(super) struct StopArguments {
    /// Data folder of the node [default: `node.data_dir` of the configuration]
    #[arg(short, long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// How long to wait for its end [default: DUNLIN_WAIT_FOR_STOP, EMQX_WAIT_FOR_STOP, or 120]
    #[arg(long, value_name = "SECONDS")]
    stop_timeout: Option<u64>,
}

/// How a stop went.
enum Stopped {
    Ended,
    /// There was nothing to stop.
    NothingRan,
}

/// Stops the node; that none runs is a failure, as in EMQX.
pub(super) fn stop(arguments: &StopArguments, config: Option<&Path>) -> ExitCode {
    end(try_stop(arguments, config).and_then(|stopped| match stopped {
        Stopped::Ended => {
            println!("ok");
            Ok(ExitCode::SUCCESS)
        }
        Stopped::NothingRan => Err(CommandError::Told(ping::not_responding(config))),
    }))
}

/// Stops the node if there is one.
///
/// # Errors
/// The exit code where it goes on running; the reason has been told.
pub(super) fn stop_if_running(arguments: &StopArguments, config: Option<&Path>) -> Result<(), ExitCode> {
    match try_stop(arguments, config) {
        Ok(_) => Ok(()),
        Err(error) => Err(end(Err(error))),
    }
}

fn try_stop(arguments: &StopArguments, config: Option<&Path>) -> Result<Stopped, CommandError> {
    let folder = data_dir(arguments.data_dir.clone(), config)?;
    let Some((pid, process)) = open(&folder)? else { return Ok(Stopped::NothingRan) };
    match pidfd_send_signal(&process, Signal::TERM) {
        // It ended by itself meanwhile.
        Ok(()) | Err(Errno::SRCH) => {}
        Err(Errno::PERM) => {
            return Err(CommandError::Told(format!(
                "process {pid} belongs to another user: run this command as that user, or as root"
            )));
        }
        Err(error) => return Err(CommandError::Told(format!("cannot signal process {pid}: {error}"))),
    }
    let timeout_secs = arguments.stop_timeout.unwrap_or_else(|| super::start::wait_secs("WAIT_FOR_STOP"));
    if wait(&process, timeout_secs)? {
        return Ok(Stopped::Ended);
    }
    Err(CommandError::Told(format!(
        "Stop failed, dangling after {timeout_secs} seconds: process {pid} is still around"
    )))
}

/// The process of the node, held by a descriptor, so that its number cannot come to mean another one.
fn open(data_dir: &Path) -> Result<Option<(u32, OwnedFd)>, CommandError> {
    let Some(pid) = ping::process(data_dir)? else { return Ok(None) };
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(raw) = raw else { return Err(CommandError::Told(format!("{pid} is no process"))) };
    let process = match pidfd_open(raw, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(Errno::SRCH) => return Ok(None),
        Err(error) => return Err(CommandError::Told(format!("cannot watch process {pid}: {error}"))),
    };
    // It may have ended before it was held, and the number be another's now.
    Ok((ping::process(data_dir)? == Some(pid)).then_some((pid, process)))
}

/// Waits for the end of a process, and says that it does so. Gives back whether it came.
pub(super) fn wait(process: &OwnedFd, timeout_secs: u64) -> io::Result<bool> {
    const SECOND: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
    for second in 0..timeout_secs {
        if second > 0 && second.is_multiple_of(PROGRESS_SECS) {
            eprintln!("dunlin: still stopping after {second} s");
        }
        match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&SECOND)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
