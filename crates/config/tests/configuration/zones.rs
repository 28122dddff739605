//! Zones: what falls through to the roots, and who may name them.

use crate::{errors_of, load_text, warnings_of};
use std::time::Duration;

#[test]
fn what_a_zone_does_not_set_is_that_of_the_root() {
    let text = "mqtt { max_inflight = 5, idle_timeout = 5s }\nforce_shutdown.max_mailbox_size = 7\n\
                zones.slow { mqtt.idle_timeout = 1m, force_shutdown.max_heap_size = 1MB }\nzones.empty {}";
    let config = load_text(text).unwrap().config;
    let zones: Vec<_> = config.zones.keys().map(String::as_str).collect();
    assert_eq!(zones, ["default", "empty", "slow"]);
    let slow = &config.zones["slow"];
    assert_eq!((slow.mqtt.max_inflight.get(), slow.mqtt.idle_timeout), (5, Some(Duration::from_secs(60))));
    assert_eq!((slow.force_shutdown.max_mailbox_size, slow.force_shutdown.max_heap_size_bytes), (7, 1 << 20));
    for same in ["default", "empty"] {
        assert_eq!(config.zones[same].mqtt, config.mqtt);
        assert_eq!(config.zones[same].force_shutdown, config.force_shutdown);
    }
}

#[test]
fn the_zone_default_can_differ_from_the_root() {
    let config = load_text("mqtt.max_inflight = 5\nzones.default.mqtt.max_inflight = 6").unwrap().config;
    assert_eq!((config.mqtt.max_inflight.get(), config.zones["default"].mqtt.max_inflight.get()), (5, 6));
}

#[test]
fn a_listener_names_a_zone_that_is_there() {
    let text = "zones { a {}, b {} }\nlisteners.tcp.default {\n  zone = c }";
    let expected = "dunlin.conf:3: `listeners.tcp.default.zone`: there is no zone `c`; write `zones.c { … }` to have it, or name \
                    one of `a`, `b`, `default`";
    assert_eq!(errors_of(text), [expected]);
    load_text("zones.a {}\nlisteners.tcp.default.zone = a").unwrap();
    load_text("listeners.tcp.default { zone = c, enable = false }").unwrap();
}

#[test]
fn what_belongs_to_the_node_is_not_set_in_a_zone() {
    let text = "zones.z {\n durable_sessions.enable = false\n mqtt.shared_subscription_strategy = random\n stats.enable = true\n\
                overload_protection.enable = true }";
    assert_eq!(
        warnings_of(text),
        [
            "dunlin.conf:2: `zones.z.durable_sessions` has no effect in a zone: it is one for the whole node; write it at the \
             root",
            "dunlin.conf:3: `zones.z.mqtt.shared_subscription_strategy` has no effect in a zone: members of a group may be in \
             several; write it in `mqtt` at the root",
            "dunlin.conf:5: `zones.z.overload_protection` has no effect in a zone: event loops serve the clients of all zones; \
             write it at the root",
            "dunlin.conf:4: `zones.z.stats` has no effect: the figures of clients are always kept, and cost nothing until \
             somebody asks",
        ]
    );
    assert_eq!(errors_of("zones.z.node.name = \"a@b\""), ["dunlin.conf:1: unknown key `zones.z.node`"]);
    assert_eq!(errors_of("zones.z = 5"), ["dunlin.conf:1: `zones.z` is `5`, but must be an object `{ … }`"]);
    assert_eq!(
        errors_of("zones.z.mqtt.max_inflite = 5"),
        ["dunlin.conf:1: unknown key `zones.z.mqtt.max_inflite`; did you mean `zones.z.mqtt.max_inflight`?"]
    );
}
