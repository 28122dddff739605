//! Comparisons as a table.

use crate::compare::{ComparisonReport, Line, Regression};
use crate::figures::{known, table};

/// One table for all rows, then what failed.
pub(super) fn comparison_text(reports: &[ComparisonReport], regressions: &[Regression]) -> String {
    let Some(first) = reports.first() else { return String::new() };
    let mut header = vec!["row", "figure"];
    header.extend(first.outcomes.iter().map(|outcome| outcome.broker.as_str()));
    header.extend(["advantage", ""]);
    let mut cells = Vec::new();
    for report in reports {
        for line in &report.lines {
            cells.push(line_cells(report, line, regressions));
        }
    }
    let mut text = table(&header, 2, &cells);
    let failures = reports.iter().flat_map(|report| report.outcomes.iter().map(move |outcome| (report, outcome)));
    for (report, outcome) in failures {
        for intruders in &outcome.intruders {
            text.push_str(&format!(
                "  {}, {}: {:.0} bad logins a second: {} refused, {} let in, {} unanswered\n",
                report.name,
                outcome.broker,
                intruders.per_second,
                intruders.refused,
                intruders.let_in,
                intruders.unanswered
            ));
        }
        for failure in &outcome.failures {
            text.push_str(&format!("! {}, {}: {failure}\n", report.name, outcome.broker));
        }
    }
    text
}

fn line_cells(report: &ComparisonReport, line: &Line, regressions: &[Regression]) -> Vec<String> {
    let is_first = report.lines.first().is_some_and(|first| first.measure == line.measure);
    let mut cells = vec![if is_first { report.name.clone() } else { String::new() }, line.measure.label().to_owned()];
    for (outcome, value) in report.outcomes.iter().zip(&line.values) {
        let mark = if outcome.failures.is_empty() { "" } else { "!" };
        cells.push(known(*value, |value| line.measure.show(value)) + mark);
    }
    cells.push(known(line.advantage, |advantage| format!("x {advantage:.2}")));
    let regression = regressions.iter().find(|it| it.row == report.name && it.measure == line.measure);
    cells.push(regression.map_or_else(String::new, |it| format!("WORSE: {:.0} % of the baseline", it.change * 100.0)));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Measure, Outcome};

    #[test]
    fn failures_and_regressions_are_marked() {
        let outcome = |broker: &str, failures| Outcome { broker: broker.to_owned(), failures, ..Outcome::default() };
        let measure = Measure::MessagesPerCpuSecond;
        let report = ComparisonReport {
            name: "pairs-q0".to_owned(),
            outcomes: vec![outcome("dunlin", vec![]), outcome("other", vec!["pass 1: lost".to_owned()])],
            lines: vec![Line { measure, values: vec![Some(1.2e6), Some(4e5)], advantage: None }],
        };
        let regression = Regression { row: "pairs-q0".to_owned(), measure, change: 0.8 };
        let text = comparison_text(&[report], &[regression]);
        assert!(text.contains("1.20M") && text.contains("400k!"), "{text}");
        assert!(
            text.contains("WORSE: 80 % of the baseline") && text.contains("! pairs-q0, other: pass 1: lost"),
            "{text}"
        );
    }
}
