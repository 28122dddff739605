//! Which event loops have more to do than they can do: what the acceptor and the alarm know of it.

use crate::Broker;
use crate::shared::Shared;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The name of the alarm, as in EMQX.
const ALARM: &str = "runq_overload";

/// `overload_protection`: what is given up first while an event loop has more to do than it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadSettings {
    /// `backoff_new_conn`: no new clients.
    pub refuse_clients: bool,
    /// `drop_qos0`: no deliveries of QoS 0.
    pub drop_qos0: bool,
}

/// Which event loops are overloaded.
#[derive(Debug)]
pub(crate) struct OverloadedLoops {
    loops: Vec<AtomicBool>,
    /// How many; held while the alarm is raised or ended, so that both are of one moment.
    count: Mutex<usize>,
}

impl OverloadedLoops {
    pub(crate) fn new(loops: usize) -> Self {
        Self { loops: (0..loops).map(|_| AtomicBool::default()).collect(), count: Mutex::default() }
    }

    /// Whether a loop is overloaded.
    pub(crate) fn has(&self, worker: usize) -> bool {
        self.loops.get(worker).is_some_and(|is_overloaded| is_overloaded.load(Ordering::Relaxed))
    }

    /// Whether there is no loop that is not.
    pub(crate) fn are_all(&self) -> bool {
        self.loops.iter().all(|is_overloaded| is_overloaded.load(Ordering::Relaxed))
    }
}

impl Broker {
    /// Whether an event loop is overloaded. Nobody looks without [`OverloadSettings`].
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        *self.shared.overloaded.count.lock() > 0
    }
}

impl Shared {
    /// A loop is overloaded from now on, or no longer.
    pub(crate) fn note_overload(&self, worker: usize, is_overloaded: bool) {
        let Some(known) = self.overloaded.loops.get(worker) else { return };
        let mut count = self.overloaded.count.lock();
        match (known.swap(is_overloaded, Ordering::Relaxed), is_overloaded) {
            (false, true) => *count += 1,
            (true, false) => *count = count.saturating_sub(1),
            _ => return,
        }
        match (*count, is_overloaded) {
            (1, true) => self.raise_alarm(ALARM, "event loops have more to do than they can do"),
            (0, false) => self.end_alarm(ALARM),
            _ => {}
        }
    }
}
