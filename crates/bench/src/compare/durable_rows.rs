//! The rows of the table of durable sessions.

use super::Row;
use crate::scenario::{DrainSettings, DurableSettings, Scenario, pairs};
use crate::traffic::Load;
use dunlin_model::Qos;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Messages a second of the paced row.
pub(super) const PACED_PER_SECOND: f64 = 5000.0;

/// Publishers, each with a subscriber of its own, and how many of its messages may be unacknowledged at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Crowd {
    pub(super) publishers: usize,
    pub(super) window: usize,
}

/// The crowd of all rows that have only one.
pub(super) const WHOLE_CROWD: Crowd = Crowd { publishers: 100, window: 16 };

/// Crowds with the names of their rows, offline and clean.
const CROWDS: [(Crowd, &str, &str); 4] = [
    (Crowd { publishers: 1, window: 1 }, "offline-1x1", "clean-1x1"),
    (Crowd { publishers: 16, window: 1 }, "offline-16x1", "clean-16x1"),
    (Crowd { publishers: 100, window: 1 }, "offline-100x1", "clean-100x1"),
    (WHOLE_CROWD, "offline-100x16", "clean-100x16"),
];

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Offline sessions, as fast as the windows allow.
    Offline(Crowd),
    /// The same with clean sessions, which are connected: what the network alone allows.
    Clean(Crowd),
    /// Offline sessions at an even pace.
    Paced,
    /// The same with clean sessions.
    CleanPaced,
    /// Persistent sessions that are connected.
    Online,
    /// One session comes back to a long queue.
    Drain,
}

/// One row and what it is for.
#[derive(Clone, Debug)]
pub struct DurableRow {
    /// The row.
    pub row: Row,
    pub(super) role: Role,
}

impl DurableRow {
    /// Whether the peers are measured too: those rows by which brokers are compared. The others are there to judge the first.
    pub(super) fn is_for_peers(&self) -> bool {
        match self.role {
            Role::Offline(crowd) => crowd == WHOLE_CROWD || crowd.publishers == 1,
            Role::Clean(crowd) => crowd == WHOLE_CROWD,
            Role::CleanPaced => false,
            Role::Paced | Role::Online | Role::Drain => true,
        }
    }
}

impl Crowd {
    /// With one message at a time nothing can happen while the disk is waited for.
    pub(super) const fn is_serial(self) -> bool {
        self.publishers * self.window == 1
    }
}

impl Display for Crowd {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.publishers, self.window)
    }
}

/// All rows; `quick` shortens windows and the queue, for a look and not for the record. All with QoS 1. What is put in relation
/// stands side by side.
#[must_use]
pub fn durable_rows(quick: bool) -> Vec<DurableRow> {
    let (warmup, duration, queue) = if quick {
        (Duration::from_millis(300), Duration::from_secs(1), 20_000)
    } else {
        (Duration::from_millis(500), Duration::from_millis(2500), 100_000)
    };
    let load = |crowd: Crowd| Load {
        qos: Qos::AtLeastOnce,
        subscribe_qos: Qos::AtLeastOnce,
        window: crowd.window,
        warmup,
        duration,
        ..Load::default()
    };
    // The broker is thrown away after the pass.
    let keep = true;
    let row = |name, role, scenario| DurableRow { row: Row { name, scenario, measures: &[] }, role };
    let durable =
        |crowd: Crowd, online, load| Scenario::Durable(DurableSettings { pairs: crowd.publishers, online, load, keep });
    let mut rows = Vec::new();
    for (crowd, offline, clean) in CROWDS {
        rows.push(row(offline, Role::Offline(crowd), durable(crowd, false, load(crowd))));
        rows.push(row(clean, Role::Clean(crowd), Scenario::Traffic(pairs(crowd.publishers), load(crowd))));
    }
    let paced = Load { per_second: Some(PACED_PER_SECOND), duration: duration * 2, ..load(WHOLE_CROWD) };
    let drain = DrainSettings { count: queue, publishers: WHOLE_CROWD.publishers, load: load(WHOLE_CROWD), keep };
    rows.push(row("online-100x16", Role::Online, durable(WHOLE_CROWD, true, load(WHOLE_CROWD))));
    let clean_paced = Scenario::Traffic(pairs(WHOLE_CROWD.publishers), paced.clone());
    rows.push(row("clean-5000/s", Role::CleanPaced, clean_paced));
    rows.push(row("paced-5000/s", Role::Paced, durable(WHOLE_CROWD, false, paced)));
    rows.push(row("drain", Role::Drain, Scenario::Drain(drain)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let rows = durable_rows(true);
        assert_eq!(rows.iter().map(|row| row.row.name).collect::<HashSet<_>>().len(), rows.len());
    }
}
