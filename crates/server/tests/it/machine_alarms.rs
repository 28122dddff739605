//! Alarms about a machine with too much to do, with its real figures: limits that it cannot keep, then limits that it keeps.

use crate::lifecycle_site::Site;
use dunlin_model::Qos::AtMostOnce;
use dunlin_testkit::Client;
use serde_json::Value;
use std::fs;

fn load(site: &Site, text: &str) {
    fs::write(site.path("new.hocon"), text).expect("it is written");
    site.good(&["ctl", "conf", "load", "new.hocon"]);
}

/// Whoever reads `$SYS/brokers/+/alarms/#`.
struct Watcher {
    client: Client,
    /// What came, and was not asked for yet.
    seen: Vec<(String, Value)>,
}

impl Watcher {
    /// The message of this kind about this alarm, whatever came before it.
    fn take(&mut self, kind: &str, name: &str) -> Value {
        loop {
            let is_it = |(topic, alarm): &(String, Value)| topic.ends_with(kind) && alarm["name"] == name;
            if let Some(place) = self.seen.iter().position(is_it) {
                return self.seen.remove(place).1;
            }
            let publish = self.client.expect_publish();
            let alarm = serde_json::from_slice(&publish.payload).expect("an object");
            self.seen.push((publish.topic, alarm));
        }
    }
}

#[test]
fn memory_and_processors_are_watched_and_limits_change_at_once() {
    let site = Site::new("");
    let address = site.start();
    let mut client = Client::v5("watcher").with(|connect| connect.username = Some("dashboard")).connect_to(address);
    client.subscribe("$SYS/brokers/+/alarms/#", AtMostOnce);
    let mut watcher = Watcher { client, seen: Vec::new() };
    load(
        &site,
        "sysmon.os { mem_check_interval = 1s, sysmem_high_watermark = 0%, cpu_check_interval = 1s, \
         cpu_high_watermark = 0%, cpu_low_watermark = 0% }",
    );
    let alarm = watcher.take("/alarms/activate", "high_system_memory_usage");
    assert_eq!(alarm["message"], "System memory usage is higher than 0.00%");
    assert_eq!(alarm["details"]["high_watermark"], "0.00%");
    let usage = alarm["details"]["usage"].as_str().and_then(|usage| usage.strip_suffix('%')?.parse::<f64>().ok());
    assert!(usage.is_some_and(|usage| usage > 0.0 && usage < 100.0), "{alarm}");
    // The machine runs this test, and is not idle.
    let alarm = watcher.take("/alarms/activate", "high_cpu_usage");
    assert!(alarm["message"].as_str().is_some_and(|message| message.ends_with("% cpu usage")), "{alarm}");
    assert_eq!(alarm["details"]["low_watermark"], "0.00%");

    load(
        &site,
        "sysmon.os { mem_check_interval = 1s, sysmem_high_watermark = 100%, cpu_check_interval = 1s, \
         cpu_high_watermark = 100%, cpu_low_watermark = 100% }",
    );
    watcher.take("/alarms/deactivate", "high_system_memory_usage");
    watcher.take("/alarms/deactivate", "high_cpu_usage");
}
