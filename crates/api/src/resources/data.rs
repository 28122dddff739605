//! Backups: export and import of what a node was set up with, and the archives that are kept.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{ErrorCode, Moment, Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest archive that is taken, in bytes, with what is around it.
const UPLOAD_BYTES_MAX: usize = (64 << 20) + (64 << 10);

/// The backups of a node.
pub trait Data {
    /// Writes an archive of what the node was set up with.
    ///
    /// # Errors
    /// A [`Refusal`] where a root or a set of tables is unknown, or the disk does not take it.
    fn export_data(&self, wanted: ExportBody) -> Result<BackupObject, Refusal>;

    /// All archives, the latest first.
    fn backups(&self) -> Vec<BackupObject>;

    /// What is in an archive.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn backup(&self, name: &str) -> Result<Vec<u8>, Refusal>;

    /// Keeps an archive that somebody has.
    ///
    /// # Errors
    /// A [`Refusal`] where its name or size cannot be.
    fn keep_backup(&self, name: &str, archive: &[u8]) -> Result<(), Refusal>;

    /// Removes an archive.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn delete_backup(&self, name: &str) -> Result<(), Refusal>;

    /// Imports an archive.
    ///
    /// # Errors
    /// A [`Refusal`] where something in it cannot be taken over; nothing has changed then.
    fn import_data(&self, name: &str) -> Result<ImportObject, Refusal>;
}

/// What to export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExportBody {
    /// Roots of the configuration; without them all but `node`, `rpc` and `cluster`.
    #[schema(example = json!(["mqtt", "authorization"]))]
    pub root_keys: Option<Vec<String>>,
    /// `banned`, `builtin_authn`, `builtin_authz`, `dashboard_users`, `api_keys`; without them all.
    #[schema(example = json!(["banned"]))]
    pub table_sets: Option<Vec<String>>,
}

/// An archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BackupObject {
    /// The node that has it.
    pub node: String,
    /// Its name.
    #[schema(example = "dunlin-export-2026.08.07.10.00.00.000.tar.gz")]
    pub filename: String,
    /// When it was made.
    pub created_at: Moment,
    /// The same in seconds since 1970.
    pub created_at_sec: u64,
    /// Bytes.
    pub size: u64,
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportObject {
    /// Product and version that have written the archive.
    pub origin: String,
    /// Roots of the configuration.
    pub roots: Vec<String>,
    /// Entries of each set of tables.
    pub entries: BTreeMap<&'static str, usize>,
    /// Files of access control and certificates that were written; those that were there already are not.
    pub files: usize,
    /// What nothing could be done with here, in words.
    pub left_out: Vec<String>,
    /// What should be in effect and is not, or waits for a restart.
    pub warnings: Vec<String>,
}

/// An archive to import.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportBody {
    /// Its name.
    filename: String,
    /// The node that has it; absent: this one.
    node: Option<String>,
}

/// Whether there is to be an answer that says what was done.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ReportQuery {
    /// Answer 200 and say what was imported, even if there is nothing to be worried about. An addition to EMQX's API.
    #[serde(default)]
    report: bool,
}

/// Which node has an archive.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OfNode {
    /// The node; absent: this one.
    node: Option<String>,
}

/// An archive that somebody has.
#[derive(ToSchema)]
struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "for the document; the form is read piece by piece")]
    filename: Vec<u8>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(import))
        .routes(routes!(list, upload))
        .routes(routes!(download, delete))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
}

/// Write what this node was set up with into an archive. There are secrets in it.
#[utoipa::path(post, path = "/data/export", tag = "Data Backup", request_body = Option<ExportBody>, responses(
    (status = 200, body = BackupObject),
    (status = 400, description = "A root or a set of tables is unknown."),
))]
async fn export(State(state): State<ApiState>, body: axum::body::Bytes) -> Result<Json<BackupObject>, Refusal> {
    let wanted = if body.is_empty() { ExportBody::default() } else { read_body(&body)? };
    state.ask(move |node| node.export_data(wanted)).await.map(Json)
}

fn read_body(body: &[u8]) -> Result<ExportBody, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(error.to_string()))
}

/// Import an archive: what is in it comes over what is there. All of it, or nothing.
#[utoipa::path(post, path = "/data/import", tag = "Data Backup", params(ReportQuery), request_body = ImportBody, responses(
    (status = 200, body = ImportObject, description = "Done; something of it was left out, or waits, or `report` was wanted."),
    (status = 204, description = "All of it is imported."),
    (status = 400, description = "Something in it cannot be taken over; nothing has changed."),
    (status = 404, description = "There is none such."),
))]
async fn import(
    State(state): State<ApiState>,
    Query(wish): Query<ReportQuery>,
    JsonBody(body): JsonBody<ImportBody>,
) -> Result<Response, Refusal> {
    check_node(&state, body.node.as_deref())?;
    let imported = state.ask(move |node| node.import_data(&body.filename)).await?;
    if !wish.report && imported.left_out.is_empty() && imported.warnings.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(imported).into_response())
}

/// All archives.
#[utoipa::path(get, path = "/data/files", tag = "Data Backup", params(PageQuery), responses((status = 200, body = Page<BackupObject>)))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<BackupObject>>, Refusal> {
    let page = page.checked()?;
    let all = state.ask(|node| Ok(node.backups())).await?;
    Ok(Json(page.of(all)))
}

/// Keep an archive that was made elsewhere, up to 64 MiB.
#[utoipa::path(post, path = "/data/files", tag = "Data Backup",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses((status = 204, description = "Done."), (status = 400, description = "It cannot be kept."),
        (status = 413, description = "It is too large.")))]
async fn upload(
    State(state): State<ApiState>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<StatusCode, Refusal> {
    let mut form = form.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let malformed = |error: axum::extract::multipart::MultipartError| {
        let code = if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ErrorCode::ExceedLimit
        } else {
            ErrorCode::BadRequest
        };
        Refusal::new(code, error.body_text()).with_status(error.status())
    };
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let Some(name) = field.file_name().map(str::to_owned) else { continue };
        let archive = field.bytes().await.map_err(malformed)?;
        state.ask(move |node| node.keep_backup(&name, &archive)).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refusal::bad_request("There is no file in the form"))
}

/// An archive.
#[utoipa::path(get, path = "/data/files/{filename}", tag = "Data Backup",
    params(("filename" = String, Path, description = "Its name."), OfNode),
    responses((status = 200, description = "The archive.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, description = "No archive has such a name."), (status = 404, description = "There is none such.")))]
async fn download(
    State(state): State<ApiState>,
    PathPart(filename): PathPart<String>,
    Query(of): Query<OfNode>,
) -> Result<Response, Refusal> {
    check_node(&state, of.node.as_deref())?;
    let asked = filename.clone();
    let archive = state.ask(move |node| node.backup(&asked)).await?;
    // A name has no characters that would have to be quoted.
    let disposition = format!("attachment; filename={filename}");
    let kind = "application/octet-stream".to_owned();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], archive).into_response())
}

/// Remove an archive.
#[utoipa::path(delete, path = "/data/files/{filename}", tag = "Data Backup",
    params(("filename" = String, Path, description = "Its name."), OfNode),
    responses((status = 204, description = "Done."), (status = 400, description = "No archive has such a name."),
        (status = 404, description = "There is none such.")))]
async fn delete(
    State(state): State<ApiState>,
    PathPart(filename): PathPart<String>,
    Query(of): Query<OfNode>,
) -> Result<StatusCode, Refusal> {
    check_node(&state, of.node.as_deref())?;
    state.ask(move |node| node.delete_backup(&filename)).await.map(|()| StatusCode::NO_CONTENT)
}

fn check_node(state: &ApiState, node: Option<&str>) -> Result<(), Refusal> {
    match node {
        Some(node) if node != state.node().status().node_name => Err(super::nodes::unknown_node()),
        _ => Ok(()),
    }
}
