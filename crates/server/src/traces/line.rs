//! A record of a trace as a line of its file.

use super::TraceFormatter;
use crate::calendar;
use dunlin_broker::TraceRecord;
use serde_json::{Map, Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// `2026-08-07T10:00:00.000000Z [MQTT] c1@127.0.0.1:4711 msg: mqtt_packet_received, packet: …`
pub(super) fn line(record: &TraceRecord, formatter: TraceFormatter) -> String {
    let time = calendar::rfc3339(UNIX_EPOCH + Duration::from_millis(record.at));
    match formatter {
        TraceFormatter::Text => text(record, &time),
        TraceFormatter::Json => object(record, &time),
    }
}

/// So many records of a trace were lost, because they came faster than they were written.
pub(super) fn lines_lost(trace: u64, at: u64, count: u64) -> TraceRecord {
    about_trace(trace, at, "trace_lines_lost", ("count", count.to_string()))
}

/// The last record of a file that may be no longer than this.
pub(super) fn file_full(trace: u64, at: u64, max_bytes: u64) -> TraceRecord {
    about_trace(trace, at, "trace_file_full", ("max_file_size", max_bytes.to_string()))
}

fn about_trace(trace: u64, at: u64, msg: &'static str, field: (&'static str, String)) -> TraceRecord {
    TraceRecord { trace, at, tag: "TRACE", msg, client_id: String::new(), peer: None, fields: vec![field] }
}

fn text(record: &TraceRecord, time: &str) -> String {
    let TraceRecord { tag, msg, client_id, peer, fields, .. } = record;
    // A client id with a line break in it must not look like a line of ours.
    let client_id = client_id.escape_debug();
    let peer = peer.map(|peer| format!("@{peer}")).unwrap_or_default();
    let mut line = format!("{time} [{tag}] {client_id}{peer} msg: {msg}");
    for (name, value) in fields {
        let value = value.replace('\n', "\\n").replace('\r', "\\r");
        line.push_str(&format!(", {name}: {value}"));
    }
    line.push('\n');
    line
}

fn object(record: &TraceRecord, time: &str) -> String {
    let meta = json!({ "clientid": record.client_id, "peername": record.peer.map(|peer| peer.to_string()) });
    let mut object = Map::new();
    let head = [
        ("time", json!(time)),
        ("level", json!("debug")),
        ("tag", json!(record.tag)),
        ("msg", json!(record.msg)),
        ("meta", meta),
    ];
    object.extend(head.map(|(name, value)| (name.to_owned(), value)));
    object.extend(record.fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    Value::Object(object).to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_whatever_is_in_it() {
        let record = TraceRecord {
            trace: 1,
            at: 1_000,
            tag: "MQTT",
            msg: "mqtt_packet_received",
            client_id: "c\n1".into(),
            peer: Some("127.0.0.1:4711".parse().expect("an address")),
            fields: vec![("packet", "PINGREQ(Q0, R0, D0)".into()), ("payload", "a\nb".into())],
        };
        assert_eq!(
            line(&record, TraceFormatter::Text),
            "1970-01-01T00:00:01.000000Z [MQTT] c\\n1@127.0.0.1:4711 msg: mqtt_packet_received, packet: PINGREQ(Q0, R0, D0), \
             payload: a\\nb\n"
        );
        let json = line(&record, TraceFormatter::Json);
        assert_eq!(json.lines().count(), 1);
        let value: Value = serde_json::from_str(&json).expect("an object");
        assert_eq!((&value["meta"]["clientid"], &value["packet"]), (&json!("c\n1"), &json!("PINGREQ(Q0, R0, D0)")));
    }
}
