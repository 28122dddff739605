//! The table against a plain list, and its rules one by one.

use super::*;
use dunlin_model::{Qos, SubscriptionIds};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn session(worker: u16, slot: u32) -> SessionKey {
    SessionKey { worker, slot, generation: 0 }
}

fn parse(text: &str) -> SubscriptionFilter<'_> {
    SubscriptionFilter::parse(text).unwrap()
}

fn qos(qos: Qos) -> SubscriptionOptions {
    SubscriptionOptions { qos, ..SubscriptionOptions::default() }
}

fn subscribe(router: &mut Router, slot: u32, text: &str, options: SubscriptionOptions, id: u32) -> Subscribed {
    router.subscribe(session(0, slot), &format!("c{slot}").into(), &parse(text), options, id, false).unwrap()
}

fn router() -> Router {
    Router::new(RouterConfig::default())
}

/// (filter with prefix, session) -> (options, identifier)
type Model = BTreeMap<(String, SessionKey), (SubscriptionOptions, u32)>;

fn expected_targets(model: &Model, topic: &str) -> BTreeMap<SessionKey, (Qos, bool, bool, Vec<u32>)> {
    let mut targets = BTreeMap::new();
    for ((text, session), (options, id)) in model {
        let filter = parse(text);
        if filter.group().is_some() || !dunlin_topic::matches(filter.filter(), topic) {
            continue;
        }
        let target = targets.entry(*session).or_insert((Qos::AtMostOnce, false, true, Vec::new()));
        target.0 = target.0.max(options.qos);
        target.1 |= options.retain_as_published;
        target.2 &= options.no_local;
        target.3.extend((*id != 0).then_some(*id));
        target.3.sort_unstable();
    }
    targets
}

fn check_lookup(router: &Router, model: &Model, topic: &str) -> Result<(), TestCaseError> {
    let route = router.lookup(topic);
    let actual: BTreeMap<_, _> = route
        .targets()
        .iter()
        .map(|target| {
            let delivery = target.delivery(false).unwrap();
            let mut ids = delivery.subscription_ids.as_slice().to_vec();
            ids.sort_unstable();
            (target.session, (delivery.qos, delivery.retain_as_published, target.no_local(), ids))
        })
        .collect();
    prop_assert_eq!(actual.len(), route.targets().len(), "a session appears once");
    prop_assert_eq!(&actual, &expected_targets(model, topic), "{}", topic);
    prop_assert!(route.targets().is_sorted_by_key(|target| target.session));
    for worker in 0..4 {
        let expected = route.targets().iter().filter(|target| target.session.worker == worker).count();
        prop_assert_eq!(route.targets_of(worker).len(), expected);
    }
    prop_assert_eq!(route.targets_by_worker().map(<[_]>::len).sum::<usize>(), route.targets().len());

    let groups: BTreeMap<String, BTreeSet<SessionKey>> = route
        .groups()
        .iter()
        .map(|group| (group.subscription().to_string(), group.members().iter().map(|member| member.session).collect()))
        .collect();
    let mut expected: BTreeMap<String, BTreeSet<SessionKey>> = BTreeMap::new();
    for (text, session) in model.keys() {
        let filter = parse(text);
        if let Some(group) = filter.group()
            && dunlin_topic::matches(filter.filter(), topic)
        {
            expected.entry(format!("$share/{group}/{}", filter.filter())).or_default().insert(*session);
        }
    }
    prop_assert_eq!(groups, expected);
    Ok(())
}

fn subscription_text() -> impl Strategy<Value = String> {
    let filter = prop::sample::select(vec!["a", "a/b", "a/+", "+/b", "#", "a/#", "+/+", "b", "/", "+/b/#"]);
    let prefix = prop::sample::select(vec!["", "", "", "$share/g/", "$share/h/", "$queue/"]);
    (prefix, filter).prop_map(|(prefix, filter)| format!("{prefix}{filter}"))
}

proptest! {
    #[test]
    fn agrees_with_a_list(
        changes in prop::collection::vec(
            (subscription_text(), 0_u16..3, 0_u32..6, any::<bool>(), 0_u8..3, any::<[bool; 2]>(), 0_u32..4),
            1..120,
        ),
    ) {
        let mut router = router();
        let mut model = Model::new();
        for (text, worker, slot, add, level, [no_local, retain_as_published], id) in changes {
            let (key, filter) = (session(worker, slot), parse(&text));
            let options = SubscriptionOptions {
                qos: Qos::from_u8(level).unwrap(), no_local, retain_as_published, ..SubscriptionOptions::default()
            };
            if add {
                let existed = model.insert((text.clone(), key), (options, id)).is_some();
                let client_id = format!("{worker}-{slot}").into();
                prop_assert_eq!(router.subscribe(key, &client_id, &filter, options, id, false), Ok(Subscribed { existed }));
            } else {
                let existed = model.remove(&(text.clone(), key)).is_some();
                prop_assert_eq!(router.unsubscribe(key, &filter), existed);
            }
            prop_assert_eq!(router.subscriptions(), model.len());
        }
        prop_assert_eq!(router.shared_subscriptions(), model.keys().filter(|(text, _)| text.starts_with('$')).count());
        let filters: BTreeSet<&str> = model.keys().map(|(text, _)| parse(text).filter()).collect();
        prop_assert_eq!(router.filters(), filters.len());
        prop_assert_eq!(router.topics().count(), filters.len());
        for topic in ["a", "a/b", "b", "a/b/c", "x/b", "/", "$a/b"] {
            check_lookup(&router, &model, topic)?;
        }
        for (text, key) in model.keys() {
            prop_assert!(router.unsubscribe(*key, &parse(text)));
        }
        prop_assert_eq!((router.filters(), router.subscriptions(), router.shared_subscriptions()), (0, 0, 0));
    }
}

/// [MQTT-3.3.4-2]
#[test]
fn mqtt_3_3_4_2_overlap_gives_the_highest_quality_of_service() {
    let mut router = router();
    subscribe(&mut router, 1, "a/#", qos(Qos::AtMostOnce), 0);
    subscribe(&mut router, 1, "a/b", qos(Qos::ExactlyOnce), 0);
    subscribe(&mut router, 1, "a/+", qos(Qos::AtLeastOnce), 0);
    let route = router.lookup("a/b");
    let [target] = route.targets() else { panic!("{route:?}") };
    assert_eq!(target.qos(), Qos::ExactlyOnce);
    assert_eq!(target.delivery(false).unwrap().qos, Qos::ExactlyOnce);
}

/// [MQTT-3.3.4-3]
#[test]
fn mqtt_3_3_4_3_the_identifier_comes_with_the_delivery() {
    let mut router = router();
    subscribe(&mut router, 1, "a", qos(Qos::AtMostOnce), 268_435_455);
    subscribe(&mut router, 2, "a", qos(Qos::AtMostOnce), 0);
    let route = router.lookup("a");
    let ids: Vec<_> = route.targets().iter().map(|target| target.delivery(false).unwrap().subscription_ids).collect();
    assert_eq!(ids.iter().map(|ids| ids.as_slice()).collect::<Vec<_>>(), [&[268_435_455][..], &[]]);
    assert_eq!(route.targets()[0].only_subscription_id(), Some(268_435_455));
}

/// [MQTT-3.3.4-4]: one copy carries the identifiers of all; the same one twice if two subscriptions share it.
#[test]
fn mqtt_3_3_4_4_one_copy_carries_all_identifiers() {
    let mut router = router();
    for (filter, id) in [("a/b", 9), ("a/+", 7), ("a/#", 0), ("#", 9)] {
        subscribe(&mut router, 1, filter, qos(Qos::AtMostOnce), id);
    }
    let route = router.lookup("a/b");
    assert_eq!(route.targets().len(), 1);
    assert_eq!(route.targets()[0].delivery(false).unwrap().subscription_ids.as_slice(), [7, 9, 9]);
    assert_eq!(route.targets()[0].only_subscription_id(), None);
}

/// [MQTT-3.3.4-5]: a copy through a shared group is one of its own, with its own identifier.
#[test]
fn mqtt_3_3_4_5_separate_copies_carry_their_own_identifiers() {
    let mut router = router();
    subscribe(&mut router, 1, "a", qos(Qos::AtMostOnce), 3);
    subscribe(&mut router, 1, "$share/g/a", qos(Qos::AtMostOnce), 4);
    let route = router.lookup("a");
    assert_eq!(route.targets()[0].delivery(false).unwrap().subscription_ids.as_slice(), [3]);
    assert_eq!(route.groups()[0].members()[0].subscription_id, 4);
}

/// [MQTT-3.8.3-3]: for the publisher itself only the subscriptions without No Local count.
#[test]
fn mqtt_3_8_3_3_no_local_is_judged_per_subscription() {
    let mut router = router();
    let strict = SubscriptionOptions {
        qos: Qos::ExactlyOnce,
        no_local: true,
        retain_as_published: true,
        ..SubscriptionOptions::default()
    };
    subscribe(&mut router, 1, "a/b", strict, 1);
    assert_eq!(router.lookup("a/b").targets()[0].delivery(true), None);
    subscribe(&mut router, 1, "a/+", qos(Qos::AtLeastOnce), 2);
    let route = router.lookup("a/b");
    let [target] = route.targets() else { panic!("{route:?}") };
    assert!(!target.no_local());
    let own = target.delivery(true).unwrap();
    assert_eq!(
        (own.qos, own.retain_as_published, own.subscription_ids.as_slice()),
        (Qos::AtLeastOnce, false, &[2][..])
    );
    let others = target.delivery(false).unwrap();
    assert_eq!((others.qos, others.retain_as_published), (Qos::ExactlyOnce, true));
    assert_eq!(others.subscription_ids.as_slice(), [1, 2]);
    subscribe(&mut router, 1, "a/+", strict, 2);
    assert_eq!(router.lookup("a/b").targets()[0].delivery(true), None);
}

/// [MQTT-3.8.4-3]
#[test]
fn mqtt_3_8_4_3_a_repeated_subscription_replaces_the_first() {
    let mut router = router();
    assert!(!subscribe(&mut router, 1, "a", qos(Qos::AtMostOnce), 1).existed);
    assert!(subscribe(&mut router, 1, "a", qos(Qos::ExactlyOnce), 2).existed);
    let route = router.lookup("a");
    assert_eq!((route.targets().len(), route.targets()[0].qos()), (1, Qos::ExactlyOnce));
    assert_eq!(route.targets()[0].only_subscription_id(), Some(2));
    assert_eq!(router.subscriptions(), 1);
}

#[test]
fn b130_one_client_in_two_groups_gets_two_copies_with_their_own_options() {
    let mut router = router();
    subscribe(&mut router, 1, "$share/g/t", qos(Qos::AtMostOnce), 0);
    subscribe(&mut router, 1, "$share/h/t", qos(Qos::AtMostOnce), 0);
    assert!(subscribe(&mut router, 1, "$share/h/t", qos(Qos::ExactlyOnce), 0).existed);
    let route = router.lookup("t");
    assert!(route.targets().is_empty() && !route.is_empty());
    let levels: BTreeMap<_, _> =
        route.groups().iter().map(|group| (group.subscription().to_string(), group.members()[0].grant.qos)).collect();
    let expected = [("$share/g/t".to_owned(), Qos::AtMostOnce), ("$share/h/t".to_owned(), Qos::ExactlyOnce)];
    assert_eq!(levels, BTreeMap::from(expected));
}

#[test]
fn b131_queue_is_a_group_beside_the_others() {
    let mut router = router();
    subscribe(&mut router, 1, "$queue/t", qos(Qos::AtMostOnce), 0);
    subscribe(&mut router, 1, "$share/g/t", qos(Qos::AtMostOnce), 0);
    assert_eq!(router.lookup("t").groups().len(), 2);
    assert!(router.unsubscribe(session(0, 1), &parse("$share/g/t")));
    assert_eq!(router.lookup("t").groups().len(), 1);
    assert!(!router.unsubscribe(session(0, 1), &parse("$share/g/t")));
    assert!(router.unsubscribe(session(0, 1), &parse("$queue/t")));
    assert!(router.lookup("t").is_empty());
    assert_eq!(router.filters(), 0);
}

#[test]
fn b151_exclusive_has_one_owner_and_leaves_ordinary_subscriptions_alone() {
    let mut router = router();
    let (filter, options) = (parse("$exclusive/t"), qos(Qos::AtLeastOnce));
    let (owner, other) = ("owner".into(), "other".into());
    let mut exclusive = |slot, client_id| router.subscribe(session(0, slot), client_id, &filter, options, 0, false);
    assert_eq!(exclusive(1, &owner), Ok(Subscribed { existed: false }));
    assert_eq!(exclusive(2, &other), Err(SubscribeError::ExclusiveTaken));
    assert_eq!(exclusive(1, &owner), Ok(Subscribed { existed: true }));
    // The same client in a new session: the old session's end must not free it.
    assert_eq!(exclusive(3, &owner), Ok(Subscribed { existed: true }));
    assert!(!router.unsubscribe(session(0, 1), &filter));

    assert!(!subscribe(&mut router, 2, "t", options, 0).existed);
    let sessions = |router: &Router| router.lookup("t").targets().iter().map(|t| t.session.slot).collect::<Vec<_>>();
    assert_eq!(sessions(&router), [2, 3]);
    let entry = router.topics().next().unwrap();
    assert_eq!((entry.filter.as_str(), entry.subscribers(), entry.exclusive_owner()), ("t", 1, Some(&owner)));
    assert_eq!(router.subscriptions(), 2);

    assert!(router.unsubscribe(session(0, 3), &filter));
    assert_eq!(sessions(&router), [2]);
    assert_eq!(router.subscribe(session(0, 2), &other, &filter, options, 0, false), Ok(Subscribed { existed: false }));
    // The same session has both now: one copy.
    assert_eq!(sessions(&router), [2]);
}

#[test]
fn lists_filters_with_their_groups() {
    let mut router = router();
    for slot in 0..3 {
        subscribe(&mut router, slot, "$share/g/a/+", qos(Qos::AtMostOnce), 0);
    }
    subscribe(&mut router, 1, "$queue/a/+", qos(Qos::AtMostOnce), 0);
    let entry = router.topics().next().unwrap();
    assert_eq!((entry.filter.as_str(), entry.subscribers(), entry.exclusive_owner()), ("a/+", 0, None));
    assert_eq!(entry.groups().collect::<Vec<_>>(), [("g", 3), ("$queue", 1)]);
}

#[test]
fn changes_of_presence_outdate_routes_and_repeats_do_not() {
    let mut router = router();
    subscribe(&mut router, 1, "$share/g/t", qos(Qos::AtMostOnce), 0);
    let epochs = router.epochs();
    for (is_online, is_news) in [(true, false), (false, true), (false, false), (true, true)] {
        let stamp = epochs.stamp("t");
        router.set_online(session(0, 1), &parse("$share/g/t"), is_online);
        assert_eq!(!epochs.is_current(&stamp), is_news, "{is_online}");
        let route = router.lookup("t");
        assert_eq!(route.groups()[0].members()[0].is_online, is_online);
    }
}

/// A hundred thousand subscribers of one filter leave in the order they came and in reverse: no step is slow.
#[test]
fn many_subscribers_of_one_filter_come_and_go() {
    const COUNT: u32 = 100_000;
    let mut router = router();
    let client_id = "c".into();
    for filter in ["a/+", "$share/g/a/+"].map(parse) {
        for slot in 0..COUNT {
            router.subscribe(session(0, slot), &client_id, &filter, qos(Qos::AtMostOnce), 0, false).unwrap();
        }
        assert_eq!(router.subscriptions(), COUNT as usize);
        for slot in (0..COUNT / 2).chain((COUNT / 2..COUNT).rev()) {
            assert!(router.unsubscribe(session(0, slot), &filter));
        }
        assert_eq!(router.filters(), 0);
    }
}

/// One client has every filter of 14 levels, each level a name or `+`, and all select one topic. A message costs the same
/// as with two of them: what they say is merged when the route is made, and deliveries share it.
#[test]
fn many_overlapping_subscriptions_are_merged_once() {
    const LEVELS: u32 = 14;
    const MESSAGES: u32 = 200_000;
    let mut router = router();
    let strict = SubscriptionOptions { no_local: true, ..qos(Qos::ExactlyOnce) };
    for number in 0..1_u32 << LEVELS {
        let levels: Vec<_> = (0..LEVELS).map(|level| if number >> level & 1 == 0 { "a" } else { "+" }).collect();
        let options = if number % 2 == 0 { strict } else { qos(Qos::AtLeastOnce) };
        subscribe(&mut router, 1, &levels.join("/"), options, number + 1);
    }
    let route = router.lookup(&["a"; LEVELS as usize].join("/"));
    let [target] = route.targets() else { panic!("{} targets", route.targets().len()) };

    let most = SubscriptionIds::MAX_COUNT as u32;
    let (others, own) = (target.delivery(false).unwrap(), target.delivery(true).unwrap());
    assert!(others.subscription_ids.as_slice().iter().copied().eq(1..=most));
    assert!(own.subscription_ids.as_slice().iter().copied().eq((1..=most).map(|place| place * 2)));
    assert_eq!((others.qos, own.qos), (Qos::ExactlyOnce, Qos::AtLeastOnce));
    for _ in 0..MESSAGES {
        // A worker's batch has copies of its targets.
        let target = target.clone();
        for (is_publisher, first) in [(false, &others), (true, &own)] {
            let delivery = target.delivery(is_publisher).unwrap();
            assert!(std::ptr::eq(delivery.subscription_ids.as_slice(), first.subscription_ids.as_slice()));
        }
    }
}

/// A hundred thousand groups of one filter come, are found and leave, in the order they came and in reverse.
#[test]
fn many_groups_of_one_filter_come_and_go() {
    const COUNT: u32 = 100_000;
    let mut router = router();
    let texts: Vec<String> = (0..COUNT).map(|number| format!("$share/group-{number}/a/+")).collect();
    for text in &texts {
        assert!(!subscribe(&mut router, 1, text, qos(Qos::AtMostOnce), 0).existed);
    }
    assert_eq!((router.shared_subscriptions(), router.filters()), (COUNT as usize, 1));
    for text in &texts {
        router.set_online(session(0, 1), &parse(text), false);
        let group = router.group_route(&parse(text)).unwrap();
        assert_eq!((group.subscription().as_str(), group.members()[0].is_online), (text.as_str(), false));
    }
    let (first, second) = texts.split_at(texts.len() / 2);
    for text in first.iter().chain(second.iter().rev()) {
        assert!(router.unsubscribe(session(0, 1), &parse(text)));
        assert!(router.group_route(&parse(text)).is_none());
    }
    assert_eq!((router.shared_subscriptions(), router.filters()), (0, 0));
}

#[test]
fn routes_say_which_sessions_are_durable() {
    let mut router = Router::new(RouterConfig::default());
    for (slot, filter, is_durable) in [(1, "t", true), (1, "#", true), (2, "t", false), (3, "$share/g/t", true)] {
        let client_id = format!("c{slot}").into();
        let options = qos(Qos::AtLeastOnce);
        router.subscribe(session(0, slot), &client_id, &parse(filter), options, 0, is_durable).unwrap();
    }
    let route = router.lookup("t");
    let targets: Vec<_> =
        route.targets_by_worker().flatten().map(|target| (target.session.slot, target.is_durable())).collect();
    assert_eq!(targets, [(1, true), (2, false)]);
    assert!(route.groups()[0].members()[0].grant.is_durable);
}
