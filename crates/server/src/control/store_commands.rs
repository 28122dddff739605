//! `store.*`: the store of the durable sessions.

use super::answerer::{Answerer, Running};
use dunlin_broker::{StoreHealth, StoreInfo};
use dunlin_telemetry::Alarm;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the store may take to answer; a checkpoint under way counts too.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the log may take to be compacted: some 25 MB are read or written in a second, so that clients notice nothing.
const COMPACT_PATIENCE: Duration = Duration::from_secs(3600);

/// Stretches of damage that are told of one segment; all are counted.
const BAD_MAX: usize = 100;

/// Counts and sizes.
pub(super) fn info(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    running.store.lock().info(PATIENCE).map(|info| value_of(&info)).map_err(|error| error.to_string())
}

/// Reads one segment of the log, the first behind `after`; null where there is none left.
pub(super) fn verify(_: &Answerer, running: &Running, arguments: &Value) -> Result<Value, String> {
    let after = arguments.get("after").map_or(Some(0), Value::as_u64).and_then(|after| u32::try_from(after).ok());
    let after = after.ok_or("`after` is the number of a log segment")?;
    let found = running.store.lock().verify_next(after, PATIENCE).map_err(|error| error.to_string())?;
    Ok(found.map_or(Value::Null, |found| {
        let bad = found.bad.iter().take(BAD_MAX);
        let bad = bad.map(|bad| json!({"segment": bad.at.segment, "offset": bad.at.offset, "bytes": bad.bytes}));
        json!({
            "segment": found.segment,
            "frames": found.verification.frames,
            "bytes": found.verification.bytes,
            "bad_count": found.verification.bad,
            "bad": bad.collect::<Vec<_>>(),
            "remaining": found.remaining,
        })
    }))
}

/// Compacts log and key-value store; answers with the figures before and after.
pub(super) fn compact(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let compacted = running.store.lock().compact(COMPACT_PATIENCE).map_err(|error| error.to_string())?;
    Ok(json!({"before": value_of(&compacted.before), "after": value_of(&compacted.after)}))
}

fn alarm(alarm: &Alarm) -> Value {
    json!({"name": alarm.name, "message": alarm.message, "activated_at": alarm.activated_at})
}

fn value_of(info: &StoreInfo) -> Value {
    let figures = &info.figures;
    json!({
        "health": match info.health {
            StoreHealth::Good => "good",
            StoreHealth::Full => "full",
            StoreHealth::Failed => "failed",
        },
        "sessions": figures.sessions,
        "queued_messages": figures.queued_messages,
        "queued_bytes": figures.queued_bytes,
        "live_references": figures.live_references,
        "log_segments": figures.log_segments,
        "spare_segments": figures.spare_segments,
        "log_bytes": figures.log_bytes,
        "log_end": figures.log_end.to_string(),
        "checkpoint_position": figures.checkpoint.to_string(),
        "checkpoint_age_ms": info.checkpoint_age_ms,
        "log_bytes_since_checkpoint": figures.log_bytes_since_checkpoint,
        "key_value_bytes": info.key_value_bytes,
        "syncs": info.syncs,
        "lost_chunks": figures.lost_chunks,
        "alarms": info.alarms.iter().map(alarm).collect::<Vec<_>>(),
    })
}
