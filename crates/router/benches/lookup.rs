//! Time of a look-up and memory of a subscription: 200,000 distinct filters of 1,000 clients, one in five with a
//! wildcard. Run with `cargo bench -p dunlin-router`.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use dunlin_model::{ArcStr, SubscriptionOptions};
use dunlin_router::{PickContext, PickMemory, Router, RouterConfig, SessionKey};
use dunlin_topic::{FilterIndex, SubscriptionFilter};
use hashbrown::HashMap;
use std::hint::black_box;
use std::time::Instant;

const FILTER_COUNT: u32 = 200_000;
const CLIENT_COUNT: u32 = 1_000;
const ROUNDS: u32 = 2_000_000;
const PIECES: u32 = 1_000;

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

/// Runs in pieces and prints the median piece: on a busy machine most pieces still run undisturbed.
fn nanoseconds_each(what: &str, rounds: u32, mut run: impl FnMut(u32)) {
    let mut pieces: Vec<f64> = (0..PIECES)
        .map(|piece| {
            let (first, start) = (piece * (rounds / PIECES), Instant::now());
            for round in first..first + rounds / PIECES {
                run(round);
            }
            start.elapsed().as_nanos() as f64 / f64::from(rounds / PIECES)
        })
        .collect();
    pieces.sort_by(f64::total_cmp);
    println!("{what:<58} {:>8.1} ns", pieces[pieces.len() / 2]);
}

/// Topics in random order of the table, but one after the other in memory: in the broker, too, the text of a topic has
/// just been read when it is looked up.
struct Topics {
    text: String,
    ends: Vec<usize>,
}

impl Topics {
    fn new(mut numbers: Vec<u32>) -> Self {
        numbers.sort_by_key(|number| number.wrapping_mul(2_654_435_761).rotate_left(16));
        let mut topics = Self { text: String::new(), ends: vec![0] };
        for number in numbers {
            topics.text.push_str(&topic_text(number));
            topics.ends.push(topics.text.len());
        }
        topics
    }

    /// A topic out of the first `count`.
    fn get(&self, round: u32, count: usize) -> &str {
        let place = round as usize % count.min(self.ends.len() - 1);
        &self.text[self.ends[place]..self.ends[place + 1]]
    }
}

fn time_index(index: &FilterIndex<u32>, exact: &Topics, wildcard: &Topics) {
    for (what, topics) in [("filter index, exact", exact), ("filter index, wildcard", wildcard)] {
        for (which, count) in [("random over all", usize::MAX), ("100 hot topics", 100)] {
            nanoseconds_each(&format!("{what}, {which}"), ROUNDS, |round| {
                let mut found = 0;
                index.for_each_match(topics.get(round, count), |value| found += *value);
                black_box(found);
            });
        }
    }
}

/// What the machine can do at all at this moment: one look-up in a plain map of texts.
fn time_plain_map(exact: &Topics) {
    // Filled in another order than it is asked in, or the texts would lie in memory one after the other.
    let mut numbers: Vec<u32> = (1..).zip(&exact.ends[1..]).map(|(number, _)| number).collect();
    numbers.sort_by_key(|number| number.wrapping_mul(2_654_435_761));
    let map: HashMap<String, u32> =
        numbers.into_iter().map(|number| (exact.get(number, usize::MAX).to_owned(), number)).collect();
    nanoseconds_each("for comparison: plain map, random over all", ROUNDS, |round| {
        black_box(map.get(exact.get(round, usize::MAX)));
    });
}

fn time_router(router: &Router, exact: &Topics, wildcard: &Topics) {
    for (what, topics) in [("route, exact", exact), ("route, wildcard", wildcard)] {
        for (which, count) in [("random over all", usize::MAX), ("100 hot topics", 100)] {
            nanoseconds_each(&format!("{what}, {which}"), ROUNDS, |round| {
                black_box(router.lookup(topics.get(round, count)));
            });
        }
    }
    let epochs = router.epochs();
    nanoseconds_each("stamp of a topic", 10 * ROUNDS, |round| {
        black_box(epochs.stamp(exact.get(round, 100)));
    });
    let stamp = epochs.stamp(exact.get(0, 1));
    nanoseconds_each("check of a stamp", 50 * ROUNDS, |_| {
        black_box(epochs.is_current(black_box(&stamp)));
    });
}

fn time_fan_out_and_group() {
    let mut router = Router::new(RouterConfig::default());
    let (client_id, options) = (ArcStr::from("c"), SubscriptionOptions::default());
    for slot in 0..1_000 {
        for text in ["many", "$share/g/group"] {
            let Ok(filter) = SubscriptionFilter::parse(text) else { continue };
            let _ = router.subscribe(session_of(slot), &client_id, &filter, options, 0, false);
        }
    }
    nanoseconds_each("route of 1,000 subscribers", 10_000, |_| {
        black_box(router.lookup("many"));
    });
    let (route, mut memory) = (router.lookup("group"), PickMemory::new());
    nanoseconds_each("pick of 1,000 members, round robin", 10 * ROUNDS, |round| {
        let context = PickContext { publisher: &client_id, topic: b"group", random: u64::from(round), exclude: None };
        black_box(route.groups().first().and_then(|group| group.pick(&context, &mut memory)));
    });
}

fn main() {
    let texts: Vec<String> = (0..FILTER_COUNT).map(filter_text).collect();
    let (wildcard, exact): (Vec<u32>, Vec<u32>) =
        (0..FILTER_COUNT).partition(|number| dunlin_topic::has_wildcard(&texts[*number as usize]));
    let (exact, wildcard) = (Topics::new(exact), Topics::new(wildcard));

    let (before, start) = (resident_bytes(), Instant::now());
    let mut router = Router::new(RouterConfig::default());
    let client_ids: Vec<ArcStr> = (0..CLIENT_COUNT).map(|client| format!("client-{client}").into()).collect();
    for (number, text) in (0..).zip(&texts) {
        let Ok(filter) = SubscriptionFilter::parse(text) else { continue };
        let client_id = &client_ids[(number % CLIENT_COUNT) as usize];
        let _ = router.subscribe(session_of(number), client_id, &filter, SubscriptionOptions::default(), 0, false);
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
    time_plain_map(&exact);
    time_index(&index, &exact, &wildcard);
    time_router(&router, &exact, &wildcard);
    time_fan_out_and_group();
}
