//! Alarms: those that last, and those that are over.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::query::Query;
use crate::{Moment, Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Alarms.
pub trait Alarms {
    /// Alarms that last, or those that are over; the latest first.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn alarms(&self, activated: bool) -> Result<Vec<AlarmObject>, Refusal>;

    /// Forgets those that are over.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn forget_past_alarms(&self) -> Result<(), Refusal>;

    /// Ends an alarm, if it lasts. Says whether it did.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn end_alarm(&self, name: &str) -> Result<bool, Refusal>;
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AlarmObject {
    /// The node it is about.
    #[schema(example = "dunlin@127.0.0.1")]
    pub node: String,
    /// What it is about.
    #[schema(example = "high_system_memory_usage")]
    pub name: String,
    /// The same in words.
    pub message: String,
    /// And in figures.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// How long it has lasted, in milliseconds.
    pub duration: u64,
    /// When it began.
    pub activate_at: Moment,
    /// When it ended; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivate_at: Option<Moment>,
}

/// Which alarms.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AlarmQuery {
    /// Those that last; otherwise those that are over.
    #[serde(default = "yes")]
    #[param(default = true)]
    activated: bool,
    /// Number of the page, from 1.
    #[serde(default = "first")]
    #[param(minimum = 1, default = 1)]
    page: u32,
    /// Objects of a page.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    limit: u32,
}

const fn yes() -> bool {
    true
}

const fn first() -> u32 {
    1
}

const fn hundred() -> u32 {
    100
}

/// An alarm that is to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndBody {
    /// What it is about.
    name: String,
    /// The node it is about; absent: this one.
    node: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, forget)).routes(routes!(end))
}

/// Alarms.
#[utoipa::path(get, path = "/alarms", tag = "Alarms", params(AlarmQuery), responses((status = 200, body = Page<AlarmObject>)))]
async fn list(
    State(state): State<ApiState>,
    Query(query): Query<AlarmQuery>,
) -> Result<Json<Page<AlarmObject>>, Refusal> {
    let page = PageQuery { page: query.page, limit: query.limit }.checked()?;
    let alarms = state.ask(move |node| node.alarms(query.activated)).await?;
    Ok(Json(page.of(alarms)))
}

/// Forget alarms that are over.
#[utoipa::path(delete, path = "/alarms", tag = "Alarms", responses((status = 204, description = "Done.")))]
async fn forget(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.forget_past_alarms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End an alarm. It begins again if its cause is still there.
#[utoipa::path(post, path = "/alarms/force_deactivate", tag = "Alarms", request_body = EndBody,
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn end(State(state): State<ApiState>, JsonBody(body): JsonBody<EndBody>) -> Result<StatusCode, Refusal> {
    let EndBody { name, node } = body;
    if node.is_some_and(|node| node != state.node().status().node_name) {
        return Err(super::nodes::unknown_node());
    }
    match state.ask(move |node| node.end_alarm(&name)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::not_found("Alarm not found")),
    }
}
