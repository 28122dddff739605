//! [`NameIndex`] against a plain list and [`matches`](crate::matches), page by page, with changes in between.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet as Set};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    name: String,
    number: u32,
}

impl Named for Value {
    fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

fn value(name: &str, number: u32) -> Value {
    Value { name: name.into(), number }
}

fn all_pages(index: &NameIndex<Value>, filter: &str, max_matches: usize, max_visited: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        cursor = index.page(filter, cursor.as_ref(), max_matches, max_visited, &mut found);
        if cursor.is_none() {
            return found.into_iter().map(|value| value.name).collect();
        }
    }
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "c", "a!", "ab", "$x", "é"])
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(level(), 1..5).prop_map(|levels| levels.join("/")).prop_filter("empty", |n| !n.is_empty())
}

fn filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![3 => level(), 2 => Just("+")];
    (prop::collection::vec(level, 0..4), any::<bool>())
        .prop_map(|(mut levels, subtree)| {
            if subtree {
                levels.push("#");
            }
            levels.join("/")
        })
        .prop_filter("empty", |f| !f.is_empty())
}

proptest! {
    #[test]
    fn agrees_with_a_list(
        changes in prop::collection::vec((name(), any::<bool>(), any::<u32>()), 1..100),
        filters in prop::collection::vec(filter(), 1..8),
        max_matches in 1_usize..6,
        max_visited in 1_usize..6,
    ) {
        let mut index = NameIndex::new();
        let mut model = BTreeMap::new();
        for (name, insert, number) in changes {
            let old = model.get(&name).map(|number| value(&name, *number));
            if insert {
                model.insert(name.clone(), number);
                prop_assert_eq!(index.insert(value(&name, number)), old);
            } else {
                model.remove(&name);
                prop_assert_eq!(index.remove(&name), old);
            }
            prop_assert_eq!(index.get(&name).map(|value| value.number), model.get(&name).copied());
        }
        prop_assert_eq!(index.len(), model.len());
        for filter in filters {
            let expected: Set<String> = model.keys().filter(|name| crate::matches(&filter, name)).cloned().collect();
            let found = all_pages(&index, &filter, max_matches, max_visited);
            prop_assert_eq!(found.len(), expected.len(), "{}: {:?}", filter, found);
            prop_assert_eq!(found.into_iter().collect::<Set<_>>(), expected, "{}", filter);
        }
        let mut scanned = 0;
        let mut cursor = None;
        loop {
            cursor = index.scan(cursor.as_ref(), max_visited, |_| scanned += 1);
            if cursor.is_none() { break }
        }
        prop_assert_eq!(scanned, model.len());
    }

    /// Names that are there all the time come exactly once, names that never were do not come.
    #[test]
    fn pages_survive_changes_in_between(
        stable in prop::collection::btree_set(name(), 1..40),
        changes in prop::collection::vec((name(), any::<bool>()), 1..60),
        filter in filter(),
        max_matches in 1_usize..5,
        max_visited in 1_usize..5,
    ) {
        let mut index = NameIndex::new();
        for name in &stable {
            index.insert(value(name, 0));
        }
        let mut changes = changes.into_iter().filter(|(name, _)| !stable.contains(name));
        let mut ever = stable.clone();
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let before = found.len();
            cursor = index.page(&filter, cursor.as_ref(), max_matches, max_visited, &mut found);
            prop_assert!(found.len() - before <= max_matches);
            if cursor.is_none() { break }
            for (name, insert) in changes.by_ref().take(2) {
                ever.insert(name.clone());
                if insert { index.insert(value(&name, 1)); } else { index.remove(&name); }
            }
        }
        let names: Vec<&String> = found.iter().map(|value| &value.name).collect();
        prop_assert!(names.iter().all(|name| ever.contains(*name) && crate::matches(&filter, name)));
        for name in stable.iter().filter(|name| crate::matches(&filter, name)) {
            prop_assert_eq!(names.iter().filter(|found| **found == name).count(), 1, "{}", name);
        }
    }
}

/// A filter that selects one name in each of 1,000 subtrees of 1,000 names looks at a few names per subtree.
#[test]
fn skips_subtrees_that_cannot_match() {
    let mut index = NameIndex::new();
    for device in 0..100 {
        for sensor in 0..1_000 {
            index.insert(value(&format!("site/{device}/sensor{sensor}"), sensor));
        }
    }
    let mut out = Vec::new();
    assert_eq!(index.page("site/+/sensor500", None, usize::MAX, 400, &mut out), None);
    assert_eq!(out.len(), 100);
    out.clear();
    assert_eq!(index.page("nowhere/#", None, usize::MAX, 1, &mut out), None);
    assert!(out.is_empty());
}

#[test]
fn a_page_looks_at_a_bounded_number_of_names() {
    let mut index = NameIndex::new();
    for number in 0..1_000 {
        index.insert(value(&format!("a/{number}/x"), number));
    }
    let mut cursor = None;
    let mut pages = 0;
    let mut out = Vec::new();
    loop {
        // Nothing matches: only the limit on visits ends a page.
        cursor = index.page("+/+/y", cursor.as_ref(), 10, 100, &mut out);
        pages += 1;
        if cursor.is_none() {
            break;
        }
    }
    assert!(out.is_empty());
    assert!(pages >= 10, "{pages}");
}

/// [MQTT-4.7.2-1]
#[test]
fn mqtt_4_7_2_1_leading_wildcards_skip_dollar_names_at_once() {
    let mut index = NameIndex::new();
    for number in 0..1_000 {
        index.insert(value(&format!("$SYS/{number}"), number));
    }
    for name in ["!", "#x", "z"] {
        index.insert(value(name, 0));
    }
    let mut out = Vec::new();
    assert_eq!(index.page("#", None, 10, 6, &mut out), None);
    assert_eq!(out.iter().map(|value| value.name.as_str()).collect::<Vec<_>>(), ["!", "#x", "z"]);
    assert_eq!(all_pages(&index, "$SYS/#", 100, 100).len(), 1_000);
}
