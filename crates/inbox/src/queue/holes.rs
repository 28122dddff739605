//! Stretches of a queue in which everything is closed.

use crate::Position;
use std::ops::Range;

/// As many are remembered; beyond, the shortest is forgotten.
const COUNT_MAX: usize = 8;

/// Known holes: in order, not empty, not touching each other.
///
/// They are short cuts: what is forgotten here is found out again by loading the chunks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holes(Vec<Range<Position>>);

impl Holes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Range<Position>> + Clone {
        self.0.iter()
    }

    /// The end of the hole that `position` lies in.
    pub(crate) fn end_at(&self, position: Position) -> Option<Position> {
        let hole = self.0.iter().find(|hole| position < hole.end)?;
        (hole.start <= position).then_some(hole.end)
    }

    /// Whether a single hole covers `range`.
    pub(crate) fn cover(&self, range: Range<Position>) -> bool {
        self.end_at(range.start).is_some_and(|end| range.end <= end)
    }

    /// Adds a hole, joined with those it touches.
    pub(crate) fn add(&mut self, mut added: Range<Position>) {
        self.0.retain(|hole| {
            let touches = hole.start <= added.end && added.start <= hole.end;
            if touches {
                added = added.start.min(hole.start)..added.end.max(hole.end);
            }
            !touches
        });
        let at = self.0.partition_point(|hole| hole.start < added.start);
        self.0.insert(at, added);
        if self.0.len() > COUNT_MAX {
            let shortest = (0..self.0.len()).min_by_key(|&at| self.0[at].end - self.0[at].start);
            shortest.map(|at| self.0.remove(at));
        }
    }

    /// Forgets what lies before `head`.
    pub(crate) fn trim(&mut self, head: Position) {
        self.0.retain(|hole| head < hole.end);
        if let Some(first) = self.0.first_mut() {
            first.start = first.start.max(head);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ranges = [(Position, Position)];

    fn holes(ranges: &Ranges) -> Holes {
        let mut holes = Holes::default();
        ranges.iter().for_each(|&(from, below)| holes.add(from..below));
        holes
    }

    fn ranges(holes: &Holes) -> Vec<(Position, Position)> {
        holes.iter().map(|hole| (hole.start, hole.end)).collect()
    }

    #[test]
    fn holes_that_touch_are_one() {
        let cases: [(&Ranges, &Ranges); 6] = [
            (&[(5, 7), (1, 3)], &[(1, 3), (5, 7)]),
            (&[(5, 7), (3, 5)], &[(3, 7)]),
            (&[(5, 7), (7, 9)], &[(5, 9)]),
            (&[(1, 3), (5, 7), (2, 6)], &[(1, 7)]),
            (&[(1, 3), (5, 7), (9, 11), (0, 20)], &[(0, 20)]),
            (&[(1, 9), (3, 4)], &[(1, 9)]),
        ];
        for (added, expected) in cases {
            assert_eq!(ranges(&holes(added)), expected, "{added:?}");
        }
    }

    #[test]
    fn the_shortest_are_forgotten() {
        let many: Vec<(Position, Position)> = (0..20).map(|number| (number * 100, number * 100 + 1 + number)).collect();
        assert_eq!(ranges(&holes(&many)), many[12..]);
    }

    #[test]
    fn positions_are_found_and_trimmed() {
        let mut holes = holes(&[(2, 4), (6, 8)]);
        let found: Vec<Option<Position>> = (1..9).map(|position| holes.end_at(position)).collect();
        assert_eq!(found, [None, Some(4), Some(4), None, None, Some(8), Some(8), None]);
        assert!(holes.cover(2..4) && holes.cover(3..4) && !holes.cover(2..5) && !holes.cover(2..8));
        holes.trim(3);
        assert_eq!(ranges(&holes), [(3, 4), (6, 8)]);
        holes.trim(4);
        assert_eq!(ranges(&holes), [(6, 8)]);
        holes.trim(8);
        assert!(holes.is_empty());
    }
}
