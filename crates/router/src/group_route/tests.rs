//! The strategies of shared groups, named after the behaviours they keep.

use super::*;
use crate::{Router, RouterConfig};
use dunlin_model::{Qos, SubscriptionOptions};
use dunlin_topic::SubscriptionFilter;
use std::collections::{BTreeMap, BTreeSet};

const MEMBER_COUNT: u32 = 8;

fn session(slot: u32) -> SessionKey {
    SessionKey { worker: 0, slot, generation: 0 }
}

fn parse(text: &str) -> SubscriptionFilter<'_> {
    SubscriptionFilter::parse(text).unwrap()
}

fn router(strategy: SharedStrategy, initial_sticky_pick: InitialStickyPick) -> Router {
    let default = GroupConfig { strategy, initial_sticky_pick };
    Router::new(RouterConfig { default, ..RouterConfig::default() })
}

fn join(router: &mut Router, slots: std::ops::Range<u32>, filter: &str) {
    for slot in slots {
        let client_id = format!("member-{slot}").into();
        router.subscribe(session(slot), &client_id, &parse(filter), SubscriptionOptions::default(), 0, false).unwrap();
    }
}

/// Picks one member for each message, given as (publisher, topic), with random numbers from a fixed sequence.
struct Picker {
    memory: PickMemory,
    random: u64,
}

impl Picker {
    fn new() -> Self {
        Self { memory: PickMemory::new(), random: 1 }
    }

    fn pick_but(
        &mut self,
        router: &Router,
        filter: &str,
        publisher: &str,
        topic: &str,
        exclude: Option<SessionKey>,
    ) -> Option<u32> {
        self.random = mix(self.random.wrapping_add(0x9e37_79b9_7f4a_7c15));
        let context = PickContext { publisher, topic: topic.as_bytes(), random: self.random, exclude };
        let route = router.group_route(&parse(filter)).unwrap();
        route.pick(&context, &mut self.memory).map(|member| member.session.slot)
    }

    fn pick(&mut self, router: &Router, filter: &str, publisher: &str, topic: &str) -> u32 {
        self.pick_but(router, filter, publisher, topic, None).unwrap()
    }
}

const ALL_STRATEGIES: [SharedStrategy; 7] = [
    SharedStrategy::Random,
    SharedStrategy::RoundRobin,
    SharedStrategy::RoundRobinPerGroup,
    SharedStrategy::Sticky,
    SharedStrategy::Local,
    SharedStrategy::HashClientId,
    SharedStrategy::HashTopic,
];

#[test]
fn b115_a_sticky_publisher_keeps_its_member() {
    for initial in [InitialStickyPick::Random, InitialStickyPick::HashClientId, InitialStickyPick::HashTopic] {
        let mut router = router(SharedStrategy::Sticky, initial);
        join(&mut router, 0..MEMBER_COUNT, "$share/g/t/#");
        let mut picker = Picker::new();
        let mut members = BTreeSet::new();
        for publisher in 0..40 {
            let (publisher, first_topic) = (format!("p{publisher}"), format!("t/{publisher}"));
            let first = picker.pick(&router, "$share/g/t/#", &publisher, &first_topic);
            members.insert(first);
            for topic in ["t/1", "t/2", "t/3"] {
                assert_eq!(picker.pick(&router, "$share/g/t/#", &publisher, topic), first, "{initial:?}");
            }
        }
        assert!(members.len() > 2, "{initial:?}: {members:?}");
    }
}

#[test]
fn b116_a_sticky_publisher_changes_when_its_member_leaves_or_goes_offline() {
    let mut router = router(SharedStrategy::Sticky, InitialStickyPick::Random);
    join(&mut router, 0..3, "$share/g/t");
    let mut picker = Picker::new();
    let first = picker.pick(&router, "$share/g/t", "p", "t");
    assert!(router.unsubscribe(session(first), &parse("$share/g/t")));
    let second = picker.pick(&router, "$share/g/t", "p", "t");
    assert_ne!(second, first);
    router.set_online(session(second), &parse("$share/g/t"), false);
    let third = picker.pick(&router, "$share/g/t", "p", "t");
    assert_eq!(first + second + third, 3);
    // It stays with the new one when the old one comes back.
    router.set_online(session(second), &parse("$share/g/t"), true);
    assert_eq!(picker.pick(&router, "$share/g/t", "p", "t"), third);
}

#[test]
fn b117_round_robin_gives_consecutive_messages_to_different_members() {
    for count in 2..6 {
        let mut router = router(SharedStrategy::RoundRobin, InitialStickyPick::Random);
        join(&mut router, 0..count, "$share/g/t");
        let mut picker = Picker::new();
        let picks: Vec<u32> = (0..count * 3).map(|_| picker.pick(&router, "$share/g/t", "p", "t")).collect();
        for round in picks.chunks(count as usize) {
            assert_eq!(round.iter().collect::<BTreeSet<_>>().len(), count as usize, "{picks:?}");
        }
    }
}

#[test]
fn b117_random_and_local_reach_every_member() {
    for strategy in [SharedStrategy::Random, SharedStrategy::Local] {
        let mut router = router(strategy, InitialStickyPick::Random);
        join(&mut router, 0..2, "$share/g/t");
        let mut picker = Picker::new();
        let mut counts = [0; 2];
        for _ in 0..1_000 {
            counts[picker.pick(&router, "$share/g/t", "p", "t") as usize] += 1;
        }
        assert!(counts.iter().all(|count| (400..=600).contains(count)), "{strategy:?}: {counts:?}");
    }
}

#[test]
fn b118_round_robin_per_group_alternates_over_all_publishers_and_workers() {
    let mut router = router(SharedStrategy::RoundRobinPerGroup, InitialStickyPick::Random);
    join(&mut router, 0..2, "$share/g/t");
    join(&mut router, 2..4, "$share/h/t");
    let picks: Vec<(u32, u32)> = (0..10)
        .map(|message| {
            // Every message comes from a new publisher, on a worker of its own.
            let (mut picker, publisher) = (Picker::new(), format!("p{message}"));
            let first = picker.pick(&router, "$share/g/t", &publisher, "t");
            (first, picker.pick(&router, "$share/h/t", &publisher, "t"))
        })
        .collect();
    assert_eq!(picks.iter().filter(|(first, _)| *first == 0).count(), 5, "{picks:?}");
    assert_eq!(picks.iter().filter(|(_, second)| *second == 2).count(), 5, "{picks:?}");
    assert!(picks.windows(2).all(|pair| pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1), "{picks:?}");
}

#[test]
fn b119_hash_strategies_are_stable_and_move_little() {
    for strategy in [SharedStrategy::HashClientId, SharedStrategy::HashTopic] {
        let mut router = router(strategy, InitialStickyPick::Random);
        join(&mut router, 0..MEMBER_COUNT, "$share/g/t/#");
        let picks = |router: &Router| -> BTreeMap<u32, u32> {
            let pick = |key| {
                // The other text changes at random and must not matter.
                let mut picker = Picker::new();
                match strategy {
                    SharedStrategy::HashClientId => picker.pick(router, "$share/g/t/#", &format!("p{key}"), "t/x"),
                    _ => picker.pick(router, "$share/g/t/#", &format!("p{}", key % 3), &format!("t/{key}")),
                }
            };
            (0..800).map(|key| (key, pick(key))).collect()
        };
        let before = picks(&router);
        assert_eq!(before, picks(&router));
        for member in 0..MEMBER_COUNT {
            let share = before.values().filter(|picked| **picked == member).count();
            assert!((60..=140).contains(&share), "{strategy:?}: member {member} has {share} of 800");
        }
        router.unsubscribe(session(0), &parse("$share/g/t/#"));
        let after = picks(&router);
        assert!(before.iter().all(|(key, member)| *member == 0 || after[key] == *member), "{strategy:?}");
        assert!(after.values().all(|member| *member != 0));
        join(&mut router, 0..1, "$share/g/t/#");
        assert_eq!(before, picks(&router), "{strategy:?}: the order of joining does not matter");
    }
}

#[test]
fn b120_strategy_is_set_by_group_name() {
    let sticky = GroupConfig { strategy: SharedStrategy::Sticky, ..GroupConfig::default() };
    let groups = [("special".into(), sticky)].into_iter().collect();
    let mut router = Router::new(RouterConfig { groups, ..RouterConfig::default() });
    join(&mut router, 0..4, "$share/special/t");
    join(&mut router, 0..4, "$share/other/t");
    let mut picker = Picker::new();
    let mut members_of = |filter| (0..8).map(|_| picker.pick(&router, filter, "p", "t")).collect::<BTreeSet<_>>().len();
    assert_eq!((members_of("$share/special/t"), members_of("$share/other/t")), (1, 4));
    let strategy_of = |filter| router.group_route(&parse(filter)).unwrap().strategy();
    assert_eq!(strategy_of("$share/special/t"), SharedStrategy::Sticky);
    assert_eq!(strategy_of("$share/other/t"), SharedStrategy::RoundRobin);
}

#[test]
fn a_strategy_is_changed_in_place() {
    let mut router = router(SharedStrategy::Sticky, InitialStickyPick::Random);
    join(&mut router, 0..4, "$share/g/t/#");
    join(&mut router, 0..4, "$share/special/t/1");
    router.subscribe(session(9), &"a".into(), &parse("t/1"), SubscriptionOptions::default(), 0, false).unwrap();
    let (epochs, stamp) = (router.epochs(), router.epochs().stamp("t/1"));
    let mut picker = Picker::new();
    let mut members_of = |router: &Router, filter| {
        (0..8).map(|_| picker.pick(router, filter, "p", "t/1")).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(members_of(&router, "$share/g/t/#"), 1);

    let in_turn = GroupConfig { strategy: SharedStrategy::RoundRobinPerGroup, ..GroupConfig::default() };
    let special = GroupConfig { strategy: SharedStrategy::Sticky, ..GroupConfig::default() };
    let config = RouterConfig { default: in_turn, groups: [("special".into(), special)].into_iter().collect() };
    router.set_config(config.clone());
    assert!(!epochs.is_current(&stamp), "routes that workers keep have the old strategy");
    assert_eq!((members_of(&router, "$share/g/t/#"), members_of(&router, "$share/special/t/1")), (4, 1));
    assert_eq!(router.lookup("t/1").targets().len(), 1, "nothing else is touched");

    let stamp = epochs.stamp("t/1");
    router.set_config(config);
    assert!(epochs.is_current(&stamp), "no news");
    join(&mut router, 0..4, "$share/new/t/1");
    assert_eq!(router.group_route(&parse("$share/new/t/1")).unwrap().strategy(), SharedStrategy::RoundRobinPerGroup);
}

/// [MQTT-4.8.2-3]: the member's own quality of service comes with the pick.
#[test]
fn mqtt_4_8_2_3_members_keep_their_own_options() {
    let mut router = router(SharedStrategy::RoundRobin, InitialStickyPick::Random);
    let options = SubscriptionOptions { qos: Qos::AtLeastOnce, ..SubscriptionOptions::default() };
    router.subscribe(session(1), &"a".into(), &parse("$share/g/t"), options, 5, false).unwrap();
    let route = router.group_route(&parse("$share/g/t")).unwrap();
    let member = route.members()[0];
    assert_eq!((member.grant.qos, member.subscription_id, route.members().len()), (Qos::AtLeastOnce, 5, 1));
}

#[test]
fn b125_offline_members_are_picked_only_when_none_is_online() {
    for strategy in ALL_STRATEGIES {
        let mut router = router(strategy, InitialStickyPick::Random);
        join(&mut router, 0..MEMBER_COUNT, "$share/g/t");
        for slot in 0..MEMBER_COUNT {
            router.set_online(session(slot), &parse("$share/g/t"), slot % 4 == 1);
        }
        let mut picker = Picker::new();
        for publisher in 0..50 {
            let pick = picker.pick(&router, "$share/g/t", &format!("p{publisher}"), "t");
            assert_eq!(pick % 4, 1, "{strategy:?}");
        }
        for slot in 0..MEMBER_COUNT {
            router.set_online(session(slot), &parse("$share/g/t"), false);
        }
        assert!(picker.pick_but(&router, "$share/g/t", "p", "t", None).is_some(), "{strategy:?}");
    }
}

#[test]
fn b124_the_excluded_member_is_never_picked() {
    for strategy in ALL_STRATEGIES {
        let mut router = router(strategy, InitialStickyPick::HashClientId);
        join(&mut router, 0..4, "$share/g/t");
        let mut picker = Picker::new();
        for publisher in 0..50 {
            let publisher = format!("p{publisher}");
            let first = picker.pick(&router, "$share/g/t", &publisher, "t");
            let second = picker.pick_but(&router, "$share/g/t", &publisher, "t", Some(session(first)));
            assert!(second.is_some_and(|second| second != first), "{strategy:?}");
        }
        // The only one online is excluded: an offline one gets it rather than nobody.
        for slot in 1..4 {
            router.set_online(session(slot), &parse("$share/g/t"), false);
        }
        let other = picker.pick_but(&router, "$share/g/t", "p", "t", Some(session(0)));
        assert!(other.is_some_and(|slot| slot != 0), "{strategy:?}");
        for slot in 1..4 {
            router.unsubscribe(session(slot), &parse("$share/g/t"));
        }
        assert_eq!(picker.pick_but(&router, "$share/g/t", "p", "t", Some(session(0))), None, "{strategy:?}");
    }
}

#[test]
fn a_route_keeps_the_members_it_was_looked_up_with() {
    let mut router = router(SharedStrategy::RoundRobin, InitialStickyPick::Random);
    join(&mut router, 0..2, "$share/g/t");
    let route = router.lookup("t");
    join(&mut router, 2..50, "$share/g/t");
    router.unsubscribe(session(0), &parse("$share/g/t"));
    assert_eq!(route.groups()[0].members().len(), 2);
    assert_eq!(router.lookup("t").groups()[0].members().len(), 49);
    assert_eq!(route.groups()[0].subscription().as_str(), "$share/g/t");
}
