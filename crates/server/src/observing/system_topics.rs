//! What a node tells of itself below `$SYS/brokers`, in the words of EMQX.

use crate::calendar;
use dunlin_broker::{Announcer, Readings};
use dunlin_config::SysTopics;
use std::time::Duration;

/// `sysdescr`
pub(crate) const SYSDESCR: &str = "Dunlin MQTT broker";

/// `version`
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long what does not change is kept for those who subscribe later.
const RETAINED_SECS: u32 = 3600;

/// Milliseconds since the Unix epoch.
type Millis = u64;

/// When what is published next. As in EMQX the first time is one interval after the start.
pub(super) struct SystemTopics {
    node_name: String,
    started_at: Millis,
    heartbeat_at: Millis,
    messages_at: Millis,
}

impl SystemTopics {
    pub(super) fn new(node_name: &str, now: Millis) -> Self {
        Self { node_name: node_name.to_owned(), started_at: now, heartbeat_at: now, messages_at: now }
    }

    /// Publishes what is due.
    pub(super) fn tick(&mut self, settings: &SysTopics, now: Millis, announcer: &Announcer, readings: &Readings) {
        if is_due(&mut self.heartbeat_at, settings.sys_heartbeat_interval, now) {
            let uptime_ms = now.saturating_sub(self.started_at);
            announcer.announce(&announcer.topic("uptime"), &uptime_ms.to_string());
            announcer.announce(&announcer.topic("datetime"), &calendar::rfc3339(calendar::now()));
        }
        if is_due(&mut self.messages_at, settings.sys_msg_interval, now) {
            announcer.announce_retained(&announcer.topic("version"), VERSION, Some(RETAINED_SECS));
            announcer.announce_retained(&announcer.topic("sysdescr"), SYSDESCR, Some(RETAINED_SECS));
            announcer.announce_retained("$SYS/brokers", &self.node_name, None);
            self.publish_figures(announcer, readings);
        }
    }

    fn publish_figures(&self, announcer: &Announcer, readings: &Readings) {
        let publish = |kind: &str, name: &str, value: u64| {
            let what = format!("{kind}/{}", name.replace('.', "/"));
            announcer.announce(&announcer.topic(&what), &value.to_string());
        };
        for gauge in readings.gauges() {
            publish("stats", &format!("{}.count", gauge.name), gauge.count);
            publish("stats", &format!("{}.max", gauge.name), gauge.max);
        }
        for (name, value) in readings.metrics() {
            publish("metrics", name, value);
        }
    }
}

/// Whether an interval is over; the next one begins then. A changed interval counts from the last time.
fn is_due(last: &mut Millis, interval: Option<Duration>, now: Millis) -> bool {
    let Some(interval) = interval else {
        *last = now;
        return false;
    };
    let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    if last.saturating_add(interval_ms) > now {
        return false;
    }
    *last = now;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_begins_anew_when_it_is_over() {
        let mut last = 100;
        let second = Some(Duration::from_secs(1));
        let due: Vec<_> =
            [100, 1099, 1100, 1101, 2100].into_iter().filter(|now| is_due(&mut last, second, *now)).collect();
        assert_eq!(due, [1100, 2100]);
        assert!(
            !is_due(&mut last, None, 9000) && !is_due(&mut last, second, 9500) && is_due(&mut last, second, 10_000)
        );
    }
}
