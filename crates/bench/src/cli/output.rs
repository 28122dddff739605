//! Reports as text or JSON on standard output.

use super::target_arguments::OutputArguments;
use crate::error::RunError;
use crate::figures::{bytes, known, name_value_table, short, table};
use crate::load::LatencySummary;
use crate::scenario::{DrainReport, DurableReport, IdleReport, RetainedReport, ScenarioReport, SubscriptionsReport};
use crate::traffic::{DrainFigures, TrafficReport};
use serde::Serialize;
use std::io::Write;

type Lines = Vec<(String, String)>;

/// Prints `report`, as JSON or as the text that `text` makes of it.
pub(super) fn print<R: Serialize>(
    output: OutputArguments,
    report: &R,
    text: impl FnOnce(&R) -> String,
) -> Result<(), RunError> {
    let mut shown = if output.json {
        serde_json::to_string_pretty(report).map_err(std::io::Error::from)? + "\n"
    } else {
        text(report)
    };
    if !shown.ends_with('\n') {
        shown.push('\n');
    }
    std::io::stdout().write_all(shown.as_bytes())?;
    Ok(())
}

/// The text of any scenario's report.
pub(super) fn scenario_text(report: &ScenarioReport) -> String {
    match report {
        ScenarioReport::Traffic(report) => traffic_text(report),
        ScenarioReport::Idle(report) => idle_text(report),
        ScenarioReport::Subscriptions(report) => subscriptions_text(report),
        ScenarioReport::Retained(report) => retained_text(report),
        ScenarioReport::Durable(report) => durable_text(report),
        ScenarioReport::Drain(report) => drain_text(report),
    }
}

/// The text of a run of publishers and subscribers.
pub(super) fn traffic_text(report: &TrafficReport) -> String {
    name_value_table(&traffic_lines(report))
}

fn line(name: &str, value: String) -> (String, String) {
    (name.to_owned(), value)
}

fn traffic_lines(report: &TrafficReport) -> Lines {
    let usage = &report.usage;
    let mut lines = vec![
        line("publishers / subscribers", format!("{} / {}", report.publishers, report.subscribers)),
        line("window, s", format!("{:.2}", usage.seconds)),
        line("sent", format!("{}  ({}/s)", report.sent, short(report.sent_per_second))),
        line("acknowledged", format!("{}  ({}/s)", report.acknowledged, short(report.acknowledged_per_second))),
        line("received", format!("{}  ({}/s)", report.received, short(report.received_per_second))),
        line("messages per broker-CPU-second", known(report.per_broker_cpu_second, short)),
    ];
    lines.extend(report.latency.map(|latency| line("latency", latency_text(&latency))));
    let acknowledgement = report.acknowledgement_latency.as_ref();
    lines.extend(acknowledgement.map(|latency| line("publish to acknowledgement", latency_text(latency))));
    lines.extend([
        line(
            "cores: broker / generator / other",
            format!(
                "{} / {:.2} / {:.2}",
                known(usage.broker_cores(), |cores| format!("{cores:.2}")),
                usage.generator_cores,
                usage.other_cores
            ),
        ),
        line("broker memory", known(usage.broker_resident_bytes, |resident| bytes(resident as f64))),
        line("checks", report.checks()),
    ]);
    lines
}

/// Percentiles on one line.
pub(super) fn latency_text(latency: &LatencySummary) -> String {
    let LatencySummary { p50_ms, p90_ms, p99_ms, p999_ms, max_ms } = *latency;
    let parts = [("p50", p50_ms), ("p90", p90_ms), ("p99", p99_ms), ("p99.9", p999_ms), ("max", max_ms)];
    parts.map(|(name, value)| format!("{name} {value:.3} ms")).join("  ")
}

fn idle_text(report: &IdleReport) -> String {
    let rows: Vec<_> = report
        .steps
        .iter()
        .map(|step| {
            vec![
                step.connections.to_string(),
                known(step.bytes_per_connection, |value| format!("{value:.0}")),
                short(step.connects_per_second),
                known(step.broker_microseconds_per_connect, |value| format!("{value:.1}")),
                known(step.broker_resident_bytes, |value| bytes(value as f64)),
            ]
        })
        .collect();
    let header = ["connections", "bytes each", "connects/s", "broker us/connect", "broker memory"];
    table(&header, 0, &rows)
        + &name_value_table(&[
            line("subscriptions each", report.subscriptions.to_string()),
            line("broker memory before", known(report.base_resident_bytes, |value| bytes(value as f64))),
            line(
                "slope first to last step",
                known(report.slope_bytes_per_connection, |value| format!("{value:.0} bytes per connection")),
            ),
            line("open at the end", report.open_at_end.to_string()),
        ])
}

fn subscriptions_text(report: &SubscriptionsReport) -> String {
    let mut lines = vec![
        line("filters", report.filters.to_string()),
        line("filters per second", short(report.filters_per_second)),
        line("broker us per filter", known(report.broker_microseconds_per_filter, |value| format!("{value:.2}"))),
        line("bytes per filter", known(report.bytes_per_filter, |value| format!("{value:.0}"))),
    ];
    lines.extend(traffic_lines(&report.publish));
    name_value_table(&lines)
}

fn retained_text(report: &RetainedReport) -> String {
    name_value_table(&[
        line("stored", format!("{}  ({}/s)", report.stored, short(report.stores_per_second))),
        line("broker us per store", known(report.broker_microseconds_per_store, |value| format!("{value:.2}"))),
        line("bytes per message", known(report.bytes_per_message, |value| format!("{value:.0}"))),
        line("received", format!("{} of {}, {} twice", report.received, report.stored, report.duplicated)),
        line("first after", format!("{:.1} ms", report.first_ms)),
        line("all after", format!("{:.3} s  ({}/s)", report.all_seconds, short(report.delivered_per_second))),
        line("broker CPU of the delivery", known(report.delivery_broker_cpu_seconds, |value| format!("{value:.2} s"))),
    ])
}

fn durable_text(report: &DurableReport) -> String {
    let mut lines = vec![line("sessions", if report.online { "online" } else { "offline" }.to_owned())];
    lines.extend(traffic_lines(&report.publish));
    lines.extend([
        line("syncs per second", known(report.syncs_per_second(), short)),
        line("messages per sync", known(report.messages_per_sync(), short)),
        line(
            "written to files per message, bytes",
            known(report.write_call_bytes_per_message(), |value| format!("{value:.0}")),
        ),
        line("written by the whole device per message", known(report.device_bytes_per_message(), bytes)),
    ]);
    lines.extend(report.drain.iter().flat_map(drain_lines));
    name_value_table(&lines)
}

fn drain_text(report: &DrainReport) -> String {
    let mut lines = vec![
        line("queued", format!("{}  ({}/s)", report.fill.acknowledged, short(report.fill.acknowledged_per_second))),
        line("checks of filling", report.fill.checks()),
    ];
    lines.extend(drain_lines(&report.drain));
    lines.extend(report.bystander.map(|latency| line("latency of a bystander", latency_text(&latency))));
    name_value_table(&lines)
}

fn drain_lines(drain: &DrainFigures) -> Lines {
    vec![
        line("sessions back / forgotten", format!("{} / {}", drain.sessions, drain.forgotten_sessions)),
        line("drained", format!("{} of {}  ({}/s)", drain.received, drain.queued, short(drain.received_per_second))),
        line("drained per broker-CPU-second", known(drain.per_broker_cpu_second, short)),
        line("first / last after", format!("{:.1} ms / {:.3} s", drain.first_ms, drain.seconds)),
        line("checks of the drain", drain.checks()),
    ]
}
