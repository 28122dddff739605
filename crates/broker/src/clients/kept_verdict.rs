//! What was decided about what a client may do, as its connection keeps it.

use super::{AskError, Clients, question::Order};
use dunlin_access::{Action, Permission};
use dunlin_model::Millis;

/// A decision that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptVerdict {
    /// What the client wanted.
    pub action: Action,
    /// A topic name, or a topic filter.
    pub topic: String,
    /// What it was told.
    pub permission: Permission,
    /// When, in milliseconds since the Unix epoch.
    pub decided_at: Millis,
}

impl Clients {
    /// What was decided about what a client may do, as far as its connection keeps it: nothing is kept where rules in memory say it
    /// in less time. `None` where there is no such client.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn verdicts(&self, client_id: &str) -> Result<Option<Vec<KeptVerdict>>, AskError> {
        self.order(client_id, Order::Verdicts)
    }
}
