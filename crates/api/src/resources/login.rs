//! Logging in and out.

use crate::accounts::{LoggedIn, LoginRefused};
use crate::api_state::ApiState;
use crate::guard::{Caller, CallerKind};
use crate::json_body::JsonBody;
use crate::server::Peer;
use crate::{ErrorCode, Refusal, Role};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest body of a login, in bytes.
const BODY_BYTES_MAX: usize = 16 << 10;

/// Headers of a proxy: whoever is behind it need not be on this machine.
const HEADERS_OF_PROXIES: &[&str] = &["forwarded", "via", "x-forwarded-for", "x-real-ip"];

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginBody {
    /// Name of the user.
    #[schema(example = "admin", max_length = 100)]
    username: String,
    /// Password of the user.
    #[schema(example = "public", max_length = 100)]
    password: String,
    /// The number of the second factor, for users who have one.
    #[schema(example = "023123", max_length = 9)]
    mfa_token: Option<String>,
}

/// Somebody who is logged in.
#[derive(Serialize, ToSchema)]
struct LoginObject {
    /// For the header `Authorization: Bearer …` of requests. It is good as long as it is used.
    token: String,
    /// What the user may do.
    role: Role,
    /// Version of the node.
    version: &'static str,
    /// Nobody needs one.
    license: LicenseObject,
    /// Seconds until the password has to be changed; absent where it need not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_expire_in_seconds: Option<i64>,
    /// Whether the password has to be changed now, because it is the default one or too old. From another machine the token is good
    /// for nothing else then.
    must_change_password: bool,
}

/// What EMQX says of its licence.
#[derive(Serialize, ToSchema)]
struct LicenseObject {
    /// `opensource`.
    edition: &'static str,
}

/// Who wants to log out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogoutBody {
    /// Name of the user.
    #[schema(example = "admin")]
    username: String,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    // Whoever logs in has not said yet who they are.
    OpenApiRouter::new().routes(routes!(log_in)).routes(routes!(log_out)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Get a token.
#[utoipa::path(post, path = "/login", tag = "Dashboard", security(()), request_body = LoginBody,
    responses((status = 200, body = LoginObject), (status = 401, description = "User name, password or second factor is wrong.")))]
async fn log_in(
    State(state): State<ApiState>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<LoginBody>,
) -> Result<Json<LoginObject>, Refusal> {
    let is_local = peer.is_local && !HEADERS_OF_PROXIES.iter().any(|name| headers.contains_key(*name));
    let LoginBody { username, password, mfa_token } = body;
    let _turn = state.accounts().login_turn(peer.address.ip()).await.ok_or_else(too_many_logins)?;
    let logged_in = state.with_accounts(move |accounts| {
        accounts.log_in(&username, &password, mfa_token.as_deref(), is_local).map_err(refusal)
    });
    let LoggedIn { token, role, password_expires_in_secs, must_change_password } = logged_in.await?;
    Ok(Json(LoginObject {
        token: token.0,
        role,
        version: env!("CARGO_PKG_VERSION"),
        license: LicenseObject { edition: "opensource" },
        password_expire_in_seconds: password_expires_in_secs,
        must_change_password,
    }))
}

/// As many wait as may.
pub(super) fn too_many_logins() -> Refusal {
    Refusal::unavailable("Too many passwords are being looked at: try again in a moment")
}

fn refusal(refused: LoginRefused) -> Refusal {
    match refused {
        LoginRefused::Locked => Refusal::new(ErrorCode::LoginLocked, "Login locked"),
        LoginRefused::Wrong => Refusal::new(ErrorCode::BadUsernameOrPassword, "Auth failed"),
        LoginRefused::DefaultPassword => Refusal::new(
            ErrorCode::BadUsernameOrPassword,
            "Default admin password must be changed before login is allowed. Run on the machine of the node: dunlin ctl \
             admins passwd admin <a-strong-password>. Or configure: dashboard.default_password = \"<a-strong-password>\".",
        ),
        LoginRefused::FactorMissing { secret } => {
            let mut message = json!({"mechanism": "totp", "error": "missing_mfa_token"});
            if let Some(secret) = secret {
                message["secret"] = secret.0.into();
            }
            Refusal::with_object(ErrorCode::BadMfaToken, message)
        }
        LoginRefused::FactorWrong => {
            Refusal::with_object(ErrorCode::BadMfaToken, json!({"mechanism": "totp", "error": "bad_mfa_token"}))
        }
        LoginRefused::NotStored(error) => Refusal::unavailable(error),
    }
}

/// Give a token back.
#[utoipa::path(post, path = "/logout", tag = "Dashboard", request_body = LogoutBody, responses((status = 204, description = "Done.")))]
async fn log_out(
    State(state): State<ApiState>,
    caller: Caller,
    JsonBody(body): JsonBody<LogoutBody>,
) -> Result<StatusCode, Refusal> {
    let is_out = match &caller.kind {
        CallerKind::User { token, .. } => state.accounts().log_out(token, &body.username),
        CallerKind::Key => false,
    };
    match is_out {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::new(ErrorCode::WrongTokenOrUsername, "Ensure your token & username")),
    }
}
