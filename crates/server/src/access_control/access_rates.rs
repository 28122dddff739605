//! How fast authenticators and sources of rules are asked, and what was counted of them before somebody had it begin anew.

use dunlin_access::BackendQuestions;
use dunlin_telemetry::{GrowthRates, RateMeter};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is counted of one of them. Who asks by name gets it: `global/password_based:redis`, `authorization/redis`.
pub(super) struct PartCounts {
    pub(super) name: String,
    /// Clients or questions that came to it.
    pub(super) total: u64,
    /// What its back end was asked; `None` where it has none.
    pub(super) questions: Option<BackendQuestions>,
}

/// How fast authenticators and sources of rules are asked.
#[derive(Default)]
pub(super) struct AccessRates(Mutex<BTreeMap<String, Meters>>);

#[derive(Default)]
struct Meters {
    total: RateMeter,
    questions: RateMeter,
    /// Of its back end, when they were to begin anew.
    before: BackendQuestions,
}

/// How fast something is asked, in EMQX's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct AskedRates {
    /// Per second, in the last ten of them.
    pub(crate) rate: f64,
    /// Per second, in the last five minutes.
    pub(crate) rate_last5m: f64,
    /// The highest of the former.
    pub(crate) rate_max: f64,
}

/// What a back end was asked, in EMQX's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ResourceMetrics {
    /// Questions.
    pub(crate) matched: u64,
    /// Those that it has answered, whatever it said.
    pub(crate) success: u64,
    /// Those that it has not.
    pub(crate) failed: u64,
    /// How fast they came.
    #[serde(flatten)]
    pub(crate) rates: AskedRates,
}

impl AccessRates {
    /// Once a second: what is counted of all there are now. The others are forgotten.
    pub(super) fn sample(&self, parts: &[PartCounts]) {
        let mut meters = self.0.lock();
        meters.retain(|name, _| parts.iter().any(|part| part.name == *name));
        for part in parts {
            let meters = meters.entry(part.name.clone()).or_default();
            meters.total.sample(part.total);
            let questions = meters.since_reset(part.questions.unwrap_or_default());
            meters.questions.sample(questions.success + questions.failed);
        }
    }

    /// How fast clients or questions come to it.
    pub(super) fn of(&self, name: &str) -> AskedRates {
        self.0.lock().get(name).map(|meters| asked(meters.total.rates())).unwrap_or_default()
    }

    /// What its back end was asked.
    pub(super) fn of_resource(&self, part: &PartCounts) -> Option<ResourceMetrics> {
        let questions = part.questions?;
        let mut meters = self.0.lock();
        let meters = meters.entry(part.name.clone()).or_default();
        let BackendQuestions { success, failed } = meters.since_reset(questions);
        let rates = asked(meters.questions.rates());
        Some(ResourceMetrics { matched: success + failed, success, failed, rates })
    }

    /// All that is counted of it begins anew.
    pub(super) fn reset(&self, part: &PartCounts) {
        let fresh = Meters { before: part.questions.unwrap_or_default(), ..Meters::default() };
        self.0.lock().insert(part.name.clone(), fresh);
    }
}

impl Meters {
    fn since_reset(&mut self, questions: BackendQuestions) -> BackendQuestions {
        if questions.success < self.before.success || questions.failed < self.before.failed {
            // It has been made anew meanwhile.
            self.before = BackendQuestions::default();
        }
        BackendQuestions {
            success: questions.success - self.before.success,
            failed: questions.failed - self.before.failed,
        }
    }
}

fn asked(rates: GrowthRates) -> AskedRates {
    let rounded = |rate: f64| (rate * 100.0).round() / 100.0;
    AskedRates { rate: rounded(rates.rate), rate_last5m: rounded(rates.rate_last5m), rate_max: rounded(rates.rate_max) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(total: u64, success: u64, failed: u64) -> PartCounts {
        PartCounts { name: "p".into(), total, questions: Some(BackendQuestions { success, failed }) }
    }

    #[test]
    fn what_begins_anew_is_counted_from_there() {
        let rates = AccessRates::default();
        rates.sample(&[part(0, 0, 0)]);
        rates.sample(&[part(4, 3, 1)]);
        assert_eq!(rates.of("p").rate, 4.0);
        assert_eq!(
            rates.of_resource(&part(4, 3, 1)).map(|metrics| (metrics.matched, metrics.rates.rate)),
            Some((4, 4.0))
        );
        rates.reset(&part(4, 3, 1));
        let after = rates.of_resource(&part(4, 5, 1)).expect("a back end");
        assert_eq!((after.success, after.failed, after.rates), (2, 0, AskedRates::default()));
        assert_eq!(rates.of("p"), AskedRates::default());
        // Another configuration has made another one.
        assert_eq!(rates.of_resource(&part(4, 1, 0)).map(|metrics| metrics.success), Some(1));
        assert_eq!(rates.of_resource(&PartCounts { questions: None, ..part(0, 0, 0) }), None);
        rates.sample(&[]);
        assert!(rates.0.lock().is_empty());
    }
}
