//! Counters and gauges of this node.

use super::operated_node::{OperatedNode, refusal};
use crate::node::Node;
use dunlin_api::Refusal;
use dunlin_api::metrics::Metrics;

impl Metrics for OperatedNode {
    fn metrics(&self) -> Result<Vec<(String, u64)>, Refusal> {
        Node::metrics(&*self.node).map_err(|error| refusal(&error))
    }

    fn stats(&self) -> Result<Vec<(String, u64)>, Refusal> {
        Node::stats(&*self.node).map_err(|error| refusal(&error))
    }
}
