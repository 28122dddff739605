//! How often a process has a file written through to the disk (fsync, fdatasync), counted by `perf stat`.
//!
//! /proc has no such counter. The trace points of the file systems are counted, not those of the system calls: each sync
//! passes one of them, and unlike a trace point of a system call they cost nothing where nobody syncs. Needs `perf` and the
//! right to trace, which is mostly root's; without them the figure is left out. A sync that a thread of the kernel makes for
//! the process (io_uring) is not seen.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const TRACE_POINTS: [(&str, &str); 4] = [
    ("ext4", "ext4_sync_file_enter"),
    ("xfs", "xfs_file_fsync"),
    ("btrfs", "btrfs_sync_file"),
    ("f2fs", "f2fs_sync_file_enter"),
];
const TRACING: &str = "/sys/kernel/tracing/events";

/// A running `perf stat` that is attached to a process; ended when dropped.
#[derive(Debug)]
pub struct SyncCounter {
    perf: Child,
    control: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl SyncCounter {
    /// Attaches to process `pid` without counting yet; `None` when that is not possible here.
    #[must_use]
    pub fn attach(pid: u32) -> Option<Self> {
        let exists = |(system, point): &&(&str, &str)| Path::new(TRACING).join(system).join(point).exists();
        let points: Vec<_> =
            TRACE_POINTS.iter().filter(exists).map(|(system, point)| format!("{system}:{point}")).collect();
        if points.is_empty() {
            return None;
        }
        // Starts disabled (-D -1) and is told what to do through its standard input and output.
        let mut perf = Command::new("perf")
            .args(["stat", "-x", ",", "-D", "-1", "--control", "fd:0,1", "-e", &points.join(","), "-p"])
            .arg(pid.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let (control, answers) = (perf.stdin.take()?, BufReader::new(perf.stdout.take()?));
        let mut counter = Self { perf, control, answers };
        // The answer says that it is attached; counting starts with `start`.
        counter.tell("disable").ok().map(|()| counter)
    }

    /// Counts from now on.
    pub fn start(&mut self) {
        // A counter that has gone away says so at the end.
        let _ = self.tell("enable");
    }

    /// Stops and returns the count; `None` when nothing could be counted.
    #[must_use]
    pub fn finish(mut self) -> Option<u64> {
        self.tell("disable").ok()?;
        self.interrupt();
        let mut report = String::new();
        self.perf.stderr.take()?.read_to_string(&mut report).ok()?;
        sum(&report)
    }

    fn tell(&mut self, word: &str) -> io::Result<()> {
        writeln!(self.control, "{word}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.contains("ack") { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn interrupt(&self) {
        // A child that was not waited for keeps its process id, so the signal cannot hit another process.
        if let Some(pid) = i32::try_from(self.perf.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::INT);
        }
    }
}

impl Drop for SyncCounter {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.perf.kill();
        let _ = self.perf.wait();
    }
}

/// Lines are `count,unit,event,...`; `<not counted>` stands where the process never ran.
fn sum(report: &str) -> Option<u64> {
    let is_ours = |line: &&str| TRACE_POINTS.iter().any(|(_, point)| line.contains(point));
    let lines: Vec<_> = report.lines().filter(is_ours).collect();
    let count = |line: &&str| line.split(',').next().and_then(|count| count.parse::<u64>().ok());
    let counted: Vec<u64> = lines.iter().filter_map(count).collect();
    (!counted.is_empty()).then(|| counted.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_systems_are_added_up() {
        let report =
            "Events disabled\n120,,ext4:ext4_sync_file_enter,900,100.00,,\n0,,btrfs:btrfs_sync_file,900,100.00,,\n";
        assert_eq!(sum(report), Some(120));
        assert_eq!(sum("<not counted>,,ext4:ext4_sync_file_enter,0,100.00,,\n"), None);
        assert_eq!(sum("Error:\nAccess to performance monitoring is limited.\n"), None);
    }
}
