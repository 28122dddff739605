//! Timelines stay within their memory, and forget the right ones.

use super::*;
use dunlin_model::{DisconnectReason, ProtocolVersion, Qos, ReasonCode};
use dunlin_telemetry::Metric;
use std::net::SocketAddr;

fn connected() -> TimelineEvent<'static> {
    TimelineEvent::Connected {
        peer: SocketAddr::from(([127, 0, 0, 1], 1)),
        listener: "tcp:default",
        version: ProtocolVersion::V5,
        is_resumed: false,
        authenticator: None,
    }
}

fn refused() -> TimelineEvent<'static> {
    TimelineEvent::Refused { peer: SocketAddr::from(([127, 0, 0, 1], 1)), code: ReasonCode::NotAuthorized }
}

fn dropped(reason: Metric) -> TimelineEvent<'static> {
    TimelineEvent::Dropped { reason, topic: None }
}

fn is_dropped(reason: Metric) -> impl Fn(&TimelineEvent<'_>) -> bool {
    move |event| matches!(event, TimelineEvent::Dropped { reason: other, .. } if *other == reason)
}

#[test]
fn entries_come_in_order_and_the_oldest_go() {
    let mut timelines = Timelines::new(1);
    assert_eq!(timelines.of("c"), None);
    for at in 0..ENTRIES_MAX as u64 + 10 {
        timelines.note("c", at, &if at % 2 == 0 { connected() } else { TimelineEvent::SessionEnded });
    }
    let timeline = timelines.of("c").expect("it is known");
    let entries: Vec<_> = timeline.entries().collect();
    assert_eq!(entries.len(), ENTRIES_MAX);
    assert_eq!((entries[0].at, entries[ENTRIES_MAX - 1].at), (10, ENTRIES_MAX as u64 + 9));
    assert!(entries.is_sorted_by_key(|entry| entry.at));
}

#[test]
fn what_repeats_itself_is_counted() {
    let mut timelines = Timelines::new(1);
    timelines.note("c", 1, &connected());
    for at in 2..1_000 {
        for reason in [Metric::DeliveryDroppedQueueFull, Metric::DeliveryDroppedExpired] {
            timelines.note_again("c", at, 2, is_dropped(reason), &dropped(reason));
        }
    }
    let timeline = timelines.of("c").expect("it is known");
    let seen: Vec<_> = timeline.entries().map(|entry| (entry.at, entry.last_at, entry.count)).collect();
    assert_eq!(seen, [(1, 1, 1), (2, 999, 1_996), (2, 999, 1_996)]);
    // What happened long ago is another time.
    for at in 1_000..1_004 {
        timelines.note("c", at, &TimelineEvent::Disconnected { reason: DisconnectReason::Normal });
    }
    let expired = Metric::DeliveryDroppedExpired;
    timelines.note_again("c", 1_004, 1, is_dropped(expired), &dropped(expired));
    let timeline = timelines.of("c").expect("it is known");
    let last = timeline.entries().last().expect("it has entries");
    assert_eq!((last.at, last.count), (1_004, 1));
}

#[test]
fn strangers_do_not_push_clients_out_and_bring_their_story_when_they_are_let_in() {
    let mut timelines = Timelines::new(1);
    timelines.note("meter", 1, &connected());
    for number in 0..50_000_u64 {
        timelines.note(&format!("scanner-{number}"), 2 + number, &refused());
    }
    assert!(timelines.of("meter").is_some());
    assert!(timelines.of("scanner-0").is_none() && timelines.of("scanner-49999").is_some());
    assert!(timelines.strangers.bytes() <= STRANGERS_BYTES_MAX);
    timelines.note("scanner-49999", 60_000, &connected());
    let timeline = timelines.of("scanner-49999").expect("it is known");
    assert_eq!(timeline.entries().map(|entry| entry.event).collect::<Vec<_>>(), [refused(), connected()]);
    assert!(!timelines.strangers.has("scanner-49999"));
    timelines.note("", 60_001, &refused());
    assert_eq!(timelines.of(""), None, "nobody is called so");
}

#[test]
fn long_topics_cost_their_own_client_its_past() {
    let mut timelines = Timelines::new(1);
    let filter = "x".repeat(10_000);
    for at in 0..10 {
        timelines.note("c", at, &TimelineEvent::Unsubscribed { filter: &filter });
    }
    assert_eq!(timelines.of("c").map(|timeline| timeline.entries().count()), Some(1));
}

#[test]
fn every_event_comes_back_as_it_went_in() {
    let verdict = TimelineVerdict { topic: "t/µ", source: "file", rule: Some(3) };
    let at_home = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 65_535));
    let code = ReasonCode::BadUserNameOrPassword;
    let events = [
        connected(),
        TimelineEvent::Connected {
            peer: at_home,
            listener: "",
            version: ProtocolVersion::V3,
            is_resumed: true,
            authenticator: Some("jwt"),
        },
        TimelineEvent::Refused { peer: at_home, code },
        TimelineEvent::NotAuthenticated { authenticator: None, code },
        TimelineEvent::NotAuthenticated { authenticator: Some("scram:http"), code },
        TimelineEvent::SubscribeAllowed(verdict),
        TimelineEvent::SubscribeDenied(TimelineVerdict { rule: None, ..verdict }),
        TimelineEvent::PublishDenied(verdict),
        TimelineEvent::PublishOverLimit { topic: "t" },
        TimelineEvent::Subscribed { filter: "a/+/#", qos: Qos::ExactlyOnce },
        TimelineEvent::Unsubscribed { filter: "a" },
        dropped(Metric::DeliveryDroppedQueueFull),
        TimelineEvent::Dropped { reason: Metric::DeliveryDroppedExpired, topic: Some("t") },
        TimelineEvent::ReleaseTimedOut,
        TimelineEvent::Disconnected { reason: DisconnectReason::TakenOver },
        TimelineEvent::SessionEnded,
    ];
    let mut timelines = Timelines::new(1);
    for (at, event) in (1..).zip(&events) {
        timelines.note("c", at, event);
    }
    let timeline = timelines.of("c").expect("it is known");
    assert_eq!(timeline.entries().map(|entry| entry.event).collect::<Vec<_>>(), events);
    let times: Vec<_> = timeline.entries().map(|entry| (entry.at, entry.last_at, entry.count)).collect();
    assert_eq!(times, (1..=events.len() as u64).map(|at| (at, at, 1)).collect::<Vec<_>>());
    // What is cut short says nothing, and nothing panics.
    let mut packed = Vec::new();
    for event in &events {
        packed.clear();
        packed_event::pack(event, &mut packed);
        for length in 0..packed.len() {
            assert_eq!(packed_event::unpack(&packed[..length]), None, "{event:?} cut at {length}");
        }
    }
}

/// Against a list that is kept the plain way.
#[test]
fn a_table_is_a_list_in_order_of_the_last_event() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut table = TimelineTable::new(8_000);
    let mut plain: Vec<String> = Vec::new();
    for now in 0..20_000 {
        let client_id = format!("c{}", random.u8(0..40));
        let was_known = table.has(&client_id);
        match random.u8(0..10) {
            0 => {
                table.remove(&client_id);
                plain.retain(|other| *other != client_id);
            }
            1..4 => {
                let counted = table.count_again(&client_id, now, 1, |_| true);
                assert_eq!(counted, was_known);
                if was_known {
                    plain.retain(|other| *other != client_id);
                    plain.push(client_id);
                }
            }
            _ => {
                table.add(&client_id, now, &TimelineEvent::SessionEnded);
                plain.retain(|other| *other != client_id);
                plain.push(client_id);
            }
        }
        let order = table.in_order();
        // What was forgotten for want of room was at the front.
        let forgotten = plain.len() - order.len();
        plain.drain(..forgotten);
        assert_eq!(order, plain);
        assert!(table.bytes() <= 8_000 && order.iter().all(|client_id| table.has(client_id)));
    }
}
