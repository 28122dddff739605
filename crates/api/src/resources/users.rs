//! Users of the dashboard and the API.

use super::login::too_many_logins;
use crate::api_state::ApiState;
use crate::clock::now_secs;
use crate::guard::Caller;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::server::Peer;
use crate::{ErrorCode, Refusal, Role, Scope, User, UserError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUserBody {
    /// Letters, numbers and underscores.
    #[schema(example = "ann", max_length = 100)]
    username: String,
    /// 8 to 64 characters, of two kinds at least.
    #[schema(max_length = 100)]
    password: String,
    /// What the user may do.
    #[serde(default)]
    role: Role,
    /// For people.
    #[serde(default)]
    description: String,
}

/// What becomes of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserBody {
    /// What the user may do.
    #[serde(default)]
    role: Role,
    /// For people.
    #[serde(default)]
    description: String,
}

/// A change of a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    /// The password until now.
    old_pwd: String,
    /// The password from now on.
    new_pwd: String,
}

/// A second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FactorBody {
    /// Which.
    mechanism: Mechanism,
}

/// Numbers from an app on the phone (RFC 6238).
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Mechanism {
    Totp,
}

/// All scopes.
#[derive(Serialize, ToSchema)]
struct ScopesObject {
    /// All scopes.
    scopes: Vec<ScopeObject>,
}

/// A scope.
#[derive(Serialize, ToSchema)]
pub(super) struct ScopeObject {
    /// Its name.
    pub(super) name: Scope,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update, delete))
        .routes(routes!(change_password))
        .routes(routes!(begin_factor, end_factor))
        .routes(routes!(scopes))
}

/// All users.
#[utoipa::path(get, path = "/users", tag = "Dashboard", responses((status = 200, body = Vec<User>)))]
async fn list(State(state): State<ApiState>) -> Json<Vec<User>> {
    Json(state.accounts().users().all())
}

/// Make a user.
#[utoipa::path(post, path = "/users", tag = "Dashboard", request_body = NewUserBody, responses((status = 200, body = User)))]
async fn create(State(state): State<ApiState>, JsonBody(body): JsonBody<NewUserBody>) -> Result<Json<User>, Refusal> {
    let NewUserBody { username, password, role, description } = body;
    let made = state.with_accounts(move |accounts| {
        accounts.users().add(&username, &password, role, &description, now_secs()).map_err(refusal)
    });
    made.await.map(Json)
}

/// Change role and description of a user.
#[utoipa::path(put, path = "/users/{username}", tag = "Dashboard", request_body = UserBody,
    params(("username" = String, Path, description = "Name of the user.")),
    responses((status = 200, body = User), (status = 404, description = "There is none such.")))]
async fn update(
    State(state): State<ApiState>,
    PathPart(username): PathPart<String>,
    JsonBody(body): JsonBody<UserBody>,
) -> Result<Json<User>, Refusal> {
    let updated = state.with_accounts(move |accounts| {
        accounts.users().update(&username, body.role, &body.description).map_err(refusal)
    });
    updated.await.map(Json)
}

/// Remove a user.
#[utoipa::path(delete, path = "/users/{username}", tag = "Dashboard",
    params(("username" = String, Path, description = "Name of the user.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    PathPart(username): PathPart<String>,
) -> Result<StatusCode, Refusal> {
    if caller.name == username {
        return Err(Refusal::new(ErrorCode::NotAllowed, "Cannot delete self"));
    }
    state.with_accounts(move |accounts| accounts.remove_user(&username).map_err(refusal)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change a password. Whoever is logged in under this name has to do so anew.
#[utoipa::path(post, path = "/users/{username}/change_pwd", tag = "Dashboard", request_body = PasswordBody,
    params(("username" = String, Path, description = "Name of the user.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn change_password(
    State(state): State<ApiState>,
    Extension(peer): Extension<Peer>,
    PathPart(username): PathPart<String>,
    JsonBody(body): JsonBody<PasswordBody>,
) -> Result<StatusCode, Refusal> {
    let PasswordBody { old_pwd, new_pwd } = body;
    if old_pwd.is_empty() || new_pwd.is_empty() {
        return Err(Refusal::bad_request("Old password or new password undefined"));
    }
    let _turn = state.accounts().login_turn(peer.address.ip()).await.ok_or_else(too_many_logins)?;
    let changed =
        state.with_accounts(move |accounts| accounts.change_password(&username, &old_pwd, &new_pwd).map_err(refusal));
    match changed.await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::new(ErrorCode::OldPasswordWrong, "Old password not match")),
    }
}

/// Give a user a second factor. Its secret is in the answer to the next login.
#[utoipa::path(post, path = "/users/{username}/mfa", tag = "Dashboard", request_body = FactorBody,
    params(("username" = String, Path, description = "Name of the user.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn begin_factor(
    State(state): State<ApiState>,
    PathPart(username): PathPart<String>,
    JsonBody(body): JsonBody<FactorBody>,
) -> Result<StatusCode, Refusal> {
    let Mechanism::Totp = body.mechanism;
    state.with_accounts(move |accounts| accounts.begin_totp(&username).map_err(refusal)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take the second factor of a user away.
#[utoipa::path(delete, path = "/users/{username}/mfa", tag = "Dashboard",
    params(("username" = String, Path, description = "Name of the user.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn end_factor(
    State(state): State<ApiState>,
    PathPart(username): PathPart<String>,
) -> Result<StatusCode, Refusal> {
    state.with_accounts(move |accounts| accounts.end_totp(&username).map_err(refusal)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All scopes there are.
#[utoipa::path(get, path = "/user_scopes", tag = "Dashboard", responses((status = 200, body = ScopesObject)))]
async fn scopes() -> Json<ScopesObject> {
    let all = Scope::OF_KEYS.into_iter().chain(Scope::OF_PEOPLE);
    Json(ScopesObject { scopes: all.map(|name| ScopeObject { name }).collect() })
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refusal(error: UserError) -> Refusal {
    let code = match &error {
        UserError::NotFound => ErrorCode::UserNotFound,
        UserError::AlreadyExists | UserError::NotAllowed(_) | UserError::TooMany => ErrorCode::BadRequest,
        UserError::Protected(_) => ErrorCode::NotAllowed,
        UserError::Malformed => ErrorCode::InternalError,
        UserError::Metadata(_) => ErrorCode::ServiceUnavailable,
    };
    Refusal::new(code, error.to_string())
}
