//! `mqtt.client_attrs_init` and `mqtt.clientid_override`: expressions that are worked out for each client that comes.

use super::{Worker, admitting::credentials};
use crate::{ClientAttribute, log_throttle::Provoked};
use dunlin_access::Credentials;
use dunlin_codec::{Connect, UserProperties};
use dunlin_expression::{Bindings, Expression, Value};
use dunlin_model::Millis;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tracing::warn;

/// The longest value of an attribute, in bytes: each client keeps its own.
const ATTRIBUTE_BYTES_MAX: usize = 4 * 1024;

/// What expressions say of a client.
pub(super) struct Derived {
    /// Its attributes.
    pub(super) attributes: BTreeMap<String, String>,
    /// Another client id for it.
    pub(super) client_id: Option<String>,
}

/// What expressions know of a client that comes.
struct Arriving<'a> {
    credentials: Credentials,
    user_properties: UserProperties<'a>,
    random: RefCell<fastrand::Rng>,
    now: Millis,
}

impl Bindings for Arriving<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        if let Some(name) = name.strip_prefix("user_property.") {
            // Of several with one name the last one counts, as in EMQX.
            let found = self.user_properties.into_iter().filter(|(known, _)| *known == name).last();
            return Some(found.map_or(Value::Null, |(_, value)| value.into()));
        }
        if name == "peername" {
            return Some(self.credentials.client.peer.to_string().into());
        }
        self.credentials.variable(name)
    }

    fn random(&self) -> Option<u64> {
        Some(self.random.borrow_mut().u64(..))
    }

    fn unix_milliseconds(&self) -> Option<i64> {
        i64::try_from(self.now).ok()
    }
}

impl Worker {
    /// Works out what the zone of a connection wants to be known of its client; `None` where it wants nothing. `connect` has the
    /// names that certificate and settings gave it.
    pub(super) fn derive(&mut self, slot: u32, connect: &Connect<'_>) -> Option<Derived> {
        let connection = self.connections.get(slot)?;
        let zone = connection.listener.zone();
        if zone.client_attributes.is_empty() && zone.client_id_override.is_none() {
            return None;
        }
        let mut arriving = Arriving {
            credentials: credentials(connection, connect),
            user_properties: connect.user_properties,
            random: RefCell::new(self.random.fork()),
            now: self.now,
        };
        let mut problem = None;
        for ClientAttribute { name, expression } in &zone.client_attributes {
            match attribute(expression, &arriving) {
                Ok(Some(value)) => _ = arriving.credentials.client.attributes.insert(name.clone(), value),
                Ok(None) => {}
                Err(cause) => problem = Some(("client_attr_initialization_failed", cause)),
            }
        }
        let client_id = zone
            .client_id_override
            .as_ref()
            .and_then(|expression| other_client_id(expression, &arriving).map_err(|found| problem = Some(found)).ok());
        if let Some((msg, cause)) = problem
            && let Some(held_back) = self.log_throttle.pass(Provoked::NotDerived, self.now)
        {
            let (peer, listener) = (connection.peer, connection.listener.id());
            warn!(msg, clientid = connect.client_id, peername = %peer, listener, cause, held_back);
        }
        Some(Derived { attributes: arriving.credentials.client.attributes, client_id })
    }
}

/// The value of an attribute; `None` where there is nothing to know.
fn attribute(expression: &Expression, arriving: &Arriving<'_>) -> Result<Option<String>, String> {
    let value = expression.evaluate_text(arriving).map_err(|error| error.to_string())?;
    if value.len() > ATTRIBUTE_BYTES_MAX {
        return Err(format!("the value is longer than {ATTRIBUTE_BYTES_MAX} bytes"));
    }
    Ok(Some(value).filter(|value| !value.is_empty()))
}

/// Another client id; else what to log. A client whose id cannot be worked out keeps its own, as in EMQX 5.
fn other_client_id(expression: &Expression, arriving: &Arriving<'_>) -> Result<String, (&'static str, String)> {
    let failed = |cause: String| ("clientid_override_expression_failed", cause);
    let client_id = expression.evaluate_text(arriving).map_err(|error| failed(error.to_string()))?;
    if client_id.is_empty() {
        return Err(("clientid_override_expression_returned_empty_string", String::new()));
    }
    // No MQTT packet could carry it [MQTT-1.5.4-2].
    if client_id.contains('\0') {
        return Err(failed("the value has a null character in it".to_owned()));
    }
    Ok(client_id)
}
