//! The counts that may only rise, committed in docs/spec-coverage.toml.

use super::behaviours::Behaviours;
use super::statements::Statements;
use crate::workspace::Workspace;

const PATH: &str = "docs/spec-coverage.toml";
const KEYS: [&str; 3] = ["statements_in_code", "statements_in_tests", "behaviours_tested"];

/// One count per key of [`KEYS`].
#[derive(Debug, PartialEq)]
pub(super) struct Coverage([usize; KEYS.len()]);

impl Coverage {
    pub(super) fn of(statements: &Statements, behaviours: &Behaviours) -> Self {
        Self([statements.in_code.len(), statements.in_tests.len(), behaviours.tested_count()])
    }

    pub(super) fn read(workspace: &Workspace) -> Result<Self, String> {
        Self::parse(&workspace.read(PATH)?)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut counts = [0; KEYS.len()];
        for (count, key) in counts.iter_mut().zip(KEYS) {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
            *count = value
                .and_then(|value| value.trim().parse().ok())
                .ok_or_else(|| format!("{PATH}: no count for `{key}`"))?;
        }
        Ok(Self(counts))
    }

    /// Fails where a count is below the committed one.
    pub(super) fn compare(&self, committed: &Self) -> Result<(), String> {
        let counts = KEYS.iter().zip(self.0).zip(committed.0);
        let fallen: Vec<_> = counts
            .filter(|((_, today), committed)| today < committed)
            .map(|((key, today), committed)| format!("{key} fell from {committed} to {today}"))
            .collect();
        if fallen.is_empty() {
            return Ok(());
        }
        Err(format!("{}\nspec: a citation or a test went missing; see {PATH}", fallen.join("\n")))
    }

    pub(super) fn text(&self) -> String {
        KEYS.iter().zip(self.0).map(|(key, count)| format!("{key} = {count}\n")).collect()
    }

    pub(super) fn write(&self, workspace: &Workspace) -> Result<(), String> {
        let header =
            "# Counts of `cargo xtask spec`. They may rise, and `cargo xtask spec --write` raises them here.\n";
        let text = format!("{header}{}", self.text());
        std::fs::write(workspace.root.join(PATH), text).map_err(|error| format!("{PATH}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_only_rise() {
        let committed =
            Coverage::parse("# x\nstatements_in_code = 3\nstatements_in_tests=2\nbehaviours_tested = 1\n").unwrap();
        assert_eq!(committed, Coverage([3, 2, 1]));
        assert!(Coverage([3, 2, 1]).compare(&committed).is_ok());
        assert!(Coverage([9, 9, 9]).compare(&committed).is_ok());
        let error = Coverage([3, 1, 0]).compare(&committed).unwrap_err();
        assert!(
            error.contains("statements_in_tests fell from 2 to 1") && error.contains("behaviours_tested"),
            "{error}"
        );
        assert!(Coverage::parse("statements_in_code = 3\n").is_err());
    }
}
