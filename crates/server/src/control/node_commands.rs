//! Commands about the node as a whole.

use super::answerer::{Answerer, Phase, Running};
use crate::calendar;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;

/// Answered at any time: this is how others find out how far a node is.
pub(super) fn status(answerer: &Answerer, _: &Value) -> Result<Value, String> {
    let phase = answerer.phase();
    let (needs_restart, api) = match &phase {
        Phase::Running(running) => {
            let addresses = running.node.api_addresses().unwrap_or_default();
            (
                running.configuration.needs_restart(),
                addresses.into_iter().map(|(id, address)| url(id, address)).collect(),
            )
        }
        Phase::Starting | Phase::Stopping => (Vec::new(), Vec::new()),
    };
    Ok(json!({
        "node": answerer.identity.node_name,
        "version": env!("CARGO_PKG_VERSION"),
        "status": phase.as_str(),
        "pid": std::process::id(),
        "uptime_ms": u64::try_from(answerer.identity.uptime().as_millis()).unwrap_or(u64::MAX),
        "datetime": calendar::rfc3339(calendar::now()),
        "needs_restart": needs_restart,
        "api": api,
    }))
}

/// Where a browser on this machine finds a listener of the API.
fn url(id: &str, address: SocketAddr) -> String {
    let scheme = if id.starts_with("https") { "https" } else { "http" };
    if address.ip().is_unspecified() {
        return format!("{scheme}://localhost:{}", address.port());
    }
    format!("{scheme}://{address}")
}

pub(super) fn stats(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    running.node.stats().map(object).map_err(|error| error.to_string())
}

pub(super) fn metrics(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    running.node.metrics().map(object).map_err(|error| error.to_string())
}

fn object(values: Vec<(String, u64)>) -> Value {
    Value::Object(values.into_iter().map(|(name, value)| (name, value.into())).collect::<Map<_, _>>())
}
