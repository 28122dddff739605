//! What the kernel says of this machine and of a process on it (proc(5), cgroups(7)).

use std::fs;
use std::path::{Path, PathBuf};

/// What is known; `None` where the kernel does not say, or not to us. `u64::MAX` is unlimited.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// The process that the limits of open files and memory are of; `None` = this one.
    pub(super) process: Option<u32>,
    /// The hard limit of open files, to which a node raises its own one when it starts.
    pub(super) open_files: Option<u64>,
    /// `fs.nr_open`: what that limit can be.
    pub(super) open_files_max: Option<u64>,
    /// `fs.file-max`: open files of all processes.
    pub(super) all_open_files_max: Option<u64>,
    /// `net.core.somaxconn`.
    pub(super) backlog_max: Option<u64>,
    /// `net.ipv4.tcp_max_syn_backlog`.
    pub(super) half_open_max: Option<u64>,
    /// `net.netfilter.nf_conntrack_max`, where connections are tracked at all.
    pub(super) tracked_connections_max: Option<u64>,
    /// The last number of `net.ipv4.tcp_mem`, in pages.
    pub(super) tcp_memory_max_pages: Option<u64>,
    /// `net.core.rmem_max`.
    pub(super) receive_buffer_max_bytes: Option<u64>,
    /// `net.core.wmem_max`.
    pub(super) send_buffer_max_bytes: Option<u64>,
    /// Of the machine.
    pub(super) memory_bytes: Option<u64>,
    /// Of the control group of the process and those above it; `None` = no limit.
    pub(super) memory_limit_bytes: Option<u64>,
    /// `vm.swappiness`, where there is any swap.
    pub(super) swappiness: Option<u64>,
}

impl Machine {
    /// Reads it below `root`, which is `/` but in tests.
    pub(super) fn read(root: &Path, process: Option<u32>) -> Self {
        // A process that has ended meanwhile leaves us with our own limits.
        let process = process.filter(|process| root.join(format!("proc/{process}/limits")).exists());
        let folder = root.join("proc").join(process.map_or_else(|| "self".to_owned(), |process| process.to_string()));
        let setting = |name: &str| number(&text(root.join("proc/sys").join(name))?);
        let memory = text(root.join("proc/meminfo")).unwrap_or_default();
        let has_swap = kilobytes(&memory, "SwapTotal:").is_some_and(|bytes| bytes > 0);
        Self {
            process,
            open_files: text(folder.join("limits")).and_then(|limits| open_files(&limits)),
            open_files_max: setting("fs/nr_open"),
            all_open_files_max: setting("fs/file-max"),
            backlog_max: setting("net/core/somaxconn"),
            half_open_max: setting("net/ipv4/tcp_max_syn_backlog"),
            tracked_connections_max: setting("net/netfilter/nf_conntrack_max"),
            tcp_memory_max_pages: text(root.join("proc/sys/net/ipv4/tcp_mem"))
                .and_then(|pages| number(pages.split_whitespace().nth(2)?)),
            receive_buffer_max_bytes: setting("net/core/rmem_max"),
            send_buffer_max_bytes: setting("net/core/wmem_max"),
            memory_bytes: kilobytes(&memory, "MemTotal:"),
            memory_limit_bytes: text(folder.join("cgroup")).and_then(|groups| memory_limit(root, &groups)),
            swappiness: setting("vm/swappiness").filter(|_| has_swap),
        }
    }

    /// What the process may use: of the machine, or of its control group.
    pub(super) fn usable_memory_bytes(&self) -> Option<u64> {
        match (self.memory_bytes, self.memory_limit_bytes) {
            (Some(all), Some(limit)) => Some(all.min(limit)),
            (all, limit) => all.or(limit),
        }
    }
}

fn text(path: PathBuf) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// A number as the kernel writes it.
fn number(text: &str) -> Option<u64> {
    match text.trim() {
        "max" | "unlimited" => Some(u64::MAX),
        digits => digits.parse().ok(),
    }
}

/// A row of `/proc/meminfo`, in bytes: `MemTotal:       16307652 kB`.
fn kilobytes(memory: &str, name: &str) -> Option<u64> {
    let row = memory.lines().find_map(|line| line.strip_prefix(name))?;
    row.trim().strip_suffix("kB").and_then(number)?.checked_mul(1024)
}

/// The hard limit: `Max open files            1024                 524288               files`.
fn open_files(limits: &str) -> Option<u64> {
    let row = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    number(row.split_whitespace().nth(1)?)
}

/// The strictest limit of a control group and all above it. Version 2 has one line, `0::/system.slice/dunlin.service`; version
/// 1 has one for each controller, `4:memory:/docker/5d1f`.
fn memory_limit(root: &Path, groups: &str) -> Option<u64> {
    let groups = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, group) = (parts.next()?, parts.next()?);
        let is_of_memory = controllers.split(',').any(|controller| controller == "memory");
        match (controllers, is_of_memory) {
            ("", _) => Some(("sys/fs/cgroup", "memory.max", group)),
            (_, true) => Some(("sys/fs/cgroup/memory", "memory.limit_in_bytes", group)),
            (_, false) => None,
        }
    });
    let limits = groups.flat_map(|(folder, file, group)| {
        let folder = root.join(folder);
        // In a container the group may be named as its host knows it, and be the root of what is seen here.
        let parts: Vec<_> = group.split('/').filter(|part| !part.is_empty() && *part != "..").collect();
        (0..=parts.len()).map(move |length| folder.join(parts[..length].join("/")).join(file)).collect::<Vec<_>>()
    });
    // Without a limit, version 1 has a number that no machine has bytes for.
    limits.filter_map(|path| number(&text(path)?)).filter(|limit| *limit < 1 << 60).min()
}
