//! The list of what may stay too long for now. Entries may shrink and go, not grow and come.

use super::Findings;
use crate::workspace::Workspace;
use std::collections::BTreeMap;

const PATH: &str = "dev/xtask/ratchet.txt";

pub(super) struct Ratchet {
    /// Name of a file or `file::function`, and the lines it may have.
    allowed: BTreeMap<String, usize>,
}

impl Ratchet {
    pub(super) fn read(workspace: &Workspace) -> Result<Self, String> {
        let mut allowed = BTreeMap::new();
        for line in workspace.read(PATH)?.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let entry = line.rsplit_once(' ').and_then(|(name, lines)| Some((name, lines.parse().ok()?)));
            let (name, lines) = entry.ok_or_else(|| format!("{PATH}: `{line}` is not `name lines`"))?;
            allowed.insert(name.to_owned(), lines);
        }
        Ok(Self { allowed })
    }

    /// Reports `name` unless it is listed with at least this many lines.
    pub(super) fn judge(&mut self, name: &str, lines: usize, rule: &str, findings: &mut Findings) {
        match self.allowed.remove(name) {
            Some(allowed) if lines < allowed => {
                findings.warning(name, &format!("is down to {lines} lines: lower its entry in {PATH}"));
            }
            Some(allowed) if lines == allowed => {}
            _ => findings.error(name, &format!("{lines} lines, but the rule is {rule}")),
        }
    }

    /// Reports entries that nothing needs any more.
    pub(super) fn report_unused(self, findings: &mut Findings) {
        for name in self.allowed.keys() {
            findings.error(PATH, &format!("`{name}` keeps the rule now: take its entry out"));
        }
    }
}
