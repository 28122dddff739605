//! Who is kept out.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bans, as JSON: `{"as": "clientid", "who": "c1", "by": "…", "reason": "…", "at": "…", "until": "…"}`.
pub trait Banned {
    /// Bans that are about whom the filter says: `limit` of them, the first `skip` left out, and how many there are.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run, or if there is no such kind.
    fn bans(&self, filter: &BanFilter, skip: usize, limit: usize) -> Result<(Vec<Value>, usize), Refusal>;

    /// Bans somebody. Gives back the ban.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn ban(&self, ban: &Value) -> Result<Value, Refusal>;

    /// Lets somebody in again; false where there is no such ban.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn unban(&self, kind: &str, who: &str) -> Result<bool, Refusal>;

    /// Lets everybody in again.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn clear_bans(&self) -> Result<(), Refusal>;
}

/// Which bans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanFilter {
    /// `clientid`, `username` and the like.
    pub kind: Option<&'static str>,
    /// Just this name.
    pub who: Option<String>,
    /// A part of the name.
    pub like: Option<String>,
}

/// A ban.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
struct BanBody {
    /// `as` and `who`, and any of `by`, `reason`, `at` and `until`.
    #[schema(example = json!({"as": "clientid", "who": "c1", "reason": "floods", "until": "2030-01-01T00:00:00Z"}))]
    fields: Map<String, Value>,
}

/// Which bans: by one of these at most.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct BanQuery {
    /// A client id.
    clientid: Option<String>,
    /// A user name.
    username: Option<String>,
    /// An address.
    peerhost: Option<String>,
    /// A part of a client id.
    like_clientid: Option<String>,
    /// A part of a user name.
    like_username: Option<String>,
    /// A part of an address.
    like_peerhost: Option<String>,
    /// A part of a network.
    like_peerhost_net: Option<String>,
    /// Number of the page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Objects of a page.
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    limit: Option<u32>,
}

impl BanQuery {
    fn filter(self) -> Result<BanFilter, Refusal> {
        let exact = [("clientid", self.clientid), ("username", self.username), ("peerhost", self.peerhost)];
        let like = [
            ("clientid", self.like_clientid),
            ("username", self.like_username),
            ("peerhost", self.like_peerhost),
            ("peerhost_net", self.like_peerhost_net),
        ];
        let exact = exact.into_iter().filter_map(|(kind, who)| Some((kind, who?, true)));
        let mut all = exact.chain(like.into_iter().filter_map(|(kind, who)| Some((kind, who?, false))));
        let first = all.next();
        if all.next().is_some() {
            return Err(Refusal::bad_request("too_many_filters"));
        }
        Ok(match first {
            None => BanFilter::default(),
            Some((kind, who, true)) => BanFilter { kind: Some(kind), who: Some(who), like: None },
            Some((kind, part, false)) => BanFilter { kind: Some(kind), who: None, like: Some(part) },
        })
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create, clear)).routes(routes!(delete))
}

/// Bans.
#[utoipa::path(get, path = "/banned", tag = "Banned", params(BanQuery), responses((status = 200, body = Page<Value>)))]
async fn list(State(state): State<ApiState>, Query(query): Query<BanQuery>) -> Result<Json<Page<Value>>, Refusal> {
    let defaults = PageQuery::default();
    let page = PageQuery { page: query.page.unwrap_or(defaults.page), limit: query.limit.unwrap_or(defaults.limit) };
    let page = page.checked()?;
    let filter = query.filter()?;
    let (bans, count) = state.ask(move |node| node.bans(&filter, page.skip(), page.limit())).await?;
    Ok(Json(Page::new(page, bans, count)))
}

/// Ban somebody. Clients that are connected are disconnected.
#[utoipa::path(post, path = "/banned", tag = "Banned", request_body = BanBody, responses((status = 200, body = Value)))]
async fn create(State(state): State<ApiState>, JsonBody(body): JsonBody<BanBody>) -> Result<Json<Value>, Refusal> {
    let ban = Value::Object(body.fields);
    state.ask(move |node| node.ban(&ban)).await.map(Json)
}

/// Let everybody in again.
#[utoipa::path(delete, path = "/banned", tag = "Banned", responses((status = 204, description = "Done.")))]
async fn clear(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.clear_bans()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let somebody in again.
#[utoipa::path(delete, path = "/banned/{as}/{who}", tag = "Banned",
    params(("as" = String, Path, description = "`clientid`, `username`, `peerhost`, `clientid_re`, `username_re` or `peerhost_net`"),
        ("who" = String, Path, description = "Who is banned.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is no such ban.")))]
async fn delete(
    State(state): State<ApiState>,
    PathPart((kind, who)): PathPart<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let message = format!("{kind}: {who} not found");
    match state.ask(move |node| node.unban(&kind, &who)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::not_found(message)),
    }
}
