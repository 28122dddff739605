//! Subscriptions that a client gets as it comes. Authorization is not asked: it is the operator who wants them.

use super::Worker;
use crate::{AutoSubscription, log_throttle::Provoked, shared::Shared};
use dunlin_expression::{Bindings, Value};
use dunlin_router::SessionKey;
use std::net::SocketAddr;
use tracing::warn;

/// What placeholders stand for.
struct Comer<'a> {
    client_id: &'a str,
    username: Option<&'a str>,
    peer: SocketAddr,
}

impl Bindings for Comer<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        let value = match name {
            "clientid" => self.client_id.to_owned(),
            "username" => self.username?.to_owned(),
            "host" => self.peer.ip().to_string(),
            "port" => self.peer.port().to_string(),
            _ => return None,
        };
        // A name must not select what the operator does not mean, neither by a wildcard or a level of its own nor by what `$` begins.
        let is_plain = !value.is_empty() && !value.starts_with('$') && !value.contains(['+', '#', '/', '\0']);
        is_plain.then_some(Value::Text(value))
    }
}

impl Worker {
    /// Subscribes a client that has just come to what all are.
    pub(super) fn auto_subscribe(&mut self, shared: &Shared, slot: u32, key: SessionKey) {
        let Some(entries) = self.services.auto_subscriptions.clone() else { return };
        for AutoSubscription { filter, options } in &*entries {
            let rendered = {
                let Some(connection) = self.connections.get(slot) else { return };
                let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
                let client_id = entry.session.client_id();
                filter.render(&Comer { client_id, username: connection.user_name(), peer: connection.peer })
            };
            let refusal = match rendered {
                Ok(filter) => match self.grant(shared, key.slot, &filter, *options) {
                    Ok(_) => continue,
                    Err(code) => code.as_str().to_owned(),
                },
                Err(error) => error.to_string(),
            };
            if let Some(held_back) = self.log_throttle.pass(Provoked::AutoSubscribeIgnored, self.now) {
                let client_id = self.sessions.client_id(key.slot);
                warn!(msg = "auto_subscribe_ignored", topic = %filter, clientid = client_id, reason = refusal, held_back);
            }
        }
    }
}
