//! What an authenticator says of a client it lets in.

use crate::ClientInfo;
use dunlin_model::Millis;
use std::collections::BTreeMap;

/// What an authenticator says of a client it lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// No rule is asked for it.
    pub is_superuser: bool,
    /// `client_attrs`, added to those that the client has already; the same name replaces.
    pub attributes: BTreeMap<String, String>,
    /// When the client has to go, in milliseconds since the Unix epoch.
    pub expires_at: Option<Millis>,
    /// Rules for this client alone, asked before all sources: the text of the JSON that came with it, as EMQX writes them.
    pub acl: Option<String>,
    /// When these rules end, in milliseconds since the Unix epoch: from then on everything is denied. The client may stay.
    pub acl_expires_at: Option<Millis>,
    /// Another client id for it.
    pub client_id: Option<String>,
    /// Another zone for it.
    pub zone: Option<String>,
}

impl Admission {
    /// Makes a client what is said of it.
    pub fn apply_to(self, client: &mut ClientInfo) {
        client.is_superuser |= self.is_superuser;
        client.attributes.extend(self.attributes);
        if let Some(client_id) = self.client_id {
            client.client_id = client_id.into();
        }
        if let Some(zone) = self.zone {
            client.zone = zone.into();
        }
    }
}
