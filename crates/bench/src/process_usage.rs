//! CPU time, memory and write calls of a process, from /proc.

use rustix::param::{clock_ticks_per_second, page_size};
use std::fs;
use std::io;

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessUsage {
    /// User and system time of all its threads since it started, in seconds; a step is 10 ms.
    pub cpu_seconds: f64,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
}

impl ProcessUsage {
    /// Reads `/proc/PID/stat` and `/proc/PID/statm`.
    ///
    /// # Errors
    /// No such process, or no right to look at it.
    pub fn sample(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let statm = fs::read_to_string(format!("/proc/{pid}/statm"))?;
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat has an unknown form"));
        Ok(Self {
            cpu_seconds: cpu_ticks(&stat).ok_or_else(malformed)? as f64 / clock_ticks_per_second() as f64,
            resident_bytes: resident_pages(&statm).ok_or_else(malformed)? * page_size() as u64,
        })
    }

    /// Like [`Self::sample`], but with memory counted page by page (`smaps_rollup`): slow, and exact where the kernel's
    /// running counter in `statm` may be off by some hundred kilobytes.
    ///
    /// # Errors
    /// No such process, or no right to look at it.
    pub fn sample_exact(pid: u32) -> io::Result<Self> {
        let mut usage = Self::sample(pid)?;
        if let Ok(rollup) = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
            && let Some(bytes) = rollup_resident_bytes(&rollup)
        {
            usage.resident_bytes = bytes;
        }
        Ok(usage)
    }
}

/// Bytes that process `pid` has handed to write calls since it started (`wchar` of `/proc/PID/io`); `None` when that may not be
/// read.
///
/// These are the bytes of files, with those of sockets that are written to like files: Rust's standard library sends to
/// sockets in another way, so for a broker of Rust it is files alone. What a disk writes for them is another figure, see
/// [`crate::block_device`].
#[must_use]
pub fn write_call_bytes(pid: u32) -> Option<u64> {
    written_characters(&fs::read_to_string(format!("/proc/{pid}/io")).ok()?)
}

/// Busy time of all cores since boot, in seconds; 0 when `/proc/stat` cannot be read.
#[must_use]
pub fn machine_busy_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    busy_ticks(&stat).unwrap_or_default() as f64 / clock_ticks_per_second() as f64
}

/// Fields 14 and 15 (utime, stime), counted behind the command name, which may hold spaces and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(") ")?;
    let mut fields = behind_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn written_characters(io: &str) -> Option<u64> {
    io.lines().find_map(|line| line.strip_prefix("wchar:"))?.trim().parse().ok()
}

fn rollup_resident_bytes(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// User, nice, system, irq and softirq time of the first line; idle, iowait, steal and guest time are left out.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line.split_ascii_whitespace().map_while(|field| field.parse().ok()).collect();
    [0, 1, 2, 5, 6].into_iter().map(|index| fields.get(index)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_an_odd_command_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 500 0 0 0 123 45 0 0 20 0 5 0 99 1000 200 18446744073709551615";
        assert_eq!(cpu_ticks(stat), Some(168));
        assert_eq!(cpu_ticks("42 (short) S 1"), None);
    }

    #[test]
    fn memory_and_machine_time_are_found() {
        assert_eq!(resident_pages("9000 250 80 1 0 70 0\n"), Some(250));
        assert_eq!(
            rollup_resident_bytes("00400000-7fff ---p 0 00:00 0 [rollup]\nRss:    1234 kB\nPss: 1 kB\n"),
            Some(1_263_616)
        );
        assert_eq!(written_characters("rchar: 7\nwchar: 9\nwrite_bytes: 4096\n"), Some(9));
        assert_eq!(busy_ticks("cpu  1 2 3 1000 50 6 7 8 9 9\ncpu0 1 1 1 1 1 1 1\n"), Some(19));
    }

    #[test]
    fn this_process_can_be_sampled() {
        let usage = ProcessUsage::sample(std::process::id()).unwrap();
        assert!(usage.resident_bytes > 0);
        let exact = ProcessUsage::sample_exact(std::process::id()).unwrap();
        assert!(exact.resident_bytes > 0 && exact.cpu_seconds >= usage.cpu_seconds);
    }
}
