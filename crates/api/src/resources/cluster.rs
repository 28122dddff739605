//! The cluster: this node alone.

use crate::api_state::ApiState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The cluster.
#[derive(Serialize, ToSchema)]
struct ClusterObject {
    /// `emqxcl`.
    name: &'static str,
    /// Names of its nodes.
    nodes: Vec<String>,
    /// The node that answers.
    #[serde(rename = "self")]
    own: String,
}

/// A node and those that follow it.
#[derive(Serialize, ToSchema)]
struct TopologyObject {
    /// A node that has everything itself.
    core_node: String,
    /// Nodes that have it from there.
    replicant_nodes: Vec<String>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(topology))
}

/// The cluster.
#[utoipa::path(get, path = "/cluster", tag = "Cluster", responses((status = 200, body = ClusterObject)))]
async fn show(State(state): State<ApiState>) -> Json<ClusterObject> {
    let own = state.node().status().node_name;
    Json(ClusterObject { name: "emqxcl", nodes: vec![own.clone()], own })
}

/// Which node follows which.
#[utoipa::path(get, path = "/cluster/topology", tag = "Cluster", responses((status = 200, body = Vec<TopologyObject>)))]
async fn topology(State(state): State<ApiState>) -> Json<Vec<TopologyObject>> {
    let core_node = state.node().status().node_name;
    Json(vec![TopologyObject { core_node, replicant_nodes: Vec::new() }])
}
