//! Alarms of this node.

use super::operated_node::{OperatedNode, refusal};
use crate::calendar;
use dunlin_api::alarms::{AlarmObject, Alarms};
use dunlin_api::{Moment, Refusal};
use dunlin_telemetry::{Alarm, AlarmDetail};
use serde_json::Value;
use std::time::UNIX_EPOCH;

impl Alarms for OperatedNode {
    fn alarms(&self, activated: bool) -> Result<Vec<AlarmObject>, Refusal> {
        let look = |broker: &dunlin_broker::Broker| {
            let readings = broker.readings();
            if activated { readings.alarms() } else { readings.past_alarms() }
        };
        let alarms = self.node.with_broker(look).map_err(|error| refusal(&error))?;
        let node = &self.answerer.identity.node_name;
        let now = calendar::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let mut objects: Vec<_> = alarms.into_iter().map(|alarm| object(node, alarm, now)).collect();
        objects.reverse();
        Ok(objects)
    }

    fn forget_past_alarms(&self) -> Result<(), Refusal> {
        self.node.with_broker(|broker| broker.alarm_bell().clear_past()).map_err(|error| refusal(&error))
    }

    fn end_alarm(&self, name: &str) -> Result<bool, Refusal> {
        let end = |broker: &dunlin_broker::Broker| {
            let bell = broker.alarm_bell();
            let is_active = bell.is_active(name);
            bell.end(name);
            is_active
        };
        self.node.with_broker(end).map_err(|error| refusal(&error))
    }
}

fn object(node: &str, alarm: Alarm, now_ms: u64) -> AlarmObject {
    let Alarm { name, message, details, activated_at, deactivated_at } = alarm;
    let details = details.into_iter().map(|(name, detail)| {
        let value = match detail {
            AlarmDetail::Number(number) => Value::from(number),
            AlarmDetail::Text(text) => Value::from(text),
        };
        (name.to_owned(), value)
    });
    AlarmObject {
        node: node.to_owned(),
        name,
        message,
        details: details.collect(),
        duration: deactivated_at.unwrap_or(now_ms).saturating_sub(activated_at),
        activate_at: Moment::from_secs(activated_at / 1000),
        deactivate_at: deactivated_at.map(|at| Moment::from_secs(at / 1000)),
    }
}
