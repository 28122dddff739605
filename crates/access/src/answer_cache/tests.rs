//! Limits of time, number and memory.

use super::*;
use proptest::prelude::*;

const SETTINGS: AnswerCacheSettings = AnswerCacheSettings { ttl_ms: 10, max_count: 3, max_memory_bytes: 1_000 };

#[test]
fn answers_hold_for_their_time() {
    let mut cache = AnswerCache::new(SETTINGS);
    assert_eq!(cache.get(b"q", 0), None);
    cache.put(b"q", 1, 8, 100);
    assert_eq!(cache.get(b"q", 109), Some(&1));
    assert_eq!(cache.get(b"other", 109), None);
    assert_eq!(cache.get(b"q", 110), None);
    cache.put(b"q", 2, 8, 110);
    assert_eq!(cache.get(b"q", 119), Some(&2));
    let status = cache.status();
    assert_eq!((status.count, status.hits, status.misses, status.inserts), (1, 2, 3, 2));
    cache.clear();
    assert_eq!(cache.status(), AnswerCacheStatus::default());
    assert_eq!(cache.get(b"q", 111), None);
}

#[test]
fn the_oldest_make_room() {
    let mut cache = AnswerCache::new(SETTINGS);
    for question in [b"a", b"b", b"c", b"d"] {
        cache.put(question, 0, 0, 0);
    }
    assert_eq!((cache.get(b"a", 1).copied(), cache.get(b"b", 1).copied()), (None, Some(0)));
    assert_eq!(cache.status().evictions, 1);
    cache.put(b"big", 0, 800, 1);
    assert_eq!((cache.status().count, cache.get(b"d", 1)), (1, None));
    cache.put(b"too big", 0, 1_000, 1);
    assert_eq!((cache.get(b"too big", 1).copied(), cache.get(b"big", 1).copied()), (None, Some(0)));
}

#[test]
fn nothing_secret_is_printed() {
    let mut cache = AnswerCache::new(SETTINGS);
    cache.put(b"SELECT 'hunter2'", "hunter2", 7, 0);
    assert!(!format!("{cache:?}").contains("hunter2"));
}

proptest! {
    #[test]
    fn limits_hold_whatever_is_put_in(
        puts in prop::collection::vec((0_u8..8, 0_usize..600, 0_u64..4), 0..300),
        max_count in 0_usize..5,
    ) {
        let settings = AnswerCacheSettings { max_count, ..SETTINGS };
        let (mut cache, mut now) = (AnswerCache::new(settings), 0);
        for (question, bytes, pause) in puts {
            now += pause;
            cache.put(&[question], now, bytes, now);
            if let Some(put_at) = cache.get(&[question], now) {
                prop_assert_eq!(*put_at, now);
            } else {
                prop_assert!(max_count == 0 || bytes + 1 + ENTRY_BYTES > settings.max_memory_bytes);
            }
            let status = cache.status();
            let held: usize = cache.answers.values().map(|kept| kept.bytes).sum();
            prop_assert!(status.count <= max_count && cache.queue.len() <= max_count);
            prop_assert!(status.memory_bytes == held && held <= settings.max_memory_bytes);
        }
    }
}
