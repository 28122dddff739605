//! Too much to do: while a loop is overloaded it takes no new clients and drops deliveries of QoS 0, so that the time is left for
//! what clients rely on.

use super::{Worker, connection::SessionEntry};
use crate::{OverloadSettings, shared::Shared};
use dunlin_codec::Connect;
use dunlin_limits::{OverloadChange, OverloadDetector};
use dunlin_model::{DisconnectReason, Message, Millis, Qos, ReasonCode};
use dunlin_router::SessionKey;
use dunlin_session::{Delivery, DropReason};
use dunlin_telemetry::Metric;
use std::time::Duration;

/// How a loop waits for readiness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    /// `None` is until something happens.
    pub(super) timeout: Option<Duration>,
    /// Since when there is nothing to do; `None` where there is something, or nobody wants to know.
    since: Option<Millis>,
}

impl Rest {
    /// There is something to do, after so long.
    pub(super) const fn none_after(timeout: Duration) -> Self {
        Self { timeout: Some(timeout), since: None }
    }

    /// There is nothing to do until then.
    pub(super) const fn until(due_at: Millis, now: Millis) -> Self {
        Self { timeout: Some(Duration::from_millis(due_at.saturating_sub(now))), since: Some(now) }
    }

    /// There is nothing to do, and nothing that will be due.
    pub(super) const fn endless(since: Option<Millis>) -> Self {
        Self { timeout: None, since }
    }
}

/// What a loop knows of its own load.
#[derive(Debug)]
pub(super) struct LoadWatch {
    /// `None` where nothing follows from it.
    settings: Option<OverloadSettings>,
    detector: OverloadDetector,
    turn_began_at: Millis,
}

impl LoadWatch {
    pub(super) fn new(settings: Option<OverloadSettings>, now: Millis) -> Self {
        Self { settings, detector: OverloadDetector::default(), turn_began_at: now }
    }

    /// Whether anybody wants to know.
    pub(super) const fn is_on(&self) -> bool {
        self.settings.is_some()
    }

    /// When the overload is over, if nothing happens until then.
    pub(super) fn over_at(&self) -> Option<Millis> {
        self.detector.ends_in_ms().map(|rest_ms| self.turn_began_at.saturating_add(rest_ms))
    }

    /// A turn begins now, after the one before and this rest.
    fn begin_turn(&mut self, rest: Rest, now: Millis) -> Option<OverloadChange> {
        let began_at = std::mem::replace(&mut self.turn_began_at, now);
        self.settings?;
        let Some(since) = rest.since else {
            return self.detector.note_turn(now.saturating_sub(began_at), 0);
        };
        let rested_ms = now.saturating_sub(since);
        // Woken by nothing but the time, and late: others have the machine.
        let overslept_ms = rest
            .timeout
            .map_or(0, |timeout| rested_ms.saturating_sub(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)));
        let wait_ms = since.saturating_sub(began_at).saturating_add(overslept_ms);
        self.detector.note_turn(wait_ms, rested_ms - overslept_ms)
    }
}

impl Worker {
    /// A turn begins, after this rest.
    #[inline]
    pub(super) fn begin_turn(&mut self, shared: &Shared, rest: Rest) {
        if let Some(change) = self.load.begin_turn(rest, self.now) {
            self.take_load(shared, change == OverloadChange::Begins);
        }
    }

    #[cold]
    fn take_load(&mut self, shared: &Shared, is_overloaded: bool) {
        self.drops_qos0 = is_overloaded && self.load.settings.is_some_and(|settings| settings.drop_qos0);
        shared.note_overload(self.index, is_overloaded);
    }

    /// `overload_protection` is another one from now on. An overload there is goes on, unless it is nobody's business any more.
    pub(super) fn take_overload_settings(&mut self, shared: &Shared) {
        let settings = shared.live.overload();
        if settings.is_none() {
            self.load.detector = OverloadDetector::default();
        }
        self.load.settings = settings;
        self.take_load(shared, self.load.detector.is_overloaded());
    }

    /// Refuses a client because of overload; false where it may come in.
    pub(super) fn refuse_for_load(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>) -> bool {
        let refuses =
            self.load.detector.is_overloaded() && self.load.settings.is_some_and(|settings| settings.refuse_clients);
        if refuses {
            self.counters(shared).add(Metric::OverloadProtectionNewConn, 1);
            self.refuse_connect(shared, slot, connect, ReasonCode::ServerBusy, DisconnectReason::ServerBusy);
        }
        refuses
    }

    /// Whether an overloaded loop drops this delivery; then it is counted.
    #[cold]
    pub(super) fn drop_for_load(&mut self, shared: &Shared, entry_slot: u32, delivery: &Delivery) -> bool {
        let upgrades = |entry: &mut SessionEntry| entry.zone.session.upgrade_qos;
        let upgrades = self.sessions.get_mut(entry_slot).is_some_and(upgrades);
        let qos =
            if upgrades { delivery.qos.max(delivery.message.qos()) } else { delivery.qos.min(delivery.message.qos()) };
        let is_dropped = qos == Qos::AtMostOnce;
        if is_dropped {
            self.count_dropped_for_load(shared, self.key(entry_slot), &delivery.message);
        }
        is_dropped
    }

    /// Counts a delivery of QoS 0 that an overloaded loop does not make.
    pub(super) fn count_dropped_for_load(&mut self, shared: &Shared, key: SessionKey, message: &Message) {
        self.count_drop_of(shared, key, message, DropReason::Overload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Option<OverloadSettings> = Some(OverloadSettings { refuse_clients: true, drop_qos0: true });

    /// Turns as they are noted: when the loop had nothing to do any more, until when it wanted to sleep, and when it woke up.
    fn changes(turns: &[(Option<u64>, Option<u64>, u64)]) -> Vec<OverloadChange> {
        let mut watch = LoadWatch::new(ON, 0);
        let rest = |since: Option<u64>, due_at: Option<u64>| match (since, due_at) {
            (Some(since), Some(due_at)) => Rest::until(due_at, since),
            (since, None) => Rest::endless(since),
            (None, Some(_)) => Rest::none_after(Duration::ZERO),
        };
        turns.iter().filter_map(|(since, due_at, now)| watch.begin_turn(rest(*since, *due_at), *now)).collect()
    }

    #[test]
    fn a_loop_that_never_rests_is_as_late_as_its_turns_are_long() {
        let turns: Vec<_> = (1..=10).map(|turn| (None, None, turn * 100)).collect();
        assert_eq!(changes(&turns), [OverloadChange::Begins]);
        let turns: Vec<_> = (1..=1_000).map(|turn| (None, None, turn * 50)).collect();
        assert_eq!(changes(&turns), []);
    }

    #[test]
    fn rest_is_no_work() {
        let turns: Vec<_> =
            (1..=100).map(|turn| (Some(turn * 1_000 - 999), Some(turn * 1_000), turn * 1_000)).collect();
        assert_eq!(changes(&turns), []);
    }

    #[test]
    fn a_loop_that_is_woken_late_again_and_again_has_too_little_of_the_machine() {
        let turns: Vec<_> =
            (1..=10).map(|turn| (Some((turn - 1) * 200), Some((turn - 1) * 200 + 10), turn * 200)).collect();
        assert_eq!(changes(&turns), [OverloadChange::Begins]);
    }

    #[test]
    fn nothing_is_noted_for_nobody() {
        let mut watch = LoadWatch::new(None, 0);
        assert!((1..=100).all(|turn| watch.begin_turn(Rest::none_after(Duration::ZERO), turn * 1_000).is_none()));
        assert_eq!(watch.over_at(), None);
    }

    #[test]
    fn an_overload_is_over_when_it_says_so() {
        let mut watch = LoadWatch::new(ON, 0);
        (1..=10).for_each(|turn| _ = watch.begin_turn(Rest::none_after(Duration::ZERO), turn * 100));
        let over_at = watch.over_at().expect("overloaded");
        assert_eq!(watch.begin_turn(Rest::until(over_at, 1_000), over_at), Some(OverloadChange::Ends));
    }
}
