//! How fast a counter grows.

use std::collections::VecDeque;

/// Samples of which the present rate is made, a second each.
const NOW: usize = 10;

/// Samples that are kept: five minutes.
const KEPT: usize = 300;

/// How fast a counter grows, by a sample each second.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {
    /// What was counted at each of the last seconds, the latest last.
    samples: VecDeque<u64>,
    rates: GrowthRates,
}

/// How fast a counter grows, per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GrowthRates {
    /// In the last ten seconds.
    pub rate: f64,
    /// In the last five minutes, or since there are samples.
    pub rate_last5m: f64,
    /// The highest that [`Self::rate`] ever was.
    pub rate_max: f64,
}

impl RateMeter {
    /// What is counted now; to be called once a second. A counter that has begun anew makes the rates begin anew.
    pub fn sample(&mut self, total: u64) {
        if self.samples.back().is_some_and(|last| *last > total) {
            *self = Self::default();
        }
        if self.samples.len() > KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back(total);
        let rate = self.over(NOW);
        self.rates = GrowthRates { rate, rate_last5m: self.over(KEPT), rate_max: self.rates.rate_max.max(rate) };
    }

    /// As of the last sample.
    #[must_use]
    pub const fn rates(&self) -> GrowthRates {
        self.rates
    }

    /// Over the last seconds, or as many as there are.
    #[expect(clippy::cast_precision_loss, reason = "a rate is told with two digits behind the point")]
    fn over(&self, seconds: usize) -> f64 {
        let seconds = seconds.min(self.samples.len().saturating_sub(1));
        let then = self.samples.len().checked_sub(seconds + 1).and_then(|place| self.samples.get(place));
        match (then, self.samples.back()) {
            (Some(then), Some(now)) if seconds > 0 => (now - then) as f64 / seconds as f64,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(meter: &mut RateMeter, seconds: u64, each: u64) -> GrowthRates {
        let last = meter.samples.back().copied().unwrap_or_default();
        (1..=seconds).for_each(|second| meter.sample(last + second * each));
        meter.rates()
    }

    #[test]
    fn rates_are_of_seconds_and_minutes() {
        let mut meter = RateMeter::default();
        meter.sample(1_000);
        assert_eq!(meter.rates(), GrowthRates::default(), "nobody knows how long that has taken");
        assert_eq!(sampled(&mut meter, 2, 5), GrowthRates { rate: 5.0, rate_last5m: 5.0, rate_max: 5.0 });
        sampled(&mut meter, 98, 5);
        assert_eq!(sampled(&mut meter, 10, 20).rate, 20.0);
        let quiet = sampled(&mut meter, 190, 0);
        assert_eq!((quiet.rate, quiet.rate_max), (0.0, 20.0));
        assert!((quiet.rate_last5m - 700.0 / 300.0).abs() < 1e-9, "{quiet:?}");
        assert_eq!(sampled(&mut meter, 300, 0).rate_last5m, 0.0);
        assert_eq!(meter.samples.len(), KEPT + 1);
    }

    #[test]
    fn a_counter_that_begins_anew_has_no_past() {
        let mut meter = RateMeter::default();
        sampled(&mut meter, 10, 100);
        meter.sample(3);
        assert_eq!(meter.rates(), GrowthRates::default());
        assert_eq!(sampled(&mut meter, 1, 2).rate_max, 2.0);
    }
}
