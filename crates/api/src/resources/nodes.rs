//! Nodes of the cluster: this one.

use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Nodes.
pub trait Nodes {
    /// All nodes of the cluster.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn nodes(&self) -> Result<Vec<NodeObject>, Refusal>;
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeObject {
    /// `name@host`.
    #[schema(example = "dunlin@127.0.0.1")]
    pub node: String,
    /// `running`.
    pub node_status: &'static str,
    /// Version of the software.
    pub version: String,
    /// `Opensource`.
    pub edition: &'static str,
    /// `core`.
    pub role: &'static str,
    /// How long it has been running, in milliseconds.
    pub uptime: u64,
    /// Connections, and sessions without one.
    pub connections: u64,
    /// Connections.
    pub live_connections: u64,
    /// Sessions of the cluster.
    pub cluster_sessions: u64,
    /// Load of the machine in the last minute.
    pub load1: f64,
    /// In the last five minutes.
    pub load5: f64,
    /// In the last fifteen minutes.
    pub load15: f64,
    /// Memory of the machine that is in use, in bytes.
    pub memory_used: u64,
    /// Memory of the machine, in bytes.
    pub memory_total: u64,
    /// Memory of the node's process, in bytes. An addition to EMQX's API.
    pub process_memory: u64,
    /// Threads of the node.
    pub process_used: u64,
    /// Threads there can be.
    pub process_available: u64,
    /// Files that can be open.
    pub max_fds: u64,
    /// What EMQX runs on, and this node does not.
    pub otp_release: &'static str,
    /// Where the node is installed.
    pub sys_path: String,
    /// Where its log is.
    pub log_path: String,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// All nodes.
#[utoipa::path(get, path = "/nodes", tag = "Nodes", responses((status = 200, body = Vec<NodeObject>)))]
async fn list(State(state): State<ApiState>) -> Result<Json<Vec<NodeObject>>, Refusal> {
    state.ask(|node| node.nodes()).await.map(Json)
}

/// A node.
#[utoipa::path(get, path = "/nodes/{node}", tag = "Nodes", params(("node" = String, Path, description = "`name@host`")),
    responses((status = 200, body = NodeObject), (status = 404, description = "There is none such.")))]
async fn show(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<Json<NodeObject>, Refusal> {
    let nodes = state.ask(|node| node.nodes()).await?;
    nodes.into_iter().find(|node| node.node == name).map(Json).ok_or_else(unknown_node)
}

/// There is no such node.
pub(super) fn unknown_node() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "Node not found")
}
