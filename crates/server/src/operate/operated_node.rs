//! The node of this process, as the resources of the API ask it. What each resource asks is in the file with its name.

use crate::control::{Answerer, Running};
use crate::node::{NodeError, RunningNode};
use dunlin_api::{ErrorCode, Refusal};
use std::sync::Arc;

/// See the head of the file.
pub(crate) struct OperatedNode {
    pub(super) answerer: Arc<Answerer>,
    pub(super) node: Arc<RunningNode>,
}

impl OperatedNode {
    pub(crate) const fn new(answerer: Arc<Answerer>, node: Arc<RunningNode>) -> Self {
        Self { answerer, node }
    }

    /// The node with its configuration, while it serves clients.
    pub(super) fn running(&self) -> Result<Arc<Running>, Refusal> {
        self.answerer.running().ok_or_else(|| Refusal::unavailable("The node does not serve clients now"))
    }
}

/// Why the node did not do as told, in the words of the API.
pub(super) fn refusal(error: &NodeError) -> Refusal {
    let code = match error {
        NodeError::UnknownListener { .. } => ErrorCode::BadListenerId,
        NodeError::NotRunning | NodeError::Refused(_) | NodeError::Ban(_) | NodeError::Rules(_) => {
            ErrorCode::BadRequest
        }
        NodeError::NoUsers(_) => ErrorCode::NotFound,
        NodeError::Stopping => ErrorCode::ServiceUnavailable,
    };
    Refusal::new(code, error.to_string())
}
