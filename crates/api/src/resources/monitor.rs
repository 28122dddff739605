//! How the numbers of the node went, for charts, and how it is now.

use super::nodes::unknown_node;
use crate::Refusal;
use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::query::Query;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Seconds of a week: there are no older samples.
const WEEK_SECS: u64 = 7 * 86_400;

/// How the numbers of the node went.
pub trait Monitor {
    /// The name of the node.
    fn monitored_node(&self) -> String;

    /// Samples of the last so many seconds, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn samples(&self, latest_secs: u64) -> Result<Vec<SampleObject>, Refusal>;

    /// How it is now.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn current(&self) -> Result<CurrentObject, Refusal>;

    /// Forgets all samples.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn forget_samples(&self) -> Result<(), Refusal>;
}

/// The node at one moment, and what happened since the sample before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SampleObject {
    /// Milliseconds since 1970.
    pub time_stamp: u64,
    /// Connections then.
    pub connections: u64,
    /// Clients connected then.
    pub live_connections: u64,
    /// Filters that somebody was subscribed to then.
    pub topics: u64,
    /// Subscriptions then.
    pub subscriptions: u64,
    /// Retained messages then.
    pub retained_msg_count: u64,
    /// Sessions then.
    pub cluster_sessions: u64,
    /// Messages received since the sample before.
    pub received: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages dropped.
    pub dropped: u64,
    /// Messages that went to queues on disk.
    pub persisted: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Validations, of which there are none.
    pub validation_succeeded: u64,
    /// See `validation_succeeded`.
    pub validation_failed: u64,
    /// Transformations, of which there are none.
    pub transformation_succeeded: u64,
    /// See `transformation_succeeded`.
    pub transformation_failed: u64,
}

/// The node now. Rates are for each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CurrentObject {
    /// Connections.
    pub connections: u64,
    /// Clients connected.
    pub live_connections: u64,
    /// Sessions.
    pub cluster_sessions: u64,
    /// Filters that somebody is subscribed to.
    pub topics: u64,
    /// Subscriptions.
    pub subscriptions: u64,
    /// Shared subscriptions among them.
    pub shared_subscriptions: u64,
    /// Retained messages.
    pub retained_msg_count: u64,
    /// Messages received.
    pub received_msg_rate: u64,
    /// Messages sent.
    pub sent_msg_rate: u64,
    /// Messages dropped.
    pub dropped_msg_rate: u64,
    /// Messages that go to queues on disk.
    pub persisted_rate: u64,
    /// Validations, of which there are none.
    pub validation_succeeded_rate: u64,
    /// See `validation_succeeded_rate`.
    pub validation_failed_rate: u64,
    /// Transformations, of which there are none.
    pub transformation_succeeded_rate: u64,
    /// See `transformation_succeeded_rate`.
    pub transformation_failed_rate: u64,
    /// How long the node has been running, in milliseconds.
    pub node_uptime: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LatestQuery {
    /// Of the last so many seconds; all of a week without it.
    #[param(minimum = 1, example = 3600)]
    latest: Option<u64>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(samples, forget))
        .routes(routes!(samples_of_node))
        .routes(routes!(current))
        .routes(routes!(current_of_node))
}

/// Samples of all nodes, added up.
#[utoipa::path(get, path = "/monitor", tag = "Monitor", params(LatestQuery),
    responses((status = 200, body = Vec<SampleObject>), (status = 400, description = "`latest` is no number.")))]
async fn samples(
    State(state): State<ApiState>,
    Query(query): Query<LatestQuery>,
) -> Result<Json<Vec<SampleObject>>, Refusal> {
    let latest = query.latest.unwrap_or(WEEK_SECS).min(WEEK_SECS);
    state.ask(move |node| node.samples(latest)).await.map(Json)
}

/// Forgets all samples.
#[utoipa::path(delete, path = "/monitor", tag = "Monitor", responses((status = 204, description = "They are forgotten.")))]
async fn forget(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.forget_samples()).await.map(|()| StatusCode::NO_CONTENT)
}

/// Samples of a node.
#[utoipa::path(get, path = "/monitor/nodes/{node}", tag = "Monitor",
    params(("node" = String, Path, description = "`name@host`"), LatestQuery),
    responses((status = 200, body = Vec<SampleObject>), (status = 400, description = "`latest` is no number."),
        (status = 404, description = "There is no such node.")))]
async fn samples_of_node(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
    Query(query): Query<LatestQuery>,
) -> Result<Json<Vec<SampleObject>>, Refusal> {
    let latest = query.latest.unwrap_or(WEEK_SECS).min(WEEK_SECS);
    let ask = move |node: &dyn crate::Node| {
        if node.monitored_node() == name { node.samples(latest) } else { Err(unknown_node()) }
    };
    state.ask(ask).await.map(Json)
}

/// All nodes now.
#[utoipa::path(get, path = "/monitor_current", tag = "Monitor", responses((status = 200, body = CurrentObject)))]
async fn current(State(state): State<ApiState>) -> Result<Json<CurrentObject>, Refusal> {
    state.ask(|node| node.current()).await.map(Json)
}

/// A node now.
#[utoipa::path(get, path = "/monitor_current/nodes/{node}", tag = "Monitor",
    params(("node" = String, Path, description = "`name@host`")),
    responses((status = 200, body = CurrentObject), (status = 404, description = "There is no such node.")))]
async fn current_of_node(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
) -> Result<Json<CurrentObject>, Refusal> {
    let ask =
        move |node: &dyn crate::Node| if node.monitored_node() == name { node.current() } else { Err(unknown_node()) };
    state.ask(ask).await.map(Json)
}
