//! The order of names in which a topic and everything below it lie side by side.
//!
//! Names are compared byte by byte with `/` below every other byte. So `a` is followed by `a/…` and only then by `a!`,
//! and the first place behind the subtree of `a` is `a\0`, which no valid name can occupy.

use ref_cast::RefCastCustom;
use ref_cast::ref_cast_custom;
use std::cmp::Ordering;

/// A name seen in subtree order.
#[derive(Debug, PartialEq, Eq, RefCastCustom)]
#[repr(transparent)]
pub(crate) struct OrderedName([u8]);

impl OrderedName {
    #[ref_cast_custom]
    pub(crate) const fn new(name: &[u8]) -> &Self;
}

impl Ord for OrderedName {
    fn cmp(&self, other: &Self) -> Ordering {
        // Neighbours share long prefixes: eight bytes at a time first.
        let (left, _) = self.0.as_chunks::<8>();
        let (right, _) = other.0.as_chunks::<8>();
        let equal = 8 * left.iter().zip(right).take_while(|(left, right)| left == right).count();
        let (left, right) = (&self.0[equal..], &other.0[equal..]);
        match left.iter().zip(right).find(|(left, right)| left != right) {
            Some((left, right)) => (*left != b'/', left).cmp(&(*right != b'/', right)),
            None => left.len().cmp(&right.len()),
        }
    }
}

impl PartialOrd for OrderedName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subtree_is_contiguous() {
        let sorted = ["", "/", "//", "/a", "a", "a/", "a//", "a/b", "a/b/c", "a/c", "a\0", "a!", "a.b", "ab", "b"];
        for (at, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                let order = OrderedName::new(left.as_bytes()).cmp(OrderedName::new(right.as_bytes()));
                assert_eq!(order, at.cmp(&other), "{left:?} and {right:?}");
            }
        }
    }

    #[test]
    fn long_equal_prefixes_do_not_hide_the_difference() {
        for length in 0..20 {
            let prefix = "x".repeat(length);
            let (slash, dot) = (format!("{prefix}/z"), format!("{prefix}.a"));
            assert!(OrderedName::new(slash.as_bytes()) < OrderedName::new(dot.as_bytes()), "{length}");
            assert!(OrderedName::new(prefix.as_bytes()) < OrderedName::new(slash.as_bytes()), "{length}");
        }
    }
}
