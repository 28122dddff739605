//! Counters and gauges: `/metrics` and `/stats`, of all nodes and of one.

use super::nodes::unknown_node;
use crate::Refusal;
use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::query::Query;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Counters and gauges.
pub trait Metrics {
    /// Counters with their names: `messages.received`.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn metrics(&self) -> Result<Vec<(String, u64)>, Refusal>;

    /// Gauges with their names: `connections.count`.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn stats(&self) -> Result<Vec<(String, u64)>, Refusal>;
}

/// Of all nodes together, or of each.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AggregateQuery {
    /// The sum of all nodes, and not a list of them.
    #[serde(default)]
    #[param(default = false)]
    aggregate: bool,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(metrics))
        .routes(routes!(stats))
        .routes(routes!(metrics_of_node))
        .routes(routes!(stats_of_node))
}

/// Counters since the start.
#[utoipa::path(get, path = "/metrics", tag = "Metrics", params(AggregateQuery),
    responses((status = 200, description = "A list of objects, one for each node; with `aggregate` an object.", body = Value)))]
async fn metrics(State(state): State<ApiState>, Query(query): Query<AggregateQuery>) -> Result<Json<Value>, Refusal> {
    let numbers = state.ask(|node| node.metrics()).await?;
    Ok(answer(&state, query.aggregate, numbers))
}

/// Gauges, and the highest value each had.
#[utoipa::path(get, path = "/stats", tag = "Metrics", params(AggregateQuery),
    responses((status = 200, description = "A list of objects, one for each node; with `aggregate` an object.", body = Value)))]
async fn stats(State(state): State<ApiState>, Query(query): Query<AggregateQuery>) -> Result<Json<Value>, Refusal> {
    let numbers = state.ask(|node| node.stats()).await?;
    Ok(answer(&state, query.aggregate, numbers))
}

/// Counters of a node since its start.
#[utoipa::path(get, path = "/nodes/{node}/metrics", tag = "Nodes", params(("node" = String, Path, description = "`name@host`")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn metrics_of_node(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
) -> Result<Json<Value>, Refusal> {
    check_node(&state, &name)?;
    Ok(Json(Value::Object(object(state.ask(|node| node.metrics()).await?))))
}

/// Gauges of a node, and the highest value each had.
#[utoipa::path(get, path = "/nodes/{node}/stats", tag = "Nodes", params(("node" = String, Path, description = "`name@host`")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn stats_of_node(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
) -> Result<Json<Value>, Refusal> {
    check_node(&state, &name)?;
    Ok(Json(Value::Object(object(state.ask(|node| node.stats()).await?))))
}

fn check_node(state: &ApiState, name: &str) -> Result<(), Refusal> {
    if state.node().status().node_name == name { Ok(()) } else { Err(unknown_node()) }
}

fn answer(state: &ApiState, aggregate: bool, numbers: Vec<(String, u64)>) -> Json<Value> {
    let mut object = object(numbers);
    if aggregate {
        return Json(Value::Object(object));
    }
    object.insert("node".to_owned(), state.node().status().node_name.into());
    Json(Value::Array(vec![Value::Object(object)]))
}

fn object(numbers: Vec<(String, u64)>) -> Map<String, Value> {
    numbers.into_iter().map(|(name, value)| (name, value.into())).collect()
}
