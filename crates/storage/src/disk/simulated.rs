//! A disk in memory that loses what a disk may lose, and fails when told to. For tests of whatever stores on a [`Disk`].
//!
//! Everything random comes from the seed, so a run repeats exactly as long as the calls come in the same order.
//!
//! - [`SimulatedDisk::crash`] cuts the power and turns it on again: of the writes that were not synced any may be missing,
//!   whole, or torn (a prefix of it, or any of its 512-byte sectors), each independently of the others. Handles opened
//!   before are dead.
//! - [`SimulatedDisk::cut_power_at`] stops the disk in the middle of an operation to come, so that a test can visit every
//!   point of a procedure.
//! - A sync that was told to fail loses the writes it should have made durable, although reads still show them until the
//!   crash; the next sync succeeds. So do Linux file systems.

mod content;
mod faults;

use super::{Disk, DiskFile, check_range};
use content::Content;
use faults::{Faults, Verdict, no_power};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// A disk in memory. Clones share it.
#[derive(Debug, Clone)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

/// What a [`SimulatedDisk`] did since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskCounters {
    /// Calls of `write_at`.
    pub writes: u64,
    /// Bytes of those writes.
    pub written_bytes: u64,
    /// Calls of `sync_data`.
    pub syncs: u64,
    /// Calls of anything that changes the disk: writes, syncs, creations, renames and removals.
    pub operations: u64,
}

#[derive(Debug)]
struct State {
    names: BTreeMap<String, u64>,
    /// By number. A removed file stays until the next crash, for its open handles.
    contents: BTreeMap<u64, Content>,
    next_number: u64,
    /// Counts crashes: a handle of an earlier life is dead.
    life: u64,
    random: fastrand::Rng,
    faults: Faults,
    counters: DiskCounters,
}

impl SimulatedDisk {
    /// An empty disk.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            names: BTreeMap::new(),
            contents: BTreeMap::new(),
            next_number: 0,
            life: 0,
            random: fastrand::Rng::with_seed(seed),
            faults: Faults::default(),
            counters: DiskCounters::default(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Cuts the power and turns it on again. Faults that were armed and did not strike are disarmed, except the capacity.
    pub fn crash(&self) {
        let State { names, contents, life, random, faults, .. } = &mut *self.state.lock();
        contents.retain(|number, _| names.values().any(|named| named == number));
        for content in contents.values_mut() {
            content.crash(random);
        }
        faults.disarm();
        *life += 1;
    }

    /// The `nth` write from now (1 is the next) fails with `EIO` after it has written a part.
    pub fn fail_write(&self, nth: u64) {
        self.state.lock().faults.write.arm(nth);
    }

    /// The `nth` read from now (1 is the next) fails with `EIO`.
    pub fn fail_read(&self, nth: u64) {
        self.state.lock().faults.read.arm(nth);
    }

    /// The `nth` sync from now (1 is the next) fails with `EIO` and loses what it should have made durable.
    pub fn fail_sync(&self, nth: u64) {
        self.state.lock().faults.sync.arm(nth);
    }

    /// The `nth` rename from now (1 is the next) fails with `EIO`; it has happened or not.
    pub fn fail_rename(&self, nth: u64) {
        self.state.lock().faults.rename.arm(nth);
    }

    /// In the middle of the `nth` operation from now (1 is the next; see [`DiskCounters::operations`]) the power goes, and
    /// everything fails until [`SimulatedDisk::crash`].
    pub fn cut_power_at(&self, nth: u64) {
        self.state.lock().faults.power.arm(nth);
    }

    /// Whether the power went.
    #[must_use]
    pub fn is_without_power(&self) -> bool {
        self.state.lock().faults.is_without_power
    }

    /// Room for all files together from now on, in bytes. Files that are there stay, even if they are more.
    pub fn set_capacity(&self, capacity_bytes: u64) {
        self.state.lock().faults.capacity_bytes = Some(capacity_bytes);
    }

    /// What the disk did so far.
    #[must_use]
    pub fn counters(&self) -> DiskCounters {
        self.state.lock().counters
    }

    /// What a reader of the file sees now, or nothing if there is no such file.
    #[must_use]
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state.lock();
        Some(state.contents.get(state.names.get(name)?)?.visible().to_vec())
    }

    /// Puts a file of any content there, durably, replacing the one of that name.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        self.state.lock().add(name, Content::durable(bytes));
    }

    /// Turns over one stored bit, as a failing medium does. Says whether there is such a byte.
    pub fn flip_bit(&self, name: &str, offset: u64, bit: u8) -> bool {
        let state = &mut *self.state.lock();
        let content = state.names.get(name).and_then(|number| state.contents.get_mut(number));
        content.is_some_and(|content| content.flip_bit(offset, bit))
    }

    fn handle(&self, number: u64, length_bytes: u64, life: u64) -> Arc<dyn DiskFile> {
        Arc::new(SimulatedFile { state: Arc::clone(&self.state), number, length_bytes, life })
    }
}

impl State {
    fn add(&mut self, name: &str, content: Content) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.contents.insert(number, content);
        self.names.insert(name.to_owned(), number);
        number
    }

    /// Counts a changing operation. If the power goes in it, says so with a coin for whether it took effect.
    fn begin_operation(&mut self) -> io::Result<Verdict> {
        if self.faults.is_without_power {
            return Err(no_power());
        }
        self.counters.operations += 1;
        if !self.faults.power.strikes() {
            return Ok(Verdict::Go);
        }
        self.faults.is_without_power = true;
        Ok(Verdict::PowerGoes { took_effect: self.random.bool() })
    }

    fn used_bytes(&self) -> u64 {
        self.names.values().filter_map(|number| self.contents.get(number)).map(Content::length_bytes).sum()
    }

    fn named(&self, name: &str) -> io::Result<u64> {
        if self.faults.is_without_power {
            return Err(no_power());
        }
        self.names.get(name).copied().ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("there is no file `{name}` on the simulated disk"))
        })
    }

    fn content(&mut self, number: u64, life: u64) -> io::Result<&mut Content> {
        if self.faults.is_without_power || life != self.life {
            return Err(no_power());
        }
        self.contents.get_mut(&number).ok_or_else(no_power)
    }

    /// Does `change` unless the power goes before it.
    fn change_names(&mut self, change: impl FnOnce(&mut BTreeMap<String, u64>)) -> io::Result<()> {
        let verdict = self.begin_operation()?;
        if matches!(verdict, Verdict::Go | Verdict::PowerGoes { took_effect: true }) {
            change(&mut self.names);
        }
        verdict.into_result()
    }
}

impl Disk for SimulatedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let state = self.state.lock();
        if state.faults.is_without_power {
            return Err(no_power());
        }
        Ok(state.names.keys().cloned().collect())
    }

    fn create(&self, name: &str, length_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let state = &mut *self.state.lock();
        let verdict = state.begin_operation()?;
        if state.names.contains_key(name) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("`{name}` exists")));
        }
        let full = state.faults.capacity_bytes.is_some_and(|capacity| {
            state.used_bytes().checked_add(length_bytes).is_none_or(|needed| needed > capacity)
        });
        if full {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the simulated disk is full"));
        }
        let written_bytes = match verdict {
            Verdict::PowerGoes { took_effect: false } => return Err(no_power()),
            Verdict::PowerGoes { took_effect: true } => state.random.u64(..=length_bytes),
            Verdict::Go => length_bytes,
        };
        let number = state.add(name, Content::zeros(written_bytes)?);
        verdict.into_result()?;
        Ok(self.handle(number, length_bytes, state.life))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let state = &mut *self.state.lock();
        let (number, life) = (state.named(name)?, state.life);
        let length_bytes = state.content(number, life)?.length_bytes();
        Ok(self.handle(number, length_bytes, life))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let state = &mut *self.state.lock();
        let number = state.named(from)?;
        let fails = state.faults.rename.strikes();
        if !fails || state.random.bool() {
            state.change_names(|names| {
                names.remove(from);
                names.insert(to.to_owned(), number);
            })?;
        }
        if fails { Err(faults::input_output_error()) } else { Ok(()) }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let state = &mut *self.state.lock();
        state.named(name)?;
        state.change_names(|names| {
            names.remove(name);
        })
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.state.lock();
        let capacity = state.faults.capacity_bytes.unwrap_or(u64::MAX / 2);
        Ok(capacity.saturating_sub(state.used_bytes()))
    }

    fn total_bytes(&self) -> io::Result<u64> {
        Ok(self.state.lock().faults.capacity_bytes.unwrap_or(u64::MAX / 2))
    }
}

#[derive(Debug)]
struct SimulatedFile {
    state: Arc<Mutex<State>>,
    number: u64,
    length_bytes: u64,
    life: u64,
}

impl DiskFile for SimulatedFile {
    fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        check_range(self.length_bytes, offset, bytes.len(), io::ErrorKind::InvalidInput)?;
        let state = &mut *self.state.lock();
        state.content(self.number, self.life)?;
        let verdict = state.begin_operation()?;
        state.counters.writes += 1;
        state.counters.written_bytes += bytes.len() as u64;
        let fails = state.faults.write.strikes();
        let written = if fails { &bytes[..state.random.usize(..=bytes.len())] } else { bytes };
        if let Some(content) = state.contents.get_mut(&self.number) {
            content.write(offset, written);
        }
        if fails { Err(faults::input_output_error()) } else { verdict.into_result() }
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        check_range(self.length_bytes, offset, bytes.len(), io::ErrorKind::UnexpectedEof)?;
        let state = &mut *self.state.lock();
        state.content(self.number, self.life)?;
        if state.faults.read.strikes() {
            return Err(faults::input_output_error());
        }
        state.content(self.number, self.life)?.read(offset, bytes);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let state = &mut *self.state.lock();
        state.content(self.number, self.life)?;
        let verdict = state.begin_operation()?;
        state.counters.syncs += 1;
        let fails = state.faults.sync.strikes();
        let content = state.content(self.number, self.life)?;
        if fails {
            content.lose_unsynced();
            return Err(faults::input_output_error());
        }
        if verdict == Verdict::Go {
            content.sync();
        }
        verdict.into_result()
    }
}
