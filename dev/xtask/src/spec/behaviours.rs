//! Behaviours that users rely on, listed in docs/behaviours.txt; a test shows `B034` by its name: `fn b034_…`.

use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const PATH: &str = "docs/behaviours.txt";

/// The listed behaviours and those that a test names.
pub(super) struct Behaviours {
    titles: BTreeMap<u16, String>,
    tested: BTreeSet<u16>,
}

impl Behaviours {
    pub(super) fn find(workspace: &Workspace) -> Result<Self, String> {
        let titles = read_titles(&workspace.read(PATH)?)?;
        let lines = workspace.sources.iter().flat_map(|source| &source.lines).filter(|line| line.is_test);
        let tested = lines.flat_map(|line| named(&line.code)).filter(|id| titles.contains_key(id)).collect();
        Ok(Self { titles, tested })
    }

    pub(super) fn tested_count(&self) -> usize {
        self.tested.len()
    }

    /// What is tested, and the titles of what is not.
    pub(super) fn table(&self) -> String {
        let mut table = format!("behaviours: {} of {} have a test; missing:\n", self.tested.len(), self.titles.len());
        for (id, title) in self.titles.iter().filter(|(id, _)| !self.tested.contains(id)) {
            let _infallible = writeln!(table, "  B{id:03} {title}");
        }
        table
    }
}

fn read_titles(text: &str) -> Result<BTreeMap<u16, String>, String> {
    let mut titles = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let entry = line.strip_prefix('B').and_then(|line| line.split_once(' '));
        let entry = entry.and_then(|(id, title)| Some((id.parse().ok()?, title.trim())));
        let (id, title) = entry.ok_or_else(|| format!("{PATH}: `{line}` is not `B001 title`"))?;
        if titles.insert(id, title.to_owned()).is_some() {
            return Err(format!("{PATH}: B{id:03} is listed twice"));
        }
    }
    Ok(titles)
}

/// The ids in the name of a function: `b034_…`, or several as in `b117_b118_…`.
fn named(code: &str) -> Vec<u16> {
    let Some((_, rest)) = code.split_once("fn ") else { return Vec::new() };
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let ids = name.split('_').map_while(|word| word.strip_prefix('b').filter(|id| id.len() == 3)?.parse().ok());
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_names() {
        assert_eq!(named("    fn b034_no_local_is_kept() {"), [34]);
        assert_eq!(named("async fn b117_b118_in_turn(x: u8)"), [117, 118]);
        assert_eq!(named("fn bad_001() {"), [] as [u16; 0]);
        assert_eq!(named("b034_not_a_function"), [] as [u16; 0]);
    }

    #[test]
    fn the_list_is_checked() {
        assert_eq!(read_titles("# x\n\nB001 one\nB002 two\n").unwrap().len(), 2);
        for bad in ["B001 one\nB001 again\n", "001 one\n", "B01x one\n"] {
            assert!(read_titles(bad).is_err(), "{bad}");
        }
    }
}
