//! The bytes of one simulated file: what is durable, what readers see, and the writes between the two.

use std::io;

/// The unit that real disks write whole or not at all.
const SECTOR_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct Content {
    durable: Vec<u8>,
    visible: Vec<u8>,
    /// In the order they were made.
    unsynced: Vec<Write>,
}

#[derive(Debug)]
struct Write {
    offset: usize,
    bytes: Vec<u8>,
}

impl Content {
    pub(super) fn zeros(length_bytes: u64) -> io::Result<Self> {
        let length = usize::try_from(length_bytes).map_err(|_| io::Error::from(io::ErrorKind::StorageFull))?;
        Ok(Self::durable(vec![0; length]))
    }

    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        Self { visible: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }

    pub(super) fn length_bytes(&self) -> u64 {
        self.visible.len() as u64
    }

    pub(super) fn visible(&self) -> &[u8] {
        &self.visible
    }

    /// The caller has checked the range.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let write = Write { offset: offset as usize, bytes: bytes.to_vec() };
        write.apply(&mut self.visible, 0..write.bytes.len());
        self.unsynced.push(write);
    }

    /// The caller has checked the range.
    pub(super) fn read(&self, offset: u64, bytes: &mut [u8]) {
        let offset = offset as usize;
        bytes.copy_from_slice(&self.visible[offset..offset + bytes.len()]);
    }

    pub(super) fn sync(&mut self) {
        for write in self.unsynced.drain(..) {
            write.apply(&mut self.durable, 0..write.bytes.len());
        }
    }

    /// A failed sync: readers still see the writes, the disk never will.
    pub(super) fn lose_unsynced(&mut self) {
        self.unsynced.clear();
    }

    pub(super) fn flip_bit(&mut self, offset: u64, bit: u8) -> bool {
        let Some(index) = usize::try_from(offset).ok().filter(|index| *index < self.visible.len()) else {
            return false;
        };
        for bytes in [&mut self.durable, &mut self.visible] {
            bytes[index] ^= 1 << (bit % 8);
        }
        true
    }

    /// Decides what became of each unsynced write. Besides full disorder there are the two cases that are common on real
    /// machines: nothing was written yet, and all was written in order up to some point.
    pub(super) fn crash(&mut self, random: &mut fastrand::Rng) {
        let count = self.unsynced.len();
        let (whole, disordered) = match random.u8(0..6) {
            0 => (0, false),
            1 | 2 => (random.usize(..=count), false),
            _ => (0, true),
        };
        for (index, write) in self.unsynced.drain(..).enumerate() {
            if index < whole {
                write.apply(&mut self.durable, 0..write.bytes.len());
            } else if disordered || (index == whole && whole > 0) {
                write.tear(&mut self.durable, random);
            }
        }
        self.visible.clone_from(&self.durable);
    }
}

impl Write {
    fn apply(&self, target: &mut [u8], part: std::ops::Range<usize>) {
        let start = self.offset + part.start;
        target[start..start + part.len()].copy_from_slice(&self.bytes[part]);
    }

    /// Applies nothing, all, a prefix, or any of the sectors.
    fn tear(&self, target: &mut [u8], random: &mut fastrand::Rng) {
        let length = self.bytes.len();
        match random.u8(0..6) {
            0 => {}
            1 | 2 => self.apply(target, 0..length),
            3 => self.apply(target, 0..random.usize(..=length)),
            4 => {
                let ends: Vec<_> = self.sectors().map(|sector| sector.end).collect();
                if let Some(end) = random.choice(ends) {
                    self.apply(target, 0..end);
                }
            }
            _ => {
                for sector in self.sectors() {
                    if random.bool() {
                        self.apply(target, sector);
                    }
                }
            }
        }
    }

    /// The parts of the write that fall into one sector each.
    fn sectors(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (offset, length) = (self.offset, self.bytes.len());
        let mut start = 0;
        std::iter::from_fn(move || {
            let end = length.min(start + SECTOR_BYTES - (offset + start) % SECTOR_BYTES);
            let sector = start..end;
            start = end;
            (!sector.is_empty()).then_some(sector)
        })
    }
}
