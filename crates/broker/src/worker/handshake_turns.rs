//! Whose TLS handshake goes on in this turn: first come, first served.

use std::collections::VecDeque;

/// Reads of connections in their TLS handshake between two turns: each may cost a millisecond, and clients that are in wait.
const READS_PER_TURN: u32 = 8;

/// The reads of handshakes that this turn has left, and who waits for one.
#[derive(Default)]
pub(super) struct HandshakeTurns {
    left: u32,
    /// Connections, in the order in which they came.
    waiting: VecDeque<u32>,
}

impl HandshakeTurns {
    /// A turn begins. Those who wait come first: see [`Self::next`].
    pub(super) fn begin(&mut self) {
        self.left = READS_PER_TURN;
    }

    /// Takes a read of this turn, if there is one left.
    pub(super) fn take(&mut self) -> bool {
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    /// A connection waits from now on. Not to be called again before it has had its turn.
    pub(super) fn wait(&mut self, slot: u32) {
        self.waiting.push_back(slot);
    }

    /// Who has waited longest, while a read is left; [`Self::take`] takes it.
    pub(super) fn next(&mut self) -> Option<u32> {
        if self.left == 0 { None } else { self.waiting.pop_front() }
    }

    /// Whether anybody waits.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the event loop does it: those who wait, then those who have become readable.
    fn turn(turns: &mut HandshakeTurns, readable: &[u32]) -> Vec<u32> {
        let mut served = Vec::new();
        turns.begin();
        while let Some(slot) = turns.next() {
            assert!(turns.take(), "there was one left");
            served.push(slot);
        }
        for slot in readable {
            if turns.take() { served.push(*slot) } else { turns.wait(*slot) }
        }
        served
    }

    #[test]
    fn whoever_came_first_has_the_first_turn() {
        let mut turns = HandshakeTurns::default();
        // In no order that their slots have.
        let came: Vec<u32> = (0..50).map(|number| number * 37 % 101).collect();
        let mut served = turn(&mut turns, &came[..30]);
        assert_eq!(served.len(), 8);
        // Those who come while others wait are behind them, however low their slots are.
        served.extend(turn(&mut turns, &came[30..]));
        while turns.is_awaited() {
            let now = turn(&mut turns, &[]);
            assert!((1..=8).contains(&now.len()), "{now:?}");
            served.extend(now);
        }
        assert_eq!(served, came);
    }

    #[test]
    fn nobody_waits_where_there_is_no_crowd() {
        let mut turns = HandshakeTurns::default();
        for _ in 0..3 {
            assert_eq!(turn(&mut turns, &[3, 1, 2]), [3, 1, 2]);
            assert!(!turns.is_awaited());
        }
    }
}
