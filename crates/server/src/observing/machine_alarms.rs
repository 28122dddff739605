//! Alarms about a machine with too much to do: `high_cpu_usage`, `high_system_memory_usage`, and one of our own,
//! `too_many_open_files`.

use super::machine::{Memory, ProcessorTime};
use dunlin_broker::{AlarmBell, AlarmDetail, Readings};
use dunlin_config::Sysmon;
use std::time::Duration;

const CPU: &str = "high_cpu_usage";
const MEMORY: &str = "high_system_memory_usage";
const OPEN_FILES: &str = "too_many_open_files";

/// The shares of the file descriptors for connections that begin and end the alarm about them.
const OPEN_FILES_HIGH: f64 = 0.9;
const OPEN_FILES_LOW: f64 = 0.8;

/// How often they are looked at.
const OPEN_FILES_INTERVAL: Duration = Duration::from_secs(10);

/// Milliseconds since the Unix epoch.
type Millis = u64;

/// When was looked at what, and how it was then.
#[derive(Default)]
pub(super) struct MachineAlarms {
    processor_at: Millis,
    processor: Option<ProcessorTime>,
    memory_at: Millis,
    open_files_at: Millis,
}

impl MachineAlarms {
    /// Looks at what is due.
    pub(super) fn tick(&mut self, settings: &Sysmon, now: Millis, bell: &AlarmBell, readings: &Readings) {
        if is_due(&mut self.processor_at, settings.cpu_check_interval, now)
            && let Some(time) = ProcessorTime::read()
        {
            let busy = self.processor.replace(time).and_then(|before| time.busy_since(before));
            if let Some(busy) = busy {
                let (high, low) = (settings.cpu_high_watermark, settings.cpu_low_watermark);
                let low_mark = ("low_watermark", AlarmDetail::Text(percent(low)));
                watch(
                    bell,
                    CPU,
                    Usage { share: busy, high, low },
                    &format!("{} cpu usage", percent(busy)),
                    vec![low_mark],
                );
            }
        }
        match settings.mem_check_interval.zip(settings.sysmem_high_watermark) {
            Some((interval, high)) => {
                if is_due(&mut self.memory_at, interval, now)
                    && let Some(memory) = Memory::read()
                {
                    let message = format!("System memory usage is higher than {}", percent(high));
                    watch(bell, MEMORY, Usage { share: memory.share(), high, low: high }, &message, Vec::new());
                }
            }
            None => bell.end(MEMORY),
        }
        if is_due(&mut self.open_files_at, OPEN_FILES_INTERVAL, now) {
            let (used, max) = readings.descriptors();
            let usage = Usage { share: used as f64 / max.max(1) as f64, high: OPEN_FILES_HIGH, low: OPEN_FILES_LOW };
            let details = vec![("open", AlarmDetail::Number(used)), ("limit", AlarmDetail::Number(max))];
            watch(bell, OPEN_FILES, usage, "connections have nearly all file descriptors that they may have", details);
        }
    }
}

/// How much of something is used, and which shares begin and end an alarm about it.
#[derive(Clone, Copy)]
struct Usage {
    share: f64,
    high: f64,
    low: f64,
}

fn watch(bell: &AlarmBell, name: &str, usage: Usage, message: &str, more: Vec<(&'static str, AlarmDetail)>) {
    let Usage { share, high, low } = usage;
    if share > high {
        let mut details =
            vec![("usage", AlarmDetail::Text(percent(share))), ("high_watermark", AlarmDetail::Text(percent(high)))];
        details.extend(more);
        bell.raise_with(name, message, details);
    } else if share <= low {
        bell.end(name);
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

fn is_due(last: &mut Millis, interval: Duration, now: Millis) -> bool {
    let is_due = last.saturating_add(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)) <= now;
    if is_due {
        *last = now;
    }
    is_due
}
