//! Memory of a retained message, and time to store, find and page: 200,000 topics with 64 bytes each.
//! Run with `cargo bench -p dunlin-retained`.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use dunlin_model::{ClientId, Message, MessageParts, Qos};
use dunlin_retained::{PageLimits, RetainedConfig, RetainedStore};
use std::hint::black_box;
use std::time::{Duration, Instant};

const TOPIC_COUNT: u32 = 200_000;

fn topic_text(number: u32) -> String {
    format!("site/{}/device-{}/sensor-{number}", number % 50, number % 1_000)
}

fn message(number: u32, publisher: &ClientId) -> Message {
    Message::new(&MessageParts {
        topic: &topic_text(number),
        properties: &[],
        payload: &[b'x'; 64],
        qos: Qos::AtLeastOnce,
        retain: true,
        expiry_secs: None,
        publisher,
        received_at: 0,
    })
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4_096
}

fn print_time(what: &str, elapsed: Duration, count: usize) {
    println!("{what:<44} {:>8.1} ns each of {count}", elapsed.as_nanos() as f64 / count.max(1) as f64);
}

fn main() {
    let publisher = ClientId::from("publisher");
    let mut store = RetainedStore::new(RetainedConfig::default());
    let (before, start) = (resident_bytes(), Instant::now());
    for number in 0..TOPIC_COUNT {
        store.store(message(number, &publisher), 0);
    }
    print_time("make and store", start.elapsed(), store.len());
    let bytes = resident_bytes().saturating_sub(before);
    println!("{:<44} {:>8.1} bytes", "resident per message", bytes as f64 / store.len() as f64);
    println!("{:<44} {:>8.1} bytes", "accounted per message", store.bytes() as f64 / store.len() as f64);

    let topics: Vec<String> =
        (0..TOPIC_COUNT).map(|number| topic_text(number.wrapping_mul(48_271) % TOPIC_COUNT)).collect();
    let start = Instant::now();
    for topic in &topics {
        black_box(store.get(topic, 0));
    }
    print_time("get", start.elapsed(), topics.len());

    for filter in ["#", "site/7/#", "site/+/device-7/+", "+/+/+/sensor-77777"] {
        let (mut out, mut cursor, mut longest) = (Vec::new(), None, Duration::ZERO);
        let start = Instant::now();
        loop {
            let page = Instant::now();
            cursor = store.page(filter, cursor.as_ref(), PageLimits::default(), 0, &mut out);
            longest = longest.max(page.elapsed());
            if cursor.is_none() {
                break;
            }
        }
        print_time(&format!("page {filter} (longest call {longest:.1?})"), start.elapsed(), out.len());
    }
}
