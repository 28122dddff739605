//! Who a client is: what it says in CONNECT, and what its certificate and its zone say instead.

use super::{Worker, attributes::Derived};
use crate::{ZoneSettings, shared::Shared};
use dunlin_codec::Connect;
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_session::{Mountpoint, MountpointError, Opening, Placeholders, check_mounted_will, resolve_mountpoint};
use dunlin_transport::PeerFacts;
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::info;

/// What stands in for the client id and the user name of a CONNECT, and what expressions say of its client. Worked out once:
/// there may be chance in it.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    client_id: Option<String>,
    username: Option<String>,
    /// `mqtt.client_attrs_init`.
    attributes: BTreeMap<String, String>,
    /// The CONNECT has no client id of its own.
    was_nameless: bool,
}

impl Identity {
    /// What certificate and settings say; `None` where the CONNECT has the last word: nearly always.
    fn of(connect: &Connect<'_>, facts: Option<&PeerFacts>, zone: &ZoneSettings) -> Option<Self> {
        let username = facts.and_then(|facts| facts.username.clone());
        let of_certificate = facts.and_then(|facts| facts.client_id.clone());
        let of_username = || {
            let name = username.as_deref().or(connect.username).filter(|name| !name.is_empty())?;
            zone.use_username_as_client_id.then(|| name.to_owned())
        };
        let client_id = of_certificate.or_else(of_username);
        let was_nameless = connect.client_id.is_empty();
        (client_id.is_some() || username.is_some()).then_some(Self {
            client_id,
            username,
            was_nameless,
            ..Self::default()
        })
    }

    pub(super) fn apply<'a>(&'a self, connect: &Connect<'a>) -> Connect<'a> {
        let mut connect = connect.clone();
        if let Some(client_id) = &self.client_id {
            connect.client_id = client_id;
        }
        connect.username = self.username.as_deref().or(connect.username);
        connect
    }

    /// `client_attrs` before anybody was asked about the client.
    pub(super) const fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }

    /// Whether it gives a client id to a client that has none: that client has to be told [MQTT-3.1.3-7].
    pub(super) const fn names_the_nameless(&self) -> bool {
        self.was_nameless && self.client_id.is_some()
    }
}

impl Worker {
    /// Who the client of a CONNECT is; `None` where the CONNECT alone says it. Kept beside the connection until the client is in.
    pub(super) fn identify(&mut self, slot: u32, connect: &Connect<'_>) -> Option<Arc<Identity>> {
        let connection = self.connections.get(slot)?;
        if let Some(known) = connection.identity() {
            return Some(Arc::clone(known));
        }
        let mut identity = Identity::of(connect, connection.facts(), connection.listener.zone());
        let derived = match &identity {
            None => self.derive(slot, connect),
            Some(identity) => self.derive(slot, &identity.apply(connect)),
        };
        if let Some(Derived { attributes, client_id }) = derived {
            let was_nameless = connect.client_id.is_empty();
            let found = identity.get_or_insert_with(|| Identity { was_nameless, ..Identity::default() });
            found.attributes = attributes;
            found.client_id = client_id.or_else(|| found.client_id.take());
        }
        let identity = Arc::new(identity?);
        self.connections.get_mut(slot)?.rare_mut().identity = Some(Arc::clone(&identity));
        Some(identity)
    }
}

/// Why a client is not let in behind its mountpoint.
struct NotMounted {
    code: ReasonCode,
    reason: DisconnectReason,
}

impl Worker {
    /// The mountpoint of a client, if its listener has one; refuses the client where there can be none for it.
    pub(super) fn mount(
        &mut self,
        shared: &Shared,
        slot: u32,
        connect: &Connect<'_>,
        client_id: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Option<Mountpoint>, ()> {
        let Some(connection) = self.connections.get(slot) else { return Err(()) };
        let settings = &connection.listener.settings;
        if settings.mountpoint.is_empty() {
            return Ok(None);
        }
        let attributes: Vec<_> = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let placeholders = Placeholders {
            client_attributes: &attributes,
            client_id: Some(client_id),
            username: connect.username,
            peer_host: Some(connection.peer.ip()),
            zone: Some(&settings.zone.name),
            ..Placeholders::default()
        };
        let mounted = resolve_mountpoint(&settings.mountpoint, &placeholders).map_err(|error| {
            info!(msg = "mountpoint_refused", clientid = client_id, peername = %connection.peer, %error);
            let is_about_client_id =
                matches!(&error, MountpointError::Value { placeholder, .. } if placeholder == "clientid");
            if is_about_client_id {
                let reason = DisconnectReason::ClientIdentifierNotValid;
                NotMounted { code: ReasonCode::ClientIdentifierNotValid, reason }
            } else {
                NotMounted { code: ReasonCode::NotAuthorized, reason: DisconnectReason::NotAuthorized }
            }
        });
        let checked = mounted.and_then(|mountpoint| {
            let has_delayed = shared.delayed.is_enabled();
            let opening = Opening { mountpoint: mountpoint.as_ref(), has_delayed, ..Opening::default() };
            check_mounted_will(connect, &opening)
                .map_err(|refusal| NotMounted { code: refusal.code, reason: refusal.reason })?;
            Ok(mountpoint)
        });
        checked.map_err(|NotMounted { code, reason }| self.refuse_connect(shared, slot, connect, code, reason))
    }
}
