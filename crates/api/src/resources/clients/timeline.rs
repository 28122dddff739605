//! What has happened to a client lately. An addition to EMQX's API.

use super::unknown_client;
use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::{MomentMillis, Refusal};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Something that happened to a client. What it is about says `event`; the other fields are there where they mean something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimelineObject {
    /// When; the first time, where it happened again and again.
    pub at: MomentMillis,
    /// `connected`, `refused`, `not_authenticated`, `subscribe_allowed`, `subscribe_denied`, `publish_denied`,
    /// `publish_over_limit`, `subscribed`, `unsubscribed`, `dropped`, `release_timed_out`, `disconnected` or `session_ended`.
    pub event: &'static str,
    /// How often it happened without much else in between.
    pub count: u64,
    /// When it happened last, of what happened more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<MomentMillis>,
    /// From where the client came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peername: Option<String>,
    /// The listener it came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// The version of MQTT it speaks: 3, 4 or 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proto_ver: Option<u8>,
    /// Whether it goes on with a session that was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_present: Option<bool>,
    /// The authenticator that knows it, or that refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticator: Option<String>,
    /// Why: the word of `shutdown_count`, a reason code of MQTT, or the counter that has the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What the client was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<u8>,
    /// A topic or a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The quality of service of a subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qos: Option<u8>,
    /// Who decided: a source of authorization, `superuser`, `client_info`, `cache` or `no_match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The rule of that source, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
}

/// What has happened to a client.
#[derive(Serialize, ToSchema)]
struct Timeline {
    /// Oldest first.
    data: Vec<TimelineObject>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// What has happened to a client lately, oldest first; also to one that has left or was never let in. The node forgets it when it
/// stops, and when it needs the memory for clients that more has happened to since.
#[utoipa::path(get, path = "/clients/{clientid}/timeline", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = Timeline), (status = 404, description = "Nothing is known of such a client.")))]
async fn show(State(state): State<ApiState>, PathPart(client_id): PathPart<String>) -> Result<Json<Timeline>, Refusal> {
    let found = state.ask(move |node| node.timeline(&client_id)).await?;
    found.map(|data| Json(Timeline { data })).ok_or_else(unknown_client)
}
