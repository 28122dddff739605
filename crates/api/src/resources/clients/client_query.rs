//! Which clients are wanted, as it stands in the path.

use super::client_object::ClientObject;
use crate::{MomentMillis, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Which clients are wanted: those of which everything holds that is said.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ClientQuery {
    /// The name of the node.
    pub node: Option<String>,
    /// Any of these user names.
    pub username: Vec<String>,
    /// Any of these client ids.
    pub clientid: Vec<String>,
    /// The address of the client.
    #[param(value_type = Option<String>)]
    pub ip_address: Option<IpAddr>,
    /// Whether it has a connection.
    #[param(inline)]
    pub conn_state: Option<ConnectionState>,
    /// Clean Start of the present connection.
    pub clean_start: Option<bool>,
    /// Version of the protocol: 3, 4 or 5.
    pub proto_ver: Option<u8>,
    /// A part of the client id.
    pub like_clientid: Option<String>,
    /// A part of the user name.
    pub like_username: Option<String>,
    /// Its session began then or later.
    pub gte_created_at: Option<MomentMillis>,
    /// Its session began then or before.
    pub lte_created_at: Option<MomentMillis>,
    /// Its connection began then or later.
    pub gte_connected_at: Option<MomentMillis>,
    /// Its connection began then or before.
    pub lte_connected_at: Option<MomentMillis>,
}

/// Whether a client has a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// It has one.
    Connected,
    /// It has one that nobody reads: there is none such here.
    Idle,
    /// It has none.
    Disconnected,
}

/// What is shown of a client: all of it is written as it is, which is how most are asked for, and by the thousand.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ShownClient {
    /// All of it.
    Whole(Box<ClientObject>),
    /// The fields that are wanted.
    Part(Value),
}

impl PartialSchema for ShownClient {
    fn schema() -> RefOr<Schema> {
        let part = ObjectBuilder::new().description(Some("Those fields of it that `fields` names."));
        AnyOfBuilder::new().item(Ref::from_schema_name(ClientObject::name())).item(part).into()
    }
}

impl ToSchema for ShownClient {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ClientObject::name().into_owned(), ClientObject::schema()));
        ClientObject::schemas(schemas);
    }
}

/// What of each client is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct FieldsQuery {
    /// Names of fields with commas between them, or `all`.
    #[param(example = "clientid,username,connected")]
    fields: Option<String>,
}

impl FieldsQuery {
    /// The client with what is wanted of it.
    pub(super) fn cut(&self, client: ClientObject) -> Result<ShownClient, Refusal> {
        let Some(fields) = self.fields.as_deref().filter(|fields| *fields != "all") else {
            return Ok(ShownClient::Whole(Box::new(client)));
        };
        let mut value = serde_json::to_value(client).map_err(|error| Refusal::internal(error.to_string()))?;
        if let Some(map) = value.as_object_mut() {
            map.retain(|name, _| fields.split(',').any(|field| field == name));
        }
        Ok(ShownClient::Part(value))
    }
}
