//! The thread that writes the files of traces, and ends those whose time is over.

use super::{
    Entry, Shared, TraceFormatter,
    queue::{Order, Queue},
    trace_file::TraceFile,
};
use crate::calendar;
use dunlin_broker::{TraceRecord, TraceSink};
use std::collections::{HashMap, hash_map};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tracing::warn;

/// Records that wait to be written; more are lost, which the files say.
const WAITING_MAX: usize = 8_192;

/// How often it looks whether the time of a trace has come, or is over.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread. It ends when this is dropped, with all written that it was given.
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(shared: Weak<Shared>) -> io::Result<Self> {
        let (queue, given) = Queue::new(WAITING_MAX);
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
        self.queue.stop();
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
            Ok(Order::Write(record)) => files.append(record.trace, Some(&record)),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return files.tell_losses(),
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
    open: HashMap<u64, TraceFile>,
    shared: Weak<Shared>,
    queue: Weak<Queue>,
}

impl Files {
    /// Writes a record of a trace, and how many of it were lost before.
    fn append(&mut self, number: u64, record: Option<&TraceRecord>) {
        let (Some(shared), Some(queue)) = (self.shared.upgrade(), self.queue.upgrade()) else { return };
        let lost = queue.take_lost(number);
        let state = shared.state.lock();
        // One that was deleted meanwhile or is full is told of nothing more.
        let is_it = |entry: &&Entry| entry.number == number && !entry.kept.is_full;
        let Some(entry) = state.entries.iter().find(is_it) else {
            self.open.remove(&number);
            return;
        };
        // One that has ended, of what it lost before.
        let record = record.filter(|_| !entry.kept.is_over(calendar::now()));
        let (path, formatter) = (shared.log_path(&entry.kept.definition.name), entry.kept.definition.formatter);
        drop(state);
        if record.is_none() && lost == 0 {
            return;
        }
        let max_bytes = shared.limits.lock().max_file_size_bytes;
        let written = self.file(number, &path, formatter).and_then(|file| file.append(record, lost, max_bytes));
        match written {
            Ok(true) => {}
            Ok(false) => self.end(&shared, number),
            Err(error) => {
                queue.count_lost(number, lost.saturating_add(u64::from(record.is_some())));
                not_written(&path, &error);
            }
        }
    }

    fn file(&mut self, number: u64, path: &Path, formatter: TraceFormatter) -> io::Result<&mut TraceFile> {
        Ok(match self.open.entry(number) {
            hash_map::Entry::Occupied(open) => open.into_mut(),
            hash_map::Entry::Vacant(place) => place.insert(TraceFile::open(path, formatter)?),
        })
    }

    /// The file of a trace is full.
    fn end(&mut self, shared: &Shared, number: u64) {
        self.open.remove(&number);
        let mut state = shared.state.lock();
        if let Some(entry) = state.entries.iter_mut().find(|entry| entry.number == number) {
            entry.kept.is_full = true;
        }
        if let Err(error) = shared.keep(&state.entries) {
            not_written(&shared.folder, &error);
        }
        shared.switch_to_running(&state, calendar::now());
    }

    /// Writes how many records were lost behind the last that was written.
    fn tell_losses(&mut self) {
        let losers = self.queue.upgrade().map(|queue| queue.losers()).unwrap_or_default();
        for number in losers {
            self.append(number, None);
        }
    }

    /// Some traces may have begun or ended.
    fn look(&mut self) {
        self.tell_losses();
        let Some(shared) = self.shared.upgrade() else { return };
        let now = calendar::now();
        let state = shared.state.lock();
        let goes_on =
            |number: &u64| state.entries.iter().any(|entry| entry.number == *number && !entry.kept.is_over(now));
        self.open.retain(|number, _| goes_on(number));
        shared.switch_to_running(&state, now);
    }
}

fn not_written(path: &Path, error: &io::Error) {
    warn!(msg = "trace_not_written", path = %path.display(), %error);
}
