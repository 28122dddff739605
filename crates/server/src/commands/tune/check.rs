//! What is compared: a value of the machine with what is needed.

use super::{demand::Demand, machine::Machine, remedy::Remedy};

/// Open files of a node that are not connections.
const OWN_OPEN_FILES: u64 = 1024;

/// Open files of everything else on the machine.
const OTHER_OPEN_FILES: u64 = 16_384;

/// Above it the kernel swaps out a broker to make room for files that were read once.
const SWAPPINESS_MAX: u64 = 10;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Number,
    Bytes,
}

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    TooLow,
    TooHigh,
    /// The kernel does not say.
    Unknown,
}

impl Verdict {
    /// The word for it in JSON.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::TooLow => "too_low",
            Self::TooHigh => "too_high",
            Self::Unknown => "unknown",
        }
    }

    /// The same for people.
    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Self::TooLow => "too low",
            Self::TooHigh => "too high",
            Self::Good | Self::Unknown => self.word(),
        }
    }

    /// Whether there is something to change.
    pub(super) const fn is_lack(self) -> bool {
        matches!(self, Self::TooLow | Self::TooHigh)
    }
}

/// One comparison.
#[derive(Debug)]
pub(super) struct Check {
    /// The key of sysctl(8), or what it is in words.
    pub(super) setting: &'static str,
    pub(super) is: Option<u64>,
    pub(super) needs: u64,
    pub(super) unit: Unit,
    /// `needs` is the most it may be, not the least.
    is_ceiling: bool,
    /// Why it is needed.
    pub(super) reason: &'static str,
    pub(super) remedy: Remedy,
}

impl Check {
    fn at_least(setting: &'static str, is: Option<u64>, needs: u64, reason: &'static str) -> Self {
        Self { setting, is, needs, unit: Unit::Number, is_ceiling: false, reason, remedy: Remedy::Sysctl }
    }

    fn in_bytes(self) -> Self {
        Self { unit: Unit::Bytes, ..self }
    }

    fn with_remedy(self, remedy: Remedy) -> Self {
        Self { remedy, ..self }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.is {
            None => Verdict::Unknown,
            Some(is) if !self.is_ceiling && is < self.needs => Verdict::TooLow,
            Some(is) if self.is_ceiling && is > self.needs => Verdict::TooHigh,
            Some(_) => Verdict::Good,
        }
    }
}

/// Everything that is compared. What a machine does not have, such as tracked connections, is not.
pub(super) fn checks(machine: &Machine, demand: &Demand) -> Vec<Check> {
    let mut checks = files(machine, demand);
    checks.extend(network(machine, demand));
    checks.extend(memory(machine, demand));
    checks
}

fn files(machine: &Machine, demand: &Demand) -> Vec<Check> {
    let own = demand.open_files.saturating_add(OWN_OPEN_FILES);
    let of_all = own.saturating_add(OTHER_OPEN_FILES);
    vec![
        Check::at_least("open files", machine.open_files, own, "each connection is one; the rest is refused")
            .with_remedy(Remedy::OpenFiles),
        Check::at_least("fs.nr_open", machine.open_files_max, own, "the limit of open files cannot be higher"),
        Check::at_least("fs.file-max", machine.all_open_files_max, of_all, "files of all processes together"),
    ]
}

fn network(machine: &Machine, demand: &Demand) -> Vec<Check> {
    let backlog = demand.backlog;
    let mut checks = vec![
        Check::at_least("net.core.somaxconn", machine.backlog_max, backlog, "it cuts `tcp_options.backlog`"),
        Check::at_least(
            "net.ipv4.tcp_max_syn_backlog",
            machine.half_open_max,
            backlog,
            "clients that come at once wait a second and try again",
        ),
        Check::at_least(
            "net.ipv4.tcp_mem",
            machine.tcp_memory_max_pages,
            demand.connections,
            "a page for each connection, or a message to all of them at once does not fit",
        )
        .with_remedy(Remedy::TcpMemory),
    ];
    // Closed connections are tracked for two minutes more.
    if let Some(max) = machine.tracked_connections_max {
        let tracked = demand.connections.saturating_add(demand.connections / 4);
        let reason = "packets of connections that are not tracked are dropped";
        checks.push(Check::at_least("net.netfilter.nf_conntrack_max", Some(max), tracked, reason));
    }
    let buffers = [
        ("net.core.rmem_max", machine.receive_buffer_max_bytes, demand.receive_buffer_bytes, "it cuts `recbuf`"),
        ("net.core.wmem_max", machine.send_buffer_max_bytes, demand.send_buffer_bytes, "it cuts `sndbuf`"),
    ];
    for (setting, is, needs, reason) in buffers {
        checks.extend(needs.map(|needs| Check::at_least(setting, is, needs, reason).in_bytes()));
    }
    checks
}

fn memory(machine: &Machine, demand: &Demand) -> Vec<Check> {
    let needs = demand.memory_bytes;
    let is_cut = machine.memory_bytes.is_some_and(|bytes| bytes >= needs);
    let reason = "for idle clients with a subscription each; messages that wait come on top";
    let mut checks = vec![
        Check::at_least("memory", machine.usable_memory_bytes(), needs, reason).in_bytes().with_remedy(if is_cut {
            Remedy::MemoryLimit
        } else {
            Remedy::MoreMemory
        }),
    ];
    if let Some(swappiness) = machine.swappiness {
        let reason = "a broker that is swapped out answers late";
        let check = Check::at_least("vm.swappiness", Some(swappiness), SWAPPINESS_MAX, reason);
        checks.push(Check { is_ceiling: true, ..check });
    }
    checks
}
