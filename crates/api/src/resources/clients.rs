//! Clients: who is here, and what an operator does to them.

mod client_object;
mod client_query;
mod client_traffic;
mod messages;
mod subscribing;
mod timeline;
mod verdicts;

pub use client_object::{ClientObject, Infinity, Limit, MessageObject};
pub use client_query::{ClientQuery, ConnectionState};
pub use client_traffic::ClientTraffic;
pub use messages::{HeldMessage, HeldPart, QueuePosition};
pub use subscribing::{Refused, SubscribeBody};
pub use timeline::TimelineObject;
pub use verdicts::VerdictObject;

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::resources::subscriptions::SubscriptionObject;
use crate::{ErrorCode, Page, PageMeta, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use client_query::{FieldsQuery, ShownClient};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Clients that may be ended by one request.
const KICKED_MAX: usize = 10_000;

/// Clients. `None`, or false, stands for a client that is not there.
pub trait Clients {
    /// One page of those that are wanted.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn clients(&self, query: &ClientQuery, page: PageQuery) -> Result<Page<ClientObject>, Refusal>;

    /// Those that are wanted from a cursor on, and the next cursor; `None` is the end.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer, and for a cursor that is none.
    fn clients_from(
        &self,
        query: &ClientQuery,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ClientObject>, Option<String>), Refusal>;

    /// One client.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn client(&self, client_id: &str) -> Result<Option<ClientObject>, Refusal>;

    /// Sessions that are here now.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn session_count(&self) -> Result<u64, Refusal>;

    /// Ends its connection and its session.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn kick(&self, client_id: &str) -> Result<bool, Refusal>;

    /// Its subscriptions.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn subscriptions_of(&self, client_id: &str) -> Result<Option<Vec<SubscriptionObject>>, Refusal>;

    /// Subscribes on its behalf; there is an answer for each wish in order.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn subscribe(
        &self,
        client_id: &str,
        wishes: &[SubscribeBody],
    ) -> Result<Option<Vec<Result<SubscriptionObject, Refused>>>, Refusal>;

    /// Gives subscriptions up on its behalf.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn unsubscribe(&self, client_id: &str, filters: &[String]) -> Result<bool, Refusal>;

    /// Lets it be silent for so many seconds.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer, and for a client without a connection.
    fn set_keepalive(&self, client_id: &str, secs: u16) -> Result<bool, Refusal>;

    /// What was decided about what it may do, as far as that is kept; `None` where there is no such client.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn verdicts(&self, client_id: &str) -> Result<Option<Vec<VerdictObject>>, Refusal>;

    /// What has happened to it lately, oldest first; also where it has no session any more.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn timeline(&self, client_id: &str) -> Result<Option<Vec<TimelineObject>>, Refusal>;

    /// Forgets what was decided about what it may do.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn forget_verdicts(&self, client_id: &str) -> Result<bool, Refusal>;

    /// Messages that wait for it, behind a place, as many as the part has room for.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn queued_messages(
        &self,
        client_id: &str,
        after: Option<QueuePosition>,
        part: HeldPart,
    ) -> Result<Option<Vec<HeldMessage>>, Refusal>;

    /// Messages it has not acknowledged, behind a place, as many as the part has room for.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn inflight_messages(
        &self,
        client_id: &str,
        after: Option<u64>,
        part: HeldPart,
    ) -> Result<Option<Vec<HeldMessage>>, Refusal>;
}

/// Where a list goes on.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct CursorQuery {
    /// From the answer before; absent is the beginning.
    cursor: Option<String>,
    /// Clients of one answer.
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    limit: u32,
}

impl Default for CursorQuery {
    fn default() -> Self {
        Self { cursor: None, limit: PageQuery::default().limit }
    }
}

/// Clients, and where the list goes on.
#[derive(Serialize, ToSchema)]
struct ClientsFrom {
    data: Vec<ShownClient>,
    meta: CursorMeta,
}

/// Where a list goes on.
#[derive(Serialize, ToSchema)]
struct CursorMeta {
    /// Clients in this answer.
    count: usize,
    /// What to ask for next; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// Whether there may be more.
    hasnext: bool,
}

/// A page of clients, of each what is wanted.
#[derive(Serialize, ToSchema)]
struct ClientsPage {
    data: Vec<ShownClient>,
    meta: PageMeta,
}

/// How long a client may be silent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeepaliveBody {
    /// Seconds; 0 is for ever.
    interval: u16,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(list_from))
        .routes(routes!(kick_many))
        .routes(routes!(show, kick))
        .merge(verdicts::router())
        .routes(routes!(set_keepalive))
        .routes(routes!(session_count))
        .merge(subscribing::router())
        .merge(messages::router())
        .merge(timeline::router())
}

/// There is no such client.
fn unknown_client() -> Refusal {
    Refusal::new(ErrorCode::ClientIdNotFound, "Client ID not found")
}

/// Clients, a page at a time: those that are connected and sessions that wait. A page keeps its place while clients come and go.
#[utoipa::path(get, path = "/clients", tag = "Clients", params(PageQuery, ClientQuery, FieldsQuery),
    responses((status = 200, body = ClientsPage)))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
    Query(query): Query<ClientQuery>,
    Query(fields): Query<FieldsQuery>,
) -> Result<Json<ClientsPage>, Refusal> {
    let page = page.checked()?;
    let Page { data, meta } = state.ask(move |node| node.clients(&query, page)).await?;
    let data = data.into_iter().map(|client| fields.cut(client)).collect::<Result<_, _>>()?;
    Ok(Json(ClientsPage { data, meta }))
}

/// Clients from a cursor on.
#[utoipa::path(get, path = "/clients_v2", tag = "Clients", params(CursorQuery, ClientQuery, FieldsQuery),
    responses((status = 200, body = ClientsFrom)))]
async fn list_from(
    State(state): State<ApiState>,
    Query(from): Query<CursorQuery>,
    Query(query): Query<ClientQuery>,
    Query(fields): Query<FieldsQuery>,
) -> Result<Json<ClientsFrom>, Refusal> {
    let limit = PageQuery { page: 1, limit: from.limit }.checked()?.limit();
    let (clients, cursor) = state.ask(move |node| node.clients_from(&query, from.cursor.as_deref(), limit)).await?;
    let data = clients.into_iter().map(|client| fields.cut(client)).collect::<Result<Vec<_>, _>>()?;
    let meta = CursorMeta { count: data.len(), hasnext: cursor.is_some(), cursor };
    Ok(Json(ClientsFrom { data, meta }))
}

/// End connections and sessions. Clients that are not there are left out.
#[utoipa::path(post, path = "/clients/kickout/bulk", tag = "Clients", request_body = Vec<String>,
    responses((status = 204, description = "Done.")))]
async fn kick_many(
    State(state): State<ApiState>,
    JsonBody(client_ids): JsonBody<Vec<String>>,
) -> Result<StatusCode, Refusal> {
    if client_ids.len() > KICKED_MAX {
        return Err(Refusal::bad_request(format!("At most {KICKED_MAX} clients at a time")));
    }
    state.ask(move |node| client_ids.iter().try_for_each(|client_id| node.kick(client_id).map(drop))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A client.
#[utoipa::path(get, path = "/clients/{clientid}", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = ClientObject), (status = 404, description = "There is none such.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
) -> Result<Json<ClientObject>, Refusal> {
    state.ask(move |node| node.client(&client_id)).await?.map(Json).ok_or_else(unknown_client)
}

/// End a client's connection and its session.
#[utoipa::path(delete, path = "/clients/{clientid}", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn kick(State(state): State<ApiState>, PathPart(client_id): PathPart<String>) -> Result<StatusCode, Refusal> {
    done(state.ask(move |node| node.kick(&client_id)).await?)
}

/// Let a client be silent for so many seconds, until its connection ends.
#[utoipa::path(put, path = "/clients/{clientid}/keepalive", tag = "Clients", request_body = KeepaliveBody,
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = ClientObject), (status = 404, description = "There is none such.")))]
async fn set_keepalive(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    JsonBody(body): JsonBody<KeepaliveBody>,
) -> Result<Json<ClientObject>, Refusal> {
    let client = state.ask(move |node| match node.set_keepalive(&client_id, body.interval)? {
        true => node.client(&client_id),
        false => Ok(None),
    });
    client.await?.map(Json).ok_or_else(unknown_client)
}

/// How many sessions there are: those of clients that are connected, and those that wait.
#[utoipa::path(get, path = "/sessions_count", tag = "Clients",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn session_count(State(state): State<ApiState>) -> Result<String, Refusal> {
    state.ask(|node| node.session_count()).await.map(|count| count.to_string())
}

/// Nothing to say, where the client is there.
fn done(is_there: bool) -> Result<StatusCode, Refusal> {
    if is_there { Ok(StatusCode::NO_CONTENT) } else { Err(unknown_client()) }
}
