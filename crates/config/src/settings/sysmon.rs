//! `sysmon`: when the machine or this process has too much to do.

use crate::rule::{OrWord, Percent, Span};
use crate::section::Section;
use std::time::Duration;

/// `sysmon.os`. What `sysmon.vm` watches are processes and ports of Erlang.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sysmon {
    /// `os.cpu_check_interval`, 1 s to 1 day, default 60 s.
    pub cpu_check_interval: Duration,
    /// `os.cpu_high_watermark`: the share of all processors that begins the alarm `high_cpu_usage`, default 0.8.
    pub cpu_high_watermark: f64,
    /// `os.cpu_low_watermark`: the share below which it ends, default 0.6.
    pub cpu_low_watermark: f64,
    /// `os.mem_check_interval`, 1 s to 1 day, default 60 s; `None` is never (written `disabled`).
    pub mem_check_interval: Option<Duration>,
    /// `os.sysmem_high_watermark`: the share of the machine's memory that begins the alarm `high_system_memory_usage`, default 0.7;
    /// `None` is none (written `disabled`).
    pub sysmem_high_watermark: Option<f64>,
}

/// Those of `sysmon.os` and `sysmon.vm` that are about processes inside Erlang, of which there are none.
const OS_WITHOUT_COUNTERPART: &[&str] = &["procmem_high_watermark"];
const WITHOUT_COUNTERPART: &[&str] = &["session", "top", "vm"];

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

impl Default for Sysmon {
    fn default() -> Self {
        Self {
            cpu_check_interval: Duration::from_secs(60),
            cpu_high_watermark: 0.8,
            cpu_low_watermark: 0.6,
            mem_check_interval: Some(Duration::from_secs(60)),
            sysmem_high_watermark: Some(0.7),
        }
    }
}

impl Sysmon {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let read = section.child("os", Self::read_os);
        section.without_counterpart(WITHOUT_COUNTERPART);
        read
    }

    fn read_os(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let interval = || Span::in_millis(SECOND..=DAY);
        let share = || Percent(0.0..=1.0);
        let high = OrWord("disabled", share());
        let read = Self {
            cpu_check_interval: section.value("cpu_check_interval", &interval(), default.cpu_check_interval),
            cpu_high_watermark: section.value("cpu_high_watermark", &share(), default.cpu_high_watermark),
            cpu_low_watermark: section.value("cpu_low_watermark", &share(), default.cpu_low_watermark),
            mem_check_interval: section.value(
                "mem_check_interval",
                &OrWord("disabled", interval()),
                default.mem_check_interval,
            ),
            sysmem_high_watermark: section.value("sysmem_high_watermark", &high, default.sysmem_high_watermark),
        };
        section.without_counterpart(OS_WITHOUT_COUNTERPART);
        read
    }
}
