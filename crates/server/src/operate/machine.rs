//! What the operating system says of the machine; zero where it says nothing.

use rustix::process::{Resource, getrlimit};
use std::fs;

/// Memory of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) total_bytes: u64,
    pub(super) used_bytes: u64,
}

/// Processes that want to run, on average in the last minute, in five and in fifteen.
pub(super) fn load() -> [f64; 3] {
    parse_load(&read("/proc/loadavg"))
}

/// Memory.
pub(super) fn memory() -> Memory {
    parse_memory(&read("/proc/meminfo"))
}

/// Threads of this process.
pub(super) fn threads() -> u64 {
    field(&read("/proc/self/status"), "Threads:")
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

fn parse_memory(text: &str) -> Memory {
    let [total_bytes, free_bytes] = ["MemTotal:", "MemAvailable:"].map(|name| field(text, name).saturating_mul(1024));
    Memory { total_bytes, used_bytes: total_bytes.saturating_sub(free_bytes) }
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
        let memory = parse_memory("MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    400 kB\n");
        assert_eq!(memory, Memory { total_bytes: 1_024_000, used_bytes: 614_400 });
        assert_eq!((parse_load(""), parse_memory("")), ([0.0; 3], Memory::default()));
        assert!(threads() > 0 && open_files_max() > 0);
    }
}
