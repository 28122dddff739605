//! Values in numbered slots, in pages that never move.
//!
//! A slot is used again after its value is gone, with another generation, so that a stale reference finds nothing. Pages make
//! growth cheap: no copy of a large array, no memory beyond what is used.

const PAGE_LEN: usize = 64;

struct Slot<T> {
    generation: u16,
    value: Option<T>,
}

/// Values in numbered slots.
pub(crate) struct Slab<T> {
    pages: Vec<Box<[Slot<T>]>>,
    free: Vec<u32>,
    used: u32,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), free: Vec::new(), used: 0, len: 0 }
    }
}

impl<T> Slab<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Stores a value; gives its slot and generation.
    pub(crate) fn insert(&mut self, value: T) -> (u32, u16) {
        let slot = self.free.pop().unwrap_or_else(|| {
            let slot = self.used;
            self.used += 1;
            if slot as usize / PAGE_LEN == self.pages.len() {
                self.pages.push((0..PAGE_LEN).map(|_| Slot { generation: 0, value: None }).collect());
            }
            slot
        });
        let place = &mut self.pages[slot as usize / PAGE_LEN][slot as usize % PAGE_LEN];
        place.generation = place.generation.wrapping_add(1);
        place.value = Some(value);
        self.len += 1;
        (slot, place.generation)
    }

    fn place(&self, slot: u32) -> Option<&Slot<T>> {
        self.pages.get(slot as usize / PAGE_LEN)?.get(slot as usize % PAGE_LEN)
    }

    #[inline]
    fn place_mut(&mut self, slot: u32) -> Option<&mut Slot<T>> {
        self.pages.get_mut(slot as usize / PAGE_LEN)?.get_mut(slot as usize % PAGE_LEN)
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.place(slot)?.value.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.place_mut(slot)?.value.as_mut()
    }

    /// The value, if it is still the one of that generation.
    #[inline]
    pub(crate) fn get_current(&mut self, slot: u32, generation: u16) -> Option<&mut T> {
        let place = self.place_mut(slot)?;
        if place.generation == generation { place.value.as_mut() } else { None }
    }

    pub(crate) fn generation(&self, slot: u32) -> u16 {
        self.place(slot).map_or(0, |place| place.generation)
    }

    pub(crate) fn remove(&mut self, slot: u32) -> Option<T> {
        let value = self.place_mut(slot)?.value.take()?;
        self.free.push(slot);
        self.len -= 1;
        Some(value)
    }

    /// Slots that were ever in use.
    pub(crate) fn extent(&self) -> u32 {
        self.used
    }

    /// Slots in use.
    pub(crate) fn slots(&self) -> Vec<u32> {
        (0..self.used).filter(|slot| self.get(*slot).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_used_again_has_another_generation() {
        let mut slab = Slab::default();
        let (slot, generation) = slab.insert('a');
        assert_eq!(slab.get_current(slot, generation), Some(&mut 'a'));
        assert_eq!(slab.remove(slot), Some('a'));
        assert_eq!(slab.remove(slot), None);
        let (again, next) = slab.insert('b');
        assert_eq!(again, slot);
        assert_eq!(slab.get_current(slot, generation), None);
        assert_eq!(slab.get_current(slot, next), Some(&mut 'b'));
    }

    #[test]
    fn grows_by_pages() {
        let mut slab = Slab::default();
        let slots: Vec<_> = (0..1_000).map(|n| slab.insert(n).0).collect();
        assert_eq!((slab.len(), slab.pages.len()), (1_000, 16));
        assert!(slots.iter().enumerate().all(|(n, slot)| slab.get(*slot) == Some(&n)));
        assert_eq!(slab.slots(), slots);
    }
}
