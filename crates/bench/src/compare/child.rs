//! Processes that were started for a pass.

use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;

/// Sends SIGTERM. A child that was not waited for keeps its process id, so the signal cannot hit another process.
pub(super) fn ask_to_end(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}
