//! Of which clients and topics there are spans.

use super::operated_node::{OperatedNode, refusal};
use dunlin_api::Refusal;
use dunlin_api::opentelemetry::{OpenTelemetry, WhitelistType};

impl OpenTelemetry for OperatedNode {
    fn span_whitelist(&self, kind: WhitelistType) -> Result<Vec<String>, Refusal> {
        self.node.with_server(|server| server.observing().span_whitelist(kind)).map_err(|error| refusal(&error))
    }

    fn span_whitelist_max(&self, kind: WhitelistType) -> usize {
        self.node.with_config(|config| {
            let options = &config.opentelemetry.traces.end_to_end;
            match kind {
                WhitelistType::Clientid => options.client_ids_max,
                WhitelistType::Topic => options.topics_max,
            }
        })
    }

    fn set_span_whitelist(&self, kind: WhitelistType, names: &[String]) -> Result<(), Refusal> {
        let set = self.node.with_server(|server| server.observing().set_span_whitelist(kind, names));
        set.map_err(|error| refusal(&error))?.map_err(|error| Refusal::internal(error.to_string()))
    }
}
