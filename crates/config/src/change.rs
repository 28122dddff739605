//! What is different between two configurations, and when it counts on a node that runs.

mod listener;
mod opentelemetry;
mod roots;

use crate::config::Config;
use crate::settings::{FileLog, Limiter, Log, Zone};
use std::collections::BTreeSet;

/// A key whose effective value is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Full path: `mqtt.max_inflight`. That of the listener or zone where one was added or taken away.
    pub key: String,
    /// When it counts.
    pub effect: Effect,
}

impl Change {
    /// Whether it is what a listener lets each of its clients do in a time.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        let key = self.key.rsplit('.').next().unwrap_or_default();
        matches!(self.effect, Effect::Listener(_)) && Limiter::KEYS.contains(&key)
    }
}

/// When a change counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// At once, for everybody.
    Live,
    /// For clients that connect from now on; the others keep what they have.
    NewConnections,
    /// When the listener with this id has it: it is started, stopped, or opened anew if its address is another one. With the same
    /// address its connections stay, and the change counts for those that follow; where [`Change::is_limit`], for all.
    Listener(String),
    /// When the node is started the next time.
    Restart,
}

/// A differing key below some object, and its effect.
type Differing = Vec<(&'static str, Effect)>;

/// The keys whose fields differ between two values of a struct, each with its effect. A field that is forgotten does not compile.
macro_rules! differing {
    ($type:ident, $old:expr, $new:expr, { $($field:ident: $key:literal => $effect:expr),+ $(,)? }) => {{
        let (old, new): (&$type, &$type) = ($old, $new);
        let $type { $($field: _),+ } = new;
        let mut found = Vec::new();
        $(if old.$field != new.$field {
            found.push(($key, $effect));
        })+
        found
    }};
}
use differing;

/// What is different in `new`, ordered by key.
#[must_use]
pub fn changes(old: &Config, new: &Config) -> Vec<Change> {
    // Named one by one, so that a new root does not compile until it is here.
    let Config {
        node,
        listeners,
        mqtt,
        zones: _,
        durable_sessions,
        retainer,
        delayed,
        rewrite: _,
        auto_subscribe: _,
        force_shutdown,
        flapping_detect,
        conn_congestion,
        overload_protection,
        slow_subs,
        authentication: _,
        authentication_settings,
        authorization,
        banned,
        shared_groups: _,
        crl_cache,
        psk_authentication,
        dashboard,
        api_key,
        log,
        sys_topics,
        alarm,
        sysmon,
        prometheus,
        opentelemetry,
        trace,
        // A running node has one file, and one environment.
        etc_dir: _,
    } = new;
    let mut changes = Vec::new();
    let mut add = |root: &str, keys: Differing| {
        changes.extend(keys.into_iter().map(|(key, effect)| Change { key: format!("{root}.{key}"), effect }));
    };
    add("node", roots::node(&old.node, node));
    add("mqtt", roots::mqtt(&old.mqtt, mqtt));
    add("force_shutdown", roots::force_shutdown(&old.force_shutdown, force_shutdown));
    add("flapping_detect", roots::flapping_detect(&old.flapping_detect, flapping_detect));
    add("conn_congestion", roots::conn_congestion(&old.conn_congestion, conn_congestion));
    add("overload_protection", roots::overload_protection(&old.overload_protection, overload_protection));
    add("slow_subs", roots::slow_subs(&old.slow_subs, slow_subs));
    let cache = roots::authentication_settings(&old.authentication_settings, authentication_settings);
    add("authentication_settings", cache);
    add("authorization", roots::authorization(&old.authorization, authorization));
    add("banned", roots::banned(&old.banned, banned));
    add("durable_sessions", roots::durable_sessions(&old.durable_sessions, durable_sessions));
    add("retainer", roots::retainer(&old.retainer, retainer));
    add("delayed", roots::delayed(&old.delayed, delayed));
    add("crl_cache", roots::crl_cache(&old.crl_cache, crl_cache));
    add("psk_authentication", roots::psk_authentication(&old.psk_authentication, psk_authentication));
    add("sys_topics", roots::sys_topics(&old.sys_topics, sys_topics));
    add("alarm", roots::alarm(&old.alarm, alarm));
    add("sysmon.os", roots::sysmon(&old.sysmon, sysmon));
    add("prometheus", roots::prometheus(&old.prometheus, prometheus));
    add("opentelemetry", opentelemetry::changes(&old.opentelemetry, opentelemetry));
    add("trace", roots::trace(&old.trace, trace));
    add("dashboard", roots::dashboard(&old.dashboard, dashboard));
    add("api_key", roots::api_key(&old.api_key, api_key));
    changes.extend(changes_of_lists(old, new).chain(changes_of_entries(old, new)));
    changes.extend(log_changes(&old.log, log));
    changes.extend(listener::changes(&old.listeners, listeners));
    changes.sort();
    changes
}

/// What is different in lists, each of which is one value.
fn changes_of_lists(old: &Config, new: &Config) -> impl Iterator<Item = Change> {
    let lists = [
        ("authentication", old.authentication != new.authentication, Effect::Live),
        ("rewrite", old.rewrite != new.rewrite, Effect::Live),
        ("auto_subscribe.topics", old.auto_subscribe != new.auto_subscribe, Effect::NewConnections),
    ];
    let differing = lists.into_iter().filter(|(_, differs, _)| *differs);
    differing.map(|(key, _, effect)| Change { key: key.to_owned(), effect })
}

/// What is different in objects whose keys are names chosen by the author.
fn changes_of_entries(old: &Config, new: &Config) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in union(old.log.files.keys(), new.log.files.keys()) {
        changes.extend(log_file_changes(name, old.log.files.get(name), new.log.files.get(name)));
    }
    for name in union(old.shared_groups.keys(), new.shared_groups.keys()) {
        if old.shared_groups.get(name) != new.shared_groups.get(name) {
            changes.push(Change { key: format!("broker.shared_subscription_group.{name}"), effect: Effect::Live });
        }
    }
    for name in union(old.zones.keys(), new.zones.keys()) {
        changes.extend(zone_changes(name, (old, old.zones.get(name)), (new, new.zones.get(name))));
    }
    changes
}

/// But for its files.
fn log_changes(old: &Log, new: &Log) -> Vec<Change> {
    let Log { console, files: _, audit, throttling_window } = new;
    let of = |name: &'static str, keys: Differing| {
        keys.into_iter().map(move |(own, effect)| Change { key: format!("log.{name}.{own}"), effect })
    };
    let window = Change { key: "log.throttling.time_window".to_owned(), effect: Effect::Live };
    of("console", roots::log_handler(&old.console, console))
        .chain(of("audit", roots::audit_log(&old.audit, audit)))
        .chain((old.throttling_window != *throttling_window).then_some(window))
        .collect()
}

fn log_file_changes(name: &str, old: Option<&FileLog>, new: Option<&FileLog>) -> Vec<Change> {
    let key = format!("log.file.{name}");
    let (Some(old), Some(new)) = (old, new) else { return vec![Change { key, effect: Effect::Live }] };
    let keys = roots::log_file(old, new).into_iter().chain(roots::log_handler(&old.handler, &new.handler));
    keys.map(|(own, effect)| Change { key: format!("{key}.{own}"), effect }).collect()
}

/// The names in either of two maps.
fn union<'a>(
    old: impl Iterator<Item = &'a String>,
    new: impl Iterator<Item = &'a String>,
) -> impl Iterator<Item = &'a String> {
    old.chain(new).collect::<BTreeSet<_>>().into_iter()
}

/// What is different in a zone. A key that follows the root in both configurations is a change of the root only.
fn zone_changes(name: &str, old: (&Config, Option<&Zone>), new: (&Config, Option<&Zone>)) -> Vec<Change> {
    let ((old_roots, Some(old)), (new_roots, Some(new))) = (old, new) else {
        return vec![Change { key: format!("zones.{name}"), effect: Effect::NewConnections }];
    };
    let Zone { mqtt, force_shutdown, flapping_detect, conn_congestion } = new;
    let own = |root: &str, differing: Differing, from_roots: [Differing; 2]| -> Vec<Change> {
        let is_own = |key: &str| from_roots.iter().flatten().any(|(other, _)| *other == key);
        let keys = differing.into_iter().map(|(key, _)| key).filter(|key| is_own(key));
        let effect = |key: &str| if key.starts_with("limiter.") { Effect::Live } else { Effect::NewConnections };
        keys.map(|key| Change { key: format!("zones.{name}.{root}.{key}"), effect: effect(key) }).collect()
    };
    let mqtt_from_roots = [roots::mqtt(&old_roots.mqtt, &old.mqtt), roots::mqtt(&new_roots.mqtt, mqtt)];
    let limits_from_roots = [
        roots::force_shutdown(&old_roots.force_shutdown, &old.force_shutdown),
        roots::force_shutdown(&new_roots.force_shutdown, force_shutdown),
    ];
    let mut changes = own("mqtt", roots::mqtt(&old.mqtt, mqtt), mqtt_from_roots);
    let differing = roots::force_shutdown(&old.force_shutdown, force_shutdown);
    changes.extend(own("force_shutdown", differing, limits_from_roots));
    let flapping_from_roots = [
        roots::flapping_detect(&old_roots.flapping_detect, &old.flapping_detect),
        roots::flapping_detect(&new_roots.flapping_detect, flapping_detect),
    ];
    let differing = roots::flapping_detect(&old.flapping_detect, flapping_detect);
    changes.extend(own("flapping_detect", differing, flapping_from_roots));
    let congestion_from_roots = [
        roots::conn_congestion(&old_roots.conn_congestion, &old.conn_congestion),
        roots::conn_congestion(&new_roots.conn_congestion, conn_congestion),
    ];
    let differing = roots::conn_congestion(&old.conn_congestion, conn_congestion);
    changes.extend(own("conn_congestion", differing, congestion_from_roots));
    changes
}
