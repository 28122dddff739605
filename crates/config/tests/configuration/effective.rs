//! What is in effect, key by key: what was written, and the default where nothing was.

use crate::every_key::rows;
use crate::load_text;
use dunlin_config::{Config, Loaded, SourceNode};
use dunlin_hocon::{Node, write};
use std::collections::{BTreeMap, BTreeSet};

fn load(text: &str) -> Loaded {
    load_text(text).unwrap_or_else(|errors| panic!("{text}: {errors}"))
}

fn shown<'a>(loaded: &'a Loaded, key: &str) -> Option<&'a SourceNode> {
    loaded.effective.get(&key.split('.').collect::<Vec<_>>())
}

/// There is no second list of defaults that could be another one: what is shown is what is read.
#[test]
fn what_is_shown_of_an_empty_file_is_the_default() {
    let loaded = load("");
    let again = load(&write(&loaded.effective));
    let default = Config { etc_dir: again.config.etc_dir.clone(), ..Config::default() };
    assert_eq!((&again.config, &again.warnings), (&default, &Vec::new()));
    let origins: Vec<_> = loaded.effective.leaves().into_iter().map(|(_, leaf)| leaf.origin.to_string()).collect();
    assert!(origins.len() > 150 && origins.iter().all(|origin| origin == "default"), "{}", origins.len());
}

/// Keys that are left out where they have no value, and those that need an entry around them to be there.
fn has_no_default(key: &str) -> bool {
    const WITHOUT_VALUE: [&str; 17] = [
        "api_key.bootstrap_file",
        "dashboard.default_password",
        "banned.bootstrap_file",
        "node.cookie",
        "node.tls_stateless_tickets_seed",
        "psk_authentication.init_file",
        ".certfile",
        ".keyfile",
        ".cacertfile",
        ".password",
        ".responder_url",
        ".issuer_pem",
        "zones.",
        "broker.shared_subscription_group.",
        "listeners.quic.",
        ".extra.",
        ".named.",
    ];
    WITHOUT_VALUE.iter().any(|part| key.contains(part))
}

#[test]
fn every_key_is_shown_with_its_default() {
    let loaded = load("");
    for row in rows().iter().filter(|row| !has_no_default(row.key)) {
        let is_another_name =
            load(&row.text(row.accepted[0].0)).effective.get(&row.key.split('.').collect::<Vec<_>>()).is_none();
        assert!(is_another_name || shown(&loaded, row.key).is_some(), "{} is not shown", row.key);
    }
}

/// A key that is read cannot be without a row, which says what it accepts.
#[test]
fn every_key_that_is_shown_has_a_row() {
    let text = "zones.default {}\nbroker.shared_subscription_group.g {}\nlisteners.quic.default { enable = false }";
    let rows: BTreeSet<_> = rows().iter().map(|row| row.key).collect();
    let mut missing = Vec::new();
    let is_no_key = |node: &Node| node.value.as_object().is_some_and(BTreeMap::is_empty);
    for (path, _) in load(text).effective.leaves().into_iter().filter(|(_, node)| !is_no_key(node)) {
        let key = path.join(".");
        // Lists of entries, which have tables of their own.
        if key.ends_with("authentication") || key.starts_with("authorization.sources") {
            continue;
        }
        // Listeners of all kinds have the same keys, and zones those of the roots.
        let of_one_kind = ["tcp", "ssl", "ws", "wss", "quic"].map(|kind| {
            key.strip_prefix("listeners.")
                .and_then(|rest| rest.split_once('.'))
                .map(|(_, rest)| format!("listeners.{kind}.{rest}"))
        });
        let of_dashboard =
            key.strip_prefix("dashboard.listeners.https.").map(|rest| format!("listeners.ssl.default.{rest}"));
        let at_root = key.strip_prefix("zones.default.").map(str::to_owned);
        let names = of_one_kind.into_iter().chain([of_dashboard, at_root, Some(key.clone())]).flatten();
        if !names.into_iter().any(|name| rows.iter().any(|row| *row == name || name.starts_with(&format!("{row}.")))) {
            missing.push(key);
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn what_is_shown_is_what_is_in_effect_with_its_place() {
    for row in rows() {
        for (text, value) in row.accepted {
            let text = row.text(text);
            let loaded = load(&text);
            let again = load(&write(&loaded.effective));
            // Secrets are not shown, so they are others then.
            if !value.contains("******") && !value.contains("Secret(") {
                assert_eq!(again.config, loaded.config, "{text}\n{}", write(&loaded.effective));
            }
            let key: Vec<_> = row.key.split('.').collect();
            if let Some(node) = loaded.effective.get(&key).filter(|node| node.value.as_text().is_some()) {
                assert!(["dunlin.conf:1", "dunlin.conf:2"].contains(&node.origin.to_string().as_str()), "{text}");
            }
        }
    }
}

#[test]
fn values_are_shown_as_they_were_written_and_other_names_are_those_of_today() {
    let loaded =
        load("mqtt.idle_timeout = 1m30s\nretainer.deliver_rate = \"10/s\"\nlisteners.ws.default = marked_for_deletion");
    for (key, text, place) in [
        ("mqtt.idle_timeout", "1m30s", "dunlin.conf:1"),
        ("mqtt.max_packet_size", "1MB", "default"),
        ("retainer.delivery_rate", "10/s", "dunlin.conf:2"),
        ("listeners.ws.default", "marked_for_deletion", "dunlin.conf:3"),
        ("listeners.tcp.default.bind", "0.0.0.0:1883", "default"),
        ("node.workers", "auto", "default"),
    ] {
        let node = shown(&loaded, key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!((node.value.as_text(), &*node.origin.to_string()), (Some(text), place), "{key}");
    }
    let without_effect = load("telemetry.enable = true\nmqtt.namespace_as_mountpoint = true");
    assert!(
        shown(&without_effect, "telemetry").is_none()
            && shown(&without_effect, "mqtt.namespace_as_mountpoint").is_none()
    );
}

#[test]
fn a_zone_shows_what_it_has_from_the_root() {
    let loaded = load(
        "mqtt { max_inflight = 5, idle_timeout = 1m30s, mqueue_priorities { t = 3 } }\n\
         zones.z.mqtt.max_inflight = 6\nzones.y.mqtt.mqueue_priorities = disabled",
    );
    for (key, text, place) in [
        ("zones.z.mqtt.max_inflight", Some("6"), "dunlin.conf:2"),
        ("zones.y.mqtt.max_inflight", Some("5"), "dunlin.conf:1"),
        ("zones.z.mqtt.idle_timeout", Some("1m30s"), "dunlin.conf:1"),
        ("zones.z.mqtt.mqueue_priorities.t", Some("3"), "dunlin.conf:1"),
        ("zones.z.mqtt.max_qos_allowed", Some("2"), "default"),
        ("zones.z.force_shutdown.enable", Some("true"), "default"),
    ] {
        let node = shown(&loaded, key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!((node.value.as_text(), &*node.origin.to_string()), (text, place), "{key}");
    }
    let priorities = |zone: &str| loaded.config.zones[zone].mqtt.mqueue_priorities.len();
    assert_eq!((priorities("z"), priorities("y")), (1, 0));
    assert!(shown(&loaded, "zones.z.mqtt.shared_subscription_strategy").is_none(), "one for the whole node");
    assert_eq!(load(&write(&loaded.effective)).config, loaded.config);
}
