//! A table of sessions by number.
//!
//! Numbers are given in order and never again, so most sessions have many neighbours, and after years few. Sessions lie in
//! pages of 64 numbers; a page holds only those that exist, packed, behind a bit for each. That costs one byte per session in
//! a full page, and no more than a page of one element when all neighbours have ended.

use crate::SessionNumber;
use hashbrown::HashMap;

/// Values by session number.
pub struct SessionTable<T> {
    pages: HashMap<u64, Page<T>>,
    len: usize,
}

struct Page<T> {
    /// Bit n is set when number `64 * page + n` is here.
    present: u64,
    /// In order of their numbers.
    values: Vec<T>,
}

impl<T> Default for SessionTable<T> {
    fn default() -> Self {
        Self { pages: HashMap::new(), len: 0 }
    }
}

const fn page_and_bit(number: SessionNumber) -> (u64, u64) {
    (number.0 / 64, 1 << (number.0 % 64))
}

impl<T> Page<T> {
    /// Index among the values; where it would be inserted if it is not there.
    fn index(&self, bit: u64) -> usize {
        (self.present & (bit - 1)).count_ones() as usize
    }

    fn contains(&self, bit: u64) -> bool {
        self.present & bit != 0
    }
}

impl<T> SessionTable<T> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The value of a session.
    #[must_use]
    pub fn get(&self, number: SessionNumber) -> Option<&T> {
        let (page, bit) = page_and_bit(number);
        let page = self.pages.get(&page)?;
        if page.contains(bit) { page.values.get(page.index(bit)) } else { None }
    }

    /// The value of a session, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, number: SessionNumber) -> Option<&mut T> {
        let (page, bit) = page_and_bit(number);
        let page = self.pages.get_mut(&page)?;
        let index = page.index(bit);
        if page.contains(bit) { page.values.get_mut(index) } else { None }
    }

    /// Adds a value, or replaces the one that is there and gives it back.
    pub fn insert(&mut self, number: SessionNumber, value: T) -> Option<T> {
        let (page, bit) = page_and_bit(number);
        let page = self.pages.entry(page).or_insert_with(|| Page { present: 0, values: Vec::new() });
        let index = page.index(bit);
        if page.contains(bit) {
            return Some(std::mem::replace(&mut page.values[index], value));
        }
        page.present |= bit;
        if page.values.len() == page.values.capacity() {
            page.values.reserve_exact((page.values.len() / 2).clamp(1, 64 - page.values.len()));
        }
        page.values.insert(index, value);
        self.len += 1;
        None
    }

    /// Takes a value out.
    pub fn remove(&mut self, number: SessionNumber) -> Option<T> {
        let (key, bit) = page_and_bit(number);
        let page = self.pages.get_mut(&key)?;
        if !page.contains(bit) {
            return None;
        }
        let value = page.values.remove(page.index(bit));
        page.present &= !bit;
        self.len -= 1;
        if page.values.is_empty() {
            self.pages.remove(&key);
            if self.pages.len() < self.pages.capacity() / 4 {
                self.pages.shrink_to(self.pages.len() * 2);
            }
        } else if page.values.len() <= page.values.capacity() / 2 {
            page.values.shrink_to_fit();
        }
        Some(value)
    }

    /// All numbers, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = SessionNumber> {
        self.pages.iter().flat_map(|(&key, page)| {
            (0..64).filter(|&bit| page.contains(1 << bit)).map(move |bit| SessionNumber(key * 64 + bit))
        })
    }

    /// Bytes on the heap for the table itself.
    #[cfg(test)]
    pub(crate) fn heap_bytes(&self) -> usize {
        let values: usize = self.pages.values().map(|page| page.values.capacity() * size_of::<T>()).sum();
        // One byte of hashbrown's for each bucket; the buckets are a power of two, at most 7/8 full.
        let buckets = (self.pages.capacity() * 8 / 7).next_power_of_two();
        values + buckets * (size_of::<(u64, Page<T>)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn behaves_like_a_map() {
        let mut model = BTreeMap::new();
        let mut table = SessionTable::default();
        let mut random = 7_u64;
        for step in 0..20_000_u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = SessionNumber((random >> 40) % 300 + if step % 7 == 0 { u64::MAX - 400 } else { 0 });
            if random >> 33 & 1 == 0 {
                assert_eq!(table.insert(number, step), model.insert(number, step));
            } else {
                assert_eq!(table.remove(number), model.remove(&number));
            }
            assert_eq!(table.get(number), model.get(&number));
            assert_eq!(table.get_mut(number), model.get_mut(&number));
            assert_eq!(table.len(), model.len());
        }
        let mut numbers: Vec<SessionNumber> = table.numbers().collect();
        numbers.sort();
        assert!(numbers.iter().eq(model.keys()));
        for number in numbers {
            table.remove(number);
        }
        assert_eq!((table.len(), table.pages.len()), (0, 0));
    }

    #[test]
    fn neighbours_share_a_page() {
        let mut table = SessionTable::default();
        for number in 0..64_000 {
            table.insert(SessionNumber(number), [0_u64; 2]);
        }
        let bytes = table.heap_bytes() as f64 / 64_000.0;
        assert!(bytes < 16.0 + 2.0, "{bytes} bytes per session");
    }
}
