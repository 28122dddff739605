//! How the numbers of this node went.

use super::operated_node::{OperatedNode, refusal};
use dunlin_api::Refusal;
use dunlin_api::monitor::{CurrentObject, Monitor, SampleObject};
use dunlin_telemetry::Sample;

impl Monitor for OperatedNode {
    fn monitored_node(&self) -> String {
        self.answerer.identity.node_name.clone()
    }

    fn samples(&self, latest_secs: u64) -> Result<Vec<SampleObject>, Refusal> {
        let latest = |server: &crate::Server| server.monitor().latest(latest_secs.saturating_mul(1000));
        let samples = self.node.with_server(latest).map_err(|error| refusal(&error))?;
        Ok(samples.into_iter().map(object).collect())
    }

    fn current(&self) -> Result<CurrentObject, Refusal> {
        let now = |server: &crate::Server| {
            let gauges = server.broker().readings().gauges();
            let shared =
                gauges.iter().find(|gauge| gauge.name == "subscriptions.shared").map_or(0, |gauge| gauge.count);
            (server.monitor().now(), shared)
        };
        let (rates, shared_subscriptions) = self.node.with_server(now).map_err(|error| refusal(&error))?;
        let sample = rates.sample;
        Ok(CurrentObject {
            connections: sample.connections,
            live_connections: sample.live_connections,
            cluster_sessions: sample.sessions,
            topics: sample.topics,
            subscriptions: sample.subscriptions,
            shared_subscriptions,
            retained_msg_count: sample.retained,
            received_msg_rate: rates.per_second(sample.received),
            sent_msg_rate: rates.per_second(sample.sent),
            dropped_msg_rate: rates.per_second(sample.dropped),
            persisted_rate: rates.per_second(sample.persisted),
            validation_succeeded_rate: 0,
            validation_failed_rate: 0,
            transformation_succeeded_rate: 0,
            transformation_failed_rate: 0,
            node_uptime: u64::try_from(self.answerer.identity.uptime().as_millis()).unwrap_or(u64::MAX),
        })
    }

    fn forget_samples(&self) -> Result<(), Refusal> {
        self.node.with_server(|server| server.monitor().clear()).map_err(|error| refusal(&error))
    }
}

const fn object(sample: Sample) -> SampleObject {
    SampleObject {
        time_stamp: sample.at,
        connections: sample.connections,
        live_connections: sample.live_connections,
        topics: sample.topics,
        subscriptions: sample.subscriptions,
        retained_msg_count: sample.retained,
        cluster_sessions: sample.sessions,
        received: sample.received,
        sent: sample.sent,
        dropped: sample.dropped,
        persisted: sample.persisted,
        received_bytes: sample.received_bytes,
        sent_bytes: sample.sent_bytes,
        validation_succeeded: 0,
        validation_failed: 0,
        transformation_succeeded: 0,
        transformation_failed: 0,
    }
}
