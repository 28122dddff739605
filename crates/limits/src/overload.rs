//! Whether an event loop has more to do than it can do.

use dunlin_model::Millis;

/// A turn is late when what was ready had to wait for so many milliseconds.
pub const LATE_MS: Millis = 100;

/// So many milliseconds of late turns, less those that were in time, and the loop is overloaded.
pub const OVERLOAD_MS: Millis = 1_000;

/// One turn counts for no more than this: a machine that stood still for a while is not overloaded afterwards.
const TURN_MS_MAX: Millis = OVERLOAD_MS / 4;

/// What a turn has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverloadChange {
    /// The loop is overloaded from now on.
    Begins,
    /// It is no longer.
    Ends,
}

/// Whether an event loop has more to do than it can do, told by how long what is ready has to wait.
///
/// Everything that becomes ready during a turn waits for its end, so the length of a turn is the wait of whoever came at its
/// beginning. Milliseconds of late turns are counted up, those of other turns and of rest down, between nothing and
/// [`OVERLOAD_MS`]. Overload begins at the top and ends at the bottom: neither a single long turn nor a single short one changes
/// anything.
#[derive(Clone, Debug, Default)]
pub struct OverloadDetector {
    late_ms: Millis,
    is_overloaded: bool,
}

impl OverloadDetector {
    /// A turn that kept what was ready waiting for so many milliseconds, and the rest after it, in which nothing was ready.
    pub fn note_turn(&mut self, wait_ms: Millis, rest_ms: Millis) -> Option<OverloadChange> {
        if wait_ms >= LATE_MS {
            self.late_ms = self.late_ms.saturating_add(wait_ms.min(TURN_MS_MAX)).min(OVERLOAD_MS);
        } else {
            self.late_ms = self.late_ms.saturating_sub(wait_ms);
        }
        // Before the rest is taken off: else a loop that was overloaded and then had nothing to do was never overloaded.
        let begins = !self.is_overloaded && self.late_ms == OVERLOAD_MS;
        self.late_ms = self.late_ms.saturating_sub(rest_ms);
        let ends = self.is_overloaded && self.late_ms == 0;
        self.is_overloaded = (self.is_overloaded || begins) && !ends;
        match (begins, ends) {
            (true, _) => Some(OverloadChange::Begins),
            (_, true) => Some(OverloadChange::Ends),
            _ => None,
        }
    }

    /// Whether it is overloaded.
    #[must_use]
    pub const fn is_overloaded(&self) -> bool {
        self.is_overloaded
    }

    /// How many milliseconds of rest end the overload there is: a loop that has nothing to do should wake up then.
    #[must_use]
    pub const fn ends_in_ms(&self) -> Option<Millis> {
        if self.is_overloaded { Some(self.late_ms) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::{LATE_MS, OVERLOAD_MS, OverloadChange::*, OverloadDetector};
    use proptest::prelude::*;

    /// What so many equal turns change, by their numbers.
    fn changes(
        detector: &mut OverloadDetector,
        turns: usize,
        wait_ms: u64,
        rest_ms: u64,
    ) -> Vec<(usize, &'static str)> {
        let mut changes = Vec::new();
        for turn in 1..=turns {
            match detector.note_turn(wait_ms, rest_ms) {
                Some(Begins) => changes.push((turn, "begins")),
                Some(Ends) => changes.push((turn, "ends")),
                None => {}
            }
        }
        changes
    }

    #[test]
    fn overload_begins_after_a_second_of_late_turns_and_ends_after_a_second_in_time() {
        let mut detector = OverloadDetector::default();
        assert_eq!(changes(&mut detector, 50, 100, 0), [(10, "begins")]);
        assert_eq!(detector.ends_in_ms(), Some(OVERLOAD_MS));
        assert_eq!(changes(&mut detector, 200, 10, 0), [(100, "ends")]);
        assert_eq!(detector.ends_in_ms(), None);
        assert_eq!(changes(&mut detector, 50, 100, 0), [(10, "begins")]);
        assert_eq!(changes(&mut detector, 3, 1, 499), [(2, "ends")]);
    }

    #[test]
    fn a_turn_that_is_just_in_time_is_no_overload_however_often_it_comes() {
        assert_eq!(changes(&mut OverloadDetector::default(), 10_000, LATE_MS - 1, 0), []);
    }

    #[test]
    fn a_machine_that_stood_still_is_not_overloaded() {
        let mut detector = OverloadDetector::default();
        assert_eq!(detector.note_turn(3_600_000, 0), None);
        assert_eq!(changes(&mut detector, 1_000, 1, 0), []);
        assert_eq!(changes(&mut detector, 4, 3_600_000, 0), [(4, "begins")]);
    }

    #[test]
    fn short_turns_between_long_ones_do_not_hide_them() {
        let mut detector = OverloadDetector::default();
        let begins =
            (0..20).find(|_| detector.note_turn(200, 0) == Some(Begins) || detector.note_turn(20, 0).is_some());
        assert_eq!(begins, Some(5), "180 ms more each time, and 1,000 within the sixth");
    }

    #[test]
    fn a_loop_that_rests_more_than_it_is_late_is_not_overloaded() {
        assert_eq!(changes(&mut OverloadDetector::default(), 1_000, 200, 200), []);
        assert_eq!(changes(&mut OverloadDetector::default(), 1_000, 250, 200).len(), 1);
    }

    #[test]
    fn a_rest_after_the_last_late_turn_hides_nothing() {
        let mut detector = OverloadDetector::default();
        changes(&mut detector, 9, 100, 0);
        assert_eq!(detector.note_turn(100, 1), Some(Begins));
        assert_eq!(detector.ends_in_ms(), Some(999));
        assert_eq!(detector.note_turn(0, 999), Some(Ends));
    }

    proptest! {
        /// Whatever happens, a change is a change, and the rest that is announced ends the overload.
        #[test]
        fn changes_alternate_and_the_announced_rest_is_enough(turns in prop::collection::vec((0_u64..400, 0_u64..200), 0..300)) {
            let mut detector = OverloadDetector::default();
            for (wait_ms, rest_ms) in turns {
                let before = detector.is_overloaded();
                match detector.note_turn(wait_ms, rest_ms) {
                    Some(Begins) => prop_assert!(!before && wait_ms >= LATE_MS),
                    Some(Ends) => prop_assert!(before && !detector.is_overloaded()),
                    None => prop_assert_eq!(before, detector.is_overloaded()),
                }
                if let Some(rest_ms) = detector.ends_in_ms() {
                    prop_assert_eq!(detector.clone().note_turn(0, rest_ms), Some(Ends));
                }
            }
        }
    }
}
