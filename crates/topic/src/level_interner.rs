//! The texts of filter levels, each kept once however many filters use it.

use crate::arena::{Arena, Key};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// The number of a level text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol(Key);

impl Symbol {
    /// The symbol as a number, for hashing.
    pub(crate) fn get(self) -> u32 {
        self.0.get()
    }
}

#[derive(Clone, Debug)]
struct Level {
    text: Box<str>,
    references: u32,
}

/// Level texts, counted by use and forgotten with the last.
#[derive(Clone, Debug)]
pub(crate) struct LevelInterner {
    levels: Arena<Level>,
    by_text: HashTable<Key>,
    hasher: DefaultHashBuilder,
}

impl LevelInterner {
    pub(crate) fn new(hasher: DefaultHashBuilder) -> Self {
        Self { levels: Arena::new(), by_text: HashTable::new(), hasher }
    }

    /// The symbol of a text that some filter uses.
    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        self.by_text.find(self.hasher.hash_one(text), |key| self.is_text(*key, text)).copied().map(Symbol)
    }

    fn is_text(&self, key: Key, text: &str) -> bool {
        self.levels.get(key).is_some_and(|level| &*level.text == text)
    }

    /// The symbol of a text, with one use counted.
    pub(crate) fn acquire(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.find(text) {
            if let Some(level) = self.levels.get_mut(symbol.0) {
                level.references += 1;
            }
            return symbol;
        }
        let key = self.levels.insert(Level { text: text.into(), references: 1 });
        let Self { levels, by_text, hasher } = self;
        by_text.insert_unique(hasher.hash_one(text), key, |key| {
            hasher.hash_one(levels.get(*key).map_or("", |level| &*level.text))
        });
        Symbol(key)
    }

    /// Takes one use back.
    pub(crate) fn release(&mut self, symbol: Symbol) {
        let Some(level) = self.levels.get_mut(symbol.0) else { return };
        level.references -= 1;
        if level.references > 0 {
            return;
        }
        let hash = self.hasher.hash_one(&*level.text);
        if let Ok(entry) = self.by_text.find_entry(hash, |key| *key == symbol.0) {
            entry.remove();
        }
        self.levels.remove(symbol.0);
    }

    /// The text of a symbol in use.
    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.levels.get(symbol.0).map_or("", |level| &level.text)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.levels.len()
    }
}
