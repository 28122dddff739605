//! What Linux tells of the machine, or of the part of it that this process may use.

use std::fs;

/// Time that the processors have spent since the start of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessorTime {
    /// With nothing to do.
    pub(crate) idle: u64,
    /// In all.
    pub(crate) total: u64,
}

impl ProcessorTime {
    /// Until now; `None` where the system does not tell.
    pub(crate) fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let numbers = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
        // Guests are counted among the first two already.
        let times: Vec<u64> = numbers.take(8).map_while(|number| number.parse().ok()).collect();
        let (idle, waiting) = (times.get(3)?, times.get(4).unwrap_or(&0));
        Some(Self {
            idle: idle.saturating_add(*waiting),
            total: times.iter().fold(0, |sum, time| sum.saturating_add(*time)),
        })
    }

    /// The share of the time since then that was not idle; `None` where no time has passed.
    pub(crate) fn busy_since(self, before: Self) -> Option<f64> {
        let total = self.total.checked_sub(before.total).filter(|total| *total > 0)?;
        let idle = self.idle.saturating_sub(before.idle).min(total);
        Some((total - idle) as f64 / total as f64)
    }
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// That cannot be had without taking it from somebody.
    pub(crate) used: u64,
    /// In all.
    pub(crate) total: u64,
}

impl Memory {
    /// That of the container this process is in, if it has a limit of its own, else that of the machine.
    pub(crate) fn read() -> Option<Self> {
        let machine = Self::parse(&fs::read_to_string("/proc/meminfo").ok()?)?;
        let read = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let containers = [
            ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.max"),
            ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        ];
        let container =
            containers.into_iter().find_map(|(used, limit)| Some(Self { used: read(used)?, total: read(limit)? }));
        Some(container.filter(|container| container.total < machine.total).unwrap_or(machine))
    }

    fn parse(text: &str) -> Option<Self> {
        let kilobytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let (total, available) = (kilobytes("MemTotal")?, kilobytes("MemAvailable")?);
        Some(Self { used: total.saturating_sub(available).saturating_mul(1024), total: total.saturating_mul(1024) })
    }

    /// The share that is used.
    pub(crate) fn share(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.used as f64 / self.total as f64 }
    }
}

/// How the machine is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Machine {
    /// How busy its processors were lately, from 0 to 1.
    pub(crate) processor_busy: f64,
    /// `None` where the system does not tell.
    pub(crate) memory: Option<Memory>,
    /// Until when it was looked at.
    processor: Option<ProcessorTime>,
}

impl Machine {
    /// Looks again.
    pub(crate) fn refresh(&mut self) {
        self.memory = Memory::read();
        let Some(now) = ProcessorTime::read() else { return };
        let before = self.processor.replace(now);
        if let Some(busy) = before.and_then(|before| now.busy_since(before)) {
            self.processor_busy = busy;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_as_busy_as_their_times_say() {
        let before = ProcessorTime::parse("cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 1").expect("times");
        assert_eq!(before, ProcessorTime { idle: 800, total: 1000 });
        let after = ProcessorTime::parse("cpu  150 0 125 720 105 0 0 0 0 0").expect("times");
        assert_eq!(after.busy_since(before), Some(0.75));
        assert_eq!((before.busy_since(before), before.busy_since(after)), (None, None));
        assert_eq!((ProcessorTime::parse(""), ProcessorTime::parse("cpu  1 2")), (None, None));
    }

    #[test]
    fn memory_that_can_be_had_is_not_used() {
        let memory = Memory::parse("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   250 kB\n").expect("memory");
        assert_eq!((memory, memory.share()), (Memory { used: 768_000, total: 1_024_000 }, 0.75));
        assert_eq!(Memory::parse("MemTotal: x"), None);
    }

    #[test]
    fn this_machine_tells_both() {
        assert!(ProcessorTime::read().is_some_and(|time| time.total > 0));
        assert!(Memory::read().is_some_and(|memory| memory.share() > 0.0 && memory.share() <= 1.0));
    }
}
