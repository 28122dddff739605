//! What is different between two configurations, and when it counts.

use crate::every_key::rows;
use crate::load_text;
use dunlin_config::{Change, Effect, changes};

/// The changes from one text to another, as `key effect`.
fn changes_of(before: &str, after: &str) -> Vec<String> {
    let load = |text| load_text(text).unwrap_or_else(|errors| panic!("{text}: {errors}")).config;
    changes(&load(before), &load(after)).iter().map(|change| format!("{} {:?}", change.key, change.effect)).collect()
}

/// What the key of a row is called where it has more than one name.
fn canonical(key: &str) -> String {
    const OLD_NAMES: [(&str, &str); 10] = [
        ("log.file.default.file", "log.file.default.path"),
        (".rotation", ".rotation_count"),
        (".max_size", ".rotation_size"),
        ("log.file.level", "log.file.default.level"),
        ("log.audit.max_filter_size", "log.audit.cache_size"),
        ("log.file_handlers.extra.path", "log.file.extra"),
        ("max_message_queue_len", "max_mailbox_size"),
        ("deliver_rate", "delivery_rate"),
        (".enabled", ".enable"),
        ("_timeout_ms", "_timeout"),
    ];
    let old = OLD_NAMES.iter().find(|(old, _)| key.ends_with(old));
    let name = old.map_or_else(|| key.to_owned(), |(old, name)| key.replace(old, name));
    // What stands directly in `log.file`.
    name.replace("log.file.rotation", "log.file.default.rotation")
}

/// When a change of a key counts: by its longest beginning of these.
const EFFECTS: [(&str, Effect); 33] = [
    ("api_key.", Effect::Live),
    ("dashboard.", Effect::Live),
    ("node.", Effect::Restart),
    ("mqtt.max_packet_size", Effect::Restart),
    ("mqtt.", Effect::NewConnections),
    ("mqtt.shared_subscription_", Effect::Live),
    ("mqtt.limiter.", Effect::Live),
    ("flapping_detect.", Effect::NewConnections),
    ("overload_protection.", Effect::Live),
    ("slow_subs.", Effect::Live),
    ("authentication_settings.", Effect::Live),
    ("authorization.", Effect::Live),
    ("banned.", Effect::Restart),
    ("zones.", Effect::NewConnections),
    ("zones.default.mqtt.limiter.", Effect::Live),
    ("force_shutdown.", Effect::NewConnections),
    ("conn_congestion.", Effect::NewConnections),
    ("trace.", Effect::Live),
    ("durable_sessions.", Effect::Restart),
    ("retainer.", Effect::Live),
    ("retainer.backend.storage_type", Effect::Restart),
    ("delayed.", Effect::Live),
    ("rewrite", Effect::Live),
    ("auto_subscribe.", Effect::NewConnections),
    ("broker.", Effect::Live),
    ("crl_cache.", Effect::Restart),
    ("psk_authentication.", Effect::Restart),
    ("log.", Effect::Live),
    ("sys_topics.", Effect::Live),
    ("alarm.", Effect::Live),
    ("sysmon.", Effect::Live),
    ("prometheus.", Effect::Live),
    ("opentelemetry.", Effect::Live),
];

fn effect_of(key: &str) -> Effect {
    if let Some(listener) = key.strip_prefix("listeners.") {
        let parts: Vec<&str> = listener.split('.').collect();
        return Effect::Listener(format!("{}:{}", parts[0], parts[1]));
    }
    let known = EFFECTS.iter().filter(|(beginning, _)| key.starts_with(beginning));
    known.max_by_key(|(beginning, _)| beginning.len()).unwrap_or_else(|| panic!("{key}")).1.clone()
}

/// Keys on which defaults of others depend.
const OTHERS_FOLLOW: [&str; 2] = ["node.data_dir", "log.to"];

#[test]
fn what_follows_from_a_key_is_a_change_too() {
    assert_eq!(
        changes_of("", "node.data_dir = x\nlog.to = file"),
        [
            "log.audit.path Live",
            "log.console.enable Live",
            "log.file.default.enable Live",
            "log.file.default.path Live",
            "node.data_dir Restart"
        ]
    );
    assert_eq!(changes_of("", "log.file.x {}"), ["log.file.x Live"]);
}

#[test]
fn a_change_of_a_key_is_one_change_with_its_effect() {
    for row in rows().iter().filter(|row| !OTHERS_FOLLOW.contains(&row.key)) {
        let Ok(before) = load_text(row.beside) else {
            assert!(row.key.ends_with("file"), "{}: a certificate and its key need each other", row.key);
            continue;
        };
        let before = before.config;
        assert_eq!(changes(&before, &before), []);
        let others = row.accepted.iter().filter(|(_, value)| *value != (row.field)(&before));
        for (text, _) in others {
            let text = row.text(text);
            let after = load_text(&text).unwrap().config;
            let found = changes(&before, &after);
            let [Change { key, effect }] = &found[..] else { panic!("{text}: {found:?}") };
            let expected = canonical(row.key);
            // An object, or a part of what is one value here.
            assert!(key.starts_with(&expected) || expected.starts_with(key.as_str()), "{text}: {key}");
            assert_eq!(*effect, effect_of(key), "{text}");
            let back = changes(&after, &before);
            assert_eq!(back, found, "{text}");
        }
    }
}

#[test]
fn a_listener_that_comes_or_goes_is_one_change() {
    let with = "listeners.tcp.b { bind = 1, max_connections = 5 }";
    let expected = ["listeners.tcp.b Listener(\"tcp:b\")"];
    assert_eq!(changes_of("", with), expected);
    assert_eq!(changes_of(with, ""), expected);
    assert_eq!(
        changes_of("", "listeners { ws.default = marked_for_deletion, ssl.default.enable = false }"),
        ["listeners.ssl.default.enable Listener(\"ssl:default\")", "listeners.ws.default Listener(\"ws:default\")"]
    );
}

#[test]
fn a_chain_of_a_listener_is_a_change_of_that_listener() {
    let chain = |enable| {
        format!(
            "listeners.tcp.default.authentication = [{{ mechanism = scram, backend = built_in_database, enable = {enable} }}]"
        )
    };
    let expected = ["listeners.tcp.default.authentication Listener(\"tcp:default\")"];
    assert_eq!(changes_of("", &chain(true)), expected);
    assert_eq!(changes_of(&chain(true), &chain(false)), expected);
    assert_eq!(changes_of("authorization.sources = []", ""), ["authorization.sources Live"]);
}

#[test]
fn the_files_of_a_certificate_are_a_change_of_their_listener() {
    let before = "listeners.wss.default.ssl_options { certfile = a, keyfile = b }";
    let after = "listeners.wss.default.ssl_options { certfile = c, keyfile = d }";
    let expected = [
        "listeners.wss.default.ssl_options.certfile Listener(\"wss:default\")",
        "listeners.wss.default.ssl_options.keyfile Listener(\"wss:default\")",
    ];
    assert_eq!(changes_of(before, after), expected);
}

#[test]
fn a_zone_that_follows_the_root_is_not_changed_by_it() {
    for (before, after, expected) in [
        ("zones.z {}", "zones.z {}\nmqtt.max_inflight = 5", &["mqtt.max_inflight NewConnections"][..]),
        ("zones.z {}", "zones.z.mqtt.max_inflight = 5", &["zones.z.mqtt.max_inflight NewConnections"]),
        (
            "zones.z.mqtt.max_inflight = 5",
            "zones.z.mqtt.max_inflight = 6\nmqtt.max_inflight = 7",
            &["mqtt.max_inflight NewConnections", "zones.z.mqtt.max_inflight NewConnections"],
        ),
        ("", "zones.z.force_shutdown.enable = false", &["zones.z NewConnections"]),
        ("zones.z.force_shutdown.enable = false", "zones.z {}", &["zones.z.force_shutdown.enable NewConnections"]),
    ] {
        assert_eq!(changes_of(before, after), expected, "{before} {after}");
    }
}

#[test]
fn what_is_written_otherwise_and_means_the_same_is_no_change() {
    let before = "mqtt.idle_timeout = 1m\nlisteners.tcp.default.bind = 1883";
    let after = "mqtt { idle_timeout = 60s, max_inflight = 32 }\nlisteners.tcp.default { enabled = on }";
    assert_eq!(changes_of(before, after), [""; 0]);
}
