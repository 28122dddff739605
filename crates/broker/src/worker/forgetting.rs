//! Forgetting kept messages for an operator.

use super::Worker;
use crate::{
    durable::Work,
    kept_messages::{Forgetting, Forgotten},
    shared::Shared,
};
use dunlin_inbox::{Command, Space};

impl Worker {
    /// Forgets messages; whoever asked is answered when the disk knows it.
    pub(super) fn forget_kept(&mut self, shared: &Shared, messages: Forgetting, answer: Forgotten) {
        let count = match messages {
            Forgetting::Retained(topics) => {
                topics.iter().filter(|topic| self.forget_retained_of(shared, topic)).count()
            }
            Forgetting::Delayed(ids) => {
                let forgotten = shared.delayed.remove(&ids);
                for id in &forgotten {
                    if shared.durable.is_some() {
                        let key = id.0.to_be_bytes().to_vec();
                        self.store(Work::Command(Command::Unset { space: Space::Delayed, key }));
                    }
                }
                forgotten.len()
            }
        };
        self.answer_when_stored(answer, count);
    }

    fn forget_retained_of(&mut self, shared: &Shared, topic: &str) -> bool {
        let removed = shared.retained.write().remove(topic);
        if let Some(message) = removed.as_ref().filter(|_| shared.keeps_retained_on_disk()) {
            self.store_retained_change(message);
        }
        removed.is_some()
    }
}
