//! No text makes the reader panic, and what it says has a place.

use crate::entries::entries;
use dunlin_config::load;
use proptest::prelude::*;

/// Pieces of HOCON and of our keys, so that random text gets past the lexer often enough to matter.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![4 => proptest::sample::select(&WORDS[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _outcome = load(&text, "x", []);
    }

    #[test]
    fn arbitrary_pieces_never_panic(pieces in prop::collection::vec(piece(), 0..40)) {
        if let Err(errors) = load(&pieces.concat(), "file-name", []) {
            prop_assert!(!errors.as_slice().is_empty());
            for error in errors.as_slice() {
                prop_assert!(error.to_string().starts_with("file-name"), "{error}");
            }
        }
    }

    #[test]
    fn arbitrary_variables_never_panic(key in "(DUNLIN|EMQX)_(MQTT|NODE|LISTENERS|ZONES)(__[A-Z_.\"]{1,12}){0,3}", value in any::<String>()) {
        let _outcome = load("mqtt.max_inflight = 3", "x", [(key, value)]);
    }

    #[test]
    fn arbitrary_values_never_panic(key in prop::sample::select(&KEYS[..]), value in "[0-9a-zA-Z.,:/ \\[\\]-]{0,24}") {
        let _outcome = load(&format!("{key} = \"{value}\""), "x", []);
    }

    #[test]
    fn arbitrary_values_in_entries_never_panic(
        index in any::<prop::sample::Index>(), value in "\"([0-9a-zA-Z.,:/@?#&={}$*' \\[\\]-]|[$][{]){0,24}\"", is_list: bool
    ) {
        let entries = entries();
        let rows: Vec<_> = entries.iter().flat_map(|entry| entry.rows.iter().map(move |row| (entry, row))).collect();
        let (entry, row) = index.get(&rows);
        let value = if is_list { format!("[{value}, {{ a = {value} }}]") } else { value };
        if let Err(errors) = load(&entry.text_with(row, &value), "file-name", []) {
            for error in errors.as_slice() {
                prop_assert!(error.to_string().starts_with("file-name"), "{error}");
            }
        }
    }
}

const KEYS: [&str; 25] = [
    "listeners.tcp.default",
    "listeners.tcp.default.access_rules",
    "listeners.tcp.default.allow_log_packet_data_from",
    "listeners.tcp.default.max_conn_rate",
    "listeners.tcp.default.zone",
    "listeners.ssl.default.ssl_options.versions",
    "listeners.ssl.default.ssl_options.certfile",
    "listeners.ssl.default.ssl_options.verify_peer_ext_key_usage",
    "listeners.ssl.default.ssl_options.managed_certs",
    "listeners.ssl.default.ssl_options.sni_certs",
    "listeners.ws.default.websocket.check_origins",
    "listeners.ws.default.websocket.mqtt_path",
    "listeners.quic.default.idle_timeout",
    "psk_authentication.separator",
    "mqtt.session_expiry_interval",
    "mqtt.max_packet_size",
    "mqtt.keepalive_multiplier",
    "mqtt.server_keepalive",
    "retainer.delivery_rate",
    "listeners.tcp.default.bind",
    "listeners.tcp.default.tcp_options.keepalive",
    "node.name",
    "durable_sessions.max_queue_bytes",
    "durable_sessions.max_disk_bytes",
    "durable_sessions.ack_overrides",
];

const WORDS: [&str; 66] = [
    "ssl",
    "wss",
    "quic",
    "ssl_options",
    "websocket",
    "sni_certs",
    "certfile",
    "keyfile",
    "versions",
    "access_rules",
    "allow 10.0.0.0/8",
    "marked_for_deletion",
    "zones",
    "zone",
    "${EMQX_DATA_DIR}",
    "mqtt",
    "listeners",
    "tcp",
    "default",
    "bind",
    "tcp_options",
    "retainer",
    "backend",
    "node",
    "name",
    "max_inflight",
    "mqueue_priorities",
    "session_expiry_interval",
    "broker",
    "shared_subscription_group",
    "authentication",
    "durable_sessions",
    "ack_overrides",
    "topic",
    "ack",
    "{",
    "}",
    "[",
    "]",
    "=",
    ":",
    "+=",
    ",",
    "\n",
    ".",
    "\"",
    "\"\"\"",
    "${",
    "${?mqtt}",
    "${mqtt.max_inflight}",
    "}",
    "#",
    "//",
    "1883",
    "0.0.0.0:1883",
    "1m30s",
    "infinity",
    "disabled",
    "null",
    "true",
    "1MB",
    "1000/s",
    " ",
    "\\",
    "é",
    "\u{0}",
];
