//! Delayed messages of this node.

use super::clients::unanswered;
use super::operated_node::{OperatedNode, refusal};
use dunlin_api::delayed::{Delayed, DelayedFacts};
use dunlin_api::{ErrorCode, Page, PageQuery, Refusal};
use dunlin_broker::{Broker, DelayedMessages};
use dunlin_topic::validate_name;

impl OperatedNode {
    fn waiting_messages(&self) -> Result<DelayedMessages, Refusal> {
        self.node.with_broker(Broker::delayed_messages).map_err(|error| refusal(&error))
    }
}

impl Delayed for OperatedNode {
    fn delayed_messages(&self, page: PageQuery) -> Result<Page<DelayedFacts>, Refusal> {
        let messages = self.waiting_messages()?;
        let (found, now) = (messages.page(page.skip(), page.limit()), messages.now());
        let data = found.messages.into_iter().map(|message| facts(&message, now, false)).collect();
        Ok(Page::new(page, data, found.count))
    }

    fn delayed_message(&self, id: u64) -> Result<Option<DelayedFacts>, Refusal> {
        let messages = self.waiting_messages()?;
        Ok(messages.get(id).map(|message| facts(&message, messages.now(), true)))
    }

    fn forget_delayed(&self, id: u64) -> Result<bool, Refusal> {
        self.waiting_messages()?.forget(id).map_err(unanswered)
    }

    fn forget_delayed_of_topic(&self, topic: &str) -> Result<usize, Refusal> {
        validate_name(topic).map_err(|error| Refusal::new(ErrorCode::BadTopic, error.to_string()))?;
        self.waiting_messages()?.forget_topic(topic).map_err(unanswered)
    }
}

fn facts(waiting: &dunlin_broker::DelayedFacts, now: u64, with_payload: bool) -> DelayedFacts {
    let message = &waiting.message;
    DelayedFacts {
        id: waiting.id,
        topic: message.topic().to_owned(),
        qos: message.qos() as u8,
        received_at: message.received_at(),
        due_at: waiting.due_at,
        now,
        publisher: message.publisher().to_owned(),
        payload: if with_payload { message.payload().to_vec() } else { Vec::new() },
    }
}
