//! What EMQX can be told and Dunlin cannot yet. Kept apart from typos: such a key is a warning and not an error.

/// Roots that are read, and that nothing acts upon yet.
pub(crate) const NOT_HONOURED_ROOTS: [(&str, &str); 3] = [
    ("authentication", ": every client may connect"),
    ("authentication_settings", ""),
    ("authorization", ": every client may publish and subscribe everywhere"),
];

/// Every other root of EMQX.
pub(crate) const UNSUPPORTED_ROOTS: &[&str] = &[
    "actions",
    "ai",
    "alarm",
    "api_key",
    "auto_subscribe",
    "bridges",
    "cluster",
    "config_backup_interval",
    "conn_congestion",
    "connectors",
    "dashboard",
    "durable_queues",
    "durable_storage",
    "durable_timers",
    "exhook",
    "file_transfer",
    "force_gc",
    "gateway",
    "gcp_device",
    "license",
    "limiter",
    "message_transformation",
    "mq",
    "multi_tenancy",
    "opentelemetry",
    "overload_protection",
    "plugins",
    "prometheus",
    "rewrite",
    "rule_engine",
    "schema_registry",
    "schema_validation",
    "slow_subs",
    "sources",
    "stats",
    "streams",
    "sys_topics",
    "sysmon",
    "telemetry",
    "topic_metrics",
    "trace",
];

/// Roots that tune what EMQX takes from Erlang: its links between nodes.
pub(crate) const ROOTS_WITHOUT_COUNTERPART: &[&str] = &["rpc"];

/// The roots that are implemented, for telling our environment variables from others.
pub(crate) const ROOTS: &[&str] = &[
    "node",
    "listeners",
    "mqtt",
    "zones",
    "durable_sessions",
    "retainer",
    "delayed",
    "force_shutdown",
    "broker",
    "crl_cache",
    "psk_authentication",
    "authentication",
    "authentication_settings",
    "authorization",
    "banned",
    "flapping_detect",
    "log",
];
