//! Filters with wildcards as a tree of levels.
//!
//! ```text
//! a/+/c   a/#   +/b          root ──a──> n1 [subtree: a/#] ──+──> n2 ──c──> n3 [value: a/+/c]
//!                                └──+──> n4 ──b──> n5 [value: +/b]
//! ```
//! A node knows its parent and its level; `+` children hang directly on it, literal children are found in one table
//! for the whole tree, keyed by (parent, level). `#` is always last, so it is a second value of its parent node and
//! has no node. A look-up walks the tree level by level with the list of nodes reached so far: it visits a node at
//! most once, so its work is bounded by the filters that exist, whatever the topic.

use crate::arena::{Arena, Key};
use crate::level_text::LevelText;
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;
use std::hash::BuildHasher;

#[derive(Clone, Debug)]
struct Node {
    /// `None` only in the root.
    parent: Option<Key>,
    level: LevelText,
    literal_children: u32,
    plus_child: Option<Key>,
    /// Value of the filter that ends here.
    value: Option<Key>,
    /// Value of the filter that goes on with `#` alone.
    subtree_value: Option<Key>,
}

impl Node {
    fn new(parent: Option<Key>, level: &str) -> Self {
        Self {
            parent,
            level: LevelText::new(level),
            literal_children: 0,
            plus_child: None,
            value: None,
            subtree_value: None,
        }
    }

    fn is_unused(&self) -> bool {
        self.literal_children == 0
            && self.plus_child.is_none()
            && self.value.is_none()
            && self.subtree_value.is_none()
            && self.parent.is_some()
    }

    /// The hash of the literal edge that leads here.
    fn edge_hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        self.parent.map_or(0, |parent| edge_hash(parent, hasher.hash_one(self.level.as_bytes())))
    }

    fn value_place(&mut self, is_subtree: bool) -> &mut Option<Key> {
        if is_subtree { &mut self.subtree_value } else { &mut self.value }
    }
}

#[derive(Clone, Debug)]
struct Entry<V> {
    node: Key,
    is_subtree: bool,
    value: V,
}

/// Filters with wildcards -> values.
#[derive(Clone, Debug)]
pub(crate) struct WildcardTrie<V> {
    nodes: Arena<Node>,
    /// Nodes reached from their parent by a literal level; the node itself holds the key.
    edges: HashTable<Key>,
    entries: Arena<Entry<V>>,
    root: Key,
    hasher: DefaultHashBuilder,
}

/// The levels above a final `#`, and whether there is one. `None` is the filter `#` alone.
fn split_subtree(filter: &str) -> (Option<&str>, bool) {
    if filter == "#" {
        return (None, true);
    }
    filter.strip_suffix("/#").map_or((Some(filter), false), |above| (Some(above), true))
}

impl<V> WildcardTrie<V> {
    pub(crate) fn new(hasher: DefaultHashBuilder) -> Self {
        let mut nodes = Arena::new();
        let root = nodes.insert(Node::new(None, ""));
        Self { nodes, edges: HashTable::new(), entries: Arena::new(), root, hasher }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, filter: &str) -> Option<&V> {
        Some(&self.entries.get(self.find_entry(filter)?)?.value)
    }

    pub(crate) fn get_mut(&mut self, filter: &str) -> Option<&mut V> {
        let entry = self.find_entry(filter)?;
        Some(&mut self.entries.get_mut(entry)?.value)
    }

    pub(crate) fn get_or_insert_with(&mut self, filter: &str, make: impl FnOnce() -> V) -> &mut V {
        let key = match self.find_entry(filter) {
            Some(key) => key,
            None => self.insert(filter, make()),
        };
        &mut self.entries.get_mut(key).expect("found or inserted above").value
    }

    pub(crate) fn remove(&mut self, filter: &str) -> Option<V> {
        let key = self.find_entry(filter)?;
        let entry = self.entries.remove(key)?;
        if self.entries.len() == 0 {
            // The last filter is gone: give all memory back.
            *self = Self::new(self.hasher.clone());
            return Some(entry.value);
        }
        if let Some(node) = self.nodes.get_mut(entry.node) {
            *node.value_place(entry.is_subtree) = None;
        }
        self.prune(entry.node);
        Some(entry.value)
    }

    /// Calls `visit` for every filter that selects `topic`.
    pub(crate) fn for_each_match<'a>(&'a self, topic: &str, mut visit: impl FnMut(&'a V)) {
        if self.entries.len() == 0 {
            return;
        }
        let mut visit_entry = |key: Option<Key>| {
            if let Some(entry) = key.and_then(|key| self.entries.get(key)) {
                visit(&entry.value);
            }
        };
        let mut reached: SmallVec<[Key; 16]> = SmallVec::new();
        let mut next: SmallVec<[Key; 16]> = SmallVec::new();
        reached.push(self.root);
        // [MQTT-4.7.2-1]: a wildcard in the first level does not select names that begin with `$`.
        let mut wildcards_apply = !topic.starts_with('$');
        let mut rest = Some(topic.as_bytes());
        while let Some(bytes) = rest {
            // Levels are a few bytes long: counting on is faster than the search for a pattern that `split` does.
            let end = bytes.iter().position(|byte| *byte == b'/').unwrap_or(bytes.len());
            let level = &bytes[..end];
            rest = bytes.get(end + 1..);
            // Hashed once, and only if some node asks for it.
            let mut level_hash = None;
            for key in reached.iter().copied() {
                let Some(node) = self.nodes.get(key) else { continue };
                if wildcards_apply {
                    visit_entry(node.subtree_value);
                    if let Some(child) = node.plus_child {
                        next.push(child);
                    }
                }
                if node.literal_children > 0 {
                    let level_hash = *level_hash.get_or_insert_with(|| self.hasher.hash_one(level));
                    if let Some(child) = self.literal_child(key, level, level_hash) {
                        next.push(child);
                    }
                }
            }
            wildcards_apply = true;
            std::mem::swap(&mut reached, &mut next);
            next.clear();
            if reached.is_empty() {
                return;
            }
        }
        for node in reached.iter().filter_map(|key| self.nodes.get(*key)) {
            visit_entry(node.value);
            // "a/#" selects "a" (§4.7.1.2).
            visit_entry(node.subtree_value);
        }
    }

    /// Filters, written out, and their values, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (String, &V)> {
        self.entries.iter().map(|entry| (self.filter_text(entry), &entry.value))
    }

    /// How many places there are for filters, used or not.
    pub(crate) fn places(&self) -> usize {
        self.entries.places()
    }

    /// The filter in a place, and its value.
    pub(crate) fn at(&self, place: usize) -> Option<(String, &V)> {
        self.entries.at(place).map(|entry| (self.filter_text(entry), &entry.value))
    }

    fn filter_text(&self, entry: &Entry<V>) -> String {
        let mut levels = Vec::new();
        if entry.is_subtree {
            levels.push("#");
        }
        let mut key = entry.node;
        while let Some(node) = self.nodes.get(key)
            && let Some(parent) = node.parent
        {
            levels.push(node.level.as_str());
            key = parent;
        }
        levels.reverse();
        levels.join("/")
    }

    fn find_entry(&self, filter: &str) -> Option<Key> {
        let (above, is_subtree) = split_subtree(filter);
        let mut key = self.root;
        for level in above.into_iter().flat_map(|above| above.split('/')) {
            key = self.child(key, level)?;
        }
        let node = self.nodes.get(key)?;
        if is_subtree { node.subtree_value } else { node.value }
    }

    fn child(&self, parent: Key, level: &str) -> Option<Key> {
        if level == "+" {
            self.nodes.get(parent)?.plus_child
        } else {
            self.literal_child(parent, level.as_bytes(), self.hasher.hash_one(level.as_bytes()))
        }
    }

    fn literal_child(&self, parent: Key, level: &[u8], level_hash: u64) -> Option<Key> {
        let is_child = |key: &Key| {
            let node = self.nodes.get(*key);
            node.is_some_and(|node| node.parent == Some(parent) && node.level.as_bytes() == level)
        };
        self.edges.find(edge_hash(parent, level_hash), is_child).copied()
    }

    fn insert(&mut self, filter: &str, value: V) -> Key {
        let (above, is_subtree) = split_subtree(filter);
        let mut node = self.root;
        for level in above.into_iter().flat_map(|above| above.split('/')) {
            node = match self.child(node, level) {
                Some(child) => child,
                None => self.insert_child(node, level),
            };
        }
        let entry = self.entries.insert(Entry { node, is_subtree, value });
        if let Some(node) = self.nodes.get_mut(node) {
            *node.value_place(is_subtree) = Some(entry);
        }
        entry
    }

    fn insert_child(&mut self, parent_key: Key, level: &str) -> Key {
        let child = self.nodes.insert(Node::new(Some(parent_key), level));
        let Self { nodes, edges, hasher, .. } = self;
        if let Some(parent) = nodes.get_mut(parent_key) {
            if level == "+" {
                parent.plus_child = Some(child);
                return child;
            }
            parent.literal_children += 1;
        }
        edges.insert_unique(edge_hash(parent_key, hasher.hash_one(level.as_bytes())), child, |key| {
            nodes.get(*key).map_or(0, |node| node.edge_hash(hasher))
        });
        child
    }

    /// Frees a node without use, and the nodes above it that thereby lose theirs.
    fn prune(&mut self, from: Key) {
        let mut key = from;
        while let Some(node) = self.nodes.get(key)
            && node.is_unused()
            && let Some(parent_key) = node.parent
        {
            let hash = node.edge_hash(&self.hasher);
            let edge = self.edges.find_entry(hash, |edge| *edge == key).ok();
            if let Some(parent) = self.nodes.get_mut(parent_key) {
                match edge {
                    Some(edge) => {
                        edge.remove();
                        parent.literal_children -= 1;
                    }
                    None => parent.plus_child = None,
                }
            }
            self.nodes.remove(key);
            key = parent_key;
        }
    }

    #[cfg(test)]
    pub(crate) fn part_counts(&self) -> (usize, usize) {
        (self.nodes.len(), self.edges.len())
    }
}

/// The hash of a literal edge. The hash of the level is keyed; keys of nodes are small numbers given out in turn, so
/// that edges of one level text from different parents differ in the low bits.
fn edge_hash(parent: Key, level_hash: u64) -> u64 {
    level_hash ^ u64::from(parent.get()).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
