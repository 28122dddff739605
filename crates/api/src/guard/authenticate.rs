//! Who asks: a token or an API key in the header of a request.

use super::auditing::Auditing;
use super::caller::{Caller, CallerKind};
use super::permission;
use crate::accounts::{KeyRefused, TokenState};
use crate::api_state::ApiState;
use crate::refusal::RefusedBecause;
use crate::server::Peer;
use crate::{Accounts, ErrorCode, Refusal};
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::{IpAddr, Ipv4Addr};

/// For requests of nobody, which come in tests only.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

const HOW_TO: &str = "Use Basic auth with API key/secret, or Bearer token from POST /api/v5/login. API keys can be bootstrapped \
                      from config (api_key.bootstrap_file) or created via POST /api/v5/api_key";

/// Lets a request pass that says who asks, if they may.
///
/// # Errors
/// A [`Refusal`] otherwise.
pub(crate) async fn authenticate(
    State(state): State<ApiState>,
    matched: MatchedPath,
    parts: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let path = matched.as_str();
    let path = path.strip_prefix(crate::resources::BASE).unwrap_or(path);
    let is_scraped = permission::may_be_open(path) && !state.node().scraping_needs_login();
    let is_known = !permission::is_open(path) && !is_scraped;
    let caller = if is_known { Some(caller_of(&request, state.accounts())?) } else { None };
    let auditing = Auditing::begin(&state, path, &parts, caller.as_ref(), &mut request).await?;
    let is_permitted = permitted(caller, path, &parts, &mut request);
    let answer = async move {
        match is_permitted {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        }
    };
    let Some(auditing) = auditing else { return Ok(answer.await) };
    // What is written down is written down also where whoever asked hangs up, or has waited for too long: what was begun is done.
    let done = tokio::spawn(async move {
        let response = answer.await;
        let why = response.extensions().get::<RefusedBecause>().map(|RefusedBecause(why)| why.clone());
        auditing.end(&state, response.status(), why).await;
        response
    });
    done.await.map_err(|_| Refusal::internal("The request was not carried out"))
}

/// Whether a caller may do this; the resource knows who it is then.
fn permitted(caller: Option<Caller>, path: &str, parts: &RawPathParams, request: &mut Request) -> Result<(), Refusal> {
    let Some(caller) = caller else { return Ok(()) };
    let name = parts.iter().next().map(|(_, value)| value);
    permission::check(&caller, request.method(), path, name)?;
    request.extensions_mut().insert(caller);
    Ok(())
}

fn caller_of(request: &Request, accounts: &Accounts) -> Result<Caller, Refusal> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, credentials) = value.split_once(' ').unwrap_or_default();
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        of_token(credentials, accounts)
    } else if scheme.eq_ignore_ascii_case("basic") {
        of_key(credentials, request, accounts)
    } else {
        Err(unknown(ErrorCode::AuthorizationHeaderError, format!("Missing authorization header. {HOW_TO}")))
    }
}

fn of_token(token: &str, accounts: &Accounts) -> Result<Caller, Refusal> {
    match accounts.who_has(token) {
        TokenState::Good { username, only_for_password } => {
            let Some(user) = accounts.users().find(&username) else {
                return Err(unknown(ErrorCode::BadToken, format!("Invalid bearer token. {HOW_TO}")));
            };
            let kind = CallerKind::User { token: token.to_owned(), only_for_password };
            Ok(Caller { name: username, kind, role: user.role, scopes: None })
        }
        TokenState::Expired => Err(unknown(
            ErrorCode::TokenTimeOut,
            "Token expired. Consider using API key (Basic auth) instead of bearer tokens to avoid expiration. Otherwise \
             get a new token by POST /api/v5/login",
        )),
        TokenState::Unknown => Err(unknown(ErrorCode::BadToken, format!("Invalid bearer token. {HOW_TO}"))),
    }
}

fn of_key(credentials: &str, request: &Request, accounts: &Accounts) -> Result<Caller, Refusal> {
    let refused = || unknown(ErrorCode::BadApiKeyOrSecret, "Check api_key/api_secret");
    let decoded =
        STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(refused)?;
    let (api_key, secret) = decoded.split_once(':').ok_or_else(refused)?;
    let address = request.extensions().get::<Peer>().map_or(NOWHERE, |peer| peer.address.ip().to_canonical());
    let key = accounts.check_key(api_key, secret, address).map_err(|why| match why {
        KeyRefused::Wrong => refused(),
        KeyRefused::Locked => unknown(
            ErrorCode::LoginLocked,
            "Too many wrong keys or secrets came from this address: the key may be right, and is not looked at for some minutes",
        ),
    })?;
    Ok(Caller { name: key.name, kind: CallerKind::Key, role: key.role, scopes: key.scopes })
}

fn unknown(code: ErrorCode, message: impl Into<String>) -> Refusal {
    Refusal::new(code, message).with_header(header::WWW_AUTHENTICATE, "Basic Realm=\"emqx-dashboard\"")
}
