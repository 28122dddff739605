//! What goes to a collector of OpenTelemetry.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::resources::one_root;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dunlin_topic::SubscriptionFilter;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const ROOT: &str = "opentelemetry";

/// A name is not longer than one of MQTT can be.
const NAME_BYTES_MAX: usize = 65_535;

/// What a whitelist is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhitelistType {
    /// Client ids.
    Clientid,
    /// Filters of topics.
    Topic,
}

/// Of which clients and topics there are spans whatever the share is.
pub trait OpenTelemetry {
    /// All of a kind.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn span_whitelist(&self, kind: WhitelistType) -> Result<Vec<String>, Refusal>;

    /// How many there may be of a kind.
    fn span_whitelist_max(&self, kind: WhitelistType) -> usize;

    /// Puts these in the place of all of a kind.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run, or the disk takes nothing.
    fn set_span_whitelist(&self, kind: WhitelistType, names: &[String]) -> Result<(), Refusal>;
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(settings, change_settings)).routes(routes!(
        whitelist,
        replace_whitelist,
        clear_whitelist
    ))
}

/// `opentelemetry` of the configuration, as it is in effect.
#[utoipa::path(get, path = "/opentelemetry", tag = "Monitor", responses((status = 200, body = Object)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    state.ask(|node| one_root::in_effect(node, ROOT)).await.map(Json)
}

/// Change `opentelemetry` of the configuration: what is left out is its default afterwards.
#[utoipa::path(put, path = "/opentelemetry", tag = "Monitor", request_body = Object,
    responses((status = 200, description = "As it is now.", body = Object)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(mut body): JsonBody<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    // A text has to say something.
    body.entry("type").or_insert("generic".into());
    one_root::replace(&state, ROOT, body).await.map(Json)
}

/// Clients or topics of which there are spans in the mode `e2e`, whatever the share is.
#[utoipa::path(get, path = "/opentelemetry/whitelist/{type}", tag = "Opentelemetry",
    params(("type" = inline(WhitelistType), Path, description = "`clientid` or `topic`")),
    responses((status = 200, body = Vec<String>)))]
async fn whitelist(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<WhitelistType>,
) -> Result<Json<Vec<String>>, Refusal> {
    state.ask(move |node| node.span_whitelist(kind)).await.map(Json)
}

/// Replace the whole list.
#[utoipa::path(post, path = "/opentelemetry/whitelist/{type}", tag = "Opentelemetry",
    params(("type" = inline(WhitelistType), Path, description = "`clientid` or `topic`")), request_body = Vec<String>,
    responses((status = 204, description = "It is in effect."), (status = 400, description = "Too many, or no topic filters.")))]
async fn replace_whitelist(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<WhitelistType>,
    JsonBody(names): JsonBody<Vec<String>>,
) -> Result<StatusCode, Refusal> {
    let change = move |node: &dyn crate::Node| {
        let max = node.span_whitelist_max(kind);
        if names.len() > max {
            return Err(Refusal::bad_request(format!(
                "The number of names exceeds the white list maximum limit, {max}"
            )));
        }
        if let Some(name) = names.iter().find(|name| !is_name(kind, name)) {
            let what = if kind == WhitelistType::Topic { "topic filter" } else { "client id" };
            return Err(Refusal::bad_request(format!("`{name}` is no {what}")));
        }
        node.set_span_whitelist(kind, &names)
    };
    state.ask(change).await.map(|()| StatusCode::NO_CONTENT)
}

/// Empty the list.
#[utoipa::path(delete, path = "/opentelemetry/whitelist/{type}", tag = "Opentelemetry",
    params(("type" = inline(WhitelistType), Path, description = "`clientid` or `topic`")),
    responses((status = 204, description = "It is empty.")))]
async fn clear_whitelist(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<WhitelistType>,
) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.set_span_whitelist(kind, &[])).await.map(|()| StatusCode::NO_CONTENT)
}

fn is_name(kind: WhitelistType, name: &str) -> bool {
    let is_filter = || matches!(SubscriptionFilter::parse(name), Ok(SubscriptionFilter::Plain { .. }));
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && (kind == WhitelistType::Clientid || is_filter())
}
