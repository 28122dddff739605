//! What is kept, for how long, and what goes first.

use super::*;
use dunlin_model::Qos;
use proptest::prelude::*;
use std::collections::VecDeque;

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtMostOnce };
const SETTINGS: VerdictCacheSettings = VerdictCacheSettings { max_size: 3, ttl_ms: 10 };

#[test]
fn verdicts_are_kept_by_action_and_topic_until_their_end() {
    let mut cache = VerdictCache::default();
    assert_eq!(cache.get(PUBLISH, "a", 0), None);
    cache.put(SETTINGS, PUBLISH, "a", Permission::Allow, 100);
    cache.put(SETTINGS, SUBSCRIBE, "a", Permission::Deny, 105);
    assert_eq!(cache.get(PUBLISH, "a", 109), Some(Permission::Allow));
    assert_eq!(cache.get(SUBSCRIBE, "a", 109), Some(Permission::Deny));
    assert_eq!(cache.get(Action::Publish { qos: Qos::AtMostOnce, retain: true }, "a", 109), None);
    assert_eq!(cache.get(PUBLISH, "a", 110), None);
    cache.put(SETTINGS, PUBLISH, "a", Permission::Deny, 111);
    assert_eq!(cache.get(PUBLISH, "a", 120), Some(Permission::Deny));
    assert_eq!(cache.len(), 2);
    cache.clear();
    assert!(cache.is_empty() && cache.get(PUBLISH, "a", 111).is_none());
}

#[test]
fn one_that_is_not_used_is_a_pointer() {
    assert_eq!(size_of::<VerdictCache>(), size_of::<usize>());
    let mut cache = VerdictCache::default();
    for settings in [VerdictCacheSettings { max_size: 0, ..SETTINGS }, VerdictCacheSettings { ttl_ms: 0, ..SETTINGS }] {
        cache.put(settings, PUBLISH, "a", Permission::Allow, 0);
        assert!(cache.0.is_none());
    }
}

#[test]
fn a_size_that_has_become_smaller_does_no_harm() {
    let mut cache = VerdictCache::default();
    for topic in ["a", "b", "c"] {
        cache.put(SETTINGS, PUBLISH, topic, Permission::Allow, 0);
    }
    for topic in ["d", "e", "f", "g"] {
        cache.put(VerdictCacheSettings { max_size: 1, ..SETTINGS }, PUBLISH, topic, Permission::Deny, 0);
        assert_eq!(cache.get(PUBLISH, topic, 1), Some(Permission::Deny));
    }
    assert_eq!(cache.len(), 3);
}

proptest! {
    /// Against a queue that is searched from end to end.
    #[test]
    fn the_oldest_goes_first(topics in prop::collection::vec(("[a-h]", any::<bool>(), 0_u64..3), 0..200), max_size in 1_u32..6) {
        let settings = VerdictCacheSettings { max_size, ttl_ms: 10 };
        let (mut cache, mut queue, mut now) = (VerdictCache::default(), VecDeque::new(), 0);
        for (topic, is_put, pause) in topics {
            now += pause;
            let known = queue.iter().position(|(known, _)| *known == topic);
            if is_put {
                cache.put(settings, PUBLISH, &topic, Permission::Allow, now);
                match known {
                    Some(place) => queue[place].1 = now + 10,
                    None => {
                        queue.push_back((topic, now + 10));
                        if queue.len() > max_size as usize {
                            queue.pop_front();
                        }
                    }
                }
            } else {
                let expected = known.is_some_and(|place| now < queue[place].1);
                prop_assert_eq!(cache.get(PUBLISH, &topic, now).is_some(), expected);
            }
            prop_assert_eq!(cache.len(), queue.len());
        }
    }
}
