//! `alarm`: what is done about alarms, and how long they are remembered.

use crate::rule::{OneOf, Span, Whole};
use crate::section::Section;
use std::time::Duration;

/// `alarm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// `actions`: what is done when an alarm begins or ends, default both.
    pub actions: Vec<AlarmAction>,
    /// `size_limit`: alarms that are over and remembered, 1 to 3000, default 1000.
    pub size_limit: u32,
    /// `validity_period`: how long an alarm that is over is remembered, 1 s to 1 year, default 24 h.
    pub validity_period: Duration,
}

/// An item of `alarm.actions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmAction {
    /// `log`: a line of the log.
    Log,
    /// `publish`: a message to `$SYS/brokers/<node>/alarms/activate` or `…/deactivate`.
    Publish,
}

const WORDS: &[(&str, AlarmAction)] = &[("log", AlarmAction::Log), ("publish", AlarmAction::Publish)];

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(366 * 86_400);

impl Default for Alarm {
    fn default() -> Self {
        Self {
            actions: vec![AlarmAction::Log, AlarmAction::Publish],
            size_limit: 1000,
            validity_period: Duration::from_secs(86_400),
        }
    }
}

impl Alarm {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            actions: section.texts("actions", &OneOf(WORDS), default.actions),
            size_limit: section.value("size_limit", &Whole(1..=3000), default.size_limit),
            validity_period: section.value("validity_period", &Span::in_millis(SECOND..=YEAR), default.validity_period),
        }
    }
}
