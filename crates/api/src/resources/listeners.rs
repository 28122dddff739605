//! Listeners of MQTT: what they do, and what they are to be.

use super::configs::without_masks;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Keys of an answer that are no keys of a listener, and are left alone where they are sent back.
const NO_KEYS: &[&str] = &["id", "name", "node_status", "number", "running", "status", "type"];

/// Kinds of listeners.
const KINDS: &[&str] = &["quic", "ssl", "tcp", "ws", "wss"];

/// Listeners of a node.
pub trait Listeners {
    /// All of the configuration, ordered by id.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn listeners(&self) -> Result<Vec<ListenerReport>, Refusal>;

    /// Opens, closes, or closes and opens a listener.
    ///
    /// # Errors
    /// A [`Refusal`] where that is not possible.
    fn operate_listener(&self, id: &str, operation: ListenerOperation) -> Result<(), Refusal>;

    /// Removes a listener from the configuration.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn remove_listener(&self, kind: &str, name: &str) -> Result<(), Refusal>;
}

/// A listener of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerReport {
    /// `tcp`.
    pub kind: String,
    /// `default`.
    pub name: String,
    /// Its configuration.
    pub configuration: Map<String, Value>,
    /// What it does.
    pub status: ListenerStatus,
}

/// What a listener does.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ListenerStatus {
    /// Whether clients can connect.
    pub running: bool,
    /// Connections open now.
    pub current_connections: u64,
    /// Limit of connections, or `infinity`.
    pub max_connections: Value,
    /// How many connections ended for which reason.
    pub shutdown_count: BTreeMap<String, u64>,
}

/// What is to be done with a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerOperation {
    /// Open it.
    Start,
    /// Close it, and its connections.
    Stop,
    /// Close it if it is open, and open it.
    Restart,
}

/// Which listeners.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct KindQuery {
    /// `tcp`, `ssl`, `ws`, `wss` or `quic`.
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The configuration of a listener.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
struct ListenerBody {
    /// Its keys; for a new listener also `type` and `name`.
    #[schema(example = json!({"type": "tcp", "name": "factory", "bind": "0.0.0.0:11883"}))]
    fields: Map<String, Value>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(statuses))
        .routes(routes!(show, create_as, update, delete))
        .routes(routes!(start))
        .routes(routes!(stop))
        .routes(routes!(restart))
}

/// All listeners.
#[utoipa::path(get, path = "/listeners", tag = "Listeners", params(KindQuery), responses((status = 200, body = Vec<Value>)))]
async fn list(State(state): State<ApiState>, Query(query): Query<KindQuery>) -> Result<Json<Vec<Value>>, Refusal> {
    let reports = state.ask(|node| node.listeners()).await?;
    let wanted = reports.into_iter().filter(|report| query.kind.as_ref().is_none_or(|kind| *kind == report.kind));
    Ok(Json(wanted.map(|report| object(&state, report)).collect()))
}

/// What listeners do, by kind.
#[utoipa::path(get, path = "/listeners_status", tag = "Listeners", responses((status = 200, body = Vec<Value>)))]
async fn statuses(State(state): State<ApiState>) -> Result<Json<Vec<Value>>, Refusal> {
    let reports = state.ask(|node| node.listeners()).await?;
    let node = state.node().status().node_name;
    let of_kind = |kind: &&&str| reports.iter().any(|report| report.kind == ***kind);
    let kinds = KINDS.iter().filter(of_kind).map(|kind| {
        let of_kind: Vec<_> = reports.iter().filter(|report| report.kind == *kind).collect();
        let status = json!({
            "running": of_kind.iter().any(|report| report.status.running),
            "current_connections": of_kind.iter().map(|report| report.status.current_connections).sum::<u64>(),
            "max_connections": sum_of_limits(&of_kind),
        });
        let ids: Vec<_> = of_kind.iter().map(|report| format!("{}:{}", report.kind, report.name)).collect();
        json!({
            "type": kind,
            "enable": of_kind.iter().any(|report| report.configuration.get("enable") == Some(&Value::Bool(true))),
            "ids": ids,
            "status": status,
            "node_status": [{"node": node, "status": status}],
        })
    });
    Ok(Json(kinds.collect()))
}

fn sum_of_limits(reports: &[&ListenerReport]) -> Value {
    let limits: Option<Vec<u64>> = reports.iter().map(|report| report.status.max_connections.as_u64()).collect();
    limits.map_or_else(|| "infinity".into(), |limits| limits.iter().sum::<u64>().into())
}

/// A listener.
#[utoipa::path(get, path = "/listeners/{id}", tag = "Listeners", params(("id" = String, Path, description = "`tcp:default`")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn show(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<Json<Value>, Refusal> {
    parse_id(&id)?;
    shown(&state, &id).await.map(Json)
}

/// Make a listener.
#[utoipa::path(post, path = "/listeners", tag = "Listeners", request_body = ListenerBody, responses((status = 200, body = Value)))]
async fn create(State(state): State<ApiState>, JsonBody(body): JsonBody<ListenerBody>) -> Result<Json<Value>, Refusal> {
    let text = |name| body.fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = format!("{}:{}", text("type"), text("name"));
    make(&state, &id, body.fields).await.map(Json)
}

/// Make a listener with this id.
#[utoipa::path(post, path = "/listeners/{id}", tag = "Listeners", request_body = ListenerBody,
    params(("id" = String, Path, description = "`tcp:factory`")), responses((status = 200, body = Value)))]
async fn create_as(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
    JsonBody(body): JsonBody<ListenerBody>,
) -> Result<Json<Value>, Refusal> {
    make(&state, &id, body.fields).await.map(Json)
}

/// Change keys of a listener.
#[utoipa::path(put, path = "/listeners/{id}", tag = "Listeners", request_body = ListenerBody,
    params(("id" = String, Path, description = "`tcp:default`")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn update(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
    JsonBody(body): JsonBody<ListenerBody>,
) -> Result<Json<Value>, Refusal> {
    parse_id(&id)?;
    shown(&state, &id).await?;
    change(&state, &id, body.fields).await?;
    shown(&state, &id).await.map(Json)
}

/// Remove a listener, and close its connections.
#[utoipa::path(delete, path = "/listeners/{id}", tag = "Listeners", params(("id" = String, Path, description = "`tcp:default`")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn delete(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<StatusCode, Refusal> {
    let (kind, name) = parse_id(&id)?;
    let (kind, name) = (kind.to_owned(), name.to_owned());
    shown(&state, &id).await?;
    state.ask(move |node| node.remove_listener(&kind, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open a listener.
#[utoipa::path(post, path = "/listeners/{id}/start", tag = "Listeners", params(("id" = String, Path, description = "`tcp:default`")),
    responses((status = 200, description = "Done."), (status = 404, description = "There is none such.")))]
async fn start(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<StatusCode, Refusal> {
    operate(&state, id, ListenerOperation::Start).await
}

/// Close a listener, and its connections.
#[utoipa::path(post, path = "/listeners/{id}/stop", tag = "Listeners", params(("id" = String, Path, description = "`tcp:default`")),
    responses((status = 200, description = "Done."), (status = 404, description = "There is none such.")))]
async fn stop(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<StatusCode, Refusal> {
    operate(&state, id, ListenerOperation::Stop).await
}

/// Close a listener and open it anew.
#[utoipa::path(post, path = "/listeners/{id}/restart", tag = "Listeners", params(("id" = String, Path, description = "`tcp:default`")),
    responses((status = 200, description = "Done."), (status = 404, description = "There is none such.")))]
async fn restart(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<StatusCode, Refusal> {
    operate(&state, id, ListenerOperation::Restart).await
}

async fn operate(state: &ApiState, id: String, operation: ListenerOperation) -> Result<StatusCode, Refusal> {
    parse_id(&id)?;
    shown(state, &id).await?;
    state.ask(move |node| node.operate_listener(&id, operation)).await?;
    Ok(StatusCode::OK)
}

async fn make(state: &ApiState, id: &str, fields: Map<String, Value>) -> Result<Value, Refusal> {
    parse_id(id)?;
    let reports = state.ask(|node| node.listeners()).await?;
    if reports.iter().any(|report| format!("{}:{}", report.kind, report.name) == id) {
        return Err(Refusal::new(ErrorCode::BadListenerId, format!("There is a listener {id} already")));
    }
    change(state, id, fields).await?;
    shown(state, id).await
}

async fn change(state: &ApiState, id: &str, fields: Map<String, Value>) -> Result<(), Refusal> {
    let (kind, name) = parse_id(id)?;
    let keys: Map<_, _> =
        without_masks(fields).into_iter().filter(|(key, _)| !NO_KEYS.contains(&key.as_str())).collect();
    let keys = without_bundles_beside_files(keys);
    let text = json!({"listeners": {kind: {name: keys}}}).to_string();
    state.ask(move |node| node.change_configuration(&text, super::configs::ConfigMode::Merge, false)).await
}

/// Whoever names files and no bundle means the files: bundles that were named before are left out.
fn without_bundles_beside_files(mut keys: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(ssl)) = keys.get_mut("ssl_options") {
        let is_file = |key| ssl.get(key).is_some_and(|value: &Value| !value.is_null());
        if (is_file("certfile") || is_file("keyfile")) && !ssl.contains_key("managed_certs") {
            ssl.insert("managed_certs".to_owned(), Value::Null);
        }
    }
    keys
}

async fn shown(state: &ApiState, id: &str) -> Result<Value, Refusal> {
    let reports = state.ask(|node| node.listeners()).await?;
    let report = reports.into_iter().find(|report| format!("{}:{}", report.kind, report.name) == id);
    let report = report.ok_or_else(|| {
        Refusal::new(ErrorCode::BadListenerId, "Listener id not found").with_status(StatusCode::NOT_FOUND)
    })?;
    Ok(object(state, report))
}

/// Its configuration, and what it does.
fn object(state: &ApiState, report: ListenerReport) -> Value {
    let ListenerReport { kind, name, configuration, status } = report;
    let status = serde_json::to_value(&status).unwrap_or_default();
    let mut object = configuration;
    object.insert("id".to_owned(), format!("{kind}:{name}").into());
    object.insert("running".to_owned(), status["running"].clone());
    object.insert("node_status".to_owned(), json!([{"node": state.node().status().node_name, "status": status}]));
    object.insert("status".to_owned(), status);
    object.insert("number".to_owned(), 1.into());
    object.insert("type".to_owned(), kind.into());
    object.insert("name".to_owned(), name.into());
    Value::Object(object)
}

fn parse_id(id: &str) -> Result<(&str, &str), Refusal> {
    let parts = id.split_once(':').filter(|(kind, name)| {
        KINDS.contains(kind)
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    });
    parts.ok_or_else(|| {
        Refusal::new(ErrorCode::BadListenerId, format!("`{id}` is no id of a listener such as tcp:default"))
    })
}
