//! Traces of clients, topics and addresses: who asked for which, and their files, `{data_dir}/trace`.
//!
//! What event loops tell goes through a queue of limited length to one thread, which writes the files. It is there from the first
//! trace on. A trace ends at its time, or when it is stopped; its file stays until it is deleted, and grows no longer than
//! `trace.max_file_size`: a full one ends with a line that says so, and its trace is told of no more.

mod definition;
mod line;
mod queue;
mod trace_file;
mod writer;

pub use definition::{TraceDefinition, TraceError, TraceFormatter, TraceState, TraceStatus};

use crate::calendar;
use definition::Kept;
pub(crate) use definition::{subject_of, subject_words};
use dunlin_broker::{Broker, TraceSet, TraceSwitch};
use dunlin_config::Trace;
use parking_lot::Mutex;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tracing::warn;
use writer::Writer;

/// The folder in the data folder.
const FOLDER: &str = "trace";

/// The list of traces, in that folder.
const LIST: &str = "traces.json";

/// The traces of a node. Clones are the same.
#[derive(Clone)]
pub struct Traces {
    shared: Arc<Shared>,
}

/// What the thread that writes has in common with those who ask.
pub(crate) struct Shared {
    folder: PathBuf,
    switch: TraceSwitch,
    limits: Mutex<Trace>,
    state: Mutex<State>,
    /// The numbers of those that workers were told of. Locked behind the state.
    running: Mutex<Vec<u64>>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    next_number: u64,
    writer: Option<Writer>,
}

/// A trace, and by which number workers know it.
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) kept: Kept,
}

impl Traces {
    /// Reads the traces of before; those whose time is not over go on.
    pub(crate) fn open(data_dir: &Path, broker: &Broker, limits: Trace) -> Self {
        let folder = data_dir.join(FOLDER);
        let kept = match fs::read(folder.join(LIST)) {
            Ok(bytes) => serde_json::from_slice::<Vec<Kept>>(&bytes).unwrap_or_else(|error| {
                warn!(msg = "traces_not_read", folder = %folder.display(), %error);
                Vec::new()
            }),
            Err(_) => Vec::new(),
        };
        let entries: Vec<_> = (1..).zip(kept).map(|(number, kept)| Entry { number, kept }).collect();
        let next_number = entries.len() as u64 + 1;
        let state = Mutex::new(State { entries, next_number, writer: None });
        let traces = Self {
            shared: Arc::new(Shared {
                folder,
                switch: broker.trace_switch(),
                limits: Mutex::new(limits),
                state,
                running: Mutex::default(),
            }),
        };
        let mut state = traces.shared.state.lock();
        if state.entries.iter().any(|entry| !entry.kept.is_over(calendar::now())) {
            traces.start_writer(&mut state);
        }
        drop(state);
        traces
    }

    /// Other limits hold from now on. Traces that are more than that stay until they are deleted.
    pub(crate) fn limit(&self, limits: Trace) {
        *self.shared.limits.lock() = limits;
    }

    /// Begins a trace.
    ///
    /// # Errors
    /// [`TraceError`]; nothing has changed then.
    pub fn create(&self, definition: TraceDefinition) -> Result<TraceState, TraceError> {
        let now = calendar::now();
        definition.check(now)?;
        let mut state = self.shared.state.lock();
        if state.entries.iter().any(|entry| entry.kept.definition.name == definition.name) {
            return Err(TraceError::NameTaken(definition.name));
        }
        let max = self.shared.limits.lock().max_traces as usize;
        if state.entries.len() >= max {
            return Err(TraceError::TooMany(max));
        }
        let is_same = |entry: &&Entry| entry.kept.definition.subject == definition.subject && !entry.kept.is_over(now);
        if let Some(other) = state.entries.iter().find(is_same) {
            return Err(TraceError::SameSubject(other.kept.definition.name.clone()));
        }
        fs::create_dir_all(&self.shared.folder)?;
        File::create(self.shared.log_path(&definition.name))?;
        let number = state.next_number;
        state.next_number += 1;
        let kept = Kept { definition, is_stopped: false, is_full: false };
        let told = self.shared.state_of(&kept, now);
        state.entries.push(Entry { number, kept });
        self.shared.keep(&state.entries)?;
        self.start_writer(&mut state);
        Ok(told)
    }

    /// All traces, the newest first.
    #[must_use]
    pub fn list(&self) -> Vec<TraceState> {
        let now = calendar::now();
        let state = self.shared.state.lock();
        state.entries.iter().rev().map(|entry| self.shared.state_of(&entry.kept, now)).collect()
    }

    /// Stops a trace; its file stays.
    ///
    /// # Errors
    /// [`TraceError`] where there is none such.
    pub fn stop(&self, name: &str) -> Result<(), TraceError> {
        let mut state = self.shared.state.lock();
        let entry = state.entries.iter_mut().find(|entry| entry.kept.definition.name == name);
        entry.ok_or_else(|| TraceError::Unknown(name.to_owned()))?.kept.is_stopped = true;
        self.shared.keep(&state.entries)?;
        self.switch(&state);
        Ok(())
    }

    /// Deletes a trace and its file.
    ///
    /// # Errors
    /// [`TraceError`] where there is none such, or the disk does not let it; the trace stays then.
    pub fn delete(&self, name: &str) -> Result<(), TraceError> {
        let mut state = self.shared.state.lock();
        if !state.entries.iter().any(|entry| entry.kept.definition.name == name) {
            return Err(TraceError::Unknown(name.to_owned()));
        }
        self.forget(&mut state, |entry| entry.kept.definition.name == name)
    }

    /// Deletes all traces and their files.
    ///
    /// # Errors
    /// [`TraceError`] where the disk does not let it; those whose files are still there stay.
    pub fn clear(&self) -> Result<(), TraceError> {
        self.forget(&mut self.shared.state.lock(), |_| true)
    }

    /// A part of a trace's file: at most `bytes` from `position` on.
    ///
    /// # Errors
    /// [`TraceError`] where there is none such, or it cannot be read.
    pub fn read(&self, name: &str, position: u64, bytes: usize) -> Result<Vec<u8>, TraceError> {
        let mut file = File::open(self.known_path(name)?)?;
        // There is nothing behind the end, and far behind it no place that the operating system would take.
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(position.min(end)))?;
        let mut read = Vec::new();
        file.take(bytes as u64).read_to_end(&mut read)?;
        Ok(read)
    }

    /// Bytes of a trace's file, and when it was last written to.
    ///
    /// # Errors
    /// [`TraceError`] where there is none such.
    pub fn file_facts(&self, name: &str) -> Result<(u64, SystemTime), TraceError> {
        let facts = fs::metadata(self.known_path(name)?)?;
        Ok((facts.len(), facts.modified()?))
    }

    fn known_path(&self, name: &str) -> Result<PathBuf, TraceError> {
        let state = self.shared.state.lock();
        let is_known = state.entries.iter().any(|entry| entry.kept.definition.name == name);
        if is_known { Ok(self.shared.log_path(name)) } else { Err(TraceError::Unknown(name.to_owned())) }
    }

    /// Deletes traces; those whose files cannot be removed stay in the list, where somebody may try again.
    fn forget(&self, state: &mut State, is_meant: impl Fn(&Entry) -> bool) -> Result<(), TraceError> {
        let mut removed = Ok(());
        state.entries.retain(|entry| {
            if !is_meant(entry) {
                return true;
            }
            match fs::remove_file(self.shared.log_path(&entry.kept.definition.name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    removed = Err(error);
                    true
                }
                _ => false,
            }
        });
        let kept = self.shared.keep(&state.entries);
        self.switch(state);
        Ok(removed.and(kept)?)
    }

    fn start_writer(&self, state: &mut State) {
        if state.writer.is_none() {
            match Writer::start(Arc::downgrade(&self.shared)) {
                Ok(writer) => state.writer = Some(writer),
                Err(error) => warn!(msg = "traces_not_written", %error),
            }
        }
        self.switch(state);
    }

    fn switch(&self, state: &State) {
        self.shared.switch_to_running(state, calendar::now());
    }

    /// Stops telling, and writes what was told.
    pub(crate) fn close(&self) {
        let writer = self.shared.state.lock().writer.take();
        drop(writer);
    }
}

impl Shared {
    fn log_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("trace_{name}.log"))
    }

    /// Writes the list of traces.
    fn keep(&self, entries: &[Entry]) -> io::Result<()> {
        let kept: Vec<_> = entries.iter().map(|entry| &entry.kept).collect();
        let beside = self.folder.join("traces.new");
        fs::write(&beside, serde_json::to_vec_pretty(&kept)?)?;
        fs::rename(beside, self.folder.join(LIST))
    }

    /// Tells the workers which traces run, if those are others than before.
    fn switch_to_running(&self, state: &State, now: SystemTime) {
        let Some(writer) = &state.writer else { return };
        let set = set_of(&state.entries, writer, now);
        let numbers: Vec<_> = set.traces.iter().map(|trace| trace.number).collect();
        let mut running = self.running.lock();
        if *running != numbers {
            *running = numbers;
            self.switch.set(set);
        }
    }

    fn state_of(&self, kept: &Kept, now: SystemTime) -> TraceState {
        let path = self.log_path(&kept.definition.name);
        let log_bytes = fs::metadata(&path).map_or(0, |facts| facts.len());
        TraceState { definition: kept.definition.clone(), status: kept.status(now), log_bytes, path }
    }
}

/// Those of the traces that run and have room in their files, for the workers.
fn set_of(entries: &[Entry], writer: &Writer, now: SystemTime) -> TraceSet {
    let is_told = |entry: &&Entry| entry.kept.status(now) == TraceStatus::Running && !entry.kept.is_full;
    let running = entries.iter().filter(is_told);
    TraceSet {
        traces: running.map(|entry| entry.kept.definition.for_workers(entry.number)).collect(),
        sink: writer.sink(),
    }
}
