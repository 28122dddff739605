//! Every key of the FAQ, and the forms of the others.

use super::*;

#[test]
fn each_old_key_is_answered_with_the_new_one() {
    for (key, value, expected) in [
        ("listener.tcp.external", "0.0.0.0:1884", "write `listeners.tcp.external.bind = \"0.0.0.0:1884\"`"),
        ("listener.tcp.external.max_conn_rate", "1000", "write `listeners.tcp.external.max_conn_rate = \"1000/s\"`"),
        (
            "listener.tcp.external.rate_limit",
            "1024,4096",
            "write `listeners.tcp.external.bytes_rate = \"1024/s\"` and `listeners.tcp.external.bytes_burst = 4096`",
        ),
        ("listener.ssl.x.rate_limit", "100KB,10s", "write `listeners.ssl.x.bytes_rate = \"100KB/10s\"`"),
        ("listener.tcp.external.acceptors", "8", "write `listeners.tcp.external.acceptors = 8`"),
        ("listener.tcp.external.proxy_protocol", "on", "write `listeners.tcp.external.proxy_protocol = true`"),
        ("listener.tcp.external.backlog", "512", "write `listeners.tcp.external.tcp_options.backlog = 512`"),
        (
            "listener.tcp.external.access.1",
            "allow all",
            "write `listeners.tcp.external.access_rules = [\"allow all\"]`",
        ),
        (
            "listener.ssl.external.tls_versions",
            "tlsv1.3,tlsv1.2",
            "write `listeners.ssl.external.ssl_options.versions = [\"tlsv1.3\", \"tlsv1.2\"]`",
        ),
        (
            "listener.ssl.external.keyfile",
            "etc/key.pem",
            "write `listeners.ssl.external.ssl_options.keyfile = \"etc/key.pem\"`",
        ),
        ("listener.ws.external.mqtt_path", "/mqtt", "write `listeners.ws.external.websocket.mqtt_path = \"/mqtt\"`"),
        (
            "listener.ssl.external.key_password",
            "s3cret",
            "write `listeners.ssl.external.ssl_options.password = \"…\"` with the same password",
        ),
        ("listener.ws.x.max_frame_size", "0", "write `listeners.ws.x.websocket.max_frame_size = infinity`"),
        (
            "listener.tcp.external.mountpoint",
            "devices/%u/%c/",
            "write `listeners.tcp.external.mountpoint = \"devices/${username}/${clientid}/\"`",
        ),
        (
            "listener.tcp.external.zone",
            "external",
            "take it away: its options are those of every listener that names no zone",
        ),
        ("listener.tcp.internal.zone", "internal", "write `listeners.tcp.internal.zone = internal`"),
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

#[test]
fn keys_of_today_are_left_alone() {
    for key in
        ["mqtt.max_mqueue_len", "listeners.tcp.default.bind", "node.name", "zone", "zones.a.mqtt", "foo", "log.file"]
    {
        let path: Vec<_> = key.split('.').collect();
        assert_eq!(advice(&path, "1"), None, "{key}");
    }
}
