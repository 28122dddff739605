//! Clients of this node.

use super::operated_node::{OperatedNode, refusal};
use crate::clients::{HeldMessages, client_object, subscription_object, timeline_object};
use dunlin_access::Action;
use dunlin_api::clients::{
    ClientObject, ClientQuery, Clients, ConnectionState, HeldMessage, HeldPart, QueuePosition, Refused, SubscribeBody,
    TimelineObject, VerdictObject,
};
use dunlin_api::subscriptions::SubscriptionObject;
use dunlin_api::{ErrorCode, Page, PageQuery, Refusal};
use dunlin_broker::{AskError, Broker, ClientCursor, ClientFilter, KeptVerdict, Span};
use dunlin_model::{ProtocolVersion, Qos, RetainHandling, SubscriptionOptions};
use dunlin_session::{InflightMessage, QueuePlace, QueuedMessage};

/// Messages that are asked for at once.
const PART: usize = 1_000;

impl OperatedNode {
    /// The broker's clients.
    pub(super) fn broker_clients(&self) -> Result<dunlin_broker::Clients, Refusal> {
        self.node.with_broker(Broker::clients).map_err(|error| refusal(&error))
    }

    /// The name of this node.
    pub(super) fn name(&self) -> &str {
        &self.answerer.identity.node_name
    }

    /// Whether a name is that of this node; none is.
    pub(super) fn is_meant(&self, node: Option<&str>) -> bool {
        node.is_none_or(|node| node == self.name())
    }
}

/// Why workers did not answer, in the words of the API.
pub(super) fn unanswered(error: AskError) -> Refusal {
    let code = match error {
        AskError::TimedOut(_) => ErrorCode::ClientNotResponse,
        _ => ErrorCode::ServiceUnavailable,
    };
    Refusal::new(code, error.to_string())
}

/// What the broker understands; `None` wants nobody.
fn filter_of(query: &ClientQuery) -> Option<ClientFilter> {
    let version = match query.proto_ver {
        None => None,
        Some(3) => Some(ProtocolVersion::V3),
        Some(4) => Some(ProtocolVersion::V4),
        Some(5) => Some(ProtocolVersion::V5),
        Some(_) => return None,
    };
    let is_connected = match query.conn_state {
        None => None,
        Some(ConnectionState::Connected) => Some(true),
        Some(ConnectionState::Disconnected) => Some(false),
        Some(ConnectionState::Idle) => return None,
    };
    let moment = |moment: Option<dunlin_api::MomentMillis>| moment.map(|moment| moment.0);
    Some(ClientFilter {
        client_ids: query.clientid.clone(),
        user_names: query.username.clone(),
        client_id_contains: query.like_clientid.clone(),
        user_name_contains: query.like_username.clone(),
        address: query.ip_address,
        is_connected,
        clean_start: query.clean_start,
        version,
        created_at: Span { from: moment(query.gte_created_at), to: moment(query.lte_created_at) },
        connected_at: Span { from: moment(query.gte_connected_at), to: moment(query.lte_connected_at) },
    })
}

/// `{worker}_{slot}`.
fn parse_cursor(text: &str) -> Option<ClientCursor> {
    let (worker, slot) = text.split_once('_')?;
    Some(ClientCursor { worker: worker.parse().ok()?, slot: slot.parse().ok()? })
}

fn options_of(body: &SubscribeBody) -> SubscriptionOptions {
    SubscriptionOptions {
        qos: Qos::from_u8(body.qos).unwrap_or_default(),
        no_local: body.nl > 0,
        retain_as_published: body.rap > 0,
        retain_handling: RetainHandling::from_u8(body.rh).unwrap_or_default(),
    }
}

impl Clients for OperatedNode {
    fn clients(&self, query: &ClientQuery, page: PageQuery) -> Result<Page<ClientObject>, Refusal> {
        let filter = filter_of(query).filter(|_| self.is_meant(query.node.as_deref()));
        let Some(filter) = filter else { return Ok(Page::new(page, Vec::new(), 0)) };
        let found = self.broker_clients()?.page(&filter, page.skip(), page.limit()).map_err(unanswered)?;
        let objects = found.clients.into_iter().map(|facts| client_object(self.name(), facts)).collect();
        Ok(Page::counted_where_cheap(page, objects, found.count, found.has_next))
    }

    fn clients_from(
        &self,
        query: &ClientQuery,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ClientObject>, Option<String>), Refusal> {
        let from = match cursor {
            None => ClientCursor::default(),
            Some(text) => parse_cursor(text).ok_or_else(|| Refusal::bad_request("bad cursor"))?,
        };
        let filter = filter_of(query).filter(|_| self.is_meant(query.node.as_deref()));
        let Some(filter) = filter else { return Ok((Vec::new(), None)) };
        let (found, next) = self.broker_clients()?.page_from(&filter, from, limit).map_err(unanswered)?;
        let objects = found.into_iter().map(|facts| client_object(self.name(), facts)).collect();
        Ok((objects, next.map(|cursor| format!("{}_{}", cursor.worker, cursor.slot))))
    }

    fn client(&self, client_id: &str) -> Result<Option<ClientObject>, Refusal> {
        let found = self.broker_clients()?.find(client_id).map_err(unanswered)?;
        Ok(found.map(|facts| client_object(self.name(), facts)))
    }

    fn session_count(&self) -> Result<u64, Refusal> {
        self.node.with_broker(Broker::sessions).map_err(|error| refusal(&error))
    }

    fn kick(&self, client_id: &str) -> Result<bool, Refusal> {
        self.broker_clients()?.kick(client_id).map_err(unanswered)
    }

    fn subscriptions_of(&self, client_id: &str) -> Result<Option<Vec<SubscriptionObject>>, Refusal> {
        let found = self.broker_clients()?.subscriptions_of(client_id).map_err(unanswered)?;
        Ok(found.map(|all| all.into_iter().map(|facts| subscription_object(self.name(), facts)).collect()))
    }

    fn subscribe(
        &self,
        client_id: &str,
        wishes: &[SubscribeBody],
    ) -> Result<Option<Vec<Result<SubscriptionObject, Refused>>>, Refusal> {
        let wishes: Vec<_> = wishes.iter().map(|body| (body.topic.clone(), options_of(body))).collect();
        let done = self.broker_clients()?.subscribe(client_id, &wishes).map_err(unanswered)?;
        let object = |result: Result<_, dunlin_model::ReasonCode>| match result {
            Ok(facts) => Ok(subscription_object(self.name(), facts)),
            Err(code) => Err(Refused { reason_code: code.as_u8(), reason: code.as_str() }),
        };
        Ok(done.map(|all| all.into_iter().map(object).collect()))
    }

    fn unsubscribe(&self, client_id: &str, filters: &[String]) -> Result<bool, Refusal> {
        self.broker_clients()?.unsubscribe(client_id, filters).map(|codes| codes.is_some()).map_err(unanswered)
    }

    fn set_keepalive(&self, client_id: &str, secs: u16) -> Result<bool, Refusal> {
        match self.broker_clients()?.set_keep_alive(client_id, secs).map_err(unanswered)? {
            Some(true) => Ok(true),
            Some(false) => Err(Refusal::bad_request("The client is not connected")),
            None => Ok(false),
        }
    }

    fn verdicts(&self, client_id: &str) -> Result<Option<Vec<VerdictObject>>, Refusal> {
        let kept = self.broker_clients()?.verdicts(client_id).map_err(unanswered)?;
        let object = |verdict: KeptVerdict| VerdictObject {
            access: match verdict.action {
                Action::Publish { .. } => "publish",
                Action::Subscribe { .. } => "subscribe",
            },
            topic: verdict.topic,
            result: verdict.permission.as_str(),
            updated_time: verdict.decided_at,
        };
        Ok(kept.map(|all| all.into_iter().map(object).collect()))
    }

    fn timeline(&self, client_id: &str) -> Result<Option<Vec<TimelineObject>>, Refusal> {
        let found = self.broker_clients()?.timeline(client_id).map_err(unanswered)?;
        Ok(found.map(|timeline| timeline.entries().map(timeline_object).collect()))
    }

    fn forget_verdicts(&self, client_id: &str) -> Result<bool, Refusal> {
        let is_there = self.broker_clients()?.find(client_id).map_err(unanswered)?.is_some();
        self.node.with_broker(|broker| broker.forget_verdicts(client_id)).map_err(|error| refusal(&error))?;
        Ok(is_there)
    }

    fn queued_messages(
        &self,
        client_id: &str,
        after: Option<QueuePosition>,
        wanted: HeldPart,
    ) -> Result<Option<Vec<HeldMessage>>, Refusal> {
        let clients = self.broker_clients()?;
        let mut after = after.map(|QueuePosition { priority, sequence }| QueuePlace { priority, sequence });
        let mut held = HeldMessages::new(wanted);
        while held.room() > 0 {
            let part = clients.queued(client_id, after, held.room().min(PART)).map_err(unanswered)?;
            let Some(part) = part else { return Ok(None) };
            let Some(last) = part.last() else { break };
            after = Some(last.place);
            for QueuedMessage { place, message, qos } in part {
                held.take(place.sequence, Some(place.priority), &message, qos);
            }
        }
        Ok(Some(held.into_all()))
    }

    fn inflight_messages(
        &self,
        client_id: &str,
        after: Option<u64>,
        wanted: HeldPart,
    ) -> Result<Option<Vec<HeldMessage>>, Refusal> {
        let clients = self.broker_clients()?;
        let (mut after, mut held) = (after, HeldMessages::new(wanted));
        while held.room() > 0 {
            let part = clients.inflight(client_id, after, held.room().min(PART)).map_err(unanswered)?;
            let Some(part) = part else { return Ok(None) };
            let Some(last) = part.last() else { break };
            after = Some(last.sequence);
            // Of an exchange that awaits PUBCOMP nobody keeps the message.
            for InflightMessage { sequence, packet_id: _, message, qos } in part {
                if let Some(message) = message {
                    held.take(sequence, None, &message, qos);
                }
            }
        }
        Ok(Some(held.into_all()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_be_wants_nobody() {
        let query = ClientQuery::default();
        assert!(filter_of(&query).is_some_and(|filter| filter.wants_all()));
        assert!(filter_of(&ClientQuery { proto_ver: Some(6), ..query.clone() }).is_none());
        assert!(filter_of(&ClientQuery { conn_state: Some(ConnectionState::Idle), ..query }).is_none());
    }

    #[test]
    fn cursors_are_read() {
        assert_eq!(parse_cursor("3_17"), Some(ClientCursor { worker: 3, slot: 17 }));
        for bad in ["", "3", "_", "x_1", "1_-1", "70000_1"] {
            assert_eq!(parse_cursor(bad), None, "{bad}");
        }
    }
}
