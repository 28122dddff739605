//! The numbers of this node for Prometheus.

use super::operated_node::{OperatedNode, refusal};
use crate::Server;
use dunlin_api::Refusal;
use dunlin_api::prometheus::Prometheus;
use dunlin_telemetry::MetricFamily;

impl Prometheus for OperatedNode {
    fn node_name(&self) -> String {
        self.answerer.identity.node_name.clone()
    }

    fn scraping_needs_login(&self) -> bool {
        self.node.with_config(|config| config.prometheus.enable_basic_auth)
    }

    fn numbers(&self) -> Result<Vec<MetricFamily>, Refusal> {
        self.node.with_server(Server::metric_families).map_err(|error| refusal(&error))
    }

    fn access_numbers(&self) -> Result<Vec<MetricFamily>, Refusal> {
        self.node.with_server(Server::access_families).map_err(|error| refusal(&error))
    }
}
