//! Slow subscriptions of this node.

use super::operated_node::{OperatedNode, refusal};
use crate::clients::slow_subscription_object;
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
        Ok(self.slow()?.list().into_iter().map(|slow| slow_subscription_object(self.name(), slow)).collect())
    }

    fn forget_slow_subscriptions(&self) -> Result<(), Refusal> {
        self.slow()?.clear();
        Ok(())
    }
}
