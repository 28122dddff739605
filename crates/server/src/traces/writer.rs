//! The thread that writes the files of traces, and ends those whose time is over.

use super::{Shared, line::line, set_of};
use crate::calendar;
use dunlin_broker::{TraceRecord, TraceSink};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tracing::warn;

/// Records that wait to be written; more are lost, which the files say.
const WAITING_MAX: usize = 8_192;

/// How often it looks whether the time of a trace has come, or is over.
const INTERVAL: Duration = Duration::from_secs(1);

enum Order {
    Write(Box<TraceRecord>),
    Stop,
}

/// The thread. It ends when this is dropped, with all written that it was given.
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

struct Queue {
    orders: SyncSender<Order>,
    lost: AtomicU64,
}

impl TraceSink for Queue {
    fn take(&self, record: TraceRecord) {
        if self.orders.try_send(Order::Write(Box::new(record))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    pub(super) fn start(shared: Weak<Shared>) -> io::Result<Self> {
        let (orders, given) = sync_channel(WAITING_MAX);
        let queue = Arc::new(Queue { orders, lost: AtomicU64::new(0) });
        let files = Files { open: HashMap::new(), shared, queue: Arc::downgrade(&queue) };
        let thread = std::thread::Builder::new().name("traces".into()).spawn(move || run(files, &given))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Where workers tell.
    pub(super) fn sink(&self) -> Arc<dyn TraceSink> {
        Arc::clone(&self.queue) as _
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It fails only where the thread is gone.
        let _ = self.queue.orders.send(Order::Stop);
        // It may be the last that knows the traces.
        let is_itself = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(|thread| !is_itself(thread)) {
            let _ = thread.join();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread waits for its own interval")]
fn run(mut files: Files, orders: &Receiver<Order>) {
    let mut looked_at = Instant::now();
    loop {
        match orders.recv_timeout(INTERVAL) {
            Ok(Order::Write(record)) => files.write(&record),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if looked_at.elapsed() >= INTERVAL {
            looked_at = Instant::now();
            files.look();
        }
    }
}

/// The files that are open, by the numbers of their traces.
struct Files {
    open: HashMap<u64, File>,
    shared: Weak<Shared>,
    queue: Weak<Queue>,
}

impl Files {
    fn write(&mut self, record: &TraceRecord) {
        let Some(shared) = self.shared.upgrade() else { return };
        let state = shared.state.lock();
        // One that has ended or was deleted meanwhile is told of no more.
        let is_it = |entry: &&super::Entry| entry.number == record.trace && !entry.kept.is_over(calendar::now());
        let Some(entry) = state.entries.iter().find(is_it) else {
            self.open.remove(&record.trace);
            return;
        };
        let (path, formatter) = (shared.log_path(&entry.kept.definition.name), entry.kept.definition.formatter);
        drop(state);
        let file = match self.open.entry(record.trace) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                match OpenOptions::new().create(true).append(true).open(&path) {
                    Ok(file) => place.insert(file),
                    Err(error) => return not_written(&path, &error),
                }
            }
        };
        let lost = self.queue.upgrade().map_or(0, |queue| queue.lost.swap(0, Ordering::Relaxed));
        let mut text = line(record, formatter);
        if lost > 0 {
            text.push_str(&format!("({lost} lines were lost: there was too much to write)\n"));
        }
        let max_bytes = shared.limits.lock().max_file_size_bytes;
        let is_full = file.metadata().is_ok_and(|facts| facts.len() + text.len() as u64 > max_bytes);
        if is_full {
            return;
        }
        if let Err(error) = file.write_all(text.as_bytes()) {
            not_written(&path, &error);
        }
    }

    /// Some traces may have begun or ended.
    fn look(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        let now = calendar::now();
        let state = shared.state.lock();
        let is_over =
            |number: &u64| state.entries.iter().any(|entry| entry.number == *number && entry.kept.is_over(now));
        self.open.retain(|number, _| !is_over(number));
        if let Some(writer) = &state.writer {
            let set = set_of(&state.entries, writer, now);
            let numbers: Vec<_> = set.traces.iter().map(|trace| trace.number).collect();
            let mut running = shared.running.lock();
            if *running != numbers {
                *running = numbers;
                shared.switch.set(set);
            }
        }
    }
}

fn not_written(path: &std::path::Path, error: &io::Error) {
    warn!(msg = "trace_not_written", path = %path.display(), %error);
}
