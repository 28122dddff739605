//! The audit log: who changed what, from where, and how it ended.

use crate::api_state::ApiState;
use crate::query::Query;
use crate::{MomentMillis, Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The audit log of a node.
pub trait Audit {
    /// Whether anything is written down; with `is_frequent`, also what programs do all the time. Asked with each request that changes
    /// something: it has to be quick.
    fn is_audited(&self, is_frequent: bool) -> bool;

    /// Writes down what was done.
    fn audit(&self, entry: AuditEntry);

    /// Those of the latest records that are asked for, the latest first.
    ///
    /// # Errors
    /// A [`Refusal`] where nothing is written down.
    fn audit_records(&self, query: &AuditQuery) -> Result<Vec<AuditObject>, Refusal>;
}

/// How somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditFrom {
    /// A person who has logged in, or tries to.
    Dashboard,
    /// A program with a key.
    RestApi,
    /// `dunlin ctl`.
    Cli,
    /// A console of Erlang, which only EMQX has.
    ErlangConsole,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// As wished.
    Success,
    /// It was refused, or did not work.
    Failure,
}

/// What was done. Secrets are not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// How somebody came.
    pub from: AuditFrom,
    /// Who: the name of a user, of a key, or of a user of the machine.
    #[schema(example = "admin")]
    pub source: String,
    /// From which address; empty for `cli`.
    #[schema(example = "127.0.0.1")]
    pub source_ip: String,
    /// The path, `/clients/:clientid`, or the command, `clients.kick`.
    #[schema(example = "/clients/:clientid")]
    pub operation_id: String,
    /// The first part of it.
    #[schema(example = "clients")]
    pub operation_type: String,
    /// How it ended.
    pub operation_result: AuditResult,
    /// Status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status_code: Option<u16>,
    /// `post`, `put` or `delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_method: Option<String>,
    /// Names in the path (`bindings`) and body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub http_request: Option<Value>,
    /// Arguments of a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub args: Option<Value>,
    /// Why a request was refused, or a command did not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditObject {
    /// When.
    pub created_at: MomentMillis,
    /// Where.
    #[schema(example = "dunlin@127.0.0.1")]
    pub node: String,
    /// What was done.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// Which records.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AuditQuery {
    /// The node.
    node: Option<String>,
    /// How somebody came.
    #[param(inline)]
    from: Option<AuditFrom>,
    /// Who.
    source: Option<String>,
    /// From which address.
    source_ip: Option<String>,
    /// The path or the command.
    operation_id: Option<String>,
    /// The first part of it.
    operation_type: Option<String>,
    /// How it ended.
    #[param(inline)]
    operation_result: Option<AuditResult>,
    /// Status of the answer.
    http_status_code: Option<u16>,
    /// `post`, `put` or `delete`.
    http_method: Option<String>,
    /// At this moment or later.
    gte_created_at: Option<MomentMillis>,
    /// At this moment or before.
    lte_created_at: Option<MomentMillis>,
    /// So many milliseconds or more.
    gte_duration_ms: Option<u64>,
    /// So many milliseconds or less.
    lte_duration_ms: Option<u64>,
}

impl AuditQuery {
    /// Whether a record is asked for.
    #[must_use]
    pub fn matches(&self, object: &AuditObject) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, value: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == value)
        }
        let entry = &object.entry;
        is(self.node.as_ref(), &object.node)
            && is(self.from.as_ref(), &entry.from)
            && is(self.source.as_ref(), &entry.source)
            && is(self.source_ip.as_ref(), &entry.source_ip)
            && is(self.operation_id.as_ref(), &entry.operation_id)
            && is(self.operation_type.as_ref(), &entry.operation_type)
            && is(self.operation_result.as_ref(), &entry.operation_result)
            && self.http_status_code.is_none_or(|wanted| entry.http_status_code == Some(wanted))
            && self.http_method.as_ref().is_none_or(|wanted| entry.http_method.as_ref() == Some(wanted))
            && self.gte_created_at.is_none_or(|from| object.created_at >= from)
            && self.lte_created_at.is_none_or(|until| object.created_at <= until)
            && self.gte_duration_ms.is_none_or(|least| entry.duration_ms >= least)
            && self.lte_duration_ms.is_none_or(|most| entry.duration_ms <= most)
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The latest records of the audit log.
#[utoipa::path(get, path = "/audit", tag = "Audit", params(AuditQuery, PageQuery), responses(
    (status = 200, body = Page<AuditObject>),
    (status = 400, description = "`log.audit.enable` is off."),
))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditObject>>, Refusal> {
    let page = page.checked()?;
    let records = state.ask(move |node| node.audit_records(&query)).await?;
    Ok(Json(page.of(records)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> AuditObject {
        let object = json!({
            "created_at": "2026-08-07T10:00:00.000+00:00", "node": "n", "from": "dashboard", "source": "ann", "source_ip": "::1",
            "operation_id": "/banned", "operation_type": "banned", "operation_result": "failure", "http_status_code": 400,
            "http_method": "post", "duration_ms": 7
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_record_is_written_and_read_again() {
        let text = serde_json::to_string(&record()).unwrap();
        assert_eq!(serde_json::from_str::<AuditObject>(&text).unwrap(), record());
        assert!(!text.contains("args"), "{text}");
    }

    #[test]
    fn every_filter_counts() {
        for (query, expected) in [
            (json!({}), true),
            (json!({"node": "n", "from": "dashboard", "source": "ann", "source_ip": "::1"}), true),
            (json!({"operation_id": "/banned", "operation_type": "banned", "operation_result": "failure"}), true),
            (json!({"http_status_code": 400, "http_method": "post", "gte_duration_ms": 7, "lte_duration_ms": 7}), true),
            (json!({"gte_created_at": "2026-08-07T10:00:00Z", "lte_created_at": "2026-08-07T10:00:00Z"}), true),
            (json!({"node": "m"}), false),
            (json!({"from": "cli"}), false),
            (json!({"source": "bob"}), false),
            (json!({"source_ip": "::2"}), false),
            (json!({"operation_id": "/banned/:who"}), false),
            (json!({"operation_type": "users"}), false),
            (json!({"operation_result": "success"}), false),
            (json!({"http_status_code": 204}), false),
            (json!({"http_method": "put"}), false),
            (json!({"gte_duration_ms": 8}), false),
            (json!({"lte_duration_ms": 6}), false),
            (json!({"gte_created_at": "2026-08-07T10:00:01Z"}), false),
            (json!({"lte_created_at": "2026-08-07T09:59:59Z"}), false),
        ] {
            let read: AuditQuery = serde_json::from_value(query.clone()).unwrap();
            assert_eq!(read.matches(&record()), expected, "{query}");
        }
    }
}
