//! Latency histogram with three significant digits, from one microsecond to one minute.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

const LONGEST_NS: u64 = 60_000_000_000;
const SHORTEST_NS: u64 = 1_000;

/// Records latencies in nanoseconds; longer ones than a minute count as a minute.
#[derive(Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
}

/// Percentiles of a histogram, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// Median.
    pub p50_ms: f64,
    /// 90 % are faster.
    pub p90_ms: f64,
    /// 99 % are faster.
    pub p99_ms: f64,
    /// 99.9 % are faster.
    pub p999_ms: f64,
    /// Slowest of all.
    pub max_ms: f64,
}

impl Default for Latency {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(SHORTEST_NS, LONGEST_NS, 3)
            .expect("1 us to 60 s with 3 digits is a range the histogram supports");
        Self { histogram }
    }
}

impl Latency {
    /// Counts one latency.
    #[inline]
    pub fn record(&mut self, nanoseconds: u64) {
        self.histogram.saturating_record(nanoseconds);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.histogram.reset();
    }

    /// Percentiles, or `None` when nothing was recorded.
    #[must_use]
    pub fn summary(&self) -> Option<LatencySummary> {
        let at = |quantile: f64| self.histogram.value_at_quantile(quantile) as f64 / 1e6;
        (!self.histogram.is_empty()).then(|| LatencySummary {
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: self.histogram.max() as f64 / 1e6,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_samples() {
        let mut latency = Latency::default();
        assert_eq!(latency.summary(), None);
        for microseconds in 1..=1000 {
            latency.record(microseconds * 1000);
        }
        let summary = latency.summary().unwrap();
        for (found, wanted) in
            [(summary.p50_ms, 0.5), (summary.p90_ms, 0.9), (summary.p99_ms, 0.99), (summary.max_ms, 1.0)]
        {
            assert!((found / wanted - 1.0).abs() < 0.002, "{found} is not {wanted}");
        }
    }

    #[test]
    fn longer_than_a_minute_counts_as_a_minute() {
        let mut latency = Latency::default();
        latency.record(u64::MAX);
        let max = latency.summary().unwrap().max_ms;
        assert!((max / 60_000.0 - 1.0).abs() < 0.002, "{max}");
    }
}
