//! Finds figures that got worse than in a saved report.

use super::{ComparisonReport, Line, Measure};
use serde::Serialize;

/// A figure that got worse.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Regression {
    /// Row of the table.
    pub row: String,
    /// The figure.
    pub measure: Measure,
    /// How many times as good as in the baseline: below 1.
    pub change: f64,
}

/// Figures of the first broker that are worse than in `baseline` by more than `threshold` (0.15 is 15 %).
///
/// Where both reports compared with a peer, the advantages over the peers are compared instead of the values, because the
/// speed of a machine changes within minutes and a ratio of the same minutes does not.
#[must_use]
pub fn regressions(now: &[ComparisonReport], baseline: &[ComparisonReport], threshold: f64) -> Vec<Regression> {
    let mut found = Vec::new();
    for row in now {
        let Some(before) = baseline.iter().find(|before| before.name == row.name) else { continue };
        for line in &row.lines {
            let before = before.lines.iter().find(|before| before.measure == line.measure);
            let Some(change) = before.and_then(|before| change(line, before)) else { continue };
            if change < 1.0 - threshold {
                found.push(Regression { row: row.name.clone(), measure: line.measure, change });
            }
        }
    }
    found
}

fn change(now: &Line, before: &Line) -> Option<f64> {
    if let (Some(now), Some(before)) = (now.advantage, before.advantage) {
        return Some(now / before);
    }
    let value = |line: &Line| line.values.first().copied().flatten();
    now.measure.advantage(value(now)?, value(before)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(measure: Measure, value: f64, advantage: Option<f64>) -> ComparisonReport {
        let line = Line { measure, values: vec![Some(value)], advantage };
        ComparisonReport { name: "row".to_owned(), outcomes: Vec::new(), lines: vec![line] }
    }

    #[test]
    fn worse_by_more_than_the_threshold_is_found_in_both_directions() {
        for (measure, good, bad) in [(Measure::MessagesPerSecond, 100.0, 80.0), (Measure::LatencyP99, 8.0, 10.0)] {
            let (good, bad) = (report(measure, good, None), report(measure, bad, None));
            assert_eq!(regressions(std::slice::from_ref(&bad), std::slice::from_ref(&good), 0.15).len(), 1);
            assert_eq!(regressions(std::slice::from_ref(&bad), std::slice::from_ref(&good), 0.30).len(), 0);
            assert_eq!(regressions(&[good], &[bad], 0.15).len(), 0);
        }
    }

    #[test]
    fn a_slow_minute_of_the_machine_is_no_regression() {
        let before = report(Measure::MessagesPerSecond, 100.0, Some(2.0));
        let now = report(Measure::MessagesPerSecond, 50.0, Some(1.9));
        assert_eq!(regressions(&[now], &[before], 0.15), []);
    }
}
