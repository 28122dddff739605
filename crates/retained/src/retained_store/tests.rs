//! The store's rules, named after the behaviours they keep, and a model test.

use super::*;
use dunlin_model::{MessageParts, Qos};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NOW: Millis = 1_000_000;

fn message(topic: &str, payload: &str, expiry_secs: Option<u32>) -> Message {
    Message::new(&MessageParts {
        topic,
        properties: &[],
        payload: payload.as_bytes(),
        qos: Qos::ExactlyOnce,
        retain: true,
        expiry_secs,
        publisher: "p",
        received_at: NOW,
    })
}

fn store_with(topics: &[&str]) -> RetainedStore {
    let mut store = RetainedStore::default();
    for topic in topics {
        assert_eq!(store.store(message(topic, "x", None), NOW), StoreOutcome::Stored);
    }
    store
}

fn pages(store: &RetainedStore, filter: &str, limits: PageLimits, now: Millis) -> Vec<Message> {
    let mut out = Vec::new();
    let mut cursor = None;
    loop {
        cursor = store.page(filter, cursor.as_ref(), limits, now, &mut out);
        if cursor.is_none() {
            return out;
        }
    }
}

fn topics(store: &RetainedStore, filter: &str) -> Vec<String> {
    pages(store, filter, PageLimits::default(), NOW).iter().map(|message| message.topic().to_owned()).collect()
}

/// [MQTT-3.3.1-5], [MQTT-3.3.1-6], [MQTT-3.3.1-7]
#[test]
fn b133_the_last_one_is_kept_and_an_empty_one_clears() {
    let mut store = RetainedStore::default();
    for (payload, outcome, kept) in [
        ("", StoreOutcome::Nothing, None),
        ("1", StoreOutcome::Stored, Some("1")),
        ("2", StoreOutcome::Replaced, Some("2")),
        ("", StoreOutcome::Removed, None),
        ("", StoreOutcome::Nothing, None),
        ("3", StoreOutcome::Stored, Some("3")),
    ] {
        assert_eq!(store.store(message("a", payload, None), NOW), outcome, "{payload:?}");
        assert_eq!(store.get("a", NOW).map(Message::payload), kept.map(str::as_bytes), "{payload:?}");
    }
}

/// [MQTT-3.3.2-5], [MQTT-3.3.2-6]
#[test]
fn b134_expired_messages_are_not_delivered_and_others_carry_what_is_left() {
    let mut store = RetainedStore::default();
    store.store(message("short", "x", Some(1)), NOW);
    store.store(message("long", "x", Some(10)), NOW);
    store.store(message("ever", "x", None), NOW);
    let left = |now: Millis| -> Vec<(String, Option<u32>)> {
        let found = pages(&store, "#", PageLimits::default(), now);
        found.iter().map(|message| (message.topic().to_owned(), message.remaining_expiry_secs(now))).collect()
    };
    let named = |topic: &str, secs| (topic.to_owned(), secs);
    assert_eq!(left(NOW + 999), [named("ever", None), named("long", Some(10)), named("short", Some(1))]);
    assert_eq!(left(NOW + 1_000), [named("ever", None), named("long", Some(9))]);
    assert_eq!(left(NOW + 10_000), [named("ever", None)]);
    assert!(store.get("short", NOW + 1_000).is_none());
}

#[test]
fn a_message_that_arrives_too_late_clears_its_topic() {
    let mut store = store_with(&["a"]);
    assert_eq!(store.store(message("a", "late", Some(1)), NOW + 5_000), StoreOutcome::Removed);
    assert_eq!(store.store(message("a", "late", Some(1)), NOW + 5_000), StoreOutcome::Nothing);
}

#[test]
fn b136_the_quality_of_service_it_was_published_with_stays() {
    let store = store_with(&["retained/1"]);
    assert_eq!(pages(&store, "retained/+", PageLimits::default(), NOW)[0].qos(), Qos::ExactlyOnce);
}

#[test]
fn b137_counts_topics_and_bytes() {
    let mut store = store_with(&["a", "b"]);
    let two = store.bytes();
    assert_eq!(store.len(), 2);
    store.store(message("b", &"x".repeat(101), None), NOW);
    assert_eq!((store.len(), store.bytes()), (2, two + 100));
    store.store(message("b", "", None), NOW);
    assert_eq!((store.len(), store.bytes()), (1, two / 2));
    store.remove("a");
    assert_eq!((store.len(), store.bytes(), store.is_empty()), (0, 0, true));
}

#[test]
fn b138_wildcards_return_each_topic_once() {
    let store = store_with(&["retained/0", "retained/1", "retained/1/x", "retained", "other"]);
    assert_eq!(topics(&store, "retained/+"), ["retained/0", "retained/1"]);
    assert_eq!(topics(&store, "retained/#"), ["retained", "retained/0", "retained/1", "retained/1/x"]);
    assert_eq!(topics(&store, "retained/1"), ["retained/1"]);
    assert_eq!(topics(&store, "#").len(), 5);
}

/// [MQTT-4.7.2-1]
#[test]
fn b139_dollar_topics_need_a_filter_that_names_them() {
    let store = store_with(&["$test/1", "$test/2", "$SYS/x", "a/b"]);
    assert_eq!(topics(&store, "#"), ["a/b"]);
    assert_eq!(topics(&store, "+/+"), ["a/b"]);
    assert_eq!(topics(&store, "$test/#"), ["$test/1", "$test/2"]);
    assert_eq!(topics(&store, "$SYS/+"), ["$SYS/x"]);
}

#[test]
fn b140_default_expiry_applies_where_the_message_has_none() {
    let config = RetainedConfig { default_expiry_secs: 2, ..RetainedConfig::default() };
    let mut store = RetainedStore::new(config);
    store.store(message("none", "x", None), NOW);
    store.store(message("own", "x", Some(5)), NOW);
    let alive = |store: &RetainedStore, after_ms| pages(store, "#", PageLimits::default(), NOW + after_ms).len();
    assert_eq!((alive(&store, 1_999), alive(&store, 2_000), alive(&store, 5_000)), (2, 1, 0));
    store.set_config(RetainedConfig { expiry_override_secs: Some(3), ..config });
    assert_eq!((alive(&store, 2_999), alive(&store, 3_000)), (2, 0));
    // Never, but no longer than the message itself says.
    store.set_config(RetainedConfig { expiry_override_secs: Some(0), ..config });
    assert_eq!((alive(&store, 4_999), alive(&store, 5_000), alive(&store, 1 << 40)), (2, 1, 1));
    assert_eq!(store.config().expiry_override_secs, Some(0));
    // What would never be forgotten is not, unless that is not allowed.
    let shorter = RetainedConfig { default_expiry_secs: 0, expiry_override_secs: Some(3), ..config };
    store.set_config(shorter);
    assert_eq!((alive(&store, 2_999), alive(&store, 3_000), alive(&store, 1 << 40)), (2, 1, 1));
    store.set_config(RetainedConfig { allow_never_expire: false, ..shorter });
    assert_eq!((alive(&store, 2_999), alive(&store, 3_000)), (2, 0));
}

#[test]
fn b140_a_full_table_refuses_new_topics_only() {
    let mut store = RetainedStore::new(RetainedConfig { max_retained_messages: 2, ..RetainedConfig::default() });
    for (topic, payload, outcome) in [
        ("a", "1", StoreOutcome::Stored),
        ("b", "1", StoreOutcome::Stored),
        ("c", "1", StoreOutcome::RejectedTableFull),
        ("a", "2", StoreOutcome::Replaced),
        ("c", "", StoreOutcome::Nothing),
        ("b", "", StoreOutcome::Removed),
        ("c", "1", StoreOutcome::Stored),
    ] {
        assert_eq!(store.store(message(topic, payload, None), NOW), outcome, "{topic} {payload:?}");
    }
    assert_eq!(topics(&store, "#"), ["a", "c"]);
}

#[test]
fn b140_a_payload_that_is_too_long_changes_nothing() {
    let mut store = RetainedStore::new(RetainedConfig { max_payload_size: 3, ..RetainedConfig::default() });
    assert_eq!(store.store(message("a", "123", None), NOW), StoreOutcome::Stored);
    assert_eq!(store.store(message("a", "1234", None), NOW), StoreOutcome::RejectedPayloadTooLarge);
    assert_eq!(store.get("a", NOW).map(Message::payload), Some(&b"123"[..]));
}

#[test]
fn b142_sweep_removes_what_has_expired_step_by_step_and_clean_removes_all() {
    let mut store = RetainedStore::default();
    for number in 0..100 {
        let prefix = if number % 3 == 0 { "$x" } else { "x" };
        store.store(message(&format!("{prefix}/{number}"), "x", (number % 2 == 0).then_some(1)), NOW);
    }
    let (mut removed, mut steps, mut cursor) = (0, 0, None);
    loop {
        let (count, next) = store.remove_expired(NOW + 1_000, 7, cursor.as_ref());
        assert!(count <= 7);
        removed += count;
        steps += 1;
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((removed, store.len(), steps), (50, 50, 15));
    assert!(store.bytes() > 0);
    store.clean();
    assert_eq!((store.len(), store.bytes()), (0, 0));
}

/// Readers in the middle of their pages see every message that stays, while others are written and removed.
#[test]
fn b147_readers_lose_nothing_while_the_table_changes() {
    let mut store = RetainedStore::default();
    for number in 0..1_000 {
        store.store(message(&format!("stay/{number}"), "x", None), NOW);
    }
    let limits = PageLimits { max_messages: 7, max_visited: 20 };
    let mut found = Vec::new();
    let (mut cursor, mut round) = (None, 0);
    loop {
        cursor = store.page("stay/#", cursor.as_ref(), limits, NOW, &mut found);
        if cursor.is_none() {
            break;
        }
        round += 1;
        store.store(message(&format!("stay/{round}/new"), "x", None), NOW);
        store.remove(&format!("stay/{}/new", round - 3));
        store.store(message(&format!("stay/{round}"), "again", None), NOW);
    }
    let mut stayed: Vec<&str> = found.iter().map(Message::topic).filter(|topic| !topic.ends_with("/new")).collect();
    assert_eq!(stayed.len(), 1_000);
    stayed.sort_unstable();
    stayed.dedup();
    assert_eq!(stayed.len(), 1_000);
}

proptest! {
    #[test]
    fn agrees_with_a_map(
        changes in prop::collection::vec((0_u32..30, 0_usize..3, prop::option::of(0_u32..5)), 1..120),
        max_messages in 1_usize..5,
        max_visited in 1_usize..5,
        seconds_later in 0_u64..6,
    ) {
        let mut store = RetainedStore::default();
        let mut model = BTreeMap::new();
        for (number, length, expiry_secs) in changes {
            let topic = format!("{}/{}", ["a", "b", "$c"][number as usize % 3], number);
            let (existed, stays) = (model.remove(&topic).is_some(), length > 0 && expiry_secs != Some(0));
            if stays {
                model.insert(topic.clone(), expiry_secs);
            }
            let expected = match (existed, stays) {
                (false, true) => StoreOutcome::Stored,
                (true, true) => StoreOutcome::Replaced,
                (true, false) => StoreOutcome::Removed,
                (false, false) => StoreOutcome::Nothing,
            };
            prop_assert_eq!(store.store(message(&topic, &"x".repeat(length), expiry_secs), NOW), expected);
        }
        prop_assert_eq!(store.len(), model.len());
        let now = NOW + seconds_later * 1_000;
        model.retain(|_, expiry_secs| expiry_secs.is_none_or(|secs| u64::from(secs) > seconds_later));
        for filter in ["#", "a/+", "b/#", "$c/#", "+/3"] {
            let found = pages(&store, filter, PageLimits { max_messages, max_visited }, now);
            let found: Vec<&str> = found.iter().map(Message::topic).collect();
            let mut expected: Vec<&str> =
                model.keys().map(String::as_str).filter(|topic| dunlin_topic::matches(filter, topic)).collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected, "{}", filter);
        }
        let mut cursor = None;
        loop {
            cursor = store.remove_expired(now, max_visited, cursor.as_ref()).1;
            if cursor.is_none() { break }
        }
        prop_assert_eq!(store.len(), model.len());
        for topic in model.keys() {
            store.remove(topic);
        }
        prop_assert_eq!(store.bytes(), 0);
    }
}
