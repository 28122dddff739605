//! A process and those it has started: databases serve each connection by another one.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};

/// Sends a signal to a process and to all that come from it.
pub(crate) fn signal_family(root: u32, signal: Signal) {
    // Whoever is stopped starts no more children, so the list is complete when it is used.
    send(root, Signal::STOP);
    for child in children(root) {
        signal_family(child, signal);
    }
    send(root, signal);
    if signal == Signal::STOP {
        wait_until_stopped(root);
    }
}

/// A signal takes its time: until every thread has heard it, a process may still answer.
pub(crate) fn wait_until_stopped(process: u32) {
    while threads_of(process).iter().any(|thread| is_running(thread)) {
        std::thread::yield_now();
    }
}

fn threads_of(process: u32) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{process}/task"));
    entries.map_or_else(|_| Vec::new(), |entries| entries.flatten().map(|entry| entry.path()).collect())
}

/// `1234 (name) T …`: the name may have anything in it. One that is gone does not run.
fn is_running(thread: &Path) -> bool {
    let text = fs::read_to_string(thread.join("stat")).unwrap_or_default();
    let state = text.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_some_and(|state| !matches!(state, 'T' | 't' | 'Z' | 'X'))
}

/// Lets a process that was stopped go on, and all that come from it.
pub(crate) fn continue_family(root: u32) {
    for child in children(root) {
        continue_family(child);
    }
    send(root, Signal::CONT);
}

fn send(process: u32, signal: Signal) {
    if let Some(id) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        // One that is gone is as good as one that heard it.
        let _ = kill_process(id, signal);
    }
}

fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let processes = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|process| parent_of(*process) == Some(parent)).collect()
}

/// The second word behind the name of the program, which stands in brackets and may hold anything.
fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(1)?.parse().ok()
}
