//! What a run has come to, for people and for programs.

use crate::oracle::{Counts, Violation, ViolationKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

/// Violations of each kind that are shown to people; programs get all that were kept.
const VIOLATIONS_SHOWN: usize = 5;

/// One cycle.
#[derive(Clone, Debug, Serialize)]
pub struct CycleReport {
    /// Number, from 1.
    pub cycle: u32,
    /// How many there will be.
    pub of: u32,
    /// At which moment the broker was ended.
    pub ended: &'static str,
    /// From the start of the broker to its end.
    pub duration_ms: u64,
    /// Until the broker listened; `None` where that was not waited for.
    pub start_ms: Option<u64>,
    /// Messages published for the first time.
    pub published: u64,
    /// Publishes acknowledged.
    pub acknowledged: u64,
    /// Messages received.
    pub received: u64,
    /// Time for everybody to receive what was owed, where it was checked.
    pub check_ms: Option<u64>,
    /// Violations since the beginning.
    pub violations: u64,
}

impl Display for CycleReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "cycle {:>width$}/{}  ended: {:<13}", self.cycle, self.of, self.ended, width = digits(self.of))?;
        match self.start_ms {
            Some(start_ms) => write!(f, "  start {start_ms:>4} ms")?,
            None => write!(f, "  start       -")?,
        }
        write!(
            f,
            "  ran {:>5} ms  published {:>5}  acknowledged {:>5}  received {:>6}",
            self.duration_ms, self.published, self.acknowledged, self.received
        )?;
        if let Some(check_ms) = self.check_ms {
            write!(f, "  checked in {check_ms} ms")?;
        }
        if self.violations > 0 {
            write!(f, "  VIOLATIONS: {}", self.violations)?;
        }
        Ok(())
    }
}

fn digits(number: u32) -> usize {
    number.to_string().len()
}

/// The whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Repeats what was decided by chance.
    pub seed: u64,
    /// Cycles done.
    pub cycles: u32,
    /// Time it took.
    pub duration_ms: u64,
    /// Processes started.
    pub starts: u32,
    /// Longest time until a broker listened.
    pub slowest_start_ms: u64,
    /// How often the broker was ended, by the kind of moment.
    pub endings: BTreeMap<&'static str, u32>,
    /// Connections taken over.
    pub takeovers: u64,
    /// Compactions that were not cut short.
    pub compactions: u64,
    /// Messages published.
    pub published: u64,
    /// What was checked.
    pub checked: Counts,
    /// Violations, those not listed included.
    pub violation_count: u64,
    /// Violations of each kind.
    pub violation_counts: BTreeMap<ViolationKind, u64>,
    /// The first violations of each kind.
    pub violations: Vec<Violation>,
    /// Data and broker output, kept after a failure.
    pub folder: Option<PathBuf>,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let row = |f: &mut Formatter<'_>, label: &str, value: u64| writeln!(f, "  {label:<40} {value:>12}");
        writeln!(f, "seed {}, {} cycles in {:.1} s", self.seed, self.cycles, self.duration_ms as f64 / 1e3)?;
        for (moment, count) in &self.endings {
            row(f, &format!("broker ended: {moment}"), u64::from(*count))?;
        }
        row(f, "broker started", u64::from(self.starts))?;
        row(f, "slowest start, ms", self.slowest_start_ms)?;
        row(f, "connections taken over", self.takeovers)?;
        row(f, "compactions to their end", self.compactions)?;
        row(f, "messages published", self.published)?;
        for (label, value) in self.checked.rows() {
            row(f, label, value)?;
        }
        if self.violation_count == 0 {
            return writeln!(f, "passed: no violation");
        }
        writeln!(f, "FAILED: {} violations", self.violation_count)?;
        let mut told = BTreeSet::new();
        for (kind, count) in &self.violation_counts {
            writeln!(f, "{kind:?}: {count}, the first:")?;
            let of_kind = self.violations.iter().filter(|violation| violation.kind == *kind);
            for violation in of_kind.take(VIOLATIONS_SHOWN) {
                writeln!(f, "  {violation}")?;
                // What a client did before is told once.
                if told.insert(&violation.before) {
                    violation.before.iter().try_for_each(|line| writeln!(f, "      before: {line}"))?;
                }
            }
        }
        if let Some(folder) = &self.folder {
            writeln!(f, "data and output of the last brokers: {}", folder.display())?;
        }
        Ok(())
    }
}
