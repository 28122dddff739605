//! Subscriptions of clients of this node, and the topics they are to.

use super::clients::unanswered;
use super::operated_node::OperatedNode;
use crate::clients::subscription_object;
use dunlin_api::subscriptions::{SubscriptionObject, Subscriptions, SubscriptionsQuery};
use dunlin_api::topics::{TopicObject, Topics, TopicsQuery};
use dunlin_api::{Page, PageQuery, Refusal};
use dunlin_broker::SubscriptionQuery;
use dunlin_model::Qos;

impl Subscriptions for OperatedNode {
    fn subscriptions(&self, query: &SubscriptionsQuery, page: PageQuery) -> Result<Page<SubscriptionObject>, Refusal> {
        let qos = query.qos.map(Qos::from_u8);
        let (true, None | Some(Some(_))) = (self.is_meant(query.node.as_deref()), qos) else {
            return Ok(Page::new(page, Vec::new(), 0));
        };
        let wanted = SubscriptionQuery {
            client_id: query.clientid.clone(),
            qos: qos.flatten(),
            share_group: query.share_group.clone(),
            filter: query.topic.clone(),
            selected_by: query.match_topic.clone(),
            is_durable: query.durable,
        };
        let found = self.broker_clients()?.subscriptions(&wanted, page.skip(), page.limit()).map_err(unanswered)?;
        let objects = found.subscriptions.into_iter().map(|facts| subscription_object(self.name(), facts)).collect();
        Ok(Page::counted_where_cheap(page, objects, found.count, found.has_next))
    }
}

impl Topics for OperatedNode {
    fn topics(&self, query: &TopicsQuery, page: PageQuery) -> Result<Page<TopicObject>, Refusal> {
        if !self.is_meant(query.node.as_deref()) {
            return Ok(Page::new(page, Vec::new(), 0));
        }
        if let Some(filter) = &query.topic {
            return Ok(page.of(self.topic(filter)?.into_iter().collect()));
        }
        let found = self.broker_clients()?.topics(page.skip(), page.limit());
        let object = |filter: &str| TopicObject { topic: filter.to_owned(), node: self.name().to_owned() };
        let objects = found.topics.iter().map(|topic| object(&topic.filter)).collect();
        Ok(Page::counted_where_cheap(page, objects, found.count, found.has_next))
    }

    fn topic(&self, filter: &str) -> Result<Option<TopicObject>, Refusal> {
        let found = self.broker_clients()?.topic(filter);
        Ok(found.map(|topic| TopicObject { topic: topic.filter.to_string(), node: self.name().to_owned() }))
    }
}
