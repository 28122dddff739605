//! Whether the node is up: for load balancers and people.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::query::Query;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Whether a node is up.
pub trait Status {
    /// How it is. Waits for nothing.
    fn status(&self) -> NodeStatus;
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// `name@host`.
    pub node_name: String,
    /// `starting`, `started` or `stopping`.
    pub phase: &'static str,
    /// Whether clients are served.
    pub is_running: bool,
}

/// How the answer is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StatusQuery {
    /// `text` or `json`.
    #[param(example = "json")]
    format: Option<String>,
}

/// How a node is.
#[derive(Serialize, ToSchema)]
struct StatusObject {
    /// `name@host`.
    node_name: String,
    /// Of the node alone: `emqxcl`.
    cluster: &'static str,
    /// `started`.
    broker_status: &'static str,
    /// `running` or `not_running`.
    app_status: &'static str,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(availability))
}

/// Whether the node serves clients.
#[utoipa::path(get, path = "/status", tag = "Status", params(StatusQuery), security(()), responses(
    (status = 200, description = "It does.", content((String = "text/plain"), (StatusObject = "application/json"))),
    (status = 503, description = "It does not.", content((String = "text/plain"), (StatusObject = "application/json"))),
))]
pub(super) async fn show(State(state): State<ApiState>, Query(query): Query<StatusQuery>) -> Response {
    let NodeStatus { node_name, phase, is_running } = state.node().status();
    let app_status = if is_running { "running" } else { "not_running" };
    let status = if is_running { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = if query.format.as_deref() == Some("json") {
        Json(StatusObject { node_name, cluster: "emqxcl", broker_status: phase, app_status }).into_response()
    } else {
        // Word for word what health checks look for.
        format!("Node {node_name} is {phase}\nemqx is {app_status}").into_response()
    };
    *response.status_mut() = status;
    if !is_running {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("15"));
    }
    response
}

/// Whether a load balancer should send clients here.
#[utoipa::path(get, path = "/load_rebalance/availability_check", tag = "Load Rebalance", security(()), responses(
    (status = 200, description = "It should.", body = AvailabilityObject),
    (status = 503, description = "It should not."),
))]
async fn availability(State(state): State<ApiState>) -> Result<Json<AvailabilityObject>, Refusal> {
    match state.node().status().is_running {
        true => Ok(Json(AvailabilityObject {})),
        false => Err(Refusal::unavailable("The node does not serve clients")),
    }
}

/// Nothing more is said.
#[derive(Serialize, ToSchema)]
struct AvailabilityObject {}
