//! What waits for the collector: bounded, and nobody waits for room in it.

use crate::counts::{DropReason, ExportCounts};
use crate::{BatchSettings, Signal};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;

/// Lines or spans that wait for the collector. Its lock is held for a push or a batch, never while anything is sent.
#[derive(Debug)]
pub struct Queue<T> {
    waiting: Mutex<VecDeque<T>>,
    max: usize,
    /// Told when it is half full.
    filling: Notify,
    signal: Signal,
    counts: Arc<ExportCounts>,
}

impl<T> Queue<T> {
    pub(crate) fn new(signal: Signal, settings: BatchSettings, counts: Arc<ExportCounts>) -> Self {
        let max = settings.max_queue_size.max(1);
        Self { waiting: Mutex::default(), max, filling: Notify::new(), signal, counts }
    }

    /// Adds one, or drops it where there is no room.
    pub fn push(&self, item: T) {
        self.push_all([item]);
    }

    /// Adds all, or as many as there is room for.
    pub fn push_all(&self, items: impl IntoIterator<Item = T>) {
        let (mut added, mut dropped) = (false, 0);
        let is_filling = {
            let mut waiting = self.waiting.lock();
            for item in items {
                if waiting.len() < self.max {
                    waiting.push_back(item);
                    added = true;
                } else {
                    dropped += 1;
                }
            }
            waiting.len() * 2 >= self.max
        };
        if dropped > 0 {
            self.counts.add_dropped(self.signal, DropReason::QueueFull, dropped);
        }
        if added && is_filling {
            self.filling.notify_one();
        }
    }

    /// The oldest, at most so many.
    pub(crate) fn take(&self, max: usize) -> Vec<T> {
        let mut waiting = self.waiting.lock();
        let count = waiting.len().min(max);
        let batch = waiting.drain(..count).collect();
        if waiting.is_empty() {
            // An idle queue keeps no memory.
            *waiting = VecDeque::new();
        }
        batch
    }

    /// Waits until it is half full.
    pub(crate) async fn filling(&self) {
        self.filling.notified().await;
    }

    pub(crate) const fn signal(&self) -> Signal {
        self.signal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let counts = Arc::new(ExportCounts::default());
        let settings =
            BatchSettings { max_queue_size: 3, exporting_timeout: Duration::ZERO, scheduled_delay: Duration::ZERO };
        let queue = Queue::new(Signal::Logs, settings, Arc::clone(&counts));
        queue.push_all(1..=5);
        queue.push(6);
        assert_eq!(counts.dropped(Signal::Logs), 3);
        assert_eq!((queue.take(2), queue.take(2), queue.take(2)), (vec![1, 2], vec![3], vec![]));
        queue.push(7);
        assert_eq!(queue.take(9), [7]);
    }
}
