//! API keys.

use super::users::ScopeObject;
use crate::api_state::ApiState;
use crate::clock::now_secs;
use crate::json_body::JsonBody;
use crate::moment::{Moment, MomentOrInfinity};
use crate::path_part::PathPart;
use crate::{ApiKey, ApiKeyChange, ApiKeyError, ErrorCode, NewApiKey, Refusal, Role, Scope};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A key.
#[derive(Serialize, ToSchema)]
struct KeyObject {
    /// Its name.
    name: String,
    /// What a program says as user name.
    api_key: String,
    /// What it says as password; only in the answer to the request that makes the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_secret: Option<String>,
    /// Whether it can be used.
    enable: bool,
    /// Whether it has ended.
    expired: bool,
    /// When it ends.
    expired_at: MomentOrInfinity,
    /// When it was made.
    created_at: Moment,
    /// For people.
    desc: String,
    /// What it is good for.
    role: Role,
    /// Which resources it is good for; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Scope>>,
}

/// A new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyBody {
    /// A letter, and then letters, numbers, `-` and `_`.
    #[schema(example = "my-script", max_length = 256)]
    name: String,
    /// When it ends.
    #[serde(default)]
    expired_at: MomentOrInfinity,
    /// For people.
    #[serde(default)]
    desc: String,
    /// Whether it can be used.
    #[serde(default = "yes")]
    enable: bool,
    /// What it is good for.
    #[serde(default = "administrator")]
    role: Role,
    /// Which resources it is good for; absent: all.
    scopes: Option<Vec<Scope>>,
}

/// What becomes of a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    /// When it ends.
    #[serde(default)]
    expired_at: MomentOrInfinity,
    /// For people; absent: as before.
    desc: Option<String>,
    /// Whether it can be used; absent: as before.
    enable: Option<bool>,
    /// What it is good for; absent: as before.
    role: Option<Role>,
    /// Which resources it is good for; absent: as before.
    scopes: Option<Vec<Scope>>,
}

/// All scopes that keys can have.
#[derive(Serialize, ToSchema)]
struct KeyScopesObject {
    /// All scopes.
    scopes: Vec<ScopeObject>,
}

const fn yes() -> bool {
    true
}

/// As EMQX.
const fn administrator() -> Role {
    Role::Administrator
}

impl From<ApiKey> for KeyObject {
    fn from(key: ApiKey) -> Self {
        Self {
            expired: key.is_expired(now_secs()),
            expired_at: MomentOrInfinity::from(key.expired_at),
            created_at: Moment::from_secs(key.created_at),
            name: key.name,
            api_key: key.api_key,
            api_secret: None,
            enable: key.enable,
            desc: key.desc,
            role: key.role,
            scopes: key.scopes,
        }
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, delete)).routes(routes!(scopes))
}

/// All keys.
#[utoipa::path(get, path = "/api_key", tag = "API Keys", responses((status = 200, body = Vec<KeyObject>)))]
async fn list(State(state): State<ApiState>) -> Json<Vec<KeyObject>> {
    Json(state.accounts().keys().all().into_iter().map(KeyObject::from).collect())
}

/// Make a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api_key", tag = "API Keys", request_body = NewKeyBody, responses((status = 200, body = KeyObject)))]
async fn create(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<NewKeyBody>,
) -> Result<Json<KeyObject>, Refusal> {
    let NewKeyBody { name, expired_at, desc, enable, role, scopes } = body;
    check_scopes(scopes.as_deref())?;
    let new = NewApiKey { name, enable, expired_at: expired_at.secs(), desc, role, scopes };
    let (key, secret) = state.with_accounts(move |accounts| accounts.keys().create(new).map_err(refusal)).await?;
    Ok(Json(KeyObject { api_secret: Some(secret), ..key.into() }))
}

/// A key.
#[utoipa::path(get, path = "/api_key/{name}", tag = "API Keys", params(("name" = String, Path, description = "Its name.")),
    responses((status = 200, body = KeyObject), (status = 404, description = "There is none such.")))]
async fn show(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<Json<KeyObject>, Refusal> {
    let key = state.accounts().keys().find(&name).ok_or_else(|| refusal(ApiKeyError::NotFound))?;
    Ok(Json(key.into()))
}

/// Change a key.
#[utoipa::path(put, path = "/api_key/{name}", tag = "API Keys", request_body = KeyBody,
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 200, body = KeyObject), (status = 404, description = "There is none such.")))]
async fn update(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
    JsonBody(body): JsonBody<KeyBody>,
) -> Result<Json<KeyObject>, Refusal> {
    let KeyBody { expired_at, desc, enable, role, scopes } = body;
    check_scopes(scopes.as_deref())?;
    let change = ApiKeyChange { enable, expired_at: Some(expired_at.secs()), desc, role, scopes: scopes.map(Some) };
    let key = state.with_accounts(move |accounts| accounts.keys().update(&name, change).map_err(refusal)).await?;
    Ok(Json(key.into()))
}

/// Remove a key.
#[utoipa::path(delete, path = "/api_key/{name}", tag = "API Keys", params(("name" = String, Path, description = "Its name.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn delete(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<StatusCode, Refusal> {
    state.with_accounts(move |accounts| accounts.keys().remove(&name).map_err(refusal)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All scopes that keys can have.
#[utoipa::path(get, path = "/api_key_scopes", tag = "API Keys", responses((status = 200, body = KeyScopesObject)))]
async fn scopes() -> Json<KeyScopesObject> {
    Json(KeyScopesObject { scopes: Scope::OF_KEYS.into_iter().map(|name| ScopeObject { name }).collect() })
}

fn check_scopes(scopes: Option<&[Scope]>) -> Result<(), Refusal> {
    match scopes.unwrap_or_default().iter().find(|scope| Scope::OF_PEOPLE.contains(scope)) {
        Some(scope) => Err(Refusal::bad_request(format!("Unknown scopes: {}", scope.as_str()))),
        None => Ok(()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refusal(error: ApiKeyError) -> Refusal {
    let code = match &error {
        ApiKeyError::NotFound => ErrorCode::NotFound,
        ApiKeyError::AlreadyExists | ApiKeyError::BadName | ApiKeyError::DescriptionTooLong | ApiKeyError::TooMany => {
            ErrorCode::BadRequest
        }
        ApiKeyError::Malformed => ErrorCode::InternalError,
        ApiKeyError::Metadata(_) => ErrorCode::ServiceUnavailable,
    };
    Refusal::new(code, error.to_string())
}
