//! One row per key: its default, texts it accepts with the value they stand for, texts it refuses.

use crate::dashboard_keys::rows as dashboard_rows;
use crate::limiter_keys::rows as limiter_rows;
use crate::listener_keys::rows as listener_rows;
use crate::load_text;
use crate::opentelemetry_keys::rows as opentelemetry_rows;
use crate::row::{Row, row};
use dunlin_config::Config;
use std::collections::BTreeSet;

fn node_rows() -> Vec<Row> {
    vec![
        row!("node.name", c => c.node.name.as_str(), "\"dunlin@127.0.0.1\"", ["\"a@b\"" => "\"a@b\""], ["a", "\"@b\"", "{}"]),
        row!("node.data_dir", c => c.node.data_dir, "\"data\"",
            ["\"/var/lib/dunlin\"" => "\"/var/lib/dunlin\"", "../d" => "\"../d\""], ["[1]", "\"\""]),
        row!("node.workers", c => c.node.workers, "None", ["4" => "Some(4)", "auto" => "None"], ["0", "1025", "all"]),
        row!("node.cookie", c => c.node.cookie, "None",
            ["abc" => "Some(Secret(******))", "\"file:///c\"" => "Some(Secret(/c))"], ["{}"]),
        row!("node.tls_server_session_ticket_lifetime", c => c.node.tls_session_ticket_lifetime, "7200s",
            ["3600" => "3600s", "1d" => "86400s"], ["0", "8d"]),
        row!("node.tls_stateless_tickets_seed", c => c.node.tls_stateless_tickets_seed, "None",
            ["\"file:///s\"" => "Some(Secret(/s))"], ["[]"]),
        row!("zones.default.mqtt.max_inflight", c => (c.zones["default"].mqtt.max_inflight, c.mqtt.max_inflight), "(32, 32)",
            ["5" => "(5, 32)"], ["0"]),
        row!("zones.default.force_shutdown.max_heap_size",
            c => (c.zones["default"].force_shutdown.max_heap_size_bytes, c.force_shutdown.max_heap_size_bytes),
            "(33554432, 33554432)", ["1MB" => "(1048576, 33554432)"], ["big"]),
        row!("crl_cache.refresh_interval", c => c.crl_cache.refresh_interval, "900s", ["1h" => "3600s"], ["0s", "31d"]),
        row!("crl_cache.http_timeout", c => c.crl_cache.http_timeout, "15s", ["5s" => "5s"], ["0s", "2h"]),
        row!("crl_cache.failure_threshold", c => c.crl_cache.failure_threshold, "60s", ["5m" => "300s"], ["0s"]),
        row!("crl_cache.capacity", c => c.crl_cache.capacity, "100", ["7" => "7"], ["0", "100001"]),
        row!("psk_authentication.enable", c => c.psk_authentication.enable, "false", ["true" => "true"], ["1"]),
        row!("psk_authentication.init_file", c => c.psk_authentication.init_file, "None",
            ["\"data/psk\"" => "Some(\"data/psk\")"], ["\"\""]),
        row!("psk_authentication.separator", c => c.psk_authentication.separator, "':'", ["\"|\"" => "'|'"], ["\"\"", "\"::\""]),
        row!("force_shutdown.enable", c => c.force_shutdown.enable, "true", ["false" => "false"], ["maybe"]),
        row!("force_shutdown.max_mailbox_size", c => c.force_shutdown.max_mailbox_size, "1000", ["0" => "0"], ["-1", "1s"]),
        row!("force_shutdown.max_message_queue_len", c => c.force_shutdown.max_mailbox_size, "1000", ["7" => "7"], ["x"]),
        row!("force_shutdown.max_heap_size", c => c.force_shutdown.max_heap_size_bytes, "33554432",
            ["1GB" => "1073741824"], ["129GB", "big"]),
        row!("conn_congestion.enable_alarm", c => c.conn_congestion.enable_alarm, "false", ["true" => "true"], ["1"]),
        row!("conn_congestion.min_alarm_sustain_duration", c => c.conn_congestion.min_alarm_sustain_duration, "60s",
            ["5s" => "5s"], ["0s", "2d"]),
        row!("zones.default.conn_congestion.enable_alarm",
            c => (c.zones["default"].conn_congestion.enable_alarm, c.conn_congestion.enable_alarm), "(false, false)",
            ["true" => "(true, false)"], ["1"]),
        row!("trace.max_traces", c => c.trace.max_traces, "30", ["1" => "1"], ["0", "1001"]),
        row!("trace.max_file_size", c => c.trace.max_file_size_bytes, "134217728", ["1MB" => "1048576"], ["1B", "17GB"]),
        row!("broker.shared_subscription_group.g.strategy", c => c.shared_groups.get("g").map(|g| g.strategy), "None",
            ["sticky" => "Some(Sticky)", "random" => "Some(Random)"], ["fair"]),
        row!("broker.shared_subscription_group.g.initial_sticky_pick",
            c => c.shared_groups.get("g").map(|g| (g.initial_sticky_pick, g.strategy)), "None",
            ["hash_topic" => "Some((HashTopic, Random))"], ["sticky"]),
    ]
}

/// Keys that are read and that nothing acts upon yet.
fn access_rows() -> Vec<Row> {
    vec![
        row!("mqtt.clientid_override", c => c.mqtt.clientid_override, "None",
            ["username" => "Some(\"username\")", "\"concat(username, '-', clientid)\"" => "Some(\"concat(username, '-', clientid)\")",
             "disabled" => "None"], ["\"concat(\"", "\"\""]),
        row!("mqtt.client_attrs_init",
            c => c.mqtt.client_attrs_init.iter().map(|a| (&*a.expression, &*a.set_as_attr)).collect::<Vec<_>>(), "[]",
            ["[{ expression = username, set_as_attr = u }]" => "[(\"username\", \"u\")]", "[]" => "[]"],
            ["username", "[{ expression = username }]", "[{ set_as_attr = u }]", "[{ expression = \"((\", set_as_attr = u }]"]),
        row!("flapping_detect.enable", c => c.flapping_detect.enable, "false", ["true" => "true"], ["1"]),
        row!("flapping_detect.window_time", c => c.flapping_detect.window_time, "60s", ["5m" => "300s"], ["0s"]),
        row!("flapping_detect.max_count", c => c.flapping_detect.max_count, "15", ["1" => "1"], ["0"]),
        row!("flapping_detect.ban_time", c => c.flapping_detect.ban_time, "300s", ["1d" => "86400s"], ["0s", "infinity"]),
        row!("zones.default.flapping_detect.max_count",
            c => (c.zones["default"].flapping_detect.max_count, c.flapping_detect.max_count), "(15, 15)", ["5" => "(5, 15)"], ["0"]),
        row!("overload_protection.enable", c => c.overload_protection.enable, "false", ["true" => "true"], ["1"]),
        row!("overload_protection.backoff_new_conn", c => c.overload_protection.backoff_new_conn, "true", ["false" => "false"], ["1"]),
        row!("overload_protection.drop_qos0", c => c.overload_protection.drop_qos0, "true", ["false" => "false"], ["1"]),
        row!("banned.bootstrap_file", c => c.banned.bootstrap_file, "None", ["\"b.csv\"" => "Some(\"b.csv\")"], ["\"\""]),
        row!("authentication_settings.ignore_backend_failures", c => c.authentication_settings.ignore_backend_failures, "false",
            ["true" => "true"], ["1"]),
        row!("authentication_settings.node_cache.enable", c => c.authentication_settings.node_cache.enable, "true", ["false" => "false"], ["1"]),
        row!("authentication_settings.node_cache.cache_ttl", c => c.authentication_settings.node_cache.cache_ttl, "60s", ["5s" => "5s"], ["0s"]),
        row!("authentication_settings.node_cache.max_count", c => c.authentication_settings.node_cache.max_count, "1000000", ["5" => "5"], ["0"]),
        row!("authentication_settings.node_cache.max_memory", c => c.authentication_settings.node_cache.max_memory_bytes, "104857600",
            ["1MB" => "1048576"], ["0"]),
        row!("authorization.no_match", c => c.authorization.no_match_allows, "false",
            ["allow" => "true", "deny" => "false"], ["maybe"]),
        row!("authorization.deny_action", c => c.authorization.deny_action, "Ignore", ["disconnect" => "Disconnect"], ["kick"]),
        row!("authorization.include_mountpoint", c => c.authorization.include_mountpoint, "false", ["true" => "true"], ["1"]),
        row!("authorization.ignore_backend_failures", c => c.authorization.ignore_backend_failures, "false",
            ["true" => "true"], ["1"]),
        row!("authorization.topic_template_allow.plus", c => c.authorization.topic_template_allow.plus, "false", ["true" => "true"], ["1"]),
        row!("authorization.topic_template_allow.hash", c => c.authorization.topic_template_allow.hash, "false", ["true" => "true"], ["1"]),
        row!("authorization.topic_template_allow.slash", c => c.authorization.topic_template_allow.slash, "false", ["true" => "true"], ["1"]),
        row!("authorization.cache.enable", c => c.authorization.cache.enable, "true", ["false" => "false"], ["1"]),
        row!("authorization.cache.max_size", c => c.authorization.cache.max_size, "32", ["1" => "1"], ["0", "1048577"]),
        row!("authorization.cache.ttl", c => c.authorization.cache.ttl, "60s", ["5s" => "5s"], ["0s"]),
        row!("authorization.cache.excludes", c => c.authorization.cache.excludes, "[]",
            ["[\"a/#\", b]" => "[\"a/#\", \"b\"]"], ["[\"a/#/b\"]"]),
        row!("authorization.node_cache.enable", c => c.authorization.node_cache.enable, "true", ["false" => "false"], ["1"]),
        row!("authorization.node_cache.cache_ttl", c => c.authorization.node_cache.cache_ttl, "60s", ["5s" => "5s"], ["0s"]),
        row!("authorization.node_cache.max_count", c => c.authorization.node_cache.max_count, "1000000", ["5" => "5"], ["0"]),
        row!("authorization.node_cache.max_memory", c => c.authorization.node_cache.max_memory_bytes, "104857600",
            ["1MB" => "1048576"], ["0"]),
    ]
}

fn observing_rows() -> Vec<Row> {
    vec![
        row!("sys_topics.sys_msg_interval", c => c.sys_topics.sys_msg_interval, "Some(60s)",
            ["5s" => "Some(5s)", "disabled" => "None"], ["0s", "often"]),
        row!("sys_topics.sys_heartbeat_interval", c => c.sys_topics.sys_heartbeat_interval, "Some(30s)",
            ["1m" => "Some(60s)", "disabled" => "None"], ["0s"]),
        row!("sys_topics.sys_event_messages.client_connected", c => c.sys_topics.sys_event_messages.client_connected, "true",
            ["false" => "false"], ["1"]),
        row!("sys_topics.sys_event_messages.client_disconnected", c => c.sys_topics.sys_event_messages.client_disconnected,
            "true", ["false" => "false"], ["1"]),
        row!("sys_topics.sys_event_messages.client_subscribed", c => c.sys_topics.sys_event_messages.client_subscribed,
            "false", ["true" => "true"], ["1"]),
        row!("sys_topics.sys_event_messages.client_unsubscribed", c => c.sys_topics.sys_event_messages.client_unsubscribed,
            "false", ["true" => "true"], ["1"]),
        row!("alarm.actions", c => c.alarm.actions, "[Log, Publish]", ["[publish]" => "[Publish]", "[]" => "[]", "log" => "[Log]"],
            ["[mail]"]),
        row!("alarm.size_limit", c => c.alarm.size_limit, "1000", ["1" => "1"], ["0", "3001"]),
        row!("alarm.validity_period", c => c.alarm.validity_period, "86400s", ["1h" => "3600s"], ["0s", "367d"]),
        row!("slow_subs.enable", c => c.slow_subs.enable, "false", ["true" => "true"], ["1"]),
        row!("slow_subs.threshold", c => c.slow_subs.threshold, "500ms", ["0" => "0ns", "2s" => "2s"], ["2d"]),
        row!("slow_subs.expire_interval", c => c.slow_subs.expire_interval, "300s", ["1m" => "60s"], ["0s"]),
        row!("slow_subs.top_k_num", c => c.slow_subs.top_k_num, "10", ["1" => "1", "5000" => "5000"], ["0"]),
        row!("slow_subs.stats_type", c => c.slow_subs.stats_type, "Whole",
            ["internal" => "Internal", "response" => "Response"], ["all"]),
        row!("sysmon.os.cpu_check_interval", c => c.sysmon.cpu_check_interval, "60s", ["5s" => "5s"], ["0s"]),
        row!("sysmon.os.cpu_high_watermark", c => c.sysmon.cpu_high_watermark, "0.8", ["\"90%\"" => "0.9"], ["\"101%\"", "high"]),
        row!("sysmon.os.cpu_low_watermark", c => c.sysmon.cpu_low_watermark, "0.6", ["\"50%\"" => "0.5"], ["\"101%\""]),
        row!("sysmon.os.mem_check_interval", c => c.sysmon.mem_check_interval, "Some(60s)",
            ["5s" => "Some(5s)", "disabled" => "None"], ["0s"]),
        row!("sysmon.os.sysmem_high_watermark", c => c.sysmon.sysmem_high_watermark, "Some(0.7)",
            ["\"80%\"" => "Some(0.8)", "disabled" => "None"], ["\"101%\""]),
        row!("prometheus.enable_basic_auth", c => c.prometheus.enable_basic_auth, "false", ["true" => "true"], ["1"]),
        row!("prometheus.latency_buckets", c => c.prometheus.latency_buckets, "[10ms, 100ms, 1s, 5s, 30s]",
            ["\"1ms, 2s\"" => "[1ms, 2s]", "[5ms]" => "[5ms]"], ["0", "\"2s, 1s\"", "\"1s, 1000ms\"", "[]", "2d", "soon"]),
        row!("prometheus.push_gateway.enable", c => c.prometheus.push_gateway.enable, "false", ["true" => "true"], ["1"]),
        row!("prometheus.push_gateway.url", c => c.prometheus.push_gateway.url, "\"http://127.0.0.1:9091\"",
            ["\"http://g:1/base\"" => "\"http://g:1/base\""], ["g", "\"http://u:p@g\""]),
        row!("prometheus.push_gateway.interval", c => c.prometheus.push_gateway.interval, "15s", ["1m" => "60s"], ["0s", "2d"]),
        row!("prometheus.push_gateway.job_name", c => c.prometheus.push_gateway.job_name,
            "\"${name}/instance/${name}~${host}\"", ["mqtt" => "\"mqtt\""], ["\"\""]),
        row!("prometheus.push_gateway.headers", c => c.prometheus.push_gateway.headers, "[]",
            ["{ Accept = a }" => "[(\"accept\", \"a\")]"], ["x"]),
    ]
}

fn log_rows() -> Vec<Row> {
    vec![
        row!("log.to", c => (c.log.console.enable, c.log.files["default"].handler.enable), "(true, false)",
            ["console" => "(true, false)", "default" => "(true, false)", "file" => "(false, true)", "both" => "(true, true)"],
            ["syslog"]),
        row!("log.throttling.time_window", c => c.log.throttling_window, "60s", ["5m" => "300s"], ["0s", "2d"]),
        row!("log.audit.enable", c => c.log.audit.enable, "false", ["true" => "true"], ["1"]),
        row!("log.audit.path", c => c.log.audit.path, "\"data/log/audit.log\"",
            ["\"/var/log/a.log\"" => "\"/var/log/a.log\""], ["\"\"", "[]"]),
        row!("log.audit.rotation_count", c => c.log.audit.rotation_count, "10", ["1" => "1"], ["0", "129"]),
        row!("log.audit.rotation_size", c => c.log.audit.rotation_size_bytes, "Some(52428800)",
            ["1KB" => "Some(1024)", "infinity" => "None"], ["0", "big"]),
        row!("log.audit.cache_size", c => c.log.audit.cache_size, "5000", ["10" => "10"], ["9", "30001"]),
        row!("log.audit.max_filter_size", c => c.log.audit.cache_size, "5000", ["30000" => "30000"], ["9"]),
        row!("log.audit.ignore_high_frequency_request", c => c.log.audit.ignores_frequent, "true", ["false" => "false"], ["1"]),
        row!("log.console.enable", c => c.log.console.enable, "true", ["off" => "false"], ["2"]),
        row!("log.console.level", c => c.log.console.level, "Warning",
            ["debug" => "Debug", "all" => "Debug", "info" => "Info", "notice" => "Notice", "error" => "Error",
             "critical" => "Critical", "alert" => "Alert", "emergency" => "Emergency"], ["trace", "WARNING"]),
        row!("log.console.formatter", c => c.log.console.formatter, "Text", ["json" => "Json"], ["xml"]),
        row!("log.console.timestamp_format", c => c.log.console.timestamp_format, "Auto",
            ["epoch" => "Epoch", "rfc3339" => "Rfc3339", "auto" => "Auto"], ["unix"]),
        row!("log.console.time_offset", c => c.log.console.time_offset, "System",
            ["utc" => "Utc", "Z" => "Utc", "\"+02:00\"" => "Fixed { east_secs: 7200 }", "system" => "System",
             "\"-03:30\"" => "Fixed { east_secs: -12600 }"], ["\"+2:00\"", "\"+24:00\"", "\"+01:60\"", "CET", "\"ä\"", "\"\""]),
        row!("log.file.default.enable", c => c.log.files["default"].handler.enable, "false", ["true" => "true"], ["1"]),
        row!("log.file.default.level", c => c.log.files["default"].handler.level, "Warning", ["info" => "Info"], ["loud"]),
        row!("log.file.default.formatter", c => c.log.files["default"].handler.formatter, "Text", ["json" => "Json"], ["xml"]),
        row!("log.file.default.timestamp_format", c => c.log.files["default"].handler.timestamp_format, "Auto",
            ["epoch" => "Epoch"], ["unix"]),
        row!("log.file.default.time_offset", c => c.log.files["default"].handler.time_offset, "System", ["utc" => "Utc"], ["0"]),
        row!("log.file.default.path", c => c.log.files["default"].path, "\"data/log/dunlin.log\"",
            ["\"/var/log/x.log\"" => "\"/var/log/x.log\""], ["\"\"", "[]"]),
        row!("log.file.default.file", c => c.log.files["default"].path, "\"data/log/dunlin.log\"",
            ["\"/var/log/x.log\"" => "\"/var/log/x.log\""], ["\"\""]),
        row!("log.file.default.rotation_count", c => c.log.files["default"].rotation_count, "10", ["1" => "1"], ["0", "129"]),
        row!("log.file.default.rotation", c => c.log.files["default"].rotation_count, "10",
            ["{ count = 5 }" => "5", "5" => "5"], ["{ count = 0 }", "0"]),
        row!("log.file.default.rotation_size", c => c.log.files["default"].rotation_size_bytes, "Some(52428800)",
            ["1KB" => "Some(1024)", "infinity" => "None"], ["0", "big"]),
        row!("log.file.default.max_size", c => c.log.files["default"].rotation_size_bytes, "Some(52428800)",
            ["1KB" => "Some(1024)"], ["0"]),
        row!("log.file.level", c => c.log.files["default"].handler.level, "Warning", ["info" => "Info"], ["loud"]),
        row!("log.file.rotation_count", c => c.log.files["default"].rotation_count, "10", ["3" => "3"], ["0"]),
        row!("log.file.extra.level", c => c.log.files.get("extra").map(|file| (file.handler.enable, file.handler.level)), "None",
            ["info" => "Some((true, Info))"], ["loud"]),
        row!("log.file_handlers.extra.path", c => c.log.files.get("extra").map(|file| file.path.clone()), "None",
            ["\"x.log\"" => "Some(\"x.log\")"], ["\"\""]),
    ]
}

fn protocol_rows() -> Vec<Row> {
    vec![
        row!("mqtt.idle_timeout", c => c.mqtt.idle_timeout, "Some(15s)",
            ["1m30s" => "Some(90s)", "5000" => "Some(5s)", "infinity" => "None"], ["0s", "2d", "soon"]),
        row!("mqtt.max_packet_size", c => c.mqtt.max_packet_size_bytes, "1048576",
            ["16KB" => "16384", "268435455" => "268435455"], ["0", "256MB", "1 megabyte"]),
        row!("mqtt.max_clientid_len", c => c.mqtt.max_clientid_len_bytes, "65535", ["23" => "23"], ["22", "65536"]),
        row!("mqtt.max_topic_levels", c => c.mqtt.max_topic_levels, "Some(128)", ["7" => "Some(7)", "0" => "None"], ["65536"]),
        row!("mqtt.max_topic_alias", c => c.mqtt.max_topic_alias, "65535", ["0" => "0"], ["65536"]),
        row!("mqtt.max_qos_allowed", c => c.mqtt.max_qos_allowed, "ExactlyOnce",
            ["0" => "AtMostOnce", "1" => "AtLeastOnce"], ["3", "\"exactly once\""]),
        row!("mqtt.retain_available", c => c.mqtt.retain_available, "true", ["false" => "false"], ["1"]),
        row!("mqtt.strict_mode", c => c.mqtt.strict_mode, "true", ["false" => "false"], ["1"]),
        row!("mqtt.response_information", c => c.mqtt.response_information, "\"\"", ["\"reply/\"" => "\"reply/\""], ["[]"]),
        row!("mqtt.server_keepalive", c => c.mqtt.server_keepalive_secs, "None",
            ["60" => "Some(60)", "1m" => "Some(60)", "disabled" => "None"], ["0", "65536", "1500ms"]),
        row!("mqtt.keepalive_multiplier", c => c.mqtt.keepalive_multiplier, "1.5", ["2" => "2.0", "1" => "1.0"],
            ["0.5", "70000", "NaN"]),
        row!("mqtt.use_username_as_clientid", c => c.mqtt.use_username_as_clientid, "false", ["true" => "true"], ["1"]),
        row!("mqtt.peer_cert_as_username", c => c.mqtt.peer_cert_as_username, "None",
            ["cn" => "Some(CommonName)", "dn" => "Some(Subject)", "crt" => "Some(Der)", "pem" => "Some(Pem)",
             "md5" => "Some(Md5)", "disabled" => "None"], ["serial", "true"]),
        row!("mqtt.peer_cert_as_clientid", c => c.mqtt.peer_cert_as_clientid, "None",
            ["cn" => "Some(CommonName)", "disabled" => "None"], ["on"]),
        row!("mqtt.wildcard_subscription", c => c.mqtt.wildcard_subscription, "true", ["false" => "false"], ["1"]),
        row!("mqtt.shared_subscription", c => c.mqtt.shared_subscription, "true", ["false" => "false"], ["1"]),
        row!("mqtt.exclusive_subscription", c => c.mqtt.exclusive_subscription, "false", ["true" => "true"], ["1"]),
        row!("mqtt.shared_subscription_strategy", c => c.mqtt.shared_subscription_strategy, "RoundRobin",
            ["random" => "Random", "round_robin" => "RoundRobin", "round_robin_per_group" => "RoundRobinPerGroup",
             "sticky" => "Sticky", "local" => "Local", "hash_topic" => "HashTopic", "hash_clientid" => "HashClientId"],
            ["hash_client", "{}"]),
        row!("mqtt.shared_subscription_initial_sticky_pick", c => c.mqtt.shared_subscription_initial_sticky_pick, "Random",
            ["local" => "Local", "hash_topic" => "HashTopic", "hash_clientid" => "HashClientId", "random" => "Random"],
            ["round_robin"]),
        row!("mqtt.ignore_loop_deliver", c => c.mqtt.ignore_loop_deliver, "false", ["true" => "true"], ["1"]),
        row!("mqtt.max_subscriptions", c => c.mqtt.max_subscriptions, "None", ["20" => "Some(20)", "infinity" => "None"], ["0"]),
        row!("mqtt.upgrade_qos", c => c.mqtt.upgrade_qos, "false", ["true" => "true"], ["1"]),
    ]
}

fn session_rows() -> Vec<Row> {
    vec![
        row!("mqtt.session_expiry_interval", c => c.mqtt.session_expiry_interval, "Some(7200s)",
            ["30" => "Some(30s)", "1d" => "Some(86400s)", "infinity" => "None"], ["4294967295", "never"]),
        row!("mqtt.max_session_expiry_interval", c => c.mqtt.max_session_expiry_interval, "None",
            ["0" => "Some(0ns)", "1h" => "Some(3600s)", "infinity" => "None"], ["-1"]),
        row!("mqtt.message_expiry_interval", c => c.mqtt.message_expiry_interval, "None",
            ["5000" => "Some(5s)", "infinity" => "None"], ["0s", "10ms"]),
        row!("mqtt.max_inflight", c => c.mqtt.max_inflight, "32", ["65535" => "65535"], ["0", "65536", "infinity"]),
        row!("mqtt.max_mqueue_len", c => c.mqtt.max_mqueue_len, "Some(1000)",
            ["5" => "Some(5)", "0" => "None", "infinity" => "None"], ["-5"]),
        row!("mqtt.mqueue_priorities", c => c.mqtt.mqueue_priorities, "{}",
            ["{ \"t/1\" = 10, t2 = 255 }" => "{\"t/1\": 10, \"t2\": 255}", "disabled" => "{}"],
            ["{ t = 0 }", "{ t = 256 }", "{ t = high }", "enabled", "[1]"]),
        row!("mqtt.mqueue_default_priority", c => c.mqtt.mqueue_default_priority, "Lowest", ["highest" => "Highest"], ["1"]),
        row!("mqtt.mqueue_store_qos0", c => c.mqtt.mqueue_store_qos0, "true", ["false" => "false"], ["1"]),
        row!("mqtt.retry_interval", c => c.mqtt.retry_interval, "None", ["30s" => "Some(30s)", "infinity" => "None"], ["0s"]),
        row!("mqtt.await_rel_timeout", c => c.mqtt.await_rel_timeout, "300s", ["1m" => "60s"], ["0s", "infinity"]),
        row!("mqtt.max_awaiting_rel", c => c.mqtt.max_awaiting_rel, "Some(100)",
            ["5" => "Some(5)", "0" => "None", "infinity" => "None"], ["many"]),
    ]
}

fn retainer_rows() -> Vec<Row> {
    vec![
        row!("retainer.enable", c => c.retainer.enable, "true", ["false" => "false"], ["1"]),
        row!("retainer.msg_expiry_interval", c => c.retainer.msg_expiry_interval, "None",
            ["1h" => "Some(3600s)", "0s" => "None"], ["x"]),
        row!("retainer.msg_expiry_interval_override", c => c.retainer.msg_expiry_interval_override, "None",
            ["1h" => "Some(3600s)", "0s" => "Some(0ns)", "disabled" => "None"], ["x"]),
        row!("retainer.msg_clear_interval", c => c.retainer.msg_clear_interval, "None",
            ["5000" => "Some(5s)", "0" => "None"], ["-1s"]),
        row!("retainer.msg_clear_limit", c => c.retainer.msg_clear_limit, "50000", ["1" => "1"], ["0"]),
        row!("retainer.max_payload_size", c => c.retainer.max_payload_size_bytes, "Some(1048576)",
            ["1KB" => "Some(1024)", "0" => "None"], ["1 kilo"]),
        row!("retainer.stop_publish_clear_msg", c => c.retainer.stop_publish_clear_msg, "false", ["true" => "true"], ["1"]),
        row!("retainer.delivery_rate", c => c.retainer.delivery_rate, "None",
            ["\"100/10s\"" => "Some(Rate { count: 100, period: 10s })", "infinity" => "None"], ["100", "\"0/s\""]),
        row!("retainer.deliver_rate", c => c.retainer.delivery_rate, "None",
            ["\"1000/s\"" => "Some(Rate { count: 1000, period: 1s })"], ["fast"]),
        row!("retainer.max_publish_rate", c => c.retainer.max_publish_rate, "None",
            ["\"100/10s\"" => "Some(Rate { count: 100, period: 10s })", "infinity" => "None"], ["1MB/s"]),
        row!("retainer.backend.type", c => c.retainer.enable, "true", ["built_in_database" => "true"], ["redis"]),
        row!("retainer.backend.storage_type", c => c.retainer.storage, "Disc", ["disc" => "Disc", "ram" => "Ram"], ["disk"]),
        row!("retainer.backend.max_retained_messages", c => c.retainer.max_retained_messages, "None",
            ["100" => "Some(100)", "0" => "None"], ["-1"]),
        row!("retainer.flow_control.batch_read_number", c => c.retainer.batch_read_number, "1000",
            ["50" => "50", "0" => "1000"], ["x"]),
        row!("retainer.flow_control.batch_deliver_number", c => c.retainer.batch_deliver_number, "None",
            ["50" => "Some(50)", "0" => "None"], ["x"]),
        row!("retainer.flow_control.batch_deliver_limiter", c => c.retainer.batch_deliver_limiter, "None",
            ["\"100/10s\"" => "Some(Rate { count: 100, period: 10s })", "infinity" => "None"], ["x"]),
        row!("retainer", c => (c.retainer.delivery_rate, c.retainer.enable), "(None, true)",
            ["{ delivery_rate = \"100/10s\" }" => "(Some(Rate { count: 100, period: 10s }), true)"], ["on", "[]"]),
    ]
}

fn service_rows() -> Vec<Row> {
    vec![
        row!("rewrite", c => c.rewrite.iter().map(|rule| (&*rule.source_topic, &*rule.dest_topic)).collect::<Vec<_>>(), "[]",
            ["[{ action = all, source_topic = \"a/#\", dest_topic = \"b/$1\", re = \"^a/(.+)$\" }]" => "[(\"a/#\", \"b/$1\")]",
             "[]" => "[]"],
            ["all", "[{ action = all, source_topic = a, dest_topic = b }]",
             "[{ action = some, source_topic = a, dest_topic = b, re = a }]"]),
        row!("auto_subscribe.topics",
            c => c.auto_subscribe.iter().map(|one| (&*one.topic, one.options.qos as u8, one.options.no_local)).collect::<Vec<_>>(),
            "[]",
            ["[{ topic = \"c/${clientid}\" }]" => "[(\"c/${clientid}\", 0, false)]",
             "[{ topic = \"t/#\", qos = 1, rh = 2, rap = 1, nl = 1 }]" => "[(\"t/#\", 1, true)]"],
            ["[{ qos = 1 }]", "[{ topic = \"#/a\" }]", "[{ topic = a, qos = 3 }]", "[{ topic = a, nl = true }]"]),
    ]
}

fn durable_rows() -> Vec<Row> {
    vec![
        row!("durable_sessions.enable", c => c.durable_sessions.enable, "true", ["false" => "false"], ["1"]),
        row!("durable_sessions.ack", c => c.durable_sessions.ack, "LocalFsync",
            ["memory" => "Memory", "local_fsync" => "LocalFsync"], ["quorum", "fsync", "true", "[]"]),
        row!("durable_sessions.ack_overrides",
            c => c.durable_sessions.ack_overrides.iter().map(|o| (o.topic.as_str(), o.ack)).collect::<Vec<_>>(), "[]",
            ["[]" => "[]", "[{ topic = \"a/+\", ack = memory }, { topic = \"#\", ack = local_fsync }]" =>
                "[(\"a/+\", Memory), (\"#\", LocalFsync)]"],
            ["memory", "{ topic = a, ack = memory }", "[memory]", "[[]]", "[{ topic = a, ack = quorum }]",
             "[{ topic = \"a/#/b\", ack = memory }]", "[{ topic = \"$share/g/a\", ack = memory }]",
             "[{ topic = \"\", ack = memory }]", "[{ topic = a }]", "[{ ack = memory }]", "[null]"]),
        row!("durable_sessions.max_queue_bytes", c => c.durable_sessions.max_queue_bytes, "Some(67108864)",
            ["1GB" => "Some(1073741824)", "0" => "None", "infinity" => "None"], ["-1", "1TB", "much"]),
        row!("durable_sessions.message_retention_period", c => c.durable_sessions.message_retention_period, "None",
            ["1d" => "Some(86400s)", "5000" => "Some(5s)", "infinity" => "None"], ["0s", "999ms", "x"]),
        row!("durable_sessions.overflow", c => c.durable_sessions.overflow, "DropOldest",
            ["reject" => "Reject", "drop_oldest" => "DropOldest"], ["drop_newest"]),
        row!("durable_sessions.max_disk_bytes", c => c.durable_sessions.max_disk_bytes, "Auto",
            ["auto" => "Auto", "100GB" => "Bytes(107374182400)", "0" => "Unlimited", "infinity" => "Unlimited"],
            ["\"80%\"", "1TB", "-1"]),
        row!("durable_sessions.checkpoint_interval", c => c.durable_sessions.checkpoint_interval, "15s",
            ["1m" => "60s", "500" => "500ms"], ["0s", "9ms", "2d", "infinity"]),
        row!("durable_sessions", c => c.durable_sessions.enable, "true", ["{ enable = off }" => "false"], ["off", "[]"]),
        row!("delayed.enable", c => c.delayed.enable, "true", ["false" => "false"], ["1"]),
        row!("delayed.max_delayed_messages", c => c.delayed.max_delayed_messages, "None",
            ["100" => "Some(100)", "0" => "None", "infinity" => "None"], ["-1", "1KB"]),
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    let sections = [
        node_rows(),
        access_rows(),
        observing_rows(),
        log_rows(),
        protocol_rows(),
        session_rows(),
        retainer_rows(),
        service_rows(),
        durable_rows(),
        limiter_rows(),
        listener_rows(),
        dashboard_rows(),
        opentelemetry_rows(),
    ];
    sections.into_iter().flatten().collect()
}

#[test]
fn defaults_are_those_of_an_empty_file() {
    let read = load_text("").unwrap().config;
    let default = Config { etc_dir: read.etc_dir.clone(), ..Config::default() };
    assert_eq!(read, default);
    for row in rows() {
        assert_eq!((row.field)(&default), row.default, "{}", row.key);
    }
}

#[test]
fn good_values_are_read() {
    for row in rows() {
        for (text, expected) in row.accepted {
            let line = row.text(text);
            let loaded = load_text(&line).unwrap_or_else(|errors| panic!("{line}: {errors}"));
            assert_eq!((row.field)(&loaded.config), *expected, "{line}");
        }
    }
}

#[test]
fn bad_values_are_refused_with_key_place_and_what_is_allowed() {
    for row in rows() {
        for text in row.refused {
            let line = format!("\n{}", row.text(text));
            let error = load_text(&line).expect_err(&line).to_string();
            assert!(error.starts_with("dunlin.conf:2: "), "{line}: {error}");
            assert!(error.contains("must be "), "{line}: {error}");
        }
    }
}

#[test]
fn null_means_not_set() {
    for row in rows() {
        let line = format!("{} = null", row.key);
        let loaded = load_text(&line).unwrap_or_else(|errors| panic!("{line}: {errors}"));
        let beside_the_key = |message: &str| message.ends_with("is not started");
        assert!(loaded.warnings.iter().all(|warning| beside_the_key(&warning.message)), "{line}");
    }
}

#[test]
fn every_key_has_one_row() {
    let keys: BTreeSet<_> = rows().iter().map(|row| row.key).collect();
    assert_eq!(keys.len(), rows().len());
}
