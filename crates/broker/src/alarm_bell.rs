//! Alarms begin and end: that is logged and published, as `alarm.actions` says.

use crate::{announcer::Kept, shared::Shared};
use dunlin_telemetry::{Alarm, AlarmDetail};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tracing::{info, warn};

/// Begins and ends alarms on behalf of what surrounds the broker, such as its certificates.
#[derive(Clone)]
pub struct AlarmBell {
    pub(crate) shared: Arc<Shared>,
}

impl AlarmBell {
    /// Begins an alarm, if it does not last already.
    pub fn raise(&self, name: &str, message: &str) {
        self.shared.raise_alarm(name, message);
    }

    /// Begins an alarm with figures, if it does not last already.
    pub fn raise_with(&self, name: &str, message: &str, details: Vec<(&'static str, AlarmDetail)>) {
        self.shared.raise_alarm_with(name, message, details);
    }

    /// Ends an alarm, if it lasts.
    pub fn end(&self, name: &str) {
        self.shared.end_alarm(name);
    }

    /// Whether an alarm lasts.
    #[must_use]
    pub fn is_active(&self, name: &str) -> bool {
        self.shared.alarms.lock().is_active(name)
    }

    /// Forgets the alarms that are over.
    pub fn clear_past(&self) {
        self.shared.alarms.lock().clear_past();
    }
}

impl Shared {
    /// Begins an alarm, if it does not last already.
    pub(crate) fn raise_alarm(&self, name: &str, message: &str) {
        self.raise_alarm_with(name, message, Vec::new());
    }

    pub(crate) fn raise_alarm_with(&self, name: &str, message: &str, details: Vec<(&'static str, AlarmDetail)>) {
        let begun = self.alarms.lock().activate(name, message, details, self.clock.now());
        if let Some(alarm) = begun {
            if self.live.logs_alarms() {
                warn!(msg = "alarm_is_activated", name, message);
            }
            self.publish_alarm("alarms/activate", &alarm);
        }
    }

    /// Ends an alarm, if it lasts.
    pub(crate) fn end_alarm(&self, name: &str) {
        let ended = self.alarms.lock().deactivate(name, self.clock.now());
        if let Some(alarm) = ended {
            if self.live.logs_alarms() {
                info!(msg = "alarm_is_deactivated", name, message = alarm.message);
            }
            self.publish_alarm("alarms/deactivate", &alarm);
        }
    }

    fn publish_alarm(&self, what: &str, alarm: &Alarm) {
        let topic = self.system_topic(what);
        if self.live.publishes_alarms() && self.is_heard(&topic) {
            self.announce(self.announcement(&topic, &told(alarm).to_string(), Kept::Not));
        }
    }
}

/// An alarm as EMQX tells of it: times are in microseconds.
fn told(alarm: &Alarm) -> Value {
    let detail = |(name, detail): &(&'static str, AlarmDetail)| {
        let value = match detail {
            AlarmDetail::Number(number) => json!(number),
            AlarmDetail::Text(text) => json!(text),
        };
        ((*name).to_owned(), value)
    };
    let details: Map<_, _> = alarm.details.iter().map(detail).collect();
    json!({
        "name": alarm.name,
        "message": alarm.message,
        "details": details,
        "activate_at": alarm.activated_at.saturating_mul(1000),
        "deactivate_at": alarm.deactivated_at.map_or(json!("infinity"), |at| json!(at.saturating_mul(1000))),
        "activated": alarm.deactivated_at.is_none(),
    })
}
