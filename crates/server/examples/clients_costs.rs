//! What lists of clients cost: times of pages and filters over many sessions that wait for their clients, and over some that are
//! connected. Prints them and judges nothing.
//!
//! `cargo run --release -p dunlin-server --example clients_costs [SESSIONS]`

use dunlin_broker::{ClientFilter, SubscriptionQuery};
use dunlin_model::Qos;
use dunlin_testkit::{Client, Stopwatch, TestBroker};
use std::io::Write;

/// Clients that stay connected.
const CONNECTED: usize = 400;

fn main() {
    let sessions: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let broker = TestBroker::start();
    for number in 0..sessions {
        let id = format!("device-{number:07}");
        let mut client = Client::v4(&id).clean_start(false).connect(&broker);
        client.subscribe(&format!("devices/{number}/commands"), Qos::AtMostOnce);
        client.disconnect();
    }
    let ids: Vec<_> = (0..CONNECTED).map(|number| format!("connected-{number}")).collect();
    let _connected: Vec<_> = ids.iter().map(|id| Client::v5(id).connect(&broker)).collect();
    let clients = broker.clients();
    let contains = |part: &str| ClientFilter { client_id_contains: Some(part.into()), ..ClientFilter::default() };
    let connected = ClientFilter { is_connected: Some(true), ..ClientFilter::default() };
    let page =
        |filter: &ClientFilter, skip: usize| clients.page(filter, skip, 100).map_or(0, |page| page.clients.len());
    time("first page", || page(&ClientFilter::default(), 0));
    time("last page", || page(&ClientFilter::default(), sessions));
    time("connected ones, first page", || page(&connected, 0));
    time("a part of the client id that none has", || page(&contains("nothing"), 0));
    time("a part of the client id that the last have", || page(&contains("99"), 0));
    time("subscriptions, last page", || {
        clients
            .subscriptions(&SubscriptionQuery::default(), sessions - 100, 100)
            .map_or(0, |page| page.subscriptions.len())
    });
    let query = SubscriptionQuery { selected_by: Some("nothing/#".into()), ..SubscriptionQuery::default() };
    time("subscriptions that a filter does not select", || {
        clients.subscriptions(&query, 0, 100).map_or(0, |page| page.subscriptions.len())
    });
    time("topics, last page", || clients.topics(sessions - 100, 100).topics.len());
}

/// Prints the shortest and the longest of some runs.
fn time(what: &str, mut run: impl FnMut() -> usize) {
    let mut micros = Vec::new();
    let mut found = 0;
    for _ in 0..20 {
        let stopwatch = Stopwatch::start();
        found = run();
        micros.push(stopwatch.passed().as_micros());
    }
    micros.sort_unstable();
    let (least, most) = (micros.first().unwrap_or(&0), micros.last().unwrap_or(&0));
    let _ = writeln!(std::io::stdout(), "{what:45} {least:>8} to {most:>8} us, {found} found");
}
