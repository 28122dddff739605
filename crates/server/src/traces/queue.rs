//! Records on their way to the thread that writes them.

use dunlin_broker::{TraceRecord, TraceSink};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// What the thread is to do.
pub(super) enum Order {
    Write(Box<TraceRecord>),
    Stop,
}

/// A queue of limited length. It counts what finds no room, for each trace: its file says so.
pub(super) struct Queue {
    orders: SyncSender<Order>,
    /// By the numbers of the traces. Held for a moment only, and only where something is lost.
    lost: Mutex<BTreeMap<u64, u64>>,
}

impl TraceSink for Queue {
    fn take(&self, record: TraceRecord) {
        let trace = record.trace;
        if self.orders.try_send(Order::Write(Box::new(record))).is_err() {
            self.count_lost(trace, 1);
        }
    }
}

impl Queue {
    /// A queue for so many records, and its other end.
    pub(super) fn new(waiting_max: usize) -> (Arc<Self>, Receiver<Order>) {
        let (orders, given) = sync_channel(waiting_max);
        (Arc::new(Self { orders, lost: Mutex::default() }), given)
    }

    /// Has the thread end once all is written that waits.
    pub(super) fn stop(&self) {
        // It fails only where the thread is gone.
        let _ = self.orders.send(Order::Stop);
    }

    /// More records of a trace were lost.
    pub(super) fn count_lost(&self, trace: u64, count: u64) {
        if count > 0 {
            let mut lost = self.lost.lock();
            let all = lost.entry(trace).or_default();
            *all = all.saturating_add(count);
        }
    }

    /// How many records of a trace were lost since somebody asked last.
    pub(super) fn take_lost(&self, trace: u64) -> u64 {
        self.lost.lock().remove(&trace).unwrap_or(0)
    }

    /// The traces of which records were lost.
    pub(super) fn losers(&self) -> Vec<u64> {
        self.lost.lock().keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::line::lines_lost;

    #[test]
    fn what_is_lost_is_counted_for_the_trace_it_was_for() {
        let (queue, given) = Queue::new(2);
        for trace in [1, 1, 1, 2, 1, 2, 2] {
            queue.take(TraceRecord { trace, ..lines_lost(0, 0, 0) });
        }
        assert_eq!(given.try_iter().count(), 2);
        assert_eq!(queue.losers(), [1, 2]);
        assert_eq!([1, 2, 3].map(|trace| queue.take_lost(trace)), [2, 3, 0]);
        assert_eq!([1, 2].map(|trace| queue.take_lost(trace)), [0, 0]);
        queue.count_lost(2, 3);
        assert_eq!((queue.losers(), queue.take_lost(2)), (vec![2], 3));
    }
}
