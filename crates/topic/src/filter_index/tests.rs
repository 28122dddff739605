//! [`FilterIndex`] against a plain list and [`matches`](crate::matches), and against hostile topics.

use super::{FilterIndex, FilterPlace};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn found(index: &FilterIndex<u32>, topic: &str) -> Vec<u32> {
    let mut values = Vec::new();
    index.for_each_match(topic, |value| values.push(*value));
    values.sort_unstable();
    values
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "ab", "$x"])
}

fn topic() -> impl Strategy<Value = String> {
    prop::collection::vec(level(), 1..5).prop_map(|levels| levels.join("/")).prop_filter("empty", |t| !t.is_empty())
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
        changes in prop::collection::vec((filter(), any::<bool>(), any::<u32>()), 1..80),
        topics in prop::collection::vec(topic(), 1..12),
    ) {
        let mut index = FilterIndex::new();
        let mut model = BTreeMap::new();
        for (filter, insert, value) in changes {
            if insert {
                let expected = *model.entry(filter.clone()).or_insert(value);
                prop_assert_eq!(*index.get_or_insert_with(&filter, || value), expected);
            } else {
                prop_assert_eq!(index.remove(&filter), model.remove(&filter));
            }
            prop_assert_eq!(index.get(&filter), model.get(&filter));
            prop_assert_eq!(index.get_mut(&filter).map(|value| *value), model.get(&filter).copied());
            prop_assert_eq!(index.len(), model.len());
        }
        for topic in &topics {
            let mut expected: Vec<u32> =
                model.iter().filter(|(filter, _)| crate::matches(filter, topic)).map(|(_, value)| *value).collect();
            expected.sort_unstable();
            prop_assert_eq!(found(&index, topic), expected, "{}", topic);
        }
        let listed: BTreeMap<String, u32> = index.iter().map(|(filter, value)| (filter.to_string(), *value)).collect();
        prop_assert_eq!(&listed, &model);
        let (mut walked, mut place) = (Vec::new(), Some(FilterPlace::FIRST));
        while let Some(from) = place {
            place = index.visit_from(from, 3, |filter, value| walked.push((filter.to_string(), *value)));
        }
        walked.sort();
        prop_assert_eq!(walked, model.clone().into_iter().collect::<Vec<_>>());
        // Nothing stays behind when all filters are gone.
        for filter in model.keys() {
            index.remove(filter);
        }
        prop_assert!(index.is_empty());
        prop_assert_eq!(index.wildcard.part_counts(), (1, 0));
    }
}

#[test]
fn nodes_and_levels_are_reclaimed_while_other_filters_stay() {
    let mut index = FilterIndex::new();
    index.get_or_insert_with("keep/+", || 0);
    let before = index.wildcard.part_counts();
    for round in 0..3 {
        for device in 0..100 {
            index.get_or_insert_with(&format!("device/{device}/+/x/#"), || round);
        }
        for device in 0..100 {
            assert_eq!(index.remove(&format!("device/{device}/+/x/#")), Some(round));
        }
        assert_eq!(index.wildcard.part_counts(), before);
    }
}

#[test]
fn table_of_exact_filters_shrinks_when_emptied() {
    let mut index = FilterIndex::new();
    for number in 0..10_000 {
        index.get_or_insert_with(&format!("a/{number}"), || number);
    }
    for number in 0..10_000 {
        assert_eq!(index.remove(&format!("a/{number}")), Some(number));
    }
    assert!(index.exact.capacity() <= 2 * super::SMALL_CAPACITY, "{}", index.exact.capacity());
}

#[test]
fn deepest_topics_and_filters_need_no_stack() {
    let deep_topic = "/".repeat(65_535);
    let deep_filter = format!("{}+", "+/".repeat(32_767));
    let mut index = FilterIndex::new();
    index.get_or_insert_with(&deep_filter, || 1);
    index.get_or_insert_with("#", || 2);
    index.get_or_insert_with("+/#", || 3);
    assert_eq!(found(&index, &deep_topic), [2, 3]);
    assert_eq!(found(&index, &"/".repeat(32_767)), [1, 2, 3]);
    assert_eq!(index.iter().filter(|(filter, _)| *filter == deep_filter).count(), 1);
    assert_eq!(index.remove(&deep_filter), Some(1));
    assert_eq!(index.wildcard.part_counts(), (2, 0));
}

/// Every combination of literal and `+` over 12 levels: 4,096 filters all select one topic; each node is seen once.
#[test]
fn all_combinations_of_plus_are_found_once() {
    let mut index = FilterIndex::new();
    for bits in 0..1_u32 << 12 {
        let levels: Vec<&str> = (0..12).map(|level| if bits >> level & 1 == 1 { "+" } else { "a" }).collect();
        index.get_or_insert_with(&levels.join("/"), || bits);
    }
    let topic = ["a"; 12].join("/");
    assert_eq!(found(&index, &topic), (0..1 << 12).collect::<Vec<u32>>());
    assert_eq!(found(&index, &["b"; 12].join("/")), [(1 << 12) - 1]);
}
