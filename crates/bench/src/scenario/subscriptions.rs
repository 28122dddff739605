//! Many filters over many clients, every fifth with a wildcard; then publishes of which each matches exactly one.

use crate::error::RunError;
use crate::load::Recipients;
use crate::probe::Probe;
use crate::traffic::{
    Load, RunContext, TrafficPlan, TrafficReport, connect_subscribers, network_for, run_publishers, subscribe,
};
use serde::{Deserialize, Serialize};

/// One filter in this many has a wildcard.
const WILDCARD_EVERY: usize = 5;

/// How many filters.
#[derive(Clone, Debug)]
pub struct SubscriptionsSettings {
    /// Filters in all.
    pub filters: usize,
    /// Clients that hold them.
    pub clients: usize,
    /// Clients that publish.
    pub publishers: usize,
    /// The publish phase; `subscribe_batch` filters go into one SUBSCRIBE.
    pub load: Load,
}

/// What filters cost, and what they cost a publish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionsReport {
    /// Filters in all.
    pub filters: usize,
    /// Filters subscribed in a second.
    pub filters_per_second: f64,
    /// Broker CPU per filter, in microseconds.
    pub broker_microseconds_per_filter: Option<f64>,
    /// Growth of the broker's resident memory per filter.
    pub bytes_per_filter: Option<f64>,
    /// The publish phase.
    pub publish: TrafficReport,
}

impl SubscriptionsSettings {
    /// Subscribes all, then publishes.
    ///
    /// # Errors
    /// A client cannot connect or subscribe, or Ctrl-C.
    pub fn run(&self, context: &mut RunContext) -> Result<SubscriptionsReport, RunError> {
        let plan = self.plan();
        let mut network = network_for(&plan, &self.load)?;
        let first_subscriber = connect_subscribers(context, &mut network, self.clients, &self.load)?;
        let probe = Probe::new(context.target.pid);
        let before = probe.sample_exact()?;
        let elapsed = subscribe(context, &mut network, first_subscriber, &plan, &self.load)?;
        let after = probe.sample_exact()?;
        let grown = before.broker_resident_bytes().zip(after.broker_resident_bytes());
        let publish = run_publishers(context, &mut network, first_subscriber, &plan, &self.load)?.report;
        Ok(SubscriptionsReport {
            filters: self.filters,
            filters_per_second: self.filters as f64 / elapsed.as_secs_f64().max(1e-9),
            broker_microseconds_per_filter: before.until(&after).broker_microseconds_each(self.filters as u64),
            bytes_per_filter: grown.map(|(before, after)| (after as f64 - before as f64) / self.filters as f64),
            publish,
        })
    }

    /// Filter `number` belongs to a client chosen so that a publisher's next message goes to another client each time.
    fn plan(&self) -> TrafficPlan {
        let publishers = self.publishers.max(1);
        let client_of = |number: usize| number / publishers % self.clients.max(1);
        let mut filters = vec![Vec::new(); self.clients];
        for number in 0..self.filters {
            let client = client_of(number);
            filters[client].push(filter(client, number));
        }
        let topic_of = |number| topic(client_of(number), number);
        let numbers_of = |publisher: usize| (publisher..self.filters).step_by(publishers);
        TrafficPlan {
            filters,
            topics: (0..publishers).map(|publisher| numbers_of(publisher).map(topic_of).collect()).collect(),
            recipients: Recipients::One(
                (0..publishers).flat_map(numbers_of).map(|number| client_of(number) as u32).collect(),
            ),
        }
    }
}

fn topic(client: usize, number: usize) -> String {
    let device = format!("bench/subs/{client}/{number}");
    if number.is_multiple_of(WILDCARD_EVERY) { device + "/value" } else { device }
}

fn filter(client: usize, number: usize) -> String {
    let device = format!("bench/subs/{client}/{number}");
    match number % (2 * WILDCARD_EVERY) {
        0 => device + "/+",
        WILDCARD_EVERY => device + "/#",
        _ => device,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_filter_has_one_topic_and_one_in_five_a_wildcard() {
        let settings = SubscriptionsSettings { filters: 2000, clients: 10, publishers: 7, load: Load::default() };
        let plan = settings.plan();
        let Recipients::One(recipients) = &plan.recipients else { panic!("one recipient each") };
        let topics: Vec<_> = plan.topics.iter().flatten().collect();
        assert_eq!(topics.iter().collect::<HashSet<_>>().len(), 2000);
        let wildcards = plan.filters.iter().flatten().filter(|filter| filter.contains(['+', '#'])).count();
        assert_eq!(wildcards, 400);
        for (topic, recipient) in topics.iter().zip(recipients) {
            let number = topic.split('/').nth(3).unwrap();
            let held = &plan.filters[*recipient as usize];
            assert!(held.iter().any(|filter| filter.split('/').nth(3) == Some(number)), "{topic}");
        }
    }
}
