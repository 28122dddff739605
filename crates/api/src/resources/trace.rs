//! Traces of clients, topics and addresses.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::zip_archive::zip_of_one;
use crate::{ErrorCode, Moment, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of a trace's file in one answer, at most.
const LOG_BYTES_MAX: usize = 1 << 20;

/// Traces.
pub trait Traces {
    /// The name of the node whose files they are.
    fn tracing_node(&self) -> String;

    /// All of them, the newest first.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn traces(&self) -> Result<Vec<TraceObject>, Refusal>;

    /// Begins one.
    ///
    /// # Errors
    /// A [`Refusal`] where it makes no sense, or there is one like it.
    fn begin_trace(&self, wanted: NewTrace) -> Result<TraceObject, Refusal>;

    /// Ends one; its file stays.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn stop_trace(&self, name: &str) -> Result<(), Refusal>;

    /// Deletes one and its file.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn delete_trace(&self, name: &str) -> Result<(), Refusal>;

    /// Deletes all.
    ///
    /// # Errors
    /// A [`Refusal`] where the disk does not let it.
    fn delete_traces(&self) -> Result<(), Refusal>;

    /// A part of the file of one.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn trace_log(&self, name: &str, position: u64, bytes: usize) -> Result<Vec<u8>, Refusal>;

    /// Bytes of the file of one, and when it was last written to, in milliseconds since 1970.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn trace_log_facts(&self, name: &str) -> Result<(u64, u64), Refusal>;
}

/// What is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// One client: `clientid`.
    #[serde(rename = "clientid")]
    ClientId,
    /// Messages to topics that a filter selects.
    Topic,
    /// Clients from an address.
    IpAddress,
}

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TraceFormat {
    /// As in a log.
    #[default]
    Text,
    /// As an object a line.
    Json,
}

/// How payloads are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TracePayload {
    /// As text.
    #[default]
    Text,
    /// As hex digits.
    Hex,
    /// Not at all.
    Hidden,
}

/// A trace to begin.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTrace {
    /// A letter, then letters, digits, `-` and `_`.
    #[schema(example = "slow_meter")]
    pub name: String,
    /// What is traced.
    #[serde(rename = "type")]
    pub kind: TraceKind,
    /// Which client.
    pub clientid: Option<String>,
    /// Which topics.
    pub topic: Option<String>,
    /// Which address.
    pub ip_address: Option<String>,
    /// From when; at once without it.
    pub start_at: Option<Moment>,
    /// Until when; ten minutes without it.
    pub end_at: Option<Moment>,
    /// How lines are written.
    #[serde(default)]
    pub formatter: TraceFormat,
    /// How payloads are shown.
    #[serde(default)]
    pub payload_encode: TracePayload,
    /// Bytes of a payload that are shown.
    pub payload_limit: Option<u32>,
}

/// A trace.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TraceObject {
    /// Its name.
    pub name: String,
    /// What is traced.
    #[serde(rename = "type")]
    pub kind: TraceKind,
    /// Which client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clientid: Option<String>,
    /// Which topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// From when.
    pub start_at: Moment,
    /// Until when.
    pub end_at: Moment,
    /// `waiting`, `running` or `stopped`.
    pub status: &'static str,
    /// Bytes of its file, by node.
    pub log_size: BTreeMap<String, u64>,
    /// How lines are written.
    pub formatter: TraceFormat,
    /// How payloads are shown.
    pub payload_encode: TracePayload,
    /// Bytes of a payload that are shown.
    pub payload_limit: u32,
}

/// A trace that was stopped.
#[derive(Serialize, ToSchema)]
struct StoppedTrace {
    /// Its name.
    name: String,
    /// It does not run.
    enable: bool,
}

/// A part of a file.
#[derive(Serialize, ToSchema)]
struct LogPart {
    /// The text.
    items: String,
    meta: LogMeta,
}

#[derive(Serialize, ToSchema)]
struct LogMeta {
    /// Where the next part begins.
    position: u64,
    /// Bytes of this one.
    bytes: u64,
    /// `eof` at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

/// A file.
#[derive(Serialize, ToSchema)]
struct LogFacts {
    /// Whose it is.
    node: String,
    /// Its bytes.
    size: u64,
    /// When it was last written to, in milliseconds since 1970.
    mtime: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// From which byte on.
    #[serde(default)]
    #[param(default = 0)]
    position: u64,
    /// How many bytes.
    #[param(minimum = 1, maximum = 1_048_576, default = 1000)]
    bytes: Option<usize>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, begin, clear))
        .routes(routes!(delete))
        .routes(routes!(stop))
        .routes(routes!(download))
        .routes(routes!(log))
        .routes(routes!(log_detail))
}

/// All traces.
#[utoipa::path(get, path = "/trace", tag = "Trace", responses((status = 200, body = Vec<TraceObject>)))]
async fn list(State(state): State<ApiState>) -> Result<Json<Vec<TraceObject>>, Refusal> {
    state.ask(|node| node.traces()).await.map(Json)
}

/// Begins a trace.
#[utoipa::path(post, path = "/trace", tag = "Trace", request_body = NewTrace, responses(
    (status = 200, body = TraceObject),
    (status = 400, description = "It makes no sense, or there are too many."),
    (status = 409, description = "There is one of that name, or about the same."),
))]
async fn begin(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<NewTrace>,
) -> Result<Json<TraceObject>, Refusal> {
    let begun = state.ask(move |node| node.begin_trace(wanted)).await;
    // EMQX answers so here, and with another status elsewhere.
    let in_conflict = |refusal: Refusal| match refusal.code() {
        ErrorCode::AlreadyExists => refusal.with_status(StatusCode::CONFLICT),
        _ => refusal,
    };
    begun.map(Json).map_err(in_conflict)
}

/// Deletes all traces.
#[utoipa::path(delete, path = "/trace", tag = "Trace", responses((status = 204, description = "They are gone.")))]
async fn clear(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.delete_traces()).await.map(|()| StatusCode::NO_CONTENT)
}

/// Deletes a trace and its file.
#[utoipa::path(delete, path = "/trace/{name}", tag = "Trace", params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone."), (status = 404, description = "There is none such.")))]
async fn delete(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.delete_trace(&name)).await.map(|()| StatusCode::NO_CONTENT)
}

/// Ends a trace; its file stays.
#[utoipa::path(put, path = "/trace/{name}/stop", tag = "Trace", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = StoppedTrace), (status = 404, description = "There is none such.")))]
async fn stop(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<Json<StoppedTrace>, Refusal> {
    let asked = name.clone();
    state.ask(move |node| node.stop_trace(&asked)).await?;
    Ok(Json(StoppedTrace { name, enable: false }))
}

/// The file of a trace, in a zip archive.
#[utoipa::path(get, path = "/trace/{name}/download", tag = "Trace", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "The archive.", body = Vec<u8>, content_type = "application/zip"),
        (status = 404, description = "There is none such.")))]
async fn download(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<Response, Refusal> {
    let asked = name.clone();
    let read = move |node: &dyn crate::Node| {
        let (bytes, _) = node.trace_log_facts(&asked)?;
        let text = node.trace_log(&asked, 0, usize::try_from(bytes).unwrap_or(usize::MAX))?;
        let file = format!("{}/trace_{asked}.log", node.tracing_node());
        zip_of_one(&file, &text)
            .ok_or_else(|| Refusal::new(ErrorCode::ExceedLimit, "The file is too large for an archive"))
    };
    let archive = state.ask(read).await?;
    // A name has no characters that would have to be quoted.
    let disposition = format!("attachment; filename={name}.zip");
    let headers = [(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, archive).into_response())
}

/// A part of the file of a trace.
#[utoipa::path(get, path = "/trace/{name}/log", tag = "Trace",
    params(("name" = String, Path, description = "Its name"), LogQuery),
    responses((status = 200, body = LogPart), (status = 400, description = "The query is not understood."),
        (status = 404, description = "There is none such.")))]
async fn log(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPart>, Refusal> {
    let (position, bytes) = (query.position, query.bytes.unwrap_or(1000));
    if !(1..=LOG_BYTES_MAX).contains(&bytes) {
        return Err(Refusal::bad_request(format!("bytes: must be from 1 to {LOG_BYTES_MAX}")));
    }
    let read = state.ask(move |node| node.trace_log(&name, position, bytes)).await?;
    let count = read.len() as u64;
    let meta =
        LogMeta { position: position.saturating_add(count), bytes: count, hint: (read.len() < bytes).then_some("eof") };
    Ok(Json(LogPart { items: String::from_utf8_lossy(&read).into_owned(), meta }))
}

/// The files of a trace, by node.
#[utoipa::path(get, path = "/trace/{name}/log_detail", tag = "Trace",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = Vec<LogFacts>), (status = 404, description = "There is none such.")))]
async fn log_detail(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
) -> Result<Json<Vec<LogFacts>>, Refusal> {
    let ask = move |node: &dyn crate::Node| {
        let (size, mtime) = node.trace_log_facts(&name)?;
        Ok(vec![LogFacts { node: node.tracing_node(), size, mtime }])
    };
    state.ask(ask).await.map(Json)
}
