//! Who talks to whom: 1:1, many to few, one to many, one to any.

use crate::load::Recipients;
use crate::traffic::TrafficPlan;

/// `count` publishers, each with a topic and a subscriber of its own.
#[must_use]
pub fn pairs(count: usize) -> TrafficPlan {
    let topics: Vec<_> = (0..count).map(|number| vec![format!("bench/pairs/{number}")]).collect();
    TrafficPlan { filters: topics.clone(), topics, recipients: Recipients::One((0..count as u32).collect()) }
}

/// `publishers` dealt to `subscribers` with a wildcard filter each; every message matches one of them.
#[must_use]
pub fn fan_in(publishers: usize, subscribers: usize) -> TrafficPlan {
    let subscriber_of = |number: usize| number % subscribers.max(1);
    TrafficPlan {
        filters: (0..subscribers).map(|subscriber| vec![format!("bench/fan-in/{subscriber}/+")]).collect(),
        topics: (0..publishers)
            .map(|number| vec![format!("bench/fan-in/{}/{number}", subscriber_of(number))])
            .collect(),
        recipients: Recipients::One((0..publishers).map(|number| subscriber_of(number) as u32).collect()),
    }
}

/// Every subscriber gets what every publisher sends.
#[must_use]
pub fn fan_out(publishers: usize, subscribers: usize) -> TrafficPlan {
    let filters = if publishers == 1 { "bench/fan-out/0" } else { "bench/fan-out/+" };
    TrafficPlan {
        filters: vec![vec![filters.to_owned()]; subscribers],
        topics: (0..publishers).map(|number| vec![format!("bench/fan-out/{number}")]).collect(),
        recipients: Recipients::All,
    }
}

/// One shared subscription with `members`; each message goes to any one of them.
#[must_use]
pub fn shared(publishers: usize, members: usize) -> TrafficPlan {
    TrafficPlan {
        filters: vec![vec!["$share/bench/bench/shared/+".to_owned()]; members],
        topics: (0..publishers).map(|number| vec![format!("bench/shared/{number}")]).collect(),
        recipients: Recipients::AnyOne,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fan_in_topic_is_below_the_filter_of_its_recipient() {
        let plan = fan_in(500, 5);
        let Recipients::One(recipients) = &plan.recipients else { panic!("one recipient each") };
        for (topics, recipient) in plan.topics.iter().zip(recipients) {
            let filter = &plan.filters[*recipient as usize][0];
            assert!(topics[0].starts_with(filter.trim_end_matches('+')), "{topics:?} {filter}");
        }
    }
}
