//! Users that an authenticator keeps itself.

use crate::api_state::ApiState;
use crate::json_body::{JsonBody, read_body};
use crate::multipart_file::MultipartFile;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Users of authenticators of a node, each of which has an id such as `password_based:built_in_database`.
pub trait AuthenticatorUsers {
    /// A page of users.
    ///
    /// # Errors
    /// A [`Refusal`] where there is no such authenticator, or it keeps none.
    fn authenticator_users(&self, id: &str, wanted: &UsersWanted, page: PageQuery)
    -> Result<Page<UserObject>, Refusal>;

    /// A user.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn authenticator_user(&self, id: &str, user_id: &str) -> Result<UserObject, Refusal>;

    /// Adds a user. It is on disk then.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn add_authenticator_user(
        &self,
        id: &str,
        user_id: &str,
        password: &str,
        is_superuser: bool,
    ) -> Result<UserObject, Refusal>;

    /// Changes what is said of a user.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn change_authenticator_user(
        &self,
        id: &str,
        user_id: &str,
        password: Option<&str>,
        is_superuser: Option<bool>,
    ) -> Result<UserObject, Refusal>;

    /// Removes a user.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn remove_authenticator_user(&self, id: &str, user_id: &str) -> Result<(), Refusal>;

    /// Adds the users of a file, and changes those that are there already.
    ///
    /// # Errors
    /// A [`Refusal`]. Of a file with a row that is no user none is added.
    fn import_authenticator_users(&self, id: &str, import: &UserImport) -> Result<ImportReport, Refusal>;
}

/// Which users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsersWanted {
    /// With this in their names.
    pub like: Option<String>,
    /// Only superusers, or only others.
    pub is_superuser: Option<bool>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuthenticatorUser)]
pub struct UserObject {
    /// A user name or a client id.
    pub user_id: String,
    /// Whether no rule is asked for it.
    pub is_superuser: bool,
}

/// A file with users.
#[derive(Clone)]
pub struct UserImport {
    /// Whether it is CSV; otherwise it is JSON.
    pub is_csv: bool,
    /// Whether its passwords are hashes.
    pub has_hashes: bool,
    /// What is in it.
    pub bytes: Bytes,
}

/// What came of an import, in users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuthenticatorUserImport)]
pub struct ImportReport {
    /// In the file.
    pub total: usize,
    /// New.
    pub success: usize,
    /// Changed.
    pub r#override: usize,
    /// There already, and no different.
    pub skipped: usize,
    /// There already, and left as they are.
    pub failed: usize,
}

/// Which users.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct UsersQuery {
    /// With this in their names.
    like_user_id: Option<String>,
    /// Only superusers, or only others.
    is_superuser: Option<bool>,
    /// Number of the page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Objects of a page.
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    limit: Option<u32>,
}

/// A user that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAuthenticatorUser)]
struct NewUserBody {
    /// A user name or a client id.
    #[schema(example = "user1", min_length = 1)]
    user_id: String,
    /// Its password.
    #[schema(example = "secret")]
    password: String,
    /// Whether no rule is asked for it.
    #[serde(default)]
    is_superuser: bool,
}

/// What is to be different about a user: one of these at least.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedAuthenticatorUser)]
struct ChangedUserBody {
    /// Another password.
    #[schema(example = "secret")]
    password: Option<String>,
    /// Whether no rule is asked for it.
    is_superuser: Option<bool>,
}

/// What the passwords of a file are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PasswordKind {
    /// As they are.
    Plain,
    /// Hashed with the algorithm of the authenticator.
    #[default]
    Hash,
}

/// How a file is to be read.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// What its passwords are.
    #[serde(default, rename = "type")]
    #[param(inline)]
    kind: PasswordKind,
}

/// A file.
#[derive(ToSchema)]
#[schema(as = AuthenticatorUserFile)]
#[expect(dead_code, reason = "describes a body")]
struct FileBody {
    /// A file whose name ends with `.csv` or `.json`.
    #[schema(format = Binary)]
    filename: String,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(show, change, remove)).routes(routes!(import))
}

/// Users of an authenticator.
#[utoipa::path(get, path = "/authentication/{id}/users", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`"), UsersQuery),
    responses((status = 200, body = Page<UserObject>), (status = 404, description = "There is no such authenticator.")))]
async fn list(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
    Query(query): Query<UsersQuery>,
) -> Result<Json<Page<UserObject>>, Refusal> {
    let defaults = PageQuery::default();
    let page = PageQuery { page: query.page.unwrap_or(defaults.page), limit: query.limit.unwrap_or(defaults.limit) };
    let page = page.checked()?;
    let wanted = UsersWanted { like: query.like_user_id, is_superuser: query.is_superuser };
    state.ask(move |node| node.authenticator_users(&id, &wanted, page)).await.map(Json)
}

/// Add a user.
#[utoipa::path(post, path = "/authentication/{id}/users", tag = "Authentication", request_body = NewUserBody,
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 201, description = "The user.", body = UserObject),
        (status = 404, description = "There is no such authenticator."), (status = 409, description = "There is such a user.")))]
async fn add(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
    JsonBody(body): JsonBody<NewUserBody>,
) -> Result<(StatusCode, Json<UserObject>), Refusal> {
    let NewUserBody { user_id, password, is_superuser } = body;
    let add = state.ask(move |node| node.add_authenticator_user(&id, &user_id, &password, is_superuser));
    Ok((StatusCode::CREATED, Json(add.await?)))
}

/// A user.
#[utoipa::path(get, path = "/authentication/{id}/users/{user_id}", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`"), ("user_id" = String, Path, description = "Who.")),
    responses((status = 200, body = UserObject), (status = 404, description = "There is none such.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart((id, user_id)): PathPart<(String, String)>,
) -> Result<Json<UserObject>, Refusal> {
    state.ask(move |node| node.authenticator_user(&id, &user_id)).await.map(Json)
}

/// Change a user.
#[utoipa::path(put, path = "/authentication/{id}/users/{user_id}", tag = "Authentication", request_body = ChangedUserBody,
    params(("id" = String, Path, description = "`password_based:built_in_database`"), ("user_id" = String, Path, description = "Who.")),
    responses((status = 200, body = UserObject), (status = 404, description = "There is none such.")))]
async fn change(
    State(state): State<ApiState>,
    PathPart((id, user_id)): PathPart<(String, String)>,
    JsonBody(body): JsonBody<ChangedUserBody>,
) -> Result<Json<UserObject>, Refusal> {
    let ChangedUserBody { password, is_superuser } = body;
    if password.is_none() && is_superuser.is_none() {
        return Err(Refusal::bad_request("Missing required parameter: password"));
    }
    let change =
        state.ask(move |node| node.change_authenticator_user(&id, &user_id, password.as_deref(), is_superuser));
    change.await.map(Json)
}

/// Remove a user.
#[utoipa::path(delete, path = "/authentication/{id}/users/{user_id}", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`"), ("user_id" = String, Path, description = "Who.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn remove(
    State(state): State<ApiState>,
    PathPart((id, user_id)): PathPart<(String, String)>,
) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.remove_authenticator_user(&id, &user_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add the users of a file, or of a list, and change those that are there already.
#[utoipa::path(post, path = "/authentication/{id}/import_users", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`"), ImportQuery),
    request_body(content((FileBody = "multipart/form-data"), (Vec<serde_json::Value> = "application/json"))),
    responses((status = 200, body = ImportReport), (status = 404, description = "There is no such authenticator.")))]
async fn import(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Json<ImportReport>, Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let body = read_body(request, &()).await?;
    let has_hashes = query.kind == PasswordKind::Hash;
    let import = if content_type.starts_with("application/json") {
        UserImport { is_csv: false, has_hashes, bytes: body }
    } else {
        let file = MultipartFile::read(&content_type, &body, "filename")?;
        let is_csv = match file.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("csv") => true,
            Some("json") => false,
            _ => return Err(Refusal::bad_request("The name of the file ends neither with .csv nor with .json")),
        };
        UserImport { is_csv, has_hashes, bytes: body.slice_ref(file.bytes) }
    };
    state.ask(move |node| node.import_authenticator_users(&id, &import)).await.map(Json)
}
