//! A request that is tried out: may this client do that, and who decides? Dunlin's own; EMQX has nothing like it.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Tries out what a client may do.
pub trait AccessCheck {
    /// Has access control decide, as it would for such a client. Nothing is counted or kept.
    ///
    /// # Errors
    /// A [`Refusal`] where it is no topic, or the node does not run.
    fn check_access(&self, body: &CheckBody) -> Result<CheckReport, Refusal>;
}

/// What a client wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckAction {
    /// Publish to a topic.
    Publish,
    /// Subscribe to a filter.
    Subscribe,
}

/// Who wants to do what.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccessCheck)]
pub struct CheckBody {
    /// The client id.
    #[schema(example = "meter-7")]
    pub clientid: String,
    /// The user name.
    pub username: Option<String>,
    /// With a password the authenticators are asked first, whose answer may make the client another.
    pub password: Option<String>,
    /// Its address; 127.0.0.1 where none is given.
    #[schema(value_type = Option<String>, example = "10.0.0.7")]
    pub peerhost: Option<IpAddr>,
    /// The listener it would come through; the first one of the node where none is given.
    #[schema(example = "tcp:default")]
    pub listener: Option<String>,
    /// The zone; that of the listener where none is given.
    pub zone: Option<String>,
    /// Its attributes.
    #[serde(default)]
    pub client_attrs: BTreeMap<String, String>,
    /// Whether it is a superuser.
    #[serde(default)]
    pub is_superuser: bool,
    /// What it wants to do.
    pub action: CheckAction,
    /// A topic name, or a topic filter.
    #[schema(example = "meters/7/power")]
    pub topic: String,
    /// Quality of service.
    #[serde(default)]
    #[schema(maximum = 2)]
    pub qos: u8,
    /// Whether the message is to be retained.
    #[serde(default)]
    pub retain: bool,
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccessCheckReport)]
pub struct CheckReport {
    /// What the authenticators say; absent where they were not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<CheckedAuthentication>,
    /// `allow` or `deny`.
    #[schema(example = "deny")]
    pub result: &'static str,
    /// Who decides: `authentication`, `superuser`, `client_acl`, the type of a source, or `no_match`.
    #[schema(example = "file")]
    pub decided_by: String,
    /// The rule that decides, in the words of `acl.conf` or of the database; absent where nobody knows it but a back end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The sources that were asked before that, and what they said.
    pub sources: Vec<CheckedSource>,
}

/// What authenticators say of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckedAuthentication {
    /// `allow` or `deny`.
    pub result: &'static str,
    /// The authenticator that decides; absent where none knows the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticator: Option<String>,
    /// Whether it is a superuser.
    pub is_superuser: bool,
    /// Why it may not come in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a source of rules says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckedSource {
    /// Its type.
    #[serde(rename = "type")]
    #[schema(example = "built_in_database")]
    pub kind: String,
    /// `allow`, `deny`, `nomatch`, `failed`, or `skipped` where it is not enabled or not for this client.
    #[schema(example = "nomatch")]
    pub result: &'static str,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Try out whether a client may publish or subscribe, and see who decides. An addition of Dunlin's.
#[utoipa::path(post, path = "/authorization/check", tag = "Authorization", request_body = CheckBody,
    responses((status = 200, body = CheckReport)))]
async fn check(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<CheckBody>,
) -> Result<Json<CheckReport>, Refusal> {
    if body.qos > 2 {
        return Err(Refusal::bad_request("qos: must be from 0 to 2"));
    }
    state.ask(move |node| node.check_access(&body)).await.map(Json)
}
