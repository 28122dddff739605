//! The table does what a list of bans does that is looked through from its beginning to its end.

use super::*;
use proptest::prelude::*;

const NOW: u64 = 1_000;

fn ban(kind: WhoKind, who: &str, until: Option<u64>) -> Ban {
    let terms = Terms { by: "me".into(), reason: who.into(), at: 1, until };
    Ban { who: Who::parse(kind, who).expect("somebody"), terms }
}

fn candidate<'a>(client_id: &'a str, user_name: Option<&'a str>, peer: &str) -> Candidate<'a> {
    Candidate { client_id, user_name, peer: peer.parse().expect("an address") }
}

#[test]
fn everything_that_is_known_of_a_client_is_looked_at() {
    let mut table = BanTable::default();
    for (kind, who) in [
        (WhoKind::ClientId, "c1"),
        (WhoKind::UserName, "ann"),
        (WhoKind::PeerHost, "192.0.2.1"),
        (WhoKind::ClientIdPattern, "^bad-"),
        (WhoKind::UserNamePattern, "^$"),
        (WhoKind::PeerNetwork, "198.51.100.0/24"),
        (WhoKind::PeerNetwork, "2001:db8::/32"),
    ] {
        table.add(ban(kind, who, None), NOW).expect("room");
    }
    let found = |client_id, user_name, peer| {
        table.check(candidate(client_id, user_name, peer), NOW).map(|terms| terms.reason.to_string())
    };
    for (client_id, user_name, peer, expected) in [
        ("c1", None, "10.0.0.1", Some("c1")),
        ("c2", Some("ann"), "10.0.0.1", Some("ann")),
        ("c2", None, "192.0.2.1", Some("192.0.2.1")),
        ("c2", None, "::ffff:192.0.2.1", Some("192.0.2.1")),
        ("bad-1", None, "10.0.0.1", Some("^bad-")),
        ("c2", Some(""), "10.0.0.1", Some("^$")),
        ("c2", None, "::ffff:198.51.100.77", Some("198.51.100.0/24")),
        ("c2", None, "2001:db8:1::1", Some("2001:db8::/32")),
        ("ann", Some("c1"), "198.51.101.1", None),
        ("", None, "10.0.0.1", None),
    ] {
        assert_eq!(found(client_id, user_name, peer).as_deref(), expected, "{client_id} {user_name:?} {peer}");
    }
}

#[test]
fn a_pattern_for_everything_does_not_name_a_client_without_id() {
    let mut table = BanTable::default();
    table.add(ban(WhoKind::ClientIdPattern, ".*", None), NOW).expect("room");
    assert!(table.check_client_id("", NOW).is_none());
    assert!(table.check_client_id("x", NOW).is_some());
}

#[test]
fn a_ban_that_is_over_is_about_nobody_and_makes_room() {
    let mut table = BanTable::default();
    table.add(ban(WhoKind::ClientId, "c", Some(NOW)), 0).expect("room");
    assert!(table.check_client_id("c", NOW - 1).is_some());
    assert!(table.check_client_id("c", NOW).is_none());
    assert!(matches!(table.add(ban(WhoKind::ClientId, "c", None), NOW - 1), Err(NotBanned::AlreadyBanned(_))));
    assert_eq!(table.over(NOW, 9), [Who::ClientId("c".into())]);
    assert_eq!(table.page(&BanFilter::default(), 0, 9, NOW), BanPage::default());
    table.add(ban(WhoKind::ClientId, "c", None), NOW).expect("it is over");
    assert!(table.over(u64::MAX, 9).is_empty());
}

#[test]
fn patterns_have_a_limit_of_their_own() {
    let mut table = BanTable::default();
    for number in 0..MAX_PATTERNS {
        table.add(ban(WhoKind::ClientIdPattern, &format!("a{number}"), None), NOW).expect("room");
    }
    let one_more = ban(WhoKind::ClientIdPattern, "one more", None);
    assert_eq!(table.add(one_more.clone(), NOW), Err(NotBanned::TooMany));
    assert_eq!(table.replace(one_more.clone()), Err(NotBanned::TooMany));
    table.replace(ban(WhoKind::ClientIdPattern, "a0", Some(5))).expect("it is there already");
    table.add(ban(WhoKind::UserNamePattern, "a", None), NOW).expect("another limit");
    table.remove(&Who::parse(WhoKind::ClientIdPattern, "a1").expect("a pattern")).expect("it is there");
    table.add(one_more, NOW).expect("room again");
}

#[test]
fn long_names_have_a_limit_together() {
    let mut table = BanTable::default();
    let name = |number: usize| format!("{number:x>60000}");
    let small = |number| Ban {
        terms: Terms { by: "".into(), reason: "".into(), at: 0, until: None },
        ..ban(WhoKind::ClientId, &name(number), None)
    };
    let fit = MAX_BAN_BYTES / 60_000;
    for number in 0..fit {
        table.add(small(number), NOW).expect("room");
    }
    assert_eq!(table.add(small(fit), NOW), Err(NotBanned::TooMany));
    table.replace(small(0)).expect("it takes no more than it did");
    assert!(table.remove(&small(0).who).is_some());
    table.add(small(fit), NOW).expect("room again");
    table.clear();
    assert_eq!(table.bytes, 0);
}

#[test]
fn a_page_has_what_was_asked_for() {
    let mut table = BanTable::default();
    for name in ["c1", "c2", "d1"] {
        table.add(ban(WhoKind::ClientId, name, None), NOW).expect("room");
        table.add(ban(WhoKind::UserName, name, None), NOW).expect("room");
    }
    let mut by_other = ban(WhoKind::UserName, "c3", None);
    by_other.terms.by = "other".into();
    table.replace(by_other).expect("room");
    let names = |filter: &BanFilter, skip, limit| {
        let page = table.page(filter, skip, limit, NOW);
        let names: Vec<_> =
            page.bans.iter().map(|ban| (ban.who.kind().as_str(), ban.who.text().into_owned())).collect();
        (names, page.count)
    };
    let all = BanFilter::default();
    let pair = |kind, name: &str| (kind, name.to_owned());
    assert_eq!(names(&all, 2, 2), (vec![pair("clientid", "d1"), pair("username", "c1")], 7));
    assert_eq!(names(&all, 7, 2), (vec![], 7));
    let like = BanFilter { kind: Some(WhoKind::UserName), like: Some("c".into()), by: Some("me".into()) };
    assert_eq!(names(&like, 1, 9), (vec![pair("username", "c2")], 2));
    let by = BanFilter { by: Some("other".into()), ..BanFilter::default() };
    assert_eq!(names(&by, 0, 9), (vec![pair("username", "c3")], 1));
}

fn any_who() -> impl Strategy<Value = Who> {
    let name = "[ab]{1,2}";
    let network = prop_oneof![
        "10\\.0\\.[0-2]\\.[0-2]/(8|2[234]|31)",
        "10\\.0\\.[0-2]\\.[0-2]/32",
        "(::|fd00::[0-2])/(0|8|12[0-8])"
    ];
    prop_oneof![
        name.prop_map(|name| (WhoKind::ClientId, name)),
        name.prop_map(|name| (WhoKind::UserName, name)),
        any_address().prop_map(|address| (WhoKind::PeerHost, address)),
        "\\^?[ab]\\$?".prop_map(|pattern| (WhoKind::ClientIdPattern, pattern)),
        "\\^?[ab]\\$?".prop_map(|pattern| (WhoKind::UserNamePattern, pattern)),
        network.prop_map(|network| (WhoKind::PeerNetwork, network)),
    ]
    .prop_map(|(kind, who)| Who::parse(kind, &who).expect("somebody"))
}

fn any_address() -> impl Strategy<Value = String> {
    prop_oneof!["10\\.0\\.[0-2]\\.[0-2]", "::ffff:10\\.0\\.[0-2]\\.[0-2]", "fd00::[0-2]"]
}

#[derive(Clone, Debug)]
enum Step {
    Add(Who, Option<u64>),
    Replace(Who, Option<u64>),
    Remove(Who),
    Clear,
    Check(String, Option<String>, String),
}

fn any_step() -> impl Strategy<Value = Step> {
    let until = || prop::option::of(0..20_u64);
    prop_oneof![
        8 => (any_who(), until()).prop_map(|(who, until)| Step::Add(who, until)),
        2 => (any_who(), until()).prop_map(|(who, until)| Step::Replace(who, until)),
        3 => any_who().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        8 => ("[ab]{0,2}", prop::option::of("[ab]{0,2}"), any_address())
            .prop_map(|(client_id, user_name, peer)| Step::Check(client_id, user_name, peer)),
    ]
}

fn is_about(who: &Who, candidate: Candidate<'_>) -> bool {
    let peer = candidate.peer.to_canonical();
    let has_id = !candidate.client_id.is_empty();
    match who {
        Who::ClientId(name) => has_id && candidate.client_id == &**name,
        Who::UserName(name) => candidate.user_name == Some(name),
        Who::PeerHost(address) => peer == *address,
        Who::ClientIdPattern(pattern) => has_id && pattern.is_match(candidate.client_id),
        Who::UserNamePattern(pattern) => candidate.user_name.is_some_and(|name| pattern.is_match(name)),
        Who::PeerNetwork(network) => network.contains(&peer),
    }
}

proptest! {
    #[test]
    fn it_is_as_a_list_that_is_looked_through(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut table = BanTable::default();
        let mut list: Vec<(Who, Terms)> = Vec::new();
        for (step, now) in steps.into_iter().zip(0_u64..) {
            let terms = |until| Terms { by: "me".into(), reason: format!("{now}").into(), at: now, until };
            let place = |list: &[(Who, Terms)], wanted: &Who| list.iter().position(|(who, _)| who == wanted);
            match step {
                Step::Add(who, until) => {
                    let added = table.add(Ban { who: who.clone(), terms: terms(until) }, now);
                    let known = place(&list, &who);
                    let holds = known.is_some_and(|place| !list[place].1.is_over(now));
                    prop_assert_eq!(added.is_err(), holds);
                    if !holds {
                        list.retain(|(other, _)| *other != who);
                        list.push((who, terms(until)));
                    }
                }
                Step::Replace(who, until) => {
                    table.replace(Ban { who: who.clone(), terms: terms(until) }).expect("room");
                    list.retain(|(other, _)| *other != who);
                    list.push((who, terms(until)));
                }
                Step::Remove(who) => {
                    let known = place(&list, &who).map(|place| list.remove(place).1);
                    prop_assert_eq!(table.remove(&who), known);
                }
                Step::Clear => {
                    table.clear();
                    list.clear();
                }
                Step::Check(client_id, user_name, peer) => {
                    let candidate = candidate(&client_id, user_name.as_deref(), &peer);
                    let about: Vec<_> = list.iter().filter(|(who, terms)| !terms.is_over(now) && is_about(who, candidate)).collect();
                    let found = table.check(candidate, now);
                    prop_assert_eq!(found.is_some(), !about.is_empty());
                    prop_assert!(found.is_none_or(|found| about.iter().any(|(_, terms)| terms == found)));
                }
            }
            prop_assert_eq!(table.len(), list.len());
            list.sort_by(|one, other| one.0.cmp(&other.0));
            let holding: Vec<_> = list.iter().filter(|(_, terms)| !terms.is_over(now)).collect();
            let page = table.page(&BanFilter::default(), 1, 3, now);
            prop_assert_eq!(page.count, holding.len());
            let shown: Vec<_> = holding.into_iter().skip(1).take(3).map(|(who, _)| who.clone()).collect();
            prop_assert_eq!(page.bans.into_iter().map(|ban| ban.who).collect::<Vec<_>>(), shown);
        }
    }
}
