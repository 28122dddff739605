//! Whether this node is up.

use super::OperatedNode;
use dunlin_api::status::{NodeStatus, Status};

impl Status for OperatedNode {
    fn status(&self) -> NodeStatus {
        NodeStatus {
            node_name: self.answerer.identity.node_name.clone(),
            phase: self.answerer.phase_name(),
            is_running: self.answerer.running().is_some(),
        }
    }
}
