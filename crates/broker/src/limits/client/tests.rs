//! Limits of clients alone and together, in time that is made up.

use super::*;
use crate::ZoneLimits;
use crate::limits::ZonesInUse;
use std::num::NonZeroU64;

fn rate(tokens: u64, period_ms: u64) -> Option<Rate> {
    Some(Rate::new(NonZeroU64::new(tokens)?, NonZeroU64::new(period_ms)?))
}

fn zone(limits: &Limits, over_limit: OverLimit) -> Arc<ZoneBuckets> {
    let zones = ZonesInUse::new(&[ZoneLimits { limits: *limits, over_limit, ..ZoneLimits::none("z") }], 0);
    zones.get("z").expect("it was set")
}

fn free_zone(over_limit: OverLimit) -> Arc<ZoneBuckets> {
    zone(&Limits::default(), over_limit)
}

fn client(limits: &Limits, zone: &Arc<ZoneBuckets>) -> ClientLimits {
    *ClientLimits::new(limits, Arc::clone(zone), 0).expect("there is a limit")
}

/// When each of so many messages, sent one after the other, is handled.
fn handled_at(client: &mut ClientLimits, count: usize) -> Vec<Millis> {
    let mut now = 0;
    let handle = |_| {
        while let Taken::At(at) = client.take_publish(10, now) {
            now = at;
        }
        now
    };
    (0..count).map(handle).collect()
}

#[test]
fn without_limits_there_is_nothing() {
    assert!(ClientLimits::new(&Limits::default(), free_zone(OverLimit::Reject), 0).is_none());
}

#[test]
fn fifty_messages_at_ten_in_a_second_take_four_seconds_and_none_is_refused() {
    let mut limited = client(&Limits { messages: rate(10, 1_000), ..Limits::default() }, &free_zone(OverLimit::Pause));
    let times = handled_at(&mut limited, 50);
    let expected: Vec<_> = (0..50).map(|place| place / 10 * 1_000).collect();
    assert_eq!(times, expected);
}

#[test]
fn bytes_count_beside_messages_and_the_stricter_limit_decides() {
    let limits = Limits { messages: rate(10, 1_000), bytes: rate(20, 1_000), ..Limits::default() };
    let times = handled_at(&mut client(&limits, &free_zone(OverLimit::Pause)), 6);
    assert_eq!(times, [0, 0, 1_000, 1_000, 2_000, 2_000]);
}

#[test]
fn who_is_refused_has_taken_nothing() {
    let limits = Limits { messages: rate(2, 1_000), bytes: rate(100, 1_000), ..Limits::default() };
    let mut limited = client(&limits, &free_zone(OverLimit::Reject));
    assert_eq!(limited.take_publish(10, 0), Taken::Now);
    assert_eq!(limited.take_publish(91, 0), Taken::Refused);
    assert_eq!(limited.take_publish(90, 0), Taken::Now);
    assert_eq!((limited.take_publish(0, 999), limited.due_at()), (Taken::Refused, None));
    assert_eq!(limited.take_publish(100, 1_000), Taken::Now);
}

#[test]
fn clients_of_a_zone_have_their_turns_in_the_order_in_which_they_came() {
    let zone = zone(&Limits { messages: rate(2, 1_000), ..Limits::default() }, OverLimit::Pause);
    let mut clients: Vec<_> = (0..6).map(|_| client(&Limits::default(), &zone)).collect();
    let first: Vec<_> = clients.iter_mut().map(|client| client.take_publish(1, 0)).collect();
    let at = Taken::At;
    assert_eq!(first, [Taken::Now, Taken::Now, at(1_000), at(1_000), at(1_500), at(2_000)]);
    // One goes, and its place is free for whoever comes next.
    clients[4].leave();
    assert_eq!(clients[0].take_publish(1, 100), at(2_000));
    assert_eq!(clients[1].take_publish(1, 100), at(2_500));
    assert_eq!(clients[2].take_publish(1, 1_000), Taken::Now);
}

#[test]
fn what_is_looked_at_twice_is_paid_once() {
    let mut limited = client(
        &Limits { messages: rate(1, 1_000), subscribes: rate(1, 1_000), ..Limits::default() },
        &free_zone(OverLimit::Reject),
    );
    assert_eq!(limited.take_publish(1, 0), Taken::Now);
    limited.keep_front_paid();
    assert_eq!((limited.take_publish(1, 0), limited.take_publish(1, 0)), (Taken::Now, Taken::Refused));
    assert!(limited.take_subscribe(0));
    limited.keep_front_paid();
    assert!(limited.take_subscribe(0) && !limited.take_subscribe(999) && limited.take_subscribe(1_000));
}

#[test]
fn deliveries_wait_one_at_a_time_and_pay_for_their_bytes_afterwards() {
    let limits = Limits { delivery_messages: rate(2, 1_000), delivery_bytes: rate(100, 1_000), ..Limits::default() };
    let mut limited = client(&limits, &free_zone(OverLimit::Pause));
    assert_eq!(limited.next_delivery(0), Taken::Now);
    limited.charge_delivery(250);
    assert!(!limited.try_delivery(0));
    assert_eq!(limited.next_delivery(0), Taken::At(1_510));
    assert_eq!((limited.next_delivery(500), limited.next_delivery(1_510)), (Taken::At(1_510), Taken::Now));
    limited.put_back_delivery();
    assert!(limited.try_delivery(2_510));
}

#[test]
fn what_is_due_is_told_once() {
    let limits = Limits { messages: rate(1, 1_000), delivery_messages: rate(1, 1_000), ..Limits::default() };
    let mut limited = client(&limits, &free_zone(OverLimit::Pause));
    assert!(limited.take_publish(1, 0) == Taken::Now && limited.next_delivery(0) == Taken::Now);
    assert_eq!((limited.take_publish(1, 0), limited.next_delivery(500)), (Taken::At(1_000), Taken::At(1_000)));
    assert_eq!((limited.due_at(), limited.note_due(999)), (Some(1_000), (false, false)));
    assert_eq!((limited.note_due(1_000), limited.due_at()), ((true, true), None));
    assert_eq!(limited.note_due(1_000), (false, false));
    assert_eq!((limited.next_delivery(1_000), limited.take_publish(1, 1_000)), (Taken::Now, Taken::Now));
    assert_eq!(limited.next_delivery(1_000), Taken::At(2_000));
}

#[test]
fn a_change_lets_go_who_waits_and_leaves_the_debt() {
    let mut limited = client(&Limits { messages: rate(1, 60_000), ..Limits::default() }, &free_zone(OverLimit::Pause));
    assert_eq!((limited.take_publish(1, 0), limited.take_publish(1, 0)), (Taken::Now, Taken::At(60_000)));
    limited.change(&Limits { messages: rate(10, 1_000), ..Limits::default() }, free_zone(OverLimit::Pause), 500);
    assert_eq!((limited.due_at(), limited.take_publish(1, 500)), (None, Taken::Now));
    assert_eq!(limited.take_publish(1, 500), Taken::At(1_500));
    limited.change(&Limits::default(), free_zone(OverLimit::Pause), 600);
    assert!(!limited.limits_input());
    assert_eq!((limited.take_publish(1, 600), limited.take_publish(1, 600)), (Taken::Now, Taken::Now));
}

#[test]
fn a_zone_that_stays_as_it_is_keeps_its_buckets() {
    let limits = Limits { messages: rate(1, 60_000), ..Limits::default() };
    let of = |name: &str, over_limit| ZoneLimits { limits, over_limit, ..ZoneLimits::none(name) };
    let zones = ZonesInUse::new(&[of("a", OverLimit::Pause), of("b", OverLimit::Pause)], 0);
    let (a, b) = (zones.get("a").expect("it is there"), zones.get("b").expect("it is there"));
    assert!(a.messages.as_ref().is_some_and(|bucket| bucket.try_take(1, 0)));
    zones.change(&[of("a", OverLimit::Reject), of("b", OverLimit::Pause)], 0);
    assert!(Arc::ptr_eq(&b, &zones.get("b").expect("it is there")));
    let changed = zones.get("a").expect("it is there");
    assert!(
        changed.over_limit == OverLimit::Reject && changed.messages.as_ref().is_some_and(|bucket| !bucket.has(1, 0))
    );
    zones.change(&[], 0);
    assert!(zones.get("a").is_none());
}
