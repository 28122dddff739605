//! The manual names every key with the default that it has.

use crate::every_key::rows;
use crate::load_text;
use dunlin_hocon::{Node, write};
use std::collections::BTreeMap;

/// Roots that have a section of their own in the manual of keys.
const ROOTS: [&str; 20] = [
    "node",
    "mqtt",
    "force_shutdown",
    "conn_congestion",
    "durable_sessions",
    "retainer",
    "delayed",
    "broker",
    "overload_protection",
    "slow_subs",
    "sys_topics",
    "alarm",
    "sysmon",
    "prometheus",
    "opentelemetry",
    "trace",
    "dashboard",
    "api_key",
    "crl_cache",
    "psk_authentication",
];

/// Rows of tables: each key with its default, `None` where the default is described.
fn tables(text: &str) -> BTreeMap<String, Option<String>> {
    let mut keys = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split(" | ").collect();
        let (names, defaults) = (in_backticks(cells[0]), in_backticks(cells.get(1).copied().unwrap_or("")));
        for (place, name) in names.iter().enumerate() {
            let default = defaults.get(place).or(defaults.first()).copied().map(str::to_owned);
            keys.insert((*name).to_owned(), default);
        }
    }
    keys
}

fn in_backticks(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A value as it is shown, without the quotes of a lone text.
fn shown(node: &Node) -> String {
    let text = write(node).trim().to_owned();
    unquoted(&text).to_owned()
}

fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(text)
}

/// Holds a key of the manual against what is in effect where nobody sets it.
#[track_caller]
fn check(manual: &BTreeMap<String, Option<String>>, text: &str, key: &str, effective: Option<&Node>) {
    let Some(default) = manual.get(key) else {
        assert!(text.contains(&format!("`{key}`")), "the manual lacks `{key}`");
        return;
    };
    if let (Some(default), Some(node)) = (default, effective) {
        assert_eq!(unquoted(default), shown(node), "{key}");
    }
}

#[test]
fn every_key_of_a_listener_is_in_the_manual_with_its_default() {
    let text = include_str!("../../../../docs/listeners.md");
    let effective = load_text("listeners.quic.default {}").expect("it is valid").effective;
    let parts: Vec<_> = text.split("\n## quic\n").collect();
    let (manual, of_quic) = (tables(parts[0]), tables(parts[1]));
    for row in rows().iter().filter(|row| row.key.starts_with("listeners.")) {
        let path: Vec<_> = row.key.split('.').collect();
        let key = path[3..].join(".");
        let of_this = if path[1] == "quic" && of_quic.contains_key(&key) { &of_quic } else { &manual };
        // The address is that of the kind.
        let node = effective.get(&path).filter(|_| key != "bind");
        check(of_this, text, &key, node);
    }
}

#[test]
fn every_other_key_is_in_the_manual_with_its_default() {
    let text = include_str!("../../../../docs/configuration-keys.md");
    let effective = load_text("broker.shared_subscription_group.g {}").expect("it is valid").effective;
    for root in ROOTS {
        let beginning = format!("\n## {root}\n");
        let section = text.split(&beginning).nth(1).and_then(|rest| rest.split("\n## ").next()).expect(root);
        let manual = tables(section);
        let of_root: Vec<_> = rows().into_iter().filter(|row| row.key.starts_with(&format!("{root}."))).collect();
        assert!(!of_root.is_empty(), "{root}");
        for row in of_root {
            let path: Vec<_> = row.key.split('.').collect();
            let names = if root == "broker" { &path[3..] } else { &path[1..] };
            check(&manual, section, &names.join("."), effective.get(&path));
        }
    }
}

#[test]
fn the_examples_of_the_manual_load() {
    let pages = [
        include_str!("../../../../docs/configuration.md"),
        include_str!("../../../../docs/configuration-keys.md"),
        include_str!("../../../../docs/listeners.md"),
        include_str!("../../../../docs/load-balancer.md"),
        include_str!("../../../../docs/messages.md"),
        include_str!("../../../../docs/opentelemetry.md"),
        include_str!("../../../../docs/tls.md"),
        include_str!("../../../../docs/troubleshooting.md"),
    ];
    for page in pages {
        let examples: Vec<_> = page.split("```hocon\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!examples.is_empty(), "{:?} has no example", page.lines().next());
        for example in examples {
            assert_eq!(load_text(example).expect(example).warnings, [], "{example}");
        }
    }
}
