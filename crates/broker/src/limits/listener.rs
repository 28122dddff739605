//! The limits of a listener. They are the same for connections it had before a change and for those that come after it.

use super::Limits;
use crate::ListenerSettings;
use dunlin_limits::{Bucket, Rate};
use dunlin_model::Millis;
use parking_lot::Mutex;

/// What a listener lets in and what it lets each of its clients do.
#[derive(Debug, Default)]
pub(crate) struct ListenerLimits(Mutex<Present>);

#[derive(Debug, Default)]
struct Present {
    of_clients: Limits,
    connections: Option<Bucket>,
}

impl ListenerLimits {
    /// Others from now on; true where they are others for clients.
    pub(crate) fn change(&self, settings: &ListenerSettings, now: Millis) -> bool {
        let Present { of_clients, connections } = &mut *self.0.lock();
        match (connections.as_mut(), settings.max_connection_rate) {
            (Some(bucket), Some(rate)) if *bucket.rate() != rate => bucket.change(rate, now),
            (Some(_), Some(_)) => {}
            (_, rate) => *connections = rate.map(|rate: Rate| Bucket::full(rate, now)),
        }
        std::mem::replace(of_clients, settings.limits) != settings.limits
    }

    /// For each of its clients.
    pub(crate) fn of_clients(&self) -> Limits {
        self.0.lock().of_clients
    }

    /// Whether one more connection may come now.
    pub(crate) fn admit(&self, now: Millis) -> bool {
        self.0.lock().connections.as_mut().is_none_or(|bucket| bucket.try_take(1, now))
    }
}
