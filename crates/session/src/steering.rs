//! What others do to the subscriptions of a session, without a packet of its client.

use crate::{Outbox, Session, SubscribeRequest, Turn};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use hashbrown::HashSet;

impl Session {
    /// A filter is subscribed to on behalf of the client, as if the client had written it, and it is told nothing: the same
    /// settings and its mountpoint hold. Carry the request out as that of [`crate::Output::Subscribe`]; its one item may be a refusal.
    ///
    /// # Errors
    /// The protocol does not allow it, or the listener does not offer it: what the client would be disconnected for.
    pub fn request_subscription(
        &self,
        turn: Turn<'_>,
        filter: &str,
        options: SubscriptionOptions,
    ) -> Result<SubscribeRequest, ReasonCode> {
        let item = self.weigh(turn, filter, options, false, &HashSet::new()).map_err(|fault| fault.code)?;
        Ok(SubscribeRequest { packet_id: 0, subscription_id: 0, items: vec![item] })
    }

    /// A subscription is given up on behalf of the client, which is told nothing. The filter is as the router knows it, or as the
    /// client would write it.
    pub fn give_up_subscription(&mut self, filter: &str, out: &mut Outbox<'_>) -> ReasonCode {
        let code = self.remove_subscription(filter, out);
        if code != ReasonCode::NoSubscriptionExisted || self.mountpoint().is_none() {
            return code;
        }
        match self.mount_filter(filter).map(std::borrow::Cow::into_owned) {
            Some(mounted) => self.remove_subscription(&mounted, out),
            None => ReasonCode::TopicFilterInvalid,
        }
    }
}
