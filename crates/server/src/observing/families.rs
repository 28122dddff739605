//! The numbers of a node under the names by which EMQX's exporter has them, so that its Grafana boards work unchanged.
//!
//! Counters and gauges have their public names with `emqx_` in front and underscores for dots. Some have a name of their own
//! besides, which is as old as the boards.

use super::machine::Machine;
use crate::{AuthenticatorState, AuthorizationState};
use dunlin_broker::Readings;
use dunlin_telemetry::{FamilyKind, Latency, MetricFamily, MetricPoint, MetricValue};
use std::time::SystemTime;

/// Other names under which counters are known.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("packets.connect.received", "emqx_packets_connect"),
    ("messages.dropped.await_pubrel_timeout", "emqx_messages_dropped_expired"),
    ("packets.publish.quota_exceeded", "emqx_packets_publish_dropped"),
];

/// What `/prometheus/stats` has.
pub(crate) fn of_node(readings: &Readings, machine: &Machine, uptime_ms: u64) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    for gauge in readings.gauges() {
        for (end, value, what) in [("count", gauge.count, "now"), ("max", gauge.max, "at most so far")] {
            let name = format!("emqx_{}_{end}", gauge.name.replace('.', "_"));
            let help = format!("{}: how many there are {what}.", gauge.name);
            families.push(MetricFamily::single(name, FamilyKind::Gauge, help, value as f64));
        }
    }
    for (name, value) in readings.metrics() {
        let mut add = |family: String| {
            families.push(MetricFamily::single(
                family,
                FamilyKind::Counter,
                format!("The counter {name}."),
                value as f64,
            ));
        };
        add(format!("emqx_{}", name.replace('.', "_")));
        for (_, other) in OTHER_NAMES.iter().filter(|(of, _)| *of == name) {
            add((*other).to_owned());
        }
    }
    let reasons = readings.disconnects();
    families.push(MetricFamily {
        name: "emqx_client_disconnected_reason".to_owned(),
        kind: FamilyKind::Counter,
        help: "Connections that ended, by reason.".to_owned(),
        points: reasons
            .into_iter()
            .map(|(reason, count)| MetricPoint {
                labels: vec![("reason", reason.to_string())],
                value: (count as f64).into(),
            })
            .collect(),
    });
    families.extend(of_messages(readings));
    families.extend(of_machine(machine, uptime_ms, readings.descriptors().1));
    families.push(MetricFamily::single("emqx_cluster_nodes_running", FamilyKind::Gauge, "Nodes that run.", 1.0));
    families.push(MetricFamily::single("emqx_cluster_nodes_stopped", FamilyKind::Gauge, "Nodes that do not.", 0.0));
    let active = readings.alarms().len() as f64;
    families.push(MetricFamily::single("dunlin_alarms_active", FamilyKind::Gauge, "Alarms that last.", active));
    families
}

fn of_machine(machine: &Machine, uptime_ms: u64, max_open_files: u64) -> Vec<MetricFamily> {
    let (busy, memory) = (machine.processor_busy, machine.memory);
    let gauge = |name: &str, help: &str, value: f64| MetricFamily::single(name, FamilyKind::Gauge, help, value);
    vec![
        gauge("emqx_vm_cpu_use", "Percent of the processors' time that is used.", (busy * 1e4).round() / 100.0),
        gauge("emqx_vm_cpu_idle", "Percent of the processors' time that is not.", ((1.0 - busy) * 1e4).round() / 100.0),
        gauge("emqx_vm_run_queue", "Of Erlang, which there is none of.", 0.0),
        gauge("emqx_vm_process_messages_in_queues", "Of Erlang, which there is none of.", 0.0),
        gauge("emqx_vm_mnesia_tm_mailbox_size", "Of Erlang, which there is none of.", 0.0),
        gauge("emqx_vm_broker_pool_max_mailbox_size", "Of Erlang, which there is none of.", 0.0),
        gauge("emqx_vm_total_memory", "Bytes of memory there are.", memory.map_or(0.0, |memory| memory.total as f64)),
        gauge("emqx_vm_used_memory", "Bytes of memory in use.", memory.map_or(0.0, |memory| memory.used as f64)),
        gauge("emqx_vm_uptime_ms", "Milliseconds since the node was started.", uptime_ms as f64),
        gauge("emqx_vm_max_fds", "Files that the node may have open.", max_open_files as f64),
    ]
}

/// A family of histograms, each of what has these labels.
fn latencies(readings: &Readings, name: &str, help: &str, of: &[(&'static str, &str, Latency)]) -> MetricFamily {
    let point = |(label, content, latency): &(&'static str, &str, Latency)| {
        let value = MetricValue::Histogram(readings.latency(*latency)?);
        Some(MetricPoint { labels: vec![(*label, (*content).to_owned())], value })
    };
    MetricFamily {
        name: name.to_owned(),
        kind: FamilyKind::Histogram,
        help: format!("{help}, in milliseconds."),
        points: of.iter().filter_map(point).collect(),
    }
}

/// How long messages take.
pub(super) fn of_messages(readings: &Readings) -> [MetricFamily; 3] {
    let until_written =
        [("qos", "0", Latency::DeliveryQos0), ("qos", "1", Latency::DeliveryQos1), ("qos", "2", Latency::DeliveryQos2)];
    let until_acknowledged = [("qos", "1", Latency::DeliveryAckQos1), ("qos", "2", Latency::DeliveryAckQos2)];
    let until_answered = [("qos", "1", Latency::PublishAckQos1), ("qos", "2", Latency::PublishAckQos2)];
    let of = |name, help, of: &[_]| latencies(readings, name, help, of);
    [
        of("dunlin_delivery_latency", "From when a message came until it was written to a client", &until_written),
        of("dunlin_delivery_ack_latency", "From then on until the client had acknowledged it", &until_acknowledged),
        of("dunlin_publish_ack_latency", "From when a message came until that was acknowledged", &until_answered),
    ]
}

/// When the certificates of listeners, which are named by their ids, stop being valid.
pub(crate) fn of_certificates(expiries: Vec<(String, SystemTime)>) -> MetricFamily {
    let point = |(listener, at): (String, SystemTime)| {
        let (kind, name) = listener.split_once(':').unwrap_or(("", &listener));
        let labels = vec![("listener_type", kind.to_owned()), ("listener_name", name.to_owned())];
        let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        MetricPoint { labels, value: (seconds as f64).into() }
    };
    MetricFamily {
        name: "emqx_cert_expiry_at".to_owned(),
        kind: FamilyKind::Gauge,
        help: "When the certificate of a listener expires, in seconds since the Unix epoch.".to_owned(),
        points: expiries.into_iter().map(point).collect(),
    }
}

/// What `/prometheus/auth` has.
pub(crate) fn of_access(
    readings: &Readings,
    authenticators: &[AuthenticatorState],
    authorization: Option<&AuthorizationState>,
    bans: usize,
) -> Vec<MetricFamily> {
    let (counter, gauge) = (FamilyKind::Counter, FamilyKind::Gauge);
    let is = |yes: bool| f64::from(u8::from(yes));
    let mut families = Vec::new();
    // Those of listeners have the same ids: the board is about the chain of the node.
    let of_node: Vec<_> = authenticators.iter().filter(|state| state.chain == "global").collect();
    let mut add = |name: &str, kind, help: &str, value: &dyn Fn(&AuthenticatorState) -> f64| {
        let point = |state: &&AuthenticatorState| MetricPoint {
            labels: vec![("id", state.id.clone())],
            value: value(state).into(),
        };
        let points = of_node.iter().map(point).collect();
        families.push(MetricFamily { name: name.to_owned(), kind, help: help.to_owned(), points });
    };
    add("emqx_authn_enable", gauge, "Whether an authenticator is asked.", &|state| is(state.enable));
    add("emqx_authn_status", gauge, "Whether an authenticator can be asked.", &|state| is(state.status == "connected"));
    add("emqx_authn_total", counter, "Clients that came to an authenticator.", &|state| state.total as f64);
    add("emqx_authn_success", counter, "Clients that it has let in.", &|state| state.success as f64);
    add("emqx_authn_failed", counter, "Clients that it has refused.", &|state| state.failed as f64);
    add("emqx_authn_nomatch", counter, "Clients that it does not know.", &|state| state.nomatch as f64);
    let sources = authorization.map_or(&[][..], |authorization| &authorization.sources);
    let mut add = |name: &str, kind, help: &str, value: &dyn Fn(&crate::SourceState) -> f64| {
        let point = |state: &crate::SourceState| MetricPoint {
            labels: vec![("type", state.kind.clone())],
            value: value(state).into(),
        };
        let points = sources.iter().map(point).collect();
        families.push(MetricFamily { name: name.to_owned(), kind, help: help.to_owned(), points });
    };
    add("emqx_authz_enable", gauge, "Whether a source of rules is asked.", &|state| is(state.enable));
    add(
        "emqx_authz_status",
        gauge,
        "Whether a source of rules can be asked.",
        &|state| is(state.status == "connected"),
    );
    add("emqx_authz_total", counter, "Questions that came to a source of rules.", &|state| state.total as f64);
    add("emqx_authz_allow", counter, "What it has allowed.", &|state| state.allow as f64);
    add("emqx_authz_deny", counter, "What it has denied.", &|state| state.deny as f64);
    add("emqx_authz_nomatch", counter, "What it has no rule about.", &|state| state.nomatch as f64);
    families.push(MetricFamily::single("emqx_banned_count", gauge, "Bans.", bans as f64));
    for (name, help, latency) in [
        ("emqx_authn_latency", "How long it took until authenticators had answered", Latency::Authentication),
        ("emqx_authz_latency", "How long it took until an action was allowed or denied", Latency::Authorization),
    ] {
        families.push(latencies(readings, name, help, &[("name", "total_latency", latency)]));
    }
    families
}
