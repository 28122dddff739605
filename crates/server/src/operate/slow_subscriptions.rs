//! Slow subscriptions of this node.

use super::operated_node::{OperatedNode, refusal};
use dunlin_api::Refusal;
use dunlin_api::slow_subscriptions::{SlowSubscriptionObject, SlowSubscriptions};
use dunlin_broker::Broker;

impl OperatedNode {
    fn slow(&self) -> Result<dunlin_broker::SlowSubscriptions, Refusal> {
        self.node.with_broker(Broker::slow_subscriptions).map_err(|error| refusal(&error))
    }
}

impl SlowSubscriptions for OperatedNode {
    fn slow_subscriptions(&self) -> Result<Vec<SlowSubscriptionObject>, Refusal> {
        let node = &self.answerer.identity.node_name;
        let object = |slow: dunlin_broker::SlowSubscription| SlowSubscriptionObject {
            clientid: slow.client_id.into(),
            node: node.to_string(),
            topic: slow.topic.into(),
            timespan: slow.took_ms,
            last_update_time: slow.at,
        };
        Ok(self.slow()?.list().into_iter().map(object).collect())
    }

    fn forget_slow_subscriptions(&self) -> Result<(), Refusal> {
        self.slow()?.clear();
        Ok(())
    }
}
