//! Gauges, and how high they have been.

/// How much there is of something now, and the most there has been since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// `connections`: the public names are this with `.count` and `.max` behind it.
    pub name: &'static str,
    /// Now.
    pub count: u64,
    /// The most that was ever read.
    pub max: u64,
}

/// The highest values that were read.
#[derive(Debug, Default)]
pub(crate) struct HighWater {
    max: Vec<u64>,
}

impl HighWater {
    /// Notes what is read now; always the same gauges in the same order.
    pub(super) fn gauges<const COUNT: usize>(&mut self, values: [(&'static str, u64); COUNT]) -> Vec<Gauge> {
        self.max.resize(COUNT, 0);
        let seen = values.into_iter().zip(&mut self.max);
        seen.map(|((name, count), max)| {
            *max = count.max(*max);
            Gauge { name, count, max: *max }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_value_stays() {
        let mut high_water = HighWater::default();
        for (count, max) in [(0, 0), (7, 7), (3, 7), (9, 9)] {
            assert_eq!(high_water.gauges([("a", count), ("b", 1)])[0], Gauge { name: "a", count, max });
        }
    }
}
