//! Who changed what on this node.

use super::OperatedNode;
use crate::calendar;
use dunlin_api::Refusal;
use dunlin_api::audit::{Audit, AuditEntry, AuditObject, AuditQuery};

impl Audit for OperatedNode {
    fn is_audited(&self, is_frequent: bool) -> bool {
        self.answerer.logs.audit().is_on(is_frequent)
    }

    fn audit(&self, entry: AuditEntry) {
        self.answerer.logs.audit().write(&self.answerer.identity.node_name, calendar::now_millis(), entry);
    }

    fn audit_records(&self, query: &AuditQuery) -> Result<Vec<AuditObject>, Refusal> {
        let records = self.answerer.logs.audit().find(query);
        records.ok_or_else(|| Refusal::bad_request("Audit is disabled: log.audit.enable is false"))
    }
}
