//! Messages of those who have no connection but wait for an answer.

use super::{Worker, routing::Routed, storing::Storing};
use crate::{durable::Ticket, publishing::Published, shared::Shared};
use dunlin_model::Message;
use dunlin_telemetry::Metric;
use std::sync::mpsc::SyncSender;

/// With more deliveries than this the rest is left for another question, so that no turn is long.
const DELIVERIES_MAX: u64 = 65_536;

/// Somebody who is answered when what was published is on disk.
pub(crate) struct WaitingPublisher {
    ticket: Ticket,
    published: Vec<Published>,
    answer: SyncSender<Vec<Published>>,
}

impl Worker {
    /// Publishes messages, as many of them as a turn can take.
    pub(super) fn publish_for(&mut self, shared: &Shared, messages: Vec<Message>, answer: SyncSender<Vec<Published>>) {
        let deliveries = self.deliveries;
        let mut published = Vec::with_capacity(messages.len());
        let waits = Storing::waits(self, |worker| {
            for message in messages {
                if worker.deliveries - deliveries > DELIVERIES_MAX {
                    break;
                }
                worker.counters(shared).add(Metric::MessagesPublishUnattended, 1);
                published.push(match worker.route(shared, message, None) {
                    Routed::Somebody => Published::Delivered,
                    Routed::Nobody => Published::NobodySubscribes,
                    Routed::Refused(code) => Published::Refused(code),
                });
                worker.run_deferred(shared);
            }
        });
        if waits {
            let ticket = self.storing.ticket();
            self.storing.publishers.push_back(WaitingPublisher { ticket, published, answer });
        } else {
            // Whoever asked may have gone.
            let _ = answer.try_send(published);
        }
    }

    /// Everything up to this ticket is on disk.
    pub(super) fn answer_publishers(&mut self, committed: Ticket) {
        let waiting = &mut self.storing.publishers;
        while let Some(publisher) = waiting.pop_front_if(|publisher| publisher.ticket <= committed) {
            let _ = publisher.answer.try_send(publisher.published);
        }
    }

    /// A submission did not reach the disk.
    pub(super) fn fail_publishers(&mut self, failed: Ticket) {
        self.storing.publishers.retain_mut(|publisher| {
            if publisher.ticket == failed {
                let outcomes = publisher.published.iter().map(|published| match published {
                    Published::Refused(_) => *published,
                    _ => Published::NotStored,
                });
                let _ = publisher.answer.try_send(outcomes.collect());
            }
            publisher.ticket != failed
        });
    }
}
