//! The keys of each root, and when a change of them counts.

use super::Effect::{Live, NewConnections, Restart};
use super::{Differing, differing};
use crate::settings::{
    Alarm, ApiKeySettings, AuditLog, AuthenticationSettings, Authorization, Banned, ConnCongestion, CrlCache,
    Dashboard, Delayed, DurableSessions, FileLog, FlappingDetect, ForceShutdown, Limiter, LogHandler, Mqtt, Node,
    OverloadProtection, Prometheus, PskAuthentication, PushGateway, Retainer, SlowSubs, SysEventMessages, SysTopics,
    Sysmon, Trace,
};

pub(super) fn node(old: &Node, new: &Node) -> Differing {
    differing!(Node, old, new, {
        name: "name" => Restart,
        data_dir: "data_dir" => Restart,
        workers: "workers" => Restart,
        cookie: "cookie" => Restart,
        tls_session_ticket_lifetime: "tls_server_session_ticket_lifetime" => Restart,
        tls_stateless_tickets_seed: "tls_stateless_tickets_seed" => Restart,
    })
}

/// What a session is told when it begins stays with it.
pub(super) fn mqtt(old: &Mqtt, new: &Mqtt) -> Differing {
    let mut keys = differing!(Mqtt, old, new, {
        idle_timeout: "idle_timeout" => NewConnections,
        max_packet_size_bytes: "max_packet_size" => Restart,
        max_clientid_len_bytes: "max_clientid_len" => NewConnections,
        max_topic_levels: "max_topic_levels" => NewConnections,
        max_topic_alias: "max_topic_alias" => NewConnections,
        max_qos_allowed: "max_qos_allowed" => NewConnections,
        retain_available: "retain_available" => NewConnections,
        wildcard_subscription: "wildcard_subscription" => NewConnections,
        shared_subscription: "shared_subscription" => NewConnections,
        exclusive_subscription: "exclusive_subscription" => NewConnections,
        shared_subscription_strategy: "shared_subscription_strategy" => Live,
        shared_subscription_initial_sticky_pick: "shared_subscription_initial_sticky_pick" => Live,
        ignore_loop_deliver: "ignore_loop_deliver" => NewConnections,
        strict_mode: "strict_mode" => NewConnections,
        response_information: "response_information" => NewConnections,
        server_keepalive_secs: "server_keepalive" => NewConnections,
        keepalive_multiplier: "keepalive_multiplier" => NewConnections,
        session_expiry_interval: "session_expiry_interval" => NewConnections,
        max_session_expiry_interval: "max_session_expiry_interval" => NewConnections,
        message_expiry_interval: "message_expiry_interval" => NewConnections,
        max_inflight: "max_inflight" => NewConnections,
        max_mqueue_len: "max_mqueue_len" => NewConnections,
        mqueue_priorities: "mqueue_priorities" => NewConnections,
        mqueue_default_priority: "mqueue_default_priority" => NewConnections,
        mqueue_store_qos0: "mqueue_store_qos0" => NewConnections,
        retry_interval: "retry_interval" => NewConnections,
        await_rel_timeout: "await_rel_timeout" => NewConnections,
        max_awaiting_rel: "max_awaiting_rel" => NewConnections,
        max_subscriptions: "max_subscriptions" => NewConnections,
        upgrade_qos: "upgrade_qos" => NewConnections,
        use_username_as_clientid: "use_username_as_clientid" => NewConnections,
        peer_cert_as_username: "peer_cert_as_username" => NewConnections,
        peer_cert_as_clientid: "peer_cert_as_clientid" => NewConnections,
        client_attrs_init: "client_attrs_init" => NewConnections,
        clientid_override: "clientid_override" => NewConnections,
        limiter: "limiter" => Live,
        over_limit: "limiter.over_limit" => Live,
        max_conn_rate: "limiter.max_conn_rate" => Live,
        max_conn_burst: "limiter.max_conn_burst" => Live,
        max_connections_per_username: "limiter.max_connections_per_username" => Live,
        max_connections_per_client_attr: "limiter.max_connections_per_client_attr" => Live,
    });
    // Limits count at once for the clients that are there: nothing was announced to them.
    keys.retain(|(key, _)| *key != "limiter");
    keys.extend(limiter(&old.limiter, &new.limiter));
    keys
}

/// `mqtt.limiter`.
fn limiter(old: &Limiter, new: &Limiter) -> Differing {
    const KEYS: [&str; 10] = [
        "limiter.messages_rate",
        "limiter.messages_burst",
        "limiter.bytes_rate",
        "limiter.bytes_burst",
        "limiter.subscribes_rate",
        "limiter.subscribes_burst",
        "limiter.delivery_messages_rate",
        "limiter.delivery_messages_burst",
        "limiter.delivery_bytes_rate",
        "limiter.delivery_bytes_burst",
    ];
    let differing = new.differing(old);
    let is_differing = |key: &&str| differing.iter().any(|other| key.strip_prefix("limiter.") == Some(other));
    KEYS.into_iter().filter(is_differing).map(|key| (key, Live)).collect()
}

pub(super) fn flapping_detect(old: &FlappingDetect, new: &FlappingDetect) -> Differing {
    differing!(FlappingDetect, old, new, {
        enable: "enable" => NewConnections,
        window_time: "window_time" => NewConnections,
        max_count: "max_count" => NewConnections,
        ban_time: "ban_time" => NewConnections,
    })
}

pub(super) fn overload_protection(old: &OverloadProtection, new: &OverloadProtection) -> Differing {
    differing!(OverloadProtection, old, new, {
        enable: "enable" => Live,
        backoff_new_conn: "backoff_new_conn" => Live,
        drop_qos0: "drop_qos0" => Live,
    })
}

pub(super) fn slow_subs(old: &SlowSubs, new: &SlowSubs) -> Differing {
    differing!(SlowSubs, old, new, {
        enable: "enable" => Live,
        threshold: "threshold" => Live,
        expire_interval: "expire_interval" => Live,
        top_k_num: "top_k_num" => Live,
        stats_type: "stats_type" => Live,
    })
}

pub(super) fn authentication_settings(old: &AuthenticationSettings, new: &AuthenticationSettings) -> Differing {
    differing!(AuthenticationSettings, old, new, {
        node_cache: "node_cache" => Live,
        ignore_backend_failures: "ignore_backend_failures" => Live,
    })
}

pub(super) fn authorization(old: &Authorization, new: &Authorization) -> Differing {
    differing!(Authorization, old, new, {
        sources: "sources" => Live,
        no_match_allows: "no_match" => Live,
        deny_action: "deny_action" => Live,
        cache: "cache" => Live,
        node_cache: "node_cache" => Live,
        include_mountpoint: "include_mountpoint" => Live,
        topic_template_allow: "topic_template_allow" => Live,
        ignore_backend_failures: "ignore_backend_failures" => Live,
    })
}

/// As in EMQX: the file is for a node that starts.
pub(super) fn banned(old: &Banned, new: &Banned) -> Differing {
    differing!(Banned, old, new, { bootstrap_file: "bootstrap_file" => Restart })
}

pub(super) fn force_shutdown(old: &ForceShutdown, new: &ForceShutdown) -> Differing {
    differing!(ForceShutdown, old, new, {
        enable: "enable" => NewConnections,
        max_mailbox_size: "max_mailbox_size" => NewConnections,
        max_heap_size_bytes: "max_heap_size" => NewConnections,
    })
}

/// As in EMQX: the store is opened with them.
pub(super) fn durable_sessions(old: &DurableSessions, new: &DurableSessions) -> Differing {
    differing!(DurableSessions, old, new, {
        enable: "enable" => Restart,
        ack: "ack" => Restart,
        ack_overrides: "ack_overrides" => Restart,
        max_queue_bytes: "max_queue_bytes" => Restart,
        message_retention_period: "message_retention_period" => Restart,
        overflow: "overflow" => Restart,
        max_disk_bytes: "max_disk_bytes" => Restart,
        checkpoint_interval: "checkpoint_interval" => Restart,
    })
}

pub(super) fn retainer(old: &Retainer, new: &Retainer) -> Differing {
    differing!(Retainer, old, new, {
        enable: "enable" => Live,
        msg_expiry_interval: "msg_expiry_interval" => Live,
        msg_expiry_interval_override: "msg_expiry_interval_override" => Live,
        allow_never_expire: "allow_never_expire" => Live,
        msg_clear_interval: "msg_clear_interval" => Live,
        msg_clear_limit: "msg_clear_limit" => Live,
        max_payload_size_bytes: "max_payload_size" => Live,
        stop_publish_clear_msg: "stop_publish_clear_msg" => Live,
        delivery_rate: "delivery_rate" => Live,
        max_publish_rate: "max_publish_rate" => Live,
        storage: "backend.storage_type" => Restart,
        max_retained_messages: "backend.max_retained_messages" => Live,
        batch_read_number: "flow_control.batch_read_number" => Live,
        batch_deliver_limiter: "flow_control.batch_deliver_limiter" => Live,
        batch_deliver_number: "flow_control.batch_deliver_number" => Live,
    })
}

pub(super) fn delayed(old: &Delayed, new: &Delayed) -> Differing {
    differing!(Delayed, old, new, {
        enable: "enable" => Live,
        max_delayed_messages: "max_delayed_messages" => Live,
    })
}

pub(super) fn crl_cache(old: &CrlCache, new: &CrlCache) -> Differing {
    differing!(CrlCache, old, new, {
        refresh_interval: "refresh_interval" => Restart,
        http_timeout: "http_timeout" => Restart,
        failure_threshold: "failure_threshold" => Restart,
        capacity: "capacity" => Restart,
    })
}

pub(super) fn psk_authentication(old: &PskAuthentication, new: &PskAuthentication) -> Differing {
    differing!(PskAuthentication, old, new, {
        enable: "enable" => Restart,
        init_file: "init_file" => Restart,
        separator: "separator" => Restart,
    })
}

/// A listener is closed and opened anew; whoever is waiting for an answer gets it.
pub(super) fn dashboard(old: &Dashboard, new: &Dashboard) -> Differing {
    differing!(Dashboard, old, new, {
        http: "listeners.http" => Live,
        https: "listeners.https" => Live,
        ssl: "listeners.https.ssl_options" => Live,
        default_username: "default_username" => Live,
        default_password: "default_password" => Live,
        token_expired_time: "token_expired_time" => Live,
        password_expired_time: "password_expired_time" => Live,
        unsuccessful_login_max_attempts: "unsuccessful_login_max_attempts" => Live,
        unsuccessful_login_interval: "unsuccessful_login_interval" => Live,
        unsuccessful_login_lock_duration: "unsuccessful_login_lock_duration" => Live,
        cors: "cors" => Live,
    })
}

/// As in EMQX: the keys of another file are taken over at once.
pub(super) fn api_key(old: &ApiKeySettings, new: &ApiKeySettings) -> Differing {
    differing!(ApiKeySettings, old, new, { bootstrap_file: "bootstrap_file" => Live })
}

pub(super) fn log_handler(old: &LogHandler, new: &LogHandler) -> Differing {
    differing!(LogHandler, old, new, {
        enable: "enable" => Live,
        level: "level" => Live,
        formatter: "formatter" => Live,
        timestamp_format: "timestamp_format" => Live,
        time_offset: "time_offset" => Live,
    })
}

pub(super) fn audit_log(old: &AuditLog, new: &AuditLog) -> Differing {
    differing!(AuditLog, old, new, {
        enable: "enable" => Live,
        path: "path" => Live,
        rotation_count: "rotation_count" => Live,
        rotation_size_bytes: "rotation_size" => Live,
        cache_size: "cache_size" => Live,
        ignores_frequent: "ignore_high_frequency_request" => Live,
    })
}

/// But for what it shares with the console.
pub(super) fn log_file(old: &FileLog, new: &FileLog) -> Differing {
    let FileLog { handler: _, path, rotation_count, rotation_size_bytes } = new;
    let keys = [
        ("path", old.path != *path),
        ("rotation_count", old.rotation_count != *rotation_count),
        ("rotation_size", old.rotation_size_bytes != *rotation_size_bytes),
    ];
    keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| (key, Live)).collect()
}

pub(super) fn sys_topics(old: &SysTopics, new: &SysTopics) -> Differing {
    let mut keys = differing!(SysTopics, old, new, {
        sys_msg_interval: "sys_msg_interval" => Live,
        sys_heartbeat_interval: "sys_heartbeat_interval" => Live,
        sys_event_messages: "sys_event_messages" => Live,
    });
    keys.retain(|(key, _)| *key != "sys_event_messages");
    keys.extend(differing!(SysEventMessages, &old.sys_event_messages, &new.sys_event_messages, {
        client_connected: "sys_event_messages.client_connected" => Live,
        client_disconnected: "sys_event_messages.client_disconnected" => Live,
        client_subscribed: "sys_event_messages.client_subscribed" => Live,
        client_unsubscribed: "sys_event_messages.client_unsubscribed" => Live,
    }));
    keys
}

pub(super) fn alarm(old: &Alarm, new: &Alarm) -> Differing {
    differing!(Alarm, old, new, {
        actions: "actions" => Live,
        size_limit: "size_limit" => Live,
        validity_period: "validity_period" => Live,
    })
}

pub(super) fn sysmon(old: &Sysmon, new: &Sysmon) -> Differing {
    differing!(Sysmon, old, new, {
        cpu_check_interval: "cpu_check_interval" => Live,
        cpu_high_watermark: "cpu_high_watermark" => Live,
        cpu_low_watermark: "cpu_low_watermark" => Live,
        mem_check_interval: "mem_check_interval" => Live,
        sysmem_high_watermark: "sysmem_high_watermark" => Live,
    })
}

pub(super) fn prometheus(old: &Prometheus, new: &Prometheus) -> Differing {
    let mut keys = differing!(Prometheus, old, new, {
        enable_basic_auth: "enable_basic_auth" => Live,
        latency_buckets: "latency_buckets" => Live,
        push_gateway: "push_gateway" => Live,
    });
    keys.retain(|(key, _)| *key != "push_gateway");
    keys.extend(differing!(PushGateway, &old.push_gateway, &new.push_gateway, {
        enable: "push_gateway.enable" => Live,
        url: "push_gateway.url" => Live,
        interval: "push_gateway.interval" => Live,
        job_name: "push_gateway.job_name" => Live,
        headers: "push_gateway.headers" => Live,
    }));
    keys
}

pub(super) fn trace(old: &Trace, new: &Trace) -> Differing {
    differing!(Trace, old, new, {
        max_traces: "max_traces" => Live,
        max_file_size_bytes: "max_file_size" => Live,
    })
}

pub(super) fn conn_congestion(old: &ConnCongestion, new: &ConnCongestion) -> Differing {
    differing!(ConnCongestion, old, new, {
        enable_alarm: "enable_alarm" => NewConnections,
        min_alarm_sustain_duration: "min_alarm_sustain_duration" => NewConnections,
    })
}
