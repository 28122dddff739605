//! Every key of the FAQ, and the forms of the others.

use super::*;

#[test]
fn each_old_key_is_answered_with_the_new_one() {
    for (key, value, expected) in [
        ("listener.tcp.external", "0.0.0.0:1884", "write `listeners.tcp.default.bind = \"0.0.0.0:1884\"`"),
        ("listener.tcp.external.max_conn_rate", "1000", "write `listeners.tcp.default.max_conn_rate = \"1000/s\"`"),
        (
            "listener.tcp.external.rate_limit",
            "1024,4096",
            "write `listeners.tcp.default.bytes_rate = \"1024/s\"` and `listeners.tcp.default.bytes_burst = 4096`",
        ),
        (
            "listener.ssl.x.rate_limit",
            "100KB,10s",
            "write `listeners.ssl.x.bytes_rate = \"100KB/10s\"`, beside `listeners.ssl.x.bind`",
        ),
        ("listener.tcp.external.acceptors", "8", "write `listeners.tcp.default.acceptors = 8`"),
        ("listener.tcp.external.proxy_protocol", "on", "write `listeners.tcp.default.proxy_protocol = true`"),
        ("listener.tcp.external.backlog", "512", "write `listeners.tcp.default.tcp_options.backlog = 512`"),
        ("listener.tcp.external.access.1", "allow all", "write `listeners.tcp.default.access_rules = [\"allow all\"]`"),
        (
            "listener.ssl.external.tls_versions",
            "tlsv1.3,tlsv1.2",
            "write `listeners.ssl.default.ssl_options.versions = [\"tlsv1.3\", \"tlsv1.2\"]`",
        ),
        (
            "listener.ssl.external.keyfile",
            "etc/key.pem",
            "write `listeners.ssl.default.ssl_options.keyfile = \"etc/key.pem\"`, beside \
             `listeners.ssl.default.ssl_options.certfile`",
        ),
        ("listener.ws.external.mqtt_path", "/mqtt", "write `listeners.ws.default.websocket.mqtt_path = \"/mqtt\"`"),
        (
            "listener.ssl.external.key_password",
            "s3cret",
            "write `listeners.ssl.default.ssl_options.password = \"…\"` with the same password",
        ),
        (
            "listener.ws.x.max_frame_size",
            "0",
            "write `listeners.ws.x.websocket.max_frame_size = infinity`, beside `listeners.ws.x.bind`",
        ),
        (
            "listener.tcp.external.mountpoint",
            "devices/%u/%c/",
            "write `listeners.tcp.default.mountpoint = \"devices/${username}/${clientid}/\"`",
        ),
        (
            "listener.tcp.external.zone",
            "external",
            "take it away: its options are those of every listener that names no zone",
        ),
        (
            "listener.tcp.internal.zone",
            "internal",
            "write `listeners.tcp.internal.zone = internal`, beside `listeners.tcp.internal.bind`",
        ),
        ("mqtt.acl_nomatch", "allow", "write `authorization.no_match = allow`"),
        ("acl_nomatch", "deny", "write `authorization.no_match = deny`"),
        ("acl_file", "etc/acl.conf", "write `authorization.sources = [{ type = file, path = \"etc/acl.conf\" }]`"),
        ("zone.external.max_mqueue_len", "1000", "write `mqtt.max_mqueue_len = 1000`"),
        ("zone.internal.mqueue_store_qos0", "on", "write `zones.internal.mqtt.mqueue_store_qos0 = true`"),
        ("zone.external.acl_deny_action", "ignore", "write `authorization.deny_action = ignore`"),
        (
            "zone.external.force_shutdown_policy",
            "10000|64MB",
            "write `force_shutdown.max_mailbox_size = 10000` and `force_shutdown.max_heap_size = 64MB`",
        ),
        (
            "force_shutdown_policy",
            "10000|64MB",
            "write `force_shutdown.max_mailbox_size = 10000` and `force_shutdown.max_heap_size = 64MB`",
        ),
        ("max_mqueue_len", "5", "write `mqtt.max_mqueue_len = 5`"),
        ("zone.external.keepalive_backoff", "0.75", "write `mqtt.keepalive_multiplier = 1.5`"),
        (
            "zone.external.flapping_detect_policy",
            "30, 1m, 5m",
            "write `flapping_detect.max_count = 30` and `flapping_detect.window_time = 1m` and \
             `flapping_detect.ban_time = 5m`",
        ),
        (
            "zone.external.rate_limit.conn_messages_in",
            "100,10s",
            "write `listeners.tcp.default.messages_rate = \"100/10s\"`",
        ),
        ("reuse_sessions", "on", "write `listeners.ssl.default.ssl_options.reuse_sessions = true`"),
        ("log.level", "warning", "write `log.console.level = warning`"),
        ("bridge.kafka.produce", "sync", "take it away: bridges have become `connectors` and `actions`"),
        ("allow_anonymous", "true", "take it away: everybody may connect as long as `authentication` has no entry"),
    ] {
        let path: Vec<_> = key.split('.').collect();
        assert_eq!(advice(&path, value).as_deref(), Some(expected), "{key}");
    }
}

/// What an answer says to write, one line each.
fn lines_of(advice: &str) -> Vec<String> {
    let (written, beside) = advice.split_once(", beside ").unwrap_or((advice, ""));
    let beside = beside.split('`').skip(1).step_by(2).map(|key| {
        let value = if key.ends_with(".bind") { "127.0.0.1:0" } else { "other.pem" };
        format!("{key} = \"{value}\"")
    });
    written.split('`').skip(1).step_by(2).map(str::to_owned).chain(beside).collect()
}

#[test]
fn each_answer_alone_is_a_configuration() {
    for (key, value) in [
        ("listener.tcp.external", "0.0.0.0:1884"),
        ("listener.tcp.external.max_conn_rate", "1000"),
        ("listener.tcp.external.max_connections", "1024000"),
        ("listener.tcp.external.rate_limit", "1024,4096"),
        ("listener.tcp.external.acceptors", "8"),
        ("listener.tcp.external.proxy_protocol", "on"),
        ("listener.tcp.external.backlog", "512"),
        ("listener.tcp.external.access.1", "allow all"),
        ("listener.tcp.external.mountpoint", "devices/%u/%c/"),
        ("listener.tcp.internal", "127.0.0.1:11883"),
        ("listener.tcp.internal.max_conn_rate", "1000"),
        ("listener.ssl.external.tls_versions", "tlsv1.3,tlsv1.2"),
        ("listener.ssl.external.keyfile", "etc/key.pem"),
        ("listener.ssl.x.rate_limit", "100KB,10s"),
        ("listener.ssl.x.certfile", "etc/cert.pem"),
        ("listener.ws.external.mqtt_path", "/mqtt"),
        ("listener.ws.x.max_frame_size", "0"),
        ("listener.wss.external.max_connections", "16"),
        ("mqtt.acl_nomatch", "allow"),
        ("acl_file", "etc/acl.conf"),
        ("zone.external.max_mqueue_len", "1000"),
        ("zone.internal.mqueue_store_qos0", "on"),
        ("zone.external.force_shutdown_policy", "10000|64MB"),
        ("force_shutdown_policy", "10000|64MB"),
        ("zone.external.keepalive_backoff", "0.75"),
        ("zone.external.flapping_detect_policy", "30, 1m, 5m"),
        ("zone.external.rate_limit.conn_messages_in", "100,10s"),
        ("reuse_sessions", "on"),
        ("log.level", "warning"),
    ] {
        let path: Vec<_> = key.split('.').collect();
        let advice = advice(&path, value).unwrap();
        let lines = lines_of(&advice);
        assert!(!lines.is_empty(), "{advice}");
        let loaded = crate::load(&lines.join("\n"), "test.conf", []);
        assert!(loaded.is_ok(), "{key}: {advice}: {}", loaded.unwrap_err());
    }
}

#[test]
fn keys_of_today_are_left_alone() {
    for key in
        ["mqtt.max_mqueue_len", "listeners.tcp.default.bind", "node.name", "zone", "zones.a.mqtt", "foo", "log.file"]
    {
        let path: Vec<_> = key.split('.').collect();
        assert_eq!(advice(&path, "1"), None, "{key}");
    }
}
