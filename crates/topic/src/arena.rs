//! Values in one `Vec`, named by four-byte keys, places reused.

use std::num::NonZeroU32;

/// The place of a value in an [`Arena`]. `Option<Key>` has four bytes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(NonZeroU32);

impl Key {
    /// The key as a number, for hashing.
    pub(crate) fn get(self) -> u32 {
        self.0.get()
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A list with stable keys and a free list. Types with a spare bit pattern (a `Key`, a `Box`) cost nothing extra.
#[derive(Clone, Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<Option<T>>,
    free: Vec<Key>,
}

impl<T> Arena<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Places, used or not.
    pub(crate) fn places(&self) -> usize {
        self.slots.len()
    }

    /// The value in a place.
    pub(crate) fn at(&self, place: usize) -> Option<&T> {
        self.slots.get(place)?.as_ref()
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        if let Some(key) = self.free.pop() {
            self.slots[key.index()] = Some(value);
            return key;
        }
        self.slots.push(Some(value));
        let place = u32::try_from(self.slots.len()).ok().and_then(NonZeroU32::new);
        Key(place.expect("four billion values need more memory than there is"))
    }

    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        self.slots.get(key.index())?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.slots.get_mut(key.index())?.as_mut()
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let value = self.slots.get_mut(key.index())?.take()?;
        self.free.push(key);
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_reused() {
        let mut arena = Arena::new();
        let first = arena.insert("a");
        let second = arena.insert("b");
        assert_eq!(arena.remove(first), Some("a"));
        assert_eq!((arena.remove(first), arena.get(first), arena.len()), (None, None, 1));
        assert_eq!(arena.insert("c"), first);
        assert_eq!((arena.get(first), arena.get(second)), (Some(&"c"), Some(&"b")));
        assert_eq!(arena.slots.len(), 2);
    }
}
