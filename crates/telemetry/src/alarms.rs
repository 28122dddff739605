//! Alarms: what an operator has to know for as long as it lasts, and for a while afterwards.

use std::collections::VecDeque;

/// Milliseconds since the Unix epoch.
type Millis = u64;

/// Alarms that are over and still told of, at most (`alarm.size_limit`).
const PAST_MAX: usize = 1_000;

/// Alarms at one time, at most; their names come from the broker, never from clients, so there are few.
const ACTIVE_MAX: usize = 1_000;

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about, such as `durable_store_full`. There is one active alarm of a name at most.
    pub name: String,
    /// In words.
    pub message: String,
    /// When it began.
    pub activated_at: Millis,
    /// When it ended; `None` while it lasts.
    pub deactivated_at: Option<Millis>,
}

/// Alarms that last and those that are over. Pure data: who changes it logs it.
#[derive(Debug, Default)]
pub struct Alarms {
    active: Vec<Alarm>,
    past: VecDeque<Alarm>,
}

impl Alarms {
    /// Begins an alarm. False when it lasts already: then nothing changes.
    pub fn activate(&mut self, name: &str, message: &str, now: Millis) -> bool {
        if self.is_active(name) || self.active.len() >= ACTIVE_MAX {
            return false;
        }
        self.active.push(Alarm { name: name.into(), message: message.into(), activated_at: now, deactivated_at: None });
        true
    }

    /// Ends an alarm and gives it back; `None` when there is none of this name.
    pub fn deactivate(&mut self, name: &str, now: Millis) -> Option<Alarm> {
        let index = self.active.iter().position(|alarm| alarm.name == name)?;
        let alarm = Alarm { deactivated_at: Some(now), ..self.active.remove(index) };
        if self.past.len() == PAST_MAX {
            self.past.pop_front();
        }
        self.past.push_back(alarm.clone());
        Some(alarm)
    }

    /// Whether an alarm lasts.
    #[must_use]
    pub fn is_active(&self, name: &str) -> bool {
        self.active.iter().any(|alarm| alarm.name == name)
    }

    /// Alarms that last, oldest first.
    pub fn active(&self) -> impl Iterator<Item = &Alarm> {
        self.active.iter()
    }

    /// The latest alarms that are over, oldest first.
    pub fn past(&self) -> impl Iterator<Item = &Alarm> {
        self.past.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_begins_once_and_ends_once() {
        let mut alarms = Alarms::default();
        assert!(alarms.activate("full", "no room", 10));
        assert!(!alarms.activate("full", "still no room", 20));
        assert_eq!(
            alarms.active().map(|alarm| (&*alarm.message, alarm.activated_at)).collect::<Vec<_>>(),
            [("no room", 10)]
        );
        let ended = alarms.deactivate("full", 30).expect("it lasts");
        assert_eq!((ended.activated_at, ended.deactivated_at), (10, Some(30)));
        assert_eq!((alarms.deactivate("full", 40), alarms.is_active("full")), (None, false));
        assert_eq!(alarms.past().collect::<Vec<_>>(), [&ended]);
    }

    #[test]
    fn the_past_is_bounded() {
        let mut alarms = Alarms::default();
        for number in 0..PAST_MAX as u64 + 5 {
            alarms.activate("flapping", "", number);
            alarms.deactivate("flapping", number);
        }
        assert_eq!((alarms.past().count(), alarms.past().next().map(|alarm| alarm.activated_at)), (PAST_MAX, Some(5)));
    }
}
