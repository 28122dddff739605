//! Segments made in advance. A new file costs 10-300 ms of writing zeros, which the thread that appends does not have.

use crate::disk::{Disk, DiskFile};
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;

/// Spare segments that are kept ready, at most.
const MAX_SPARES: usize = 2;
const PREFIX: &str = "spare-";

/// The spare segments of one log. Clones share them; a thread of its own may call [`SpareSegments::prepare`] at any time.
#[derive(Clone)]
pub struct SpareSegments {
    disk: Arc<dyn Disk>,
    segment_bytes: u32,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A spare that was being made is ready, or could not be made.
    made: Condvar,
}

#[derive(Default)]
struct State {
    ready: Vec<String>,
    /// Spares that are being made.
    making: usize,
    next_number: u64,
}

impl SpareSegments {
    /// Keeps the spares among `file_names` that have the right length and removes the rest.
    pub(super) fn find(disk: Arc<dyn Disk>, segment_bytes: u32, file_names: &[String]) -> Self {
        let mut state = State::default();
        for name in file_names {
            let Some(number) = name.strip_prefix(PREFIX).and_then(|number| number.parse::<u64>().ok()) else {
                continue;
            };
            state.next_number = state.next_number.max(number.saturating_add(1));
            let is_right = disk.open(name).is_ok_and(|file| file.length_bytes() == u64::from(segment_bytes));
            if is_right && state.ready.len() < MAX_SPARES {
                state.ready.push(name.clone());
            } else {
                // Best effort: what stays is found again at the next start.
                _ = disk.remove(name);
            }
        }
        let shared = Arc::new(Shared { state: Mutex::new(state), made: Condvar::new() });
        Self { disk, segment_bytes, shared }
    }

    /// Spare segments that are ready.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.state.lock().ready.len()
    }

    /// Makes one spare segment unless there are enough. Takes as long as writing a whole segment. Says whether it made one.
    ///
    /// # Errors
    /// As [`Disk::create`]; nothing stays behind.
    pub fn prepare(&self) -> io::Result<bool> {
        {
            let mut state = self.shared.state.lock();
            if state.ready.len() + state.making >= MAX_SPARES {
                return Ok(false);
            }
            state.making += 1;
        }
        let name = self.new_name();
        let created = self.disk.create(&name, self.segment_bytes.into());
        let mut state = self.shared.state.lock();
        state.making -= 1;
        if created.is_ok() {
            state.ready.push(name);
        }
        drop(state);
        self.shared.made.notify_all();
        created.map(|_| true)
    }

    /// Removes one of those that are ready. Whether there was one.
    ///
    /// # Errors
    /// As the disk gives them; the file is found again at the next start.
    pub fn release(&self) -> io::Result<bool> {
        let Some(name) = self.shared.state.lock().ready.pop() else { return Ok(false) };
        self.disk.remove(&name)?;
        Ok(true)
    }

    /// A spare file for a segment of `length_bytes`: one that is ready or will soon be, or a new one.
    pub(super) fn take(&self, length_bytes: u32) -> io::Result<(String, Arc<dyn DiskFile>)> {
        let ready = if length_bytes == self.segment_bytes { self.next_ready() } else { None };
        if let Some(name) = ready {
            let file = self.disk.open(&name)?;
            return Ok((name, file));
        }
        let name = self.new_name();
        let file = self.disk.create(&name, length_bytes.into())?;
        Ok((name, file))
    }

    /// Takes a spare back that was not used.
    pub(super) fn give_back(&self, name: String, length_bytes: u32) {
        if length_bytes == self.segment_bytes {
            self.shared.state.lock().ready.push(name);
        } else {
            // Best effort: what stays is found again at the next start.
            _ = self.disk.remove(&name);
        }
    }

    /// Makes a spare of a file that is not needed any more, or removes it if there are enough.
    pub(super) fn recycle(&self, name: &str, length_bytes: u64) -> io::Result<()> {
        if self.count() >= MAX_SPARES || length_bytes != u64::from(self.segment_bytes) {
            return self.disk.remove(name);
        }
        let spare = self.new_name();
        self.disk.rename(name, &spare)?;
        self.shared.state.lock().ready.push(spare);
        Ok(())
    }

    /// One that is ready, or being made by another thread: that takes less than to begin with one more, which would have to
    /// share the disk with it.
    fn next_ready(&self) -> Option<String> {
        let mut state = self.shared.state.lock();
        while state.ready.is_empty() && state.making > 0 {
            self.shared.made.wait(&mut state);
        }
        state.ready.pop()
    }

    fn new_name(&self) -> String {
        let mut state = self.shared.state.lock();
        let number = state.next_number;
        state.next_number = number.saturating_add(1);
        format!("{PREFIX}{number:010}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SimulatedDisk;
    use std::sync::mpsc::{RecvTimeoutError, sync_channel};
    use std::time::Duration;

    const SEGMENT_BYTES: u32 = 4096;

    /// A disk that does something before it creates a file.
    struct Interrupted {
        disk: SimulatedDisk,
        interruption: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl Disk for Interrupted {
        fn list(&self) -> io::Result<Vec<String>> {
            self.disk.list()
        }

        fn create(&self, name: &str, length_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
            let interruption = self.interruption.lock().take();
            if let Some(interruption) = interruption {
                interruption();
            }
            self.disk.create(name, length_bytes)
        }

        fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
            self.disk.open(name)
        }

        fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            self.disk.rename(from, to)
        }

        fn remove(&self, name: &str) -> io::Result<()> {
            self.disk.remove(name)
        }

        fn free_bytes(&self) -> io::Result<u64> {
            self.disk.free_bytes()
        }

        fn total_bytes(&self) -> io::Result<u64> {
            self.disk.total_bytes()
        }
    }

    /// While a spare is made somebody wants one, and gets what `take` answers when it is made or has failed; and the names of
    /// the files then.
    fn take_meanwhile(capacity_bytes: u64) -> (io::Result<String>, Vec<String>) {
        let disk = SimulatedDisk::new(1);
        disk.set_capacity(capacity_bytes);
        let interrupted = Arc::new(Interrupted { disk: disk.clone(), interruption: Mutex::new(None) });
        let spares = SpareSegments::find(Arc::<Interrupted>::clone(&interrupted), SEGMENT_BYTES, &[]);
        let (answer, answered) = sync_channel(1);
        let answered = Arc::new(Mutex::new(answered));
        let (taker, early) = (spares.clone(), Arc::clone(&answered));
        *interrupted.interruption.lock() = Some(Box::new(move || {
            std::thread::spawn(move || {
                let taken = taker.take(SEGMENT_BYTES).map(|(name, _)| name);
                answer.send(taken).expect("somebody waits for it");
            });
            let nothing = early.lock().recv_timeout(Duration::from_millis(50));
            assert!(matches!(nothing, Err(RecvTimeoutError::Timeout)), "it waits for the one that is being made");
        }));
        let made = spares.prepare();
        let taken = answered.lock().recv().expect("it gets an answer");
        assert_eq!((made.is_ok(), spares.count()), (taken.is_ok(), 0));
        (taken, disk.list().expect("it can be listed"))
    }

    #[test]
    fn who_needs_a_segment_waits_for_the_one_that_is_being_made() {
        let (taken, files) = take_meanwhile(2 * u64::from(SEGMENT_BYTES));
        assert_eq!(files, [taken.expect("one was made")], "no other was begun");
    }

    #[test]
    fn when_none_can_be_made_nobody_waits_for_ever() {
        let (taken, files) = take_meanwhile(0);
        assert_eq!((taken.map_err(|error| error.kind()), files), (Err(io::ErrorKind::StorageFull), vec![]));
    }
}
