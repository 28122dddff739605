//! Normative statements of MQTT 5.0, by their id: `[MQTT-3.1.2-24]`.

use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A statement's id: three numbers of the section and the number of the statement.
type Id = [u16; 4];

/// Which statements the code cites, and which the tests.
pub(super) struct Statements {
    pub(super) in_code: BTreeSet<Id>,
    pub(super) in_tests: BTreeSet<Id>,
}

impl Statements {
    /// A test shows a statement by a comment with its id, or by its name: `fn mqtt_3_1_2_24_…`.
    pub(super) fn find(workspace: &Workspace) -> Self {
        let mut found = Self { in_code: BTreeSet::new(), in_tests: BTreeSet::new() };
        // The tool's own files speak about ids without obeying them.
        for source in workspace.sources.iter().filter(|source| !source.path.starts_with("dev/xtask/")) {
            for line in &source.lines {
                let ids = cited(&line.text);
                if line.is_test {
                    found.in_tests.extend(ids);
                    found.in_tests.extend(named(&line.code));
                } else {
                    found.in_code.extend(ids);
                }
            }
        }
        found
    }

    /// Counts per section, and what is cited but not tested.
    pub(super) fn table(&self) -> String {
        let mut sections: BTreeMap<[u16; 2], [usize; 2]> = BTreeMap::new();
        for (column, ids) in [&self.in_code, &self.in_tests].into_iter().enumerate() {
            for id in ids {
                sections.entry([id[0], id[1]]).or_default()[column] += 1;
            }
        }
        let mut table = String::from("MQTT 5.0 statements    code  tests\n");
        for ([chapter, section], [code, tests]) in sections {
            let name = format!("{chapter}.{section} {}", title(chapter, section));
            let _infallible = writeln!(table, "{name:<22} {code:>4}  {tests:>5}");
        }
        let untested: Vec<_> = self.in_code.difference(&self.in_tests).map(show).collect();
        if !untested.is_empty() {
            let _infallible = writeln!(table, "cited in code, not in a test: {}", untested.join(" "));
        }
        table
    }
}

fn show(id: &Id) -> String {
    format!("{}.{}.{}-{}", id[0], id[1], id[2], id[3])
}

const fn title(chapter: u16, section: u16) -> &'static str {
    match (chapter, section) {
        (1, 5) => "data types",
        (2, 1) => "fixed header",
        (2, 2) => "variable header",
        (3, 1) => "CONNECT",
        (3, 2) => "CONNACK",
        (3, 3) => "PUBLISH",
        (3, 4) => "PUBACK",
        (3, 5) => "PUBREC",
        (3, 6) => "PUBREL",
        (3, 7) => "PUBCOMP",
        (3, 8) => "SUBSCRIBE",
        (3, 9) => "SUBACK",
        (3, 10) => "UNSUBSCRIBE",
        (3, 11) => "UNSUBACK",
        (3, 12) => "PINGREQ",
        (3, 14) => "DISCONNECT",
        (3, 15) => "AUTH",
        (4, 1) => "session state",
        (4, 2) => "connections",
        (4, 3) => "quality of service",
        (4, 4) => "delivery retry",
        (4, 5) => "receipt",
        (4, 6) => "ordering",
        (4, 7) => "topics",
        (4, 8) => "subscriptions",
        (4, 9) => "flow control",
        (4, 12) => "authentication",
        (4, 13) => "errors",
        (6, 0) => "WebSocket",
        _ => "",
    }
}

/// The ids written as `[MQTT-x.y.z-n]` in a line.
fn cited(text: &str) -> Vec<Id> {
    let tags = text.split("[MQTT-").skip(1).filter_map(|rest| rest.split_once(']'));
    tags.filter_map(|(id, _)| parse(id, &['.', '.', '-'])).collect()
}

/// The ids in the name of a function: `mqtt_3_1_2_24_…`.
fn named(code: &str) -> Vec<Id> {
    let Some((_, name)) = code.split_once("fn ") else { return Vec::new() };
    name.split("mqtt_").skip(1).filter_map(|rest| parse(rest, &['_', '_', '_'])).collect()
}

/// Four numbers with these separators between them. What follows the last number is left alone.
fn parse(text: &str, separators: &[char; 3]) -> Option<Id> {
    let mut id = [0; 4];
    let mut rest = text;
    for (index, number) in id.iter_mut().enumerate() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        *number = rest[..end].parse().ok()?;
        rest = &rest[end..];
        if let Some(separator) = separators.get(index) {
            rest = rest.strip_prefix(*separator)?;
        }
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_comments_and_names() {
        assert_eq!(cited("/// x [MQTT-3.1.2-24] and [MQTT-4.13.1-1], [MQTT-1.2]"), [[3, 1, 2, 24], [4, 13, 1, 1]]);
        assert_eq!(named("    fn mqtt_3_1_2_24_too_large_is_dropped() {"), [[3, 1, 2, 24]]);
        assert_eq!(named("fn mqtt_is_fine() {"), [] as [Id; 0]);
        assert_eq!(named("let mqtt_3_1_2_24 = 1;"), [] as [Id; 0]);
    }
}
