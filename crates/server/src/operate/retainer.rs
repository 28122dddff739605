//! Retained messages of this node.

use super::clients::unanswered;
use super::operated_node::{OperatedNode, refusal};
use dunlin_api::retainer::{RetainedFacts, Retainer};
use dunlin_api::{ErrorCode, Page, PageQuery, Refusal};
use dunlin_broker::{Broker, RetainedMessages};
use dunlin_model::Message;
use dunlin_topic::validate_filter;

impl OperatedNode {
    fn kept_messages(&self) -> Result<RetainedMessages, Refusal> {
        self.node.with_broker(Broker::retained_messages).map_err(|error| refusal(&error))
    }
}

impl Retainer for OperatedNode {
    fn retained_messages(&self, filter: Option<&str>, page: PageQuery) -> Result<Page<RetainedFacts>, Refusal> {
        check(filter)?;
        let messages = self.kept_messages()?;
        let found = messages.page(filter, page.skip(), page.limit());
        let data = found.messages.iter().map(|message| facts(message, false)).collect();
        let count = filter.is_none().then(|| messages.len() as u64);
        Ok(Page::counted_where_cheap(page, data, count, found.has_next))
    }

    fn retained_message(&self, topic: &str) -> Result<Option<RetainedFacts>, Refusal> {
        Ok(self.kept_messages()?.get(topic).map(|message| facts(&message, true)))
    }

    fn forget_retained(&self, filter: Option<&str>) -> Result<usize, Refusal> {
        check(filter)?;
        self.kept_messages()?.forget_matching(filter).map_err(unanswered)
    }
}

fn check(filter: Option<&str>) -> Result<(), Refusal> {
    match filter.map(validate_filter) {
        Some(Err(error)) => Err(Refusal::new(ErrorCode::BadTopic, error.to_string())),
        _ => Ok(()),
    }
}

fn facts(message: &Message, with_payload: bool) -> RetainedFacts {
    RetainedFacts {
        topic: message.topic().to_owned(),
        qos: message.qos() as u8,
        received_at: message.received_at(),
        publisher: message.publisher().to_owned(),
        payload: if with_payload { message.payload().to_vec() } else { Vec::new() },
    }
}
