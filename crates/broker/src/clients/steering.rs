//! What is done on behalf of a client.

use super::{AskError, Clients, SubscriptionFacts, question::Order};
use dunlin_model::{ReasonCode, SubscriptionOptions};

/// Subscriptions that a worker changes at once: each takes the lock of the router.
const WISHES_PER_ORDER: usize = 100;

/// What became of each filter: the subscription that is there now, or why there is none. In the order of the wishes.
pub type Subscribing = Vec<Result<SubscriptionFacts, ReasonCode>>;

impl Clients {
    /// Subscribes on behalf of a client, connected or not, as if it had written the filters itself; it is told nothing, and
    /// authorization is not asked. Retained messages follow. `None` where there is no such client.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn subscribe(
        &self,
        client_id: &str,
        wishes: &[(String, SubscriptionOptions)],
    ) -> Result<Option<Subscribing>, AskError> {
        let mut all = Vec::with_capacity(wishes.len());
        for part in wishes.chunks(WISHES_PER_ORDER) {
            let Some(done) = self.order(client_id, |answer| Order::Subscribe { wishes: part.to_vec(), answer })? else {
                return Ok(None);
            };
            all.extend(done);
        }
        Ok(Some(all))
    }

    /// Gives subscriptions up on behalf of a client, which is told nothing. Filters are as lists show them or as the client would
    /// write them; there is a code for each in order. `None` where there is no such client.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn unsubscribe(&self, client_id: &str, filters: &[String]) -> Result<Option<Vec<ReasonCode>>, AskError> {
        let mut codes = Vec::with_capacity(filters.len());
        for part in filters.chunks(WISHES_PER_ORDER) {
            let Some(done) = self.order(client_id, |answer| Order::Unsubscribe { filters: part.to_vec(), answer })?
            else {
                return Ok(None);
            };
            codes.extend(done);
        }
        Ok(Some(codes))
    }

    /// Lets a client be silent for so many seconds, 0 is for ever, until its connection ends. True where that is so, false where it
    /// has no connection; `None` where there is no such client.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn set_keep_alive(&self, client_id: &str, secs: u16) -> Result<Option<bool>, AskError> {
        self.order(client_id, |answer| Order::SetKeepAlive { secs, answer })
    }
}
