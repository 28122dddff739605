//! What the operating system says of this process and the load of the machine; zero where it says nothing.

use rustix::process::{Resource, getrlimit};
use std::fs;

/// Processes that want to run, on average in the last minute, in five and in fifteen.
pub(super) fn load() -> [f64; 3] {
    parse_load(&read("/proc/loadavg"))
}

/// Threads of this process.
pub(super) fn threads() -> u64 {
    field(&read("/proc/self/status"), "Threads:")
}

/// Memory of this process, in bytes.
pub(super) fn resident_bytes() -> u64 {
    field(&read("/proc/self/status"), "VmRSS:").saturating_mul(1024)
}

/// Threads there can be.
pub(super) fn threads_max() -> u64 {
    read("/proc/sys/kernel/threads-max").trim().parse().unwrap_or_default()
}

/// Files that this process can have open.
pub(super) fn open_files_max() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn parse_load(text: &str) -> [f64; 3] {
    let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap_or_default());
    [(); 3].map(|()| numbers.next().unwrap_or_default())
}

/// The number behind a name.
fn field(text: &str, name: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    value.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        assert_eq!(parse_load("0.15 1.20 3.00 1/234 5678\n"), [0.15, 1.2, 3.0]);
        assert_eq!(parse_load(""), [0.0; 3]);
        assert_eq!((field("Name: x\nThreads:\t12\n", "Threads:"), field("", "Threads:")), (12, 0));
        assert!(threads() > 0 && open_files_max() > 0);
        assert!(resident_bytes() > 1 << 20);
    }
}
