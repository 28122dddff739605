//! Which changes make which stamps outdated, and that none is missed.

use super::*;
use crate::{Router, RouterConfig, SessionKey};
use dunlin_model::SubscriptionOptions;
use dunlin_topic::SubscriptionFilter;
use parking_lot::RwLock;
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn a_stamp_is_small() {
    assert_eq!(size_of::<Stamp>(), 16);
}

/// Counters are shared by hash, so that two texts may share one; with 4,096 of them all of many rarely do.
fn invalidated(filter: &str, topics: &[&str]) -> Vec<bool> {
    let mut always = vec![true; topics.len()];
    for _ in 0..4 {
        let epochs = Epochs::new();
        let stamps: Vec<Stamp> = topics.iter().map(|topic| epochs.stamp(topic)).collect();
        epochs.bump(filter);
        for (always, stamp) in always.iter_mut().zip(&stamps) {
            *always &= !epochs.is_current(stamp);
        }
    }
    always
}

#[test]
fn a_change_outdates_the_topics_it_can_concern_and_few_others() {
    let topics = ["a", "a/b", "a/b/c", "a/b/c/d", "a/x/c", "z", "/z"];
    for (filter, expected) in [
        ("a/b", [false, true, false, false, false, false, false]),
        ("a/b/c/d", [false, false, false, true, false, false, false]),
        ("a/b/c", [false, false, true, false, false, false, false]),
        ("a/b/c/d/e", [false; 7]),
        ("a/#", [true, true, true, true, true, false, false]),
        ("a/b/+", [false, true, true, true, false, false, false]),
        ("a/b/c/d/#", [false, false, true, true, false, false, false]),
        ("+/b", [true; 7]),
        ("#", [true; 7]),
        ("/+", [false, false, false, false, false, false, true]),
    ] {
        assert_eq!(invalidated(filter, &topics), expected, "{filter}");
    }
}

proptest! {
    #[test]
    fn every_filter_that_selects_a_topic_outdates_its_stamp(
        topic in "[a-c/]{1,12}",
        levels in prop::collection::vec(prop::sample::select(vec!["", "a", "b", "ab", "+"]), 0..6),
        replace in prop::collection::vec(any::<bool>(), 12),
        cut in 0_usize..12,
    ) {
        // Filters made from the topic, so that they select it, and random ones that may.
        let mut made: Vec<&str> =
            topic.split('/').zip(replace.iter().cycle()).map(|(level, plus)| if *plus { "+" } else { level }).collect();
        let exact = made.join("/");
        made.truncate(cut);
        made.push("#");
        for filter in [exact, made.join("/"), levels.join("/")] {
            if filter.is_empty() || !dunlin_topic::matches(&filter, &topic) { continue }
            let epochs = Epochs::new();
            let stamp = epochs.stamp(&topic);
            prop_assert!(epochs.is_current(&stamp));
            epochs.bump(&filter);
            prop_assert!(!epochs.is_current(&stamp), "{} and {}", filter, topic);
            prop_assert_ne!(epochs.stamp(&topic), stamp);
        }
    }
}

/// A reader that keeps a route while its stamp is current never keeps one that lacks a change it could know of.
#[test]
fn readers_never_keep_an_outdated_route() {
    const CHANGES: u32 = 2_000;
    let router = Router::new(RouterConfig::default());
    let epochs = router.epochs();
    let router = RwLock::new(router);
    // Number of subscriptions that were in place, and bumped, when this was written.
    let announced = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let client_id = "c".into();
            for slot in 0..CHANGES {
                let session = SessionKey { worker: 0, slot, generation: 0 };
                let text = if slot % 2 == 0 { "t/#" } else { "t/x" };
                let filter = SubscriptionFilter::parse(text).unwrap();
                let options = SubscriptionOptions::default();
                router.write().subscribe(session, &client_id, &filter, options, 0, false).unwrap();
                announced.store(u64::from(slot) + 1, Ordering::Release);
            }
        });
        let mut kept: Option<(Stamp, Arc<crate::Route>)> = None;
        loop {
            let known = announced.load(Ordering::Acquire);
            let route = match &kept {
                Some((stamp, route)) if epochs.is_current(stamp) => route.clone(),
                _ => {
                    let stamp = epochs.stamp("t/x");
                    let route = Arc::new(router.read().lookup("t/x"));
                    kept = Some((stamp, route.clone()));
                    route
                }
            };
            assert!(route.targets().len() as u64 >= known, "{} of {known}", route.targets().len());
            if known == u64::from(CHANGES) {
                break;
            }
        }
    });
}
