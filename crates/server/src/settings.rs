//! From the configuration to the settings of the broker.

use dunlin_banned::FlappingLimit;
use dunlin_broker::{
    AbsentSettings, Access, Ack, AckOverride, AlarmMemory, AlarmSettings, AutoSubscription, BrokerSettings,
    ClientAttribute, ClientEvent, ConnectionQuota, DiskBudget, DurableSettings, FlappingSettings, Limits,
    ListenerSettings, LiveSettings, OverLimit, Overflow, OverloadSettings, RetainerSettings, SlowSubscriptionsSettings,
    ZoneLimits, ZoneSettings,
};
use dunlin_config::{self as config, AccessRule};
use dunlin_expression::{Expression, Template};
use dunlin_limits::Rate;
use dunlin_model::ArcStr;
use dunlin_retained::RetainedConfig;
use dunlin_rewrite::RewriteRules;
use dunlin_router::{GroupConfig, InitialStickyPick, RouterConfig, SharedStrategy};
use dunlin_session::{DeliverySpan, QueuePriorities, SessionSettings};
use dunlin_transport::{Layering, TcpOptions};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

/// Descriptors that are not connections: listeners, event loops, log, data files.
const RESERVED_DESCRIPTORS: u64 = 64;

/// Settings of the broker. `descriptors` is the limit of open files.
#[must_use]
pub fn broker_settings(config: &config::Config, descriptors: u64) -> BrokerSettings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // One core stays free for what the kernel does for the others (docs/decisions/0004).
    let default_workers = cores.saturating_sub(1).max(1);
    // Options that are per listener in the file and per broker here: the strictest listener decides.
    let watermark = started(config).map(|listener| listener.tcp_options.high_watermark_bytes).min();
    let send_timeout = started(config).map(|listener| listener.tcp_options.send_timeout).min();
    let defaults = BrokerSettings::default();
    let LiveSettings {
        router,
        retainer,
        max_delayed_messages,
        rewrite,
        auto_subscriptions,
        slow_subscriptions,
        // Its zone has them.
        absent: _,
        latency_bounds_ms,
        log_window_ms,
        zone_limits,
        overload,
        client_events,
        alarms,
    } = live_settings(config);
    BrokerSettings {
        workers: config.node.workers.map_or(default_workers, |workers| usize::from(workers.get())),
        zone: default_zone(config),
        max_packet_size: max_packet_size(config),
        high_watermark_bytes: watermark.map_or(defaults.high_watermark_bytes, |bytes| bytes as usize),
        send_timeout_ms: send_timeout.map_or(defaults.send_timeout_ms, millis),
        router,
        retainer,
        max_delayed_messages,
        rewrite,
        auto_subscriptions,
        slow_subscriptions,
        latency_bounds_ms,
        log_window_ms,
        zone_limits,
        overload,
        client_events,
        alarms,
        node_name: ArcStr::from(config.node.name.as_str()),
        durable: durable_settings(config),
        max_descriptors: descriptors.saturating_sub(RESERVED_DESCRIPTORS).max(1),
        ..defaults
    }
}

/// The zone of listeners that name none.
fn default_zone(config: &config::Config) -> Arc<ZoneSettings> {
    zone_settings(config, config::Listener::new(config::ListenerKind::Tcp, "").zone.as_str())
}

/// The settings of the broker that can change while it runs.
pub(crate) fn live_settings(config: &config::Config) -> LiveSettings {
    let delayed = &config.delayed;
    let max_delayed_messages = delayed.max_delayed_messages.map_or(0, |max| usize::try_from(max).unwrap_or(0));
    LiveSettings {
        router: router_config(config),
        retainer: retainer_settings(&config.retainer),
        max_delayed_messages: delayed.enable.then_some(max_delayed_messages),
        // They were read before, or the configuration would have been refused.
        rewrite: Arc::new(RewriteRules::new(&config.rewrite).unwrap_or_default()),
        auto_subscriptions: config.auto_subscribe.iter().map(auto_subscription).collect(),
        slow_subscriptions: slow_subscriptions(&config.slow_subs),
        absent: AbsentSettings::of(&default_zone(config)),
        latency_bounds_ms: config.prometheus.latency_buckets.iter().copied().map(millis).collect(),
        log_window_ms: millis(config.log.throttling_window),
        zone_limits: zone_limits(config),
        overload: overload_settings(&config.overload_protection),
        client_events: client_events(config.sys_topics.sys_event_messages),
        alarms: alarm_settings(&config.alarm),
    }
}

fn slow_subscriptions(slow: &config::SlowSubs) -> SlowSubscriptionsSettings {
    SlowSubscriptionsSettings {
        enable: slow.enable,
        span: match slow.stats_type {
            config::SlowSubsStats::Whole => DeliverySpan::Whole,
            config::SlowSubsStats::Internal => DeliverySpan::Internal,
            config::SlowSubsStats::Response => DeliverySpan::Response,
        },
        threshold_ms: millis(slow.threshold),
        expire_interval_ms: millis(slow.expire_interval),
        top_k_num: slow.top_k_num as usize,
    }
}

fn auto_subscription(entry: &config::AutoSubscription) -> AutoSubscription {
    let filter = Template::parse(&entry.topic, AutoSubscription::PLACEHOLDERS);
    AutoSubscription { filter, options: entry.options }
}

fn client_events(events: config::SysEventMessages) -> Vec<ClientEvent> {
    let events = [
        (events.client_connected, ClientEvent::Connected),
        (events.client_disconnected, ClientEvent::Disconnected),
        (events.client_subscribed, ClientEvent::Subscribed),
        (events.client_unsubscribed, ClientEvent::Unsubscribed),
    ];
    events.into_iter().filter(|(is_told, _)| *is_told).map(|(_, event)| event).collect()
}

fn alarm_settings(alarm: &config::Alarm) -> AlarmSettings {
    AlarmSettings {
        logs: alarm.actions.contains(&config::AlarmAction::Log),
        publishes: alarm.actions.contains(&config::AlarmAction::Publish),
        memory: AlarmMemory { past_max: alarm.size_limit as usize, valid_ms: millis(alarm.validity_period) },
    }
}

/// The listeners that are enabled.
pub(crate) fn started(config: &config::Config) -> impl Iterator<Item = &config::Listener> {
    config.listeners.iter().filter(|listener| listener.enable)
}

/// What a zone says; one that is not configured says what the roots say.
fn zone_settings(config: &config::Config, name: &str) -> Arc<ZoneSettings> {
    let zone = config.zones.get(name);
    let mqtt = zone.map_or(&config.mqtt, |zone| &zone.mqtt);
    let shutdown = zone.map_or(&config.force_shutdown, |zone| &zone.force_shutdown);
    let flapping = zone.map_or(&config.flapping_detect, |zone| &zone.flapping_detect);
    let congestion = zone.map_or(&config.conn_congestion, |zone| &zone.conn_congestion);
    Arc::new(ZoneSettings {
        client_attributes: client_attributes(mqtt),
        // It was read before, or the configuration would have been refused.
        client_id_override: mqtt.clientid_override.as_deref().and_then(|text| Expression::parse(text).ok()),
        flapping: flapping.enable.then(|| FlappingSettings {
            limit: FlappingLimit { window_ms: millis(flapping.window_time), max_count: flapping.max_count },
            ban_secs: flapping.ban_time.as_secs(),
        }),
        congestion_alarm_ms: congestion.enable_alarm.then(|| millis(congestion.min_alarm_sustain_duration)),
        name: ArcStr::from(name),
        session: session_settings(mqtt, shutdown),
        strict: mqtt.strict_mode,
        idle_timeout_ms: mqtt.idle_timeout.map_or(u64::MAX / 4, millis),
        use_username_as_client_id: mqtt.use_username_as_clientid,
    })
}

/// `client_attrs_init`; what is no expression was refused with its configuration.
fn client_attributes(mqtt: &config::Mqtt) -> Vec<ClientAttribute> {
    let entries = mqtt.client_attrs_init.iter().filter_map(|entry| {
        let expression = Expression::parse(&entry.expression).ok()?;
        Some(ClientAttribute { name: entry.set_as_attr.clone(), expression })
    });
    entries.collect()
}

/// The largest packet that any zone takes.
pub(crate) fn max_packet_size(config: &config::Config) -> u32 {
    let zones = config.zones.values().map(|zone| &zone.mqtt);
    zones.chain([&config.mqtt]).map(|mqtt| mqtt.max_packet_size_bytes).max().unwrap_or(u32::MAX)
}

/// Settings of a listener. `layering` is what lies between its sockets and MQTT.
#[must_use]
pub fn listener_settings(
    config: &config::Config,
    listener: &config::Listener,
    layering: Option<Arc<dyn Layering>>,
) -> ListenerSettings {
    let options = &listener.tcp_options;
    ListenerSettings {
        max_connections: listener.max_connections.map(u64::from),
        descriptors_each: if matches!(listener.kind, config::ListenerKind::Quic { .. }) { 2 } else { 1 },
        max_connection_rate: rate(config::Limit { rate: listener.max_conn_rate, burst: listener.max_conn_burst }),
        limits: limits(&listener.limiter),
        access: access(listener),
        log_data_from: log_data_from(listener),
        layering,
        zone: zone_settings(config, &listener.zone),
        mountpoint: listener.mountpoint.clone(),
        deny_anonymous: listener.enable_authn == config::EnableAuthn::QuickDenyAnonymous,
        tcp: TcpOptions {
            backlog: i32::try_from(options.backlog).unwrap_or(i32::MAX),
            nodelay: options.nodelay,
            send_buffer_bytes: options.send_buffer_bytes.map(|bytes| bytes as usize),
            receive_buffer_bytes: options.receive_buffer_bytes.map(|bytes| bytes as usize),
            keepalive: options
                .keepalive
                .as_ref()
                .map(|keepalive| (keepalive.idle, keepalive.interval, u32::from(keepalive.probes))),
            reset_on_close: options.nolinger,
        },
        ..ListenerSettings::new(listener.id(), listener.bind)
    }
}

/// `mqtt.limiter`, of those zones that have one.
fn zone_limits(config: &config::Config) -> Vec<ZoneLimits> {
    let of = |(name, mqtt): (&str, &config::Mqtt)| ZoneLimits {
        zone: ArcStr::from(name),
        limits: limits(&mqtt.limiter),
        over_limit: match mqtt.over_limit {
            config::OverLimit::Pause => OverLimit::Pause,
            config::OverLimit::Reject => OverLimit::Reject,
        },
        connections: rate(config::Limit { rate: mqtt.max_conn_rate, burst: mqtt.max_conn_burst }),
        quota: ConnectionQuota {
            per_username: mqtt.max_connections_per_username,
            per_attribute: mqtt
                .max_connections_per_client_attr
                .iter()
                .map(|(name, max)| (ArcStr::from(name.as_str()), *max))
                .collect(),
        },
    };
    config.zones.iter().map(|(name, zone)| of((name, &zone.mqtt))).collect()
}

fn overload_settings(protection: &config::OverloadProtection) -> Option<OverloadSettings> {
    let config::OverloadProtection { enable, backoff_new_conn, drop_qos0 } = *protection;
    enable.then_some(OverloadSettings { refuse_clients: backoff_new_conn, drop_qos0 })
}

fn limits(limiter: &config::Limiter) -> Limits {
    let config::Limiter { messages, bytes, subscribes, delivery_messages, delivery_bytes } = *limiter;
    Limits {
        messages: rate(messages),
        bytes: rate(bytes),
        subscribes: rate(subscribes),
        delivery_messages: rate(delivery_messages),
        delivery_bytes: rate(delivery_bytes),
    }
}

/// A limit of the configuration; a burst alone is none.
fn rate(limit: config::Limit) -> Option<Rate> {
    let period_ms = |period: Duration| NonZeroU64::new(millis(period)).unwrap_or(NonZeroU64::MIN);
    let regular = limit.rate?;
    let rate = Rate::new(regular.count, period_ms(regular.period));
    Some(limit.burst.map_or(rate, |burst| rate.with_burst(burst.count, period_ms(burst.period))))
}

/// `access_rules`; the usual `allow all` needs no asking.
fn access(listener: &config::Listener) -> Option<Access> {
    let rules = listener.access_rules.clone();
    let denies = rules.iter().any(|rule| !rule.allow);
    denies.then(|| Access::new(move |address| AccessRule::admits(&rules, address)))
}

/// `allow_log_packet_data_from`; by default it is nobody.
fn log_data_from(listener: &config::Listener) -> Option<Access> {
    let networks = listener.allow_log_packet_data_from.clone();
    let is_one = move |address| networks.iter().any(|network| network.contains(address));
    (!listener.allow_log_packet_data_from.is_empty()).then(|| Access::new(is_one))
}

fn session_settings(mqtt: &config::Mqtt, shutdown: &config::ForceShutdown) -> SessionSettings {
    let priorities = (!mqtt.mqueue_priorities.is_empty()).then(|| QueuePriorities {
        topics: mqtt.mqueue_priorities.iter().map(|(topic, priority)| (topic.clone(), *priority)).collect(),
        default_is_highest: mqtt.mqueue_default_priority == config::QueuePriority::Highest,
    });
    // 0 switches one limit off, `enable = false` all of them.
    let limit = |value: u64| (shutdown.enable && value > 0).then(|| usize::try_from(value).unwrap_or(usize::MAX));
    SessionSettings {
        max_packet_size: mqtt.max_packet_size_bytes,
        max_client_id_len: usize::from(mqtt.max_clientid_len_bytes),
        max_topic_levels: mqtt.max_topic_levels.map_or(0, usize::from),
        max_topic_alias: mqtt.max_topic_alias,
        max_qos: mqtt.max_qos_allowed,
        retain_available: mqtt.retain_available,
        wildcard_subscription: mqtt.wildcard_subscription,
        shared_subscription: mqtt.shared_subscription,
        exclusive_subscription: mqtt.exclusive_subscription,
        ignore_loop_deliver: mqtt.ignore_loop_deliver,
        response_information: ArcStr::from(mqtt.response_information.as_str()),
        server_keep_alive: mqtt.server_keepalive_secs.map(std::num::NonZero::get),
        keep_alive_multiplier: mqtt.keepalive_multiplier,
        session_expiry_secs: mqtt.session_expiry_interval.map_or(u32::MAX, seconds),
        max_session_expiry_secs: mqtt.max_session_expiry_interval.map(seconds),
        message_expiry_secs: mqtt.message_expiry_interval.map(seconds),
        max_inflight: mqtt.max_inflight.get(),
        max_queue_len: mqtt.max_mqueue_len.map_or(0, |len| len as usize),
        queue_qos0: mqtt.mqueue_store_qos0,
        queue_priorities: priorities,
        max_awaiting_release: mqtt.max_awaiting_rel.map_or(0, |max| max as usize),
        await_release_timeout_ms: millis(mqtt.await_rel_timeout),
        upgrade_qos: mqtt.upgrade_qos,
        max_subscriptions: mqtt.max_subscriptions.map(|max| max as usize),
        max_mailbox_len: limit(u64::from(shutdown.max_mailbox_size)),
        max_memory_bytes: limit(shutdown.max_heap_size_bytes),
    }
}

fn router_config(config: &config::Config) -> RouterConfig {
    let group = |strategy: config::SharedStrategy, pick: config::StickyPick| GroupConfig {
        strategy: match strategy {
            config::SharedStrategy::Random => SharedStrategy::Random,
            config::SharedStrategy::RoundRobin => SharedStrategy::RoundRobin,
            config::SharedStrategy::RoundRobinPerGroup => SharedStrategy::RoundRobinPerGroup,
            config::SharedStrategy::Sticky => SharedStrategy::Sticky,
            config::SharedStrategy::Local => SharedStrategy::Local,
            config::SharedStrategy::HashTopic => SharedStrategy::HashTopic,
            config::SharedStrategy::HashClientId => SharedStrategy::HashClientId,
        },
        initial_sticky_pick: match pick {
            config::StickyPick::Random => InitialStickyPick::Random,
            config::StickyPick::Local => InitialStickyPick::Local,
            config::StickyPick::HashTopic => InitialStickyPick::HashTopic,
            config::StickyPick::HashClientId => InitialStickyPick::HashClientId,
        },
    };
    let mqtt = &config.mqtt;
    RouterConfig {
        default: group(mqtt.shared_subscription_strategy, mqtt.shared_subscription_initial_sticky_pick),
        groups: config
            .shared_groups
            .iter()
            .map(|(name, chosen)| (ArcStr::from(name.as_str()), group(chosen.strategy, chosen.initial_sticky_pick)))
            .collect(),
    }
}

/// At least one where it is not 0, which stands for something else.
fn whole_seconds(duration: Duration) -> u32 {
    seconds(duration).max(u32::from(!duration.is_zero()))
}

fn retainer_settings(retainer: &config::Retainer) -> RetainerSettings {
    RetainerSettings {
        enable: retainer.enable,
        stop_publish_clear: retainer.stop_publish_clear_msg,
        clear_interval_ms: retainer.msg_clear_interval.map(millis),
        clear_limit: retainer.msg_clear_limit as usize,
        page_messages: retainer.batch_read_number as usize,
        batch_messages: retainer.batch_deliver_number.map_or(usize::MAX, |number| number as usize),
        max_publish_rate: rate(config::Limit { rate: retainer.max_publish_rate, burst: None }),
        delivery_rate: rate(config::Limit { rate: retainer.delivery_limit(), burst: None }),
        limits: RetainedConfig {
            max_retained_messages: retainer.max_retained_messages.map_or(0, |max| usize::try_from(max).unwrap_or(0)),
            max_payload_size: retainer.max_payload_size_bytes.map_or(0, |max| max as usize),
            default_expiry_secs: retainer.msg_expiry_interval.map_or(0, whole_seconds),
            expiry_override_secs: retainer.msg_expiry_interval_override.map(whole_seconds),
            allow_never_expire: retainer.allow_never_expire,
        },
    }
}

fn durable_settings(config: &config::Config) -> DurableSettings {
    let durable = &config.durable_sessions;
    let ack = |ack| match ack {
        config::DurableAck::Memory => Ack::Memory,
        config::DurableAck::LocalFsync => Ack::LocalFsync,
    };
    let ack_overrides = durable.ack_overrides.iter();
    DurableSettings {
        enable: durable.enable,
        folder: config.node.data_dir.join("store"),
        ack: ack(durable.ack),
        ack_overrides: ack_overrides
            .map(|entry| AckOverride { filter: entry.topic.clone(), ack: ack(entry.ack) })
            .collect(),
        max_queue_bytes: durable.max_queue_bytes.unwrap_or(u64::MAX),
        overflow: match durable.overflow {
            config::QueueOverflow::DropOldest => Overflow::DropOldest,
            config::QueueOverflow::Reject => Overflow::Reject,
        },
        disk_budget: match durable.max_disk_bytes {
            config::DiskBudget::Auto => DiskBudget::Auto,
            config::DiskBudget::Unlimited => DiskBudget::Unlimited,
            config::DiskBudget::Bytes(bytes) => DiskBudget::Bytes(bytes),
        },
        retention_ms: durable.message_retention_period.map(millis),
        checkpoint_interval_ms: millis(durable.checkpoint_interval),
        retained_on_disk: config.retainer.storage == config::RetainedStorage::Disc,
        give_back_memory: Some(dunlin_allocator::give_back),
        ..DurableSettings::default()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

/// Whole seconds; what does not fit means "for ever" on the wire as well.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
