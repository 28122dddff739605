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
    waiting: Mutex<Waiting<T>>,
    max: usize,
    /// Told when it is half full.
    filling: Notify,
    signal: Signal,
    counts: Arc<ExportCounts>,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<T>,
    /// Nobody will take them any more.
    is_closed: bool,
}

/// So many that were taken out of a queue and are on their way. They count as dropped where nobody says what became of them.
pub(crate) struct Underway<'a> {
    counts: &'a ExportCounts,
    signal: Signal,
    count: u64,
}

impl Underway<'_> {
    /// It is known what became of them: so many they were.
    pub(crate) fn end(mut self) -> u64 {
        std::mem::take(&mut self.count)
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.counts.add_dropped(self.signal, DropReason::Stopped, self.count);
    }
}

impl<T> Queue<T> {
    pub(crate) fn new(signal: Signal, settings: BatchSettings, counts: Arc<ExportCounts>) -> Self {
        let max = settings.max_queue_size.max(1);
        let waiting = Mutex::new(Waiting { items: VecDeque::new(), is_closed: false });
        Self { waiting, max, filling: Notify::new(), signal, counts }
    }

    /// Adds one, or drops it where there is no room.
    pub fn push(&self, item: T) {
        self.push_all([item]);
    }

    /// Adds all, or as many as there is room for.
    pub fn push_all(&self, items: impl IntoIterator<Item = T>) {
        let (mut added, mut dropped) = (false, 0);
        let (is_filling, is_closed) = {
            let mut waiting = self.waiting.lock();
            for item in items {
                if !waiting.is_closed && waiting.items.len() < self.max {
                    waiting.items.push_back(item);
                    added = true;
                } else {
                    dropped += 1;
                }
            }
            (waiting.items.len() * 2 >= self.max, waiting.is_closed)
        };
        if dropped > 0 {
            let reason = if is_closed { DropReason::Stopped } else { DropReason::QueueFull };
            self.counts.add_dropped(self.signal, reason, dropped);
        }
        if added && is_filling {
            self.filling.notify_one();
        }
    }

    /// The oldest, at most so many.
    pub(crate) fn take(&self, max: usize) -> Vec<T> {
        let mut waiting = self.waiting.lock();
        let count = waiting.items.len().min(max);
        let batch = waiting.items.drain(..count).collect();
        if waiting.items.is_empty() {
            // An idle queue keeps no memory.
            waiting.items = VecDeque::new();
        }
        batch
    }

    /// So many are on their way.
    pub(crate) fn underway(&self, count: usize) -> Underway<'_> {
        Underway { counts: &self.counts, signal: self.signal, count: count as u64 }
    }

    /// Nobody takes anything out of it any more: what is in it, and what comes, is dropped.
    pub(crate) fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.is_closed = true;
        let left = std::mem::take(&mut waiting.items).len() as u64;
        drop(waiting);
        self.counts.add_dropped(self.signal, DropReason::Stopped, left);
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

    #[test]
    fn what_is_left_at_the_end_is_dropped_and_counted() {
        let counts = Arc::new(ExportCounts::default());
        let settings =
            BatchSettings { max_queue_size: 9, exporting_timeout: Duration::ZERO, scheduled_delay: Duration::ZERO };
        let queue = Queue::new(Signal::Traces, settings, Arc::clone(&counts));
        queue.push_all(1..=5);
        assert_eq!(queue.underway(queue.take(2).len()).end(), 2);
        assert_eq!(counts.dropped(Signal::Traces), 0);
        drop(queue.underway(queue.take(1).len()));
        assert_eq!(counts.dropped(Signal::Traces), 1);
        queue.close();
        assert_eq!(counts.dropped(Signal::Traces), 3);
        queue.push(6);
        assert_eq!((counts.dropped(Signal::Traces), queue.take(9)), (4, vec![]));
    }
}
