//! Connections between two questions.

use parking_lot::Mutex;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// A connection that can be used for another question.
pub trait Line: Send + 'static {
    /// Whether the other end is still there, as far as can be told without asking.
    fn is_open(&self) -> bool;
}

/// Connections between two questions.
///
/// A question takes one or, where there is none, connects, and gives it back before its slot at the [`Desk`](crate::Desk): so
/// there are never more connections than slots. One that was dropped with its question is closed, since an answer to that question
/// may still be on its way.
pub struct IdleLines<L> {
    state: Mutex<State<L>>,
    max_idle: Duration,
}

struct State<L> {
    /// The one given back last stands last and is taken first, so that the rest grow old.
    lines: Vec<(L, Instant)>,
    is_swept: bool,
}

impl<L: Line> IdleLines<L> {
    /// No line yet. Those that nobody took for `max_idle` are closed.
    #[must_use]
    pub fn new(max_idle: Duration) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { lines: Vec::new(), is_swept: false }), max_idle })
    }

    /// The line that was used last, if any is open.
    #[must_use]
    pub fn take(&self) -> Option<L> {
        let mut state = self.state.lock();
        while let Some((line, since)) = state.lines.pop() {
            if line.is_open() && since.elapsed() < self.max_idle {
                return Some(line);
            }
        }
        None
    }

    /// For the next question. Must be called within a tokio runtime.
    pub fn give_back(self: &Arc<Self>, line: L) {
        if !line.is_open() {
            return;
        }
        let mut state = self.state.lock();
        state.lines.push((line, Instant::now()));
        if !state.is_swept {
            state.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(self), Instant::now() + self.max_idle));
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.lock().lines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes what is too old. `None` when nothing is left to wait for.
    fn close_old(&self) -> Option<Instant> {
        let mut state = self.state.lock();
        let max_idle = self.max_idle;
        state.lines.retain(|(line, since)| line.is_open() && since.elapsed() < max_idle);
        let next = state.lines.first().map(|(_, since)| *since + max_idle);
        state.is_swept = next.is_some();
        next
    }
}

/// Runs while there are lines that could grow too old.
async fn sweep<L: Line>(lines: Weak<IdleLines<L>>, mut next: Instant) {
    loop {
        tokio::time::sleep_until(next).await;
        let Some(lines) = lines.upgrade() else { return };
        match lines.close_old() {
            Some(later) => next = later,
            None => return,
        }
    }
}

impl<L> fmt::Debug for IdleLines<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdleLines").field("max_idle", &self.max_idle).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Wire {
        number: u32,
        is_open: Arc<AtomicBool>,
    }

    impl Line for Wire {
        fn is_open(&self) -> bool {
            self.is_open.load(Ordering::Relaxed)
        }
    }

    fn wire(number: u32) -> Wire {
        Wire { number, is_open: Arc::new(AtomicBool::new(true)) }
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_used_last_is_taken_first_and_closed_ones_never() {
        let lines = IdleLines::new(Duration::from_secs(10));
        let closed = wire(3);
        let switch = Arc::clone(&closed.is_open);
        for line in [wire(1), wire(2), closed] {
            lines.give_back(line);
        }
        switch.store(false, Ordering::Relaxed);
        assert_eq!(lines.take().map(|line| line.number), Some(2));
        assert_eq!(lines.take().map(|line| line.number), Some(1));
        assert!(lines.take().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn lines_nobody_takes_are_closed_in_time() {
        let lines = IdleLines::new(Duration::from_secs(10));
        lines.give_back(wire(1));
        tokio::time::advance(Duration::from_secs(6)).await;
        lines.give_back(wire(2));
        tokio::time::sleep(Duration::from_millis(4_001)).await;
        assert_eq!(lines.len(), 1);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert!(lines.is_empty());
        lines.give_back(wire(3));
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert!(lines.is_empty(), "the next one is waited for as well");
    }
}
