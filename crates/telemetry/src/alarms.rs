//! Alarms: what an operator has to know for as long as it lasts, and for a while afterwards.

use std::collections::VecDeque;

/// Milliseconds since the Unix epoch.
type Millis = u64;

/// Alarms at one time, at most. Few are about single clients, whose names come from outside.
const ACTIVE_MAX: usize = 1_000;

/// How many alarms that are over are remembered, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmMemory {
    /// `alarm.size_limit`
    pub past_max: usize,
    /// `alarm.validity_period`
    pub valid_ms: Millis,
}

impl Default for AlarmMemory {
    fn default() -> Self {
        Self { past_max: 1_000, valid_ms: 24 * 60 * 60 * 1_000 }
    }
}

/// A figure behind an alarm: `("usage", "85.20%")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmDetail {
    /// A whole number.
    Number(u64),
    /// Anything else.
    Text(String),
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about, such as `durable_store_full`. There is one active alarm of a name at most.
    pub name: String,
    /// In words.
    pub message: String,
    /// In figures, by name.
    pub details: Vec<(&'static str, AlarmDetail)>,
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
    memory: AlarmMemory,
}

impl Alarms {
    /// None yet; remembers no more than this.
    #[must_use]
    pub fn new(memory: AlarmMemory) -> Self {
        Self { memory, ..Self::default() }
    }

    /// Remembers no more than this from now on.
    pub fn set_memory(&mut self, memory: AlarmMemory) {
        self.memory = memory;
        self.past.drain(..self.past.len().saturating_sub(memory.past_max));
    }

    /// Begins an alarm and gives it back; `None` if it lasts already, or there are too many.
    pub fn activate(
        &mut self,
        name: &str,
        message: &str,
        details: Vec<(&'static str, AlarmDetail)>,
        now: Millis,
    ) -> Option<Alarm> {
        if self.is_active(name) || self.active.len() >= ACTIVE_MAX {
            return None;
        }
        let alarm =
            Alarm { name: name.into(), message: message.into(), details, activated_at: now, deactivated_at: None };
        self.active.push(alarm.clone());
        Some(alarm)
    }

    /// Ends an alarm and gives it back; `None` if it does not last.
    pub fn deactivate(&mut self, name: &str, now: Millis) -> Option<Alarm> {
        let index = self.active.iter().position(|alarm| alarm.name == name)?;
        let alarm = Alarm { deactivated_at: Some(now), ..self.active.remove(index) };
        self.forget_old(now);
        while self.past.len() >= self.memory.past_max.max(1) {
            self.past.pop_front();
        }
        self.past.push_back(alarm.clone());
        Some(alarm)
    }

    /// Forgets all that are over for longer than they are remembered.
    pub fn forget_old(&mut self, now: Millis) {
        let is_old = |alarm: &Alarm| {
            alarm.deactivated_at.is_some_and(|ended_at| ended_at.saturating_add(self.memory.valid_ms) <= now)
        };
        let old = self.past.iter().take_while(|alarm| is_old(alarm)).count();
        self.past.drain(..old);
    }

    /// Forgets all that are over.
    pub fn clear_past(&mut self) {
        self.past.clear();
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
        let details = vec![("usage", AlarmDetail::Text("99%".into()))];
        assert!(alarms.activate("full", "no room", details.clone(), 10).is_some_and(|alarm| alarm.details == details));
        assert_eq!(alarms.activate("full", "still no room", Vec::new(), 20), None);
        assert_eq!(
            alarms.active().map(|alarm| (&*alarm.message, alarm.activated_at)).collect::<Vec<_>>(),
            [("no room", 10)]
        );
        let ended = alarms.deactivate("full", 30).expect("it lasts");
        assert_eq!((ended.activated_at, ended.deactivated_at), (10, Some(30)));
        assert_eq!((alarms.deactivate("full", 40), alarms.is_active("full")), (None, false));
        assert_eq!(alarms.past().collect::<Vec<_>>(), [&ended]);
        alarms.clear_past();
        assert_eq!(alarms.past().count(), 0);
    }

    #[test]
    fn the_past_is_bounded_in_number_and_time() {
        let mut alarms = Alarms::default();
        alarms.set_memory(AlarmMemory { past_max: 3, valid_ms: 100 });
        for number in 0..5 {
            alarms.activate("flapping", "", Vec::new(), number);
            alarms.deactivate("flapping", number);
        }
        let past = |alarms: &Alarms| alarms.past().map(|alarm| alarm.activated_at).collect::<Vec<_>>();
        assert_eq!(past(&alarms), [2, 3, 4]);
        alarms.set_memory(AlarmMemory { past_max: 2, valid_ms: 100 });
        assert_eq!(past(&alarms), [3, 4]);
        alarms.forget_old(103);
        assert_eq!(past(&alarms), [4]);
    }

    #[test]
    fn the_present_is_bounded() {
        let mut alarms = Alarms::default();
        let begun =
            (0..ACTIVE_MAX + 5).filter(|number| alarms.activate(&number.to_string(), "", Vec::new(), 0).is_some());
        assert_eq!(begun.count(), ACTIVE_MAX);
    }
}
