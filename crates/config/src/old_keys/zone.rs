//! `zone.<name>.<option>` of EMQX 4: options of sessions, and limits.

use super::{access_advice, flag, go, rate, two, write_all, write_one};

/// Options that have the same name under `mqtt` today.
const OF_MQTT: [&str; 26] = [
    "await_rel_timeout",
    "exclusive_subscription",
    "idle_timeout",
    "ignore_loop_deliver",
    "max_awaiting_rel",
    "max_clientid_len",
    "max_inflight",
    "max_mqueue_len",
    "max_packet_size",
    "max_qos_allowed",
    "max_subscriptions",
    "max_topic_alias",
    "max_topic_levels",
    "mqueue_default_priority",
    "mqueue_priorities",
    "mqueue_store_qos0",
    "response_information",
    "retain_available",
    "retry_interval",
    "server_keepalive",
    "session_expiry_interval",
    "shared_subscription",
    "strict_mode",
    "upgrade_qos",
    "use_username_as_clientid",
    "wildcard_subscription",
];

/// What to write instead of an option of a zone; `None` if there never was one of this name. The zone `external` was that of all
/// clients, any other one has `zones.<name>` today.
pub(super) fn advice(zone: &str, option: &str, value: &str) -> Option<String> {
    let below = |key: &str| if zone == "external" { key.to_owned() } else { format!("zones.{zone}.{key}") };
    let one = |key: &str, value: &str| write_one(&below(key), value);
    Some(match option {
        "mqtt_retain_available" | "mqtt_wildcard_subscription" | "mqtt_shared_subscription" => {
            one(&option.replacen('_', ".", 1), flag(value))
        }
        "keepalive_backoff" => one("mqtt.keepalive_multiplier", &doubled(value)),
        "force_shutdown_policy" => match two(value, '|') {
            Some((messages, bytes)) => write_all(&[
                (below("force_shutdown.max_mailbox_size"), messages.into()),
                (below("force_shutdown.max_heap_size"), bytes.into()),
            ]),
            None => one("force_shutdown.max_mailbox_size", value),
        },
        "force_gc_policy" => match two(value, '|') {
            Some((count, bytes)) => {
                write_all(&[(below("force_gc.count"), count.into()), (below("force_gc.bytes"), bytes.into())])
            }
            None => one("force_gc.count", value),
        },
        "rate_limit.conn_messages_in" | "publish_limit" => {
            write_one("listeners.tcp.default.messages_rate", &rate(value))
        }
        "rate_limit.conn_bytes_in" => write_one("listeners.tcp.default.bytes_rate", &rate(value)),
        "mountpoint" => write_one("listeners.tcp.default.mountpoint", value),
        "enable_flapping_detect" => one("flapping_detect.enable", flag(value)),
        "flapping_detect_policy" => flapping(value, below),
        "enable_acl" => go("`authorization` is in use as soon as it has sources"),
        "enable_ban" => go("who is banned is always refused"),
        _ if OF_MQTT.contains(&option) => one(&format!("mqtt.{option}"), flag(value)),
        _ => return access_advice(option, value),
    })
}

/// The back-off was multiplied by two; the multiplier is not.
fn doubled(value: &str) -> String {
    value.parse::<f64>().map_or_else(|_| value.to_owned(), |backoff| (backoff * 2.0).to_string())
}

/// `30, 1m, 5m`: how often, in what time, how long it is banned for.
fn flapping(value: &str, below: impl Fn(&str) -> String) -> String {
    let keys = ["flapping_detect.max_count", "flapping_detect.window_time", "flapping_detect.ban_time"];
    let lines: Vec<_> =
        keys.iter().zip(value.split(',')).map(|(key, value)| (below(key), value.trim().to_owned())).collect();
    write_all(&lines)
}
