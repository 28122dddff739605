//! Time of a look-up and memory of a subscription: 200,000 distinct filters of 1,000 clients, one in five with a
//! wildcard. Run with `cargo bench -p dunlin-router`.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use dunlin_model::{ArcStr, SubscriptionOptions};
use dunlin_router::{PickContext, PickMemory, Router, RouterConfig, SessionKey};
use dunlin_topic::{FilterIndex, SubscriptionFilter};
use std::hint::black_box;
use std::time::Instant;

const FILTER_COUNT: u32 = 200_000;
const CLIENT_COUNT: u32 = 1_000;
const ROUNDS: u32 = 1_000_000;

/// One filter in five has a wildcard, half of them `+`, half `#`.
fn filter_text(number: u32) -> String {
    let client = number % CLIENT_COUNT;
    match number / CLIENT_COUNT % 10 {
        0 => format!("site/{}/device-{client}/+/state-{number}", client % 50),
        5 => format!("site/{}/device-{client}/log-{number}/#", client % 50),
        _ => format!("site/{}/device-{client}/sensor-{number}", client % 50),
    }
}

fn topic_text(number: u32) -> String {
    filter_text(number).replace('+', "room").replace('#', "line")
}

fn session_of(number: u32) -> SessionKey {
    SessionKey { worker: (number % 2) as u16, slot: number % CLIENT_COUNT, generation: 0 }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4_096
}

fn nanoseconds_each(what: &str, rounds: u32, mut run: impl FnMut(u32)) {
    let start = Instant::now();
    for round in 0..rounds {
        run(round);
    }
    println!("{what:<58} {:>8.1} ns", start.elapsed().as_nanos() as f64 / f64::from(rounds));
}

fn time_index(index: &FilterIndex<u32>, exact: &[String], wildcard: &[String]) {
    for (what, topics) in [("filter index, exact", exact), ("filter index, wildcard", wildcard)] {
        nanoseconds_each(&format!("{what}, random over all"), ROUNDS, |round| {
            let mut found = 0;
            index.for_each_match(&topics[scattered(round, topics.len())], |value| found += *value);
            black_box(found);
        });
        nanoseconds_each(&format!("{what}, 100 hot topics"), ROUNDS, |round| {
            let mut found = 0;
            index.for_each_match(&topics[round as usize % 100], |value| found += *value);
            black_box(found);
        });
    }
}

fn scattered(round: u32, count: usize) -> usize {
    (round.wrapping_mul(2_654_435_761) >> 4) as usize % count
}

fn time_router(router: &Router, exact: &[String], wildcard: &[String]) {
    for (what, topics) in [("route, exact", exact), ("route, wildcard", wildcard)] {
        nanoseconds_each(&format!("{what}, random over all"), ROUNDS, |round| {
            black_box(router.lookup(&topics[scattered(round, topics.len())]));
        });
    }
    let epochs = router.epochs();
    nanoseconds_each("stamp of a topic", ROUNDS, |round| {
        black_box(epochs.stamp(&exact[round as usize % 100]));
    });
    let stamp = epochs.stamp(&exact[0]);
    nanoseconds_each("check of a stamp", ROUNDS, |_| {
        black_box(epochs.is_current(black_box(&stamp)));
    });
}

fn time_fan_out_and_group() {
    let mut router = Router::new(RouterConfig::default());
    let (client_id, options) = (ArcStr::from("c"), SubscriptionOptions::default());
    for slot in 0..1_000 {
        for text in ["many", "$share/g/group"] {
            let Ok(filter) = SubscriptionFilter::parse(text) else { continue };
            let _ = router.subscribe(session_of(slot), &client_id, &filter, options, 0);
        }
    }
    nanoseconds_each("route of 1,000 subscribers", 10_000, |_| {
        black_box(router.lookup("many"));
    });
    let (route, mut memory) = (router.lookup("group"), PickMemory::new());
    nanoseconds_each("pick of 1,000 members, round robin", ROUNDS, |round| {
        let context = PickContext { publisher: &client_id, topic: "group", random: u64::from(round), exclude: None };
        black_box(route.groups().first().and_then(|group| group.pick(&context, &mut memory)));
    });
}

fn main() {
    let texts: Vec<String> = (0..FILTER_COUNT).map(filter_text).collect();
    let (wildcard, exact): (Vec<u32>, Vec<u32>) =
        (0..FILTER_COUNT).partition(|number| dunlin_topic::has_wildcard(&texts[*number as usize]));
    let exact: Vec<String> = exact.into_iter().map(topic_text).collect();
    let wildcard: Vec<String> = wildcard.into_iter().map(topic_text).collect();

    let (before, start) = (resident_bytes(), Instant::now());
    let mut router = Router::new(RouterConfig::default());
    let client_ids: Vec<ArcStr> = (0..CLIENT_COUNT).map(|client| format!("client-{client}").into()).collect();
    for (number, text) in (0..).zip(&texts) {
        let Ok(filter) = SubscriptionFilter::parse(text) else { continue };
        let client_id = &client_ids[(number % CLIENT_COUNT) as usize];
        let _ = router.subscribe(session_of(number), client_id, &filter, SubscriptionOptions::default(), 0);
    }
    let elapsed = start.elapsed();
    let bytes = resident_bytes().saturating_sub(before);
    println!("{} subscriptions, {} filters", router.subscriptions(), router.filters());
    println!("{:<58} {:>8.1} bytes", "resident per subscription", bytes as f64 / f64::from(FILTER_COUNT));
    println!("{:<58} {:>8.1} ns", "subscribe", elapsed.as_nanos() as f64 / f64::from(FILTER_COUNT));

    let mut index = FilterIndex::new();
    for (number, text) in (0..).zip(&texts) {
        index.get_or_insert_with(text, || number);
    }
    time_index(&index, &exact, &wildcard);
    time_router(&router, &exact, &wildcard);
    time_fan_out_and_group();
}
