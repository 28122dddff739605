//! What an operator changes on a node that runs counts at once: `dunlin ctl conf load` and `conf reload`.

use crate::lifecycle_site::{Site, eventually};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::Client;
use rustix::process::Signal;
use std::fs;
use std::net::SocketAddr;

/// Has a running node take over a text; what it says of it.
#[track_caller]
fn load(site: &Site, text: &str) -> String {
    fs::write(site.path("new.hocon"), text).expect("it is written");
    site.good(&["ctl", "conf", "load", "new.hocon"])
}

/// What a new subscriber gets of what is retained.
#[track_caller]
fn retained(address: SocketAddr, expected: &[&str]) {
    let mut client = Client::v5("reader").connect_to(address);
    client.subscribe("kept/#", AtMostOnce);
    client.expect_payloads(expected.iter().copied());
    client.expect_nothing();
    client.disconnect();
}

#[track_caller]
fn stat(site: &Site, name: &str) -> u64 {
    let stats = site.good(&["ctl", "broker", "stats"]);
    let line = stats.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {stats}"));
    line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn limits_of_retained_messages_change_at_once() {
    let site = Site::new("");
    let address = site.start();
    let mut publisher = Client::v5("publisher").connect_to(address);
    publisher.publish_retained("kept/1", "one", AtLeastOnce);
    let report = load(&site, "retainer { max_payload_size = 4B, backend.max_retained_messages = 2 }");
    let expected = "retainer.backend.max_retained_messages is in effect now\n\
                    retainer.max_payload_size is in effect now\n";
    assert!(report.starts_with(expected), "{report}");
    publisher.publish_retained("kept/2", "too long", AtLeastOnce);
    publisher.publish_retained("kept/3", "two", AtLeastOnce);
    publisher.publish_retained("kept/4", "many", AtLeastOnce);
    retained(address, &["one", "two"]);

    assert!(load(&site, "retainer.enable = false").contains("retainer.enable is in effect now\n"));
    publisher.publish_retained("kept/1", "off", AtLeastOnce);
    retained(address, &[]);
    site.good(&["ctl", "conf", "remove", "retainer"]);
    publisher.publish_retained("kept/5", "no limits", AtLeastOnce);
    retained(address, &["one", "two", "no limits"]);
    assert_eq!(site.good(&["ctl", "status"]).lines().count(), 1, "nothing waits for a restart");
}

#[test]
fn the_sweep_for_expired_messages_is_switched_on_at_once() {
    let site = Site::new("retainer.msg_expiry_interval = 1s");
    let mut publisher = Client::v5("publisher").connect_to(site.start());
    publisher.publish_retained("kept/1", "short", AtLeastOnce);
    assert_eq!(stat(&site, "retained.count"), 1);
    let report = load(&site, "retainer.msg_clear_interval = 10ms");
    assert!(report.contains("retainer.msg_clear_interval is in effect now\n"), "{report}");
    eventually(|| (stat(&site, "retained.count") == 0).then_some(()));
}

#[test]
fn delayed_messages_are_limited_and_forgotten_at_once() {
    let site = Site::new("");
    let address = site.start();
    let mut subscriber = Client::v5("subscriber").connect_to(address);
    subscriber.subscribe("t/#", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect_to(address);
    publisher.publish("$delayed/600/t", "waits", AtLeastOnce);
    assert!(load(&site, "delayed.max_delayed_messages = 1").contains("delayed.max_delayed_messages is in effect now"));
    assert_eq!(publisher.publish("$delayed/600/t", "too many", AtLeastOnce), ReasonCode::QuotaExceeded);
    assert_eq!(stat(&site, "delayed.count"), 1);

    // Off: such topics are like any other, and what was waiting is forgotten, on disk too.
    assert!(load(&site, "delayed.enable = false").contains("delayed.enable is in effect now"));
    eventually(|| (stat(&site, "delayed.count") == 0).then_some(()));
    subscriber.subscribe("$delayed/#", AtLeastOnce);
    publisher.publish("$delayed/600/t", "at once", AtLeastOnce);
    assert_eq!(subscriber.expect_publish().topic, "$delayed/600/t");
    site.good(&["ctl", "conf", "remove", "delayed"]);
    publisher.publish("$delayed/600/t", "waits again", AtLeastOnce);
    assert_eq!(stat(&site, "delayed.count"), 1);
    site.good(&["restart"]);
    assert_eq!(stat(&site, "delayed.count"), 1);
}

#[test]
fn messages_for_clients_that_are_away_follow_the_zone_at_once() {
    let site = Site::new("");
    let address = site.start();
    let mut away = Client::v5("away").session_expiry(3_600).connect_to(address);
    away.subscribe("t", AtLeastOnce);
    away.disconnect();
    let mut publisher = Client::v5("publisher").connect_to(address);
    // The second is on disk when it is acknowledged, and the first was decided on before it.
    let mut publish = |first: &str, second: &str| {
        publisher.publish("t", first, AtMostOnce);
        publisher.publish("t", second, AtLeastOnce);
    };
    publish("kept", "1");
    load(&site, "mqtt.mqueue_store_qos0 = false");
    publish("lost", "2");
    load(&site, "mqtt.upgrade_qos = true");
    publish("upgraded", "3");
    let mut back = Client::v5("away").clean_start(false).session_expiry(3_600).connect_to(address);
    back.expect_payloads(["kept", "1", "2", "upgraded", "3"]);
    back.expect_nothing();
}

#[test]
fn shared_groups_choose_otherwise_at_once() {
    let site = Site::new("mqtt.shared_subscription_strategy = sticky");
    let address = site.start();
    let mut members: Vec<_> = ["a", "b"].map(|id| Client::v5(id).connect_to(address)).into();
    for member in &mut members {
        member.subscribe("$share/g/t", AtLeastOnce);
    }
    let mut publisher = Client::v5("publisher").connect_to(address);
    let mut spread = || {
        for number in 0..6 {
            publisher.publish("t", number.to_string(), AtLeastOnce);
        }
        let mut got: Vec<_> = members.iter_mut().map(|member| member.drain().len()).collect();
        got.sort_unstable();
        got
    };
    assert_eq!(spread(), [0, 6]);
    site.configure("mqtt.shared_subscription_strategy = round_robin_per_group");
    let report = site.good(&["ctl", "conf", "reload"]);
    assert_eq!(report, "mqtt.shared_subscription_strategy is in effect now\nok\n");
    assert_eq!(spread(), [3, 3]);
    let report = load(&site, "broker.shared_subscription_group.g.strategy = sticky");
    assert!(report.contains("broker.shared_subscription_group.g is in effect now"), "{report}");
    assert_eq!(spread(), [0, 6]);
}

#[test]
fn the_log_has_several_handlers_and_each_changes_at_once() {
    let site = Site::new("");
    site.start();
    let path = |name: &str| site.data().join("log").join(name);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap_or_default();
    // Whatever is new, the node says that it has read its configuration again: a line of `info`.
    let last_line_of = |name: &str, lines: usize| {
        site.signal(Signal::HUP);
        eventually(|| {
            (read(name).lines().count() == lines).then(|| read(name).lines().last().map(str::to_owned)).flatten()
        })
    };
    let report = load(&site, "log.file.extra { level = info, formatter = json }\nlog.throttling.time_window = 5s");
    assert!(
        report.starts_with("log.file.extra is in effect now\nlog.throttling.time_window is in effect now\n"),
        "{report}"
    );
    let line: serde_json::Value = serde_json::from_str(&last_line_of("extra.log", 1)).expect("JSON");
    assert_eq!((&line["level"], &line["msg"]), (&"info".into(), &"config_reloaded".into()));
    assert!(line["time"].is_u64() && !read("dunlin.log").contains("config_reloaded"), "{line}");

    let report = load(&site, "log.file.extra { formatter = text, time_offset = \"+05:30\" }");
    assert!(report.contains("log.file.extra.formatter is in effect now\n"), "{report}");
    let line = last_line_of("extra.log", 2);
    assert!(line.contains("+05:30 [info] msg: config_reloaded"), "{line}");

    load(&site, "log.file.extra { rotation_size = 1B, rotation_count = 2 }");
    last_line_of("extra.log", 1);
    last_line_of("extra.log", 1);
    assert!(path("extra.log.1").exists() && !path("extra.log.2").exists());

    let handlers = site.good(&["ctl", "log", "handlers", "list"]);
    let destination = path("extra.log").display().to_string();
    let expected = format!("LogHandler(id=extra, level=info, destination={destination}, status=started)\n");
    assert!(handlers.ends_with(&expected), "{handlers}");
    assert_eq!(site.good(&["ctl", "log", "outputs", "disable", "extra"]), "log output extra disabled\n");
    assert_eq!(site.good(&["ctl", "log", "handlers", "set-level", "default", "error"]), "error\n");
    assert!(site.good(&["ctl", "log", "outputs", "list"]).contains("LogOutput(name=extra, level=info"));
    site.good(&["ctl", "conf", "remove", "log.file.extra"]);
    let handlers = site.good(&["ctl", "log", "handlers", "list"]);
    assert!(handlers.contains("id=file, level=error") && !handlers.contains("extra"), "{handlers}");

    // In the place of the file there is a folder: that is told, and everything else goes on.
    fs::create_dir(path("folder.log")).expect("a folder");
    fs::write(site.path("new.hocon"), "log.file.folder.level = info").expect("it is written");
    let ended = site.run(&["ctl", "conf", "load", "new.hocon"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains("[error] log.file.folder: cannot write "), "{ended:?}");
}
