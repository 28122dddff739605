//! Thousands of clients that have sent more than they may at a time.

use crate::lifecycle_site::{Site, eventually};
use dunlin_model::Qos::AtMostOnce;
use dunlin_testkit::{Client, let_time_pass};
use dunlin_transport::raise_descriptor_limit;
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// Clients that wait. Each costs a descriptor here and one in the node, and other tests have some thousands of them.
const CROWD: u64 = 4_000;

/// A counter of the node.
fn count(site: &Site, name: &str) -> u64 {
    let metrics: Value = serde_json::from_str(&site.good(&["ctl", "broker", "metrics", "--json"])).expect("JSON");
    metrics[name].as_u64().unwrap_or_else(|| panic!("no {name}"))
}

/// The processor time that the node has taken: fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second.
fn processor_time(site: &Site) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", site.pid())).expect("it runs");
    let behind_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

#[test]
fn thousands_that_wait_cost_nothing_and_all_go_on() {
    let limit = raise_descriptor_limit().now;
    assert!(limit > CROWD + 1_000, "{limit} open files are too few for this test");
    let site = Site::new("");
    let address = site.start();
    let load = |text: &str| {
        fs::write(site.path("new.hocon"), text).expect("it is written");
        site.good(&["ctl", "conf", "load", "new.hocon"])
    };
    let mut waiting: Vec<_> =
        (0..CROWD).map(|number| Client::v5(&format!("waiting-{number}")).connect_to(address)).collect();
    load("mqtt.limiter.messages_rate = \"1/1h\"");
    for client in &mut waiting {
        // What is answered comes from an event loop that knows of it.
        client.ping();
        client.send_publish("t", "m", AtMostOnce);
    }
    eventually(|| (count(&site, "connections.paused") == CROWD - 1).then_some(()));
    for client in &mut waiting {
        client.send_publish("t", "more", AtMostOnce);
    }
    let mut bystander = Client::v5("bystander").connect_to(address);
    bystander.ping();
    let (handled, before) = (count(&site, "packets.received"), processor_time(&site));
    let_time_pass(Duration::from_secs(1));
    let taken = processor_time(&site).saturating_sub(before);
    assert!(taken < Duration::from_millis(300), "those who wait cost {taken:?} in a second");
    assert_eq!(count(&site, "packets.received"), handled, "nothing of theirs is read");
    bystander.ping();
    load("mqtt.limiter.messages_rate = infinity");
    eventually(|| (count(&site, "messages.received") == 2 * CROWD).then_some(()));
    for client in &mut waiting {
        client.ping();
    }
}
