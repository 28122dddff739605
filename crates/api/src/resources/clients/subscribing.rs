//! Subscriptions of one client, and those made on its behalf.

use super::unknown_client;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::resources::subscriptions::SubscriptionObject;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Filters of one request.
const FILTERS_MAX: usize = 10_000;

/// A subscription that is wished for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeBody {
    /// A topic filter.
    #[schema(example = "testtopic/#")]
    pub topic: String,
    /// The highest quality of service.
    #[serde(default)]
    #[schema(maximum = 2)]
    pub qos: u8,
    /// 1: without the messages the client publishes itself.
    #[serde(default)]
    #[schema(maximum = 1)]
    pub nl: u8,
    /// 1: with the RETAIN flag of the publisher.
    #[serde(default)]
    #[schema(maximum = 1)]
    pub rap: u8,
    /// Retained messages: 0 always, 1 where the subscription is new, 2 never.
    #[serde(default)]
    #[schema(maximum = 2)]
    pub rh: u8,
}

/// Why there is no subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason code that SUBACK would have.
    pub reason_code: u8,
    /// That in words.
    pub reason: &'static str,
}

/// A subscription that is given up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnsubscribeBody {
    /// The filter.
    #[schema(example = "testtopic/#")]
    topic: String,
}

impl SubscribeBody {
    /// # Errors
    /// A [`Refusal`] for numbers that no option has.
    fn checked(self) -> Result<Self, Refusal> {
        for (name, value, max) in [("qos", self.qos, 2), ("nl", self.nl, 1), ("rap", self.rap, 1), ("rh", self.rh, 2)] {
            if value > max {
                let message = format!("{name}: must be from 0 to {max}");
                return Err(Refusal::new(ErrorCode::BadRequest, message));
            }
        }
        Ok(self)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let Refused { reason_code, reason } = refused;
        Self::new(ErrorCode::InvalidParameter, format!("The subscription is refused: {reason} (0x{reason_code:02X})"))
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(subscribe))
        .routes(routes!(subscribe_many))
        .routes(routes!(unsubscribe))
        .routes(routes!(unsubscribe_many))
}

/// Subscriptions of a client.
#[utoipa::path(get, path = "/clients/{clientid}/subscriptions", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = Vec<SubscriptionObject>), (status = 404, description = "There is none such.")))]
async fn list(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
) -> Result<Json<Vec<SubscriptionObject>>, Refusal> {
    state.ask(move |node| node.subscriptions_of(&client_id)).await?.map(Json).ok_or_else(unknown_client)
}

/// Subscribe on behalf of a client, which is told nothing.
#[utoipa::path(post, path = "/clients/{clientid}/subscribe", tag = "Clients", request_body = SubscribeBody,
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = SubscriptionObject), (status = 404, description = "There is none such.")))]
async fn subscribe(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    JsonBody(body): JsonBody<SubscribeBody>,
) -> Result<Json<SubscriptionObject>, Refusal> {
    let wish = body.checked()?;
    let done = state.ask(move |node| node.subscribe(&client_id, &[wish])).await?.ok_or_else(unknown_client)?;
    let first = done.into_iter().next().ok_or_else(unknown_client)?;
    first.map(Json).map_err(Refusal::from)
}

/// Subscribe to several filters on behalf of a client. Those that are refused are left out of the answer.
#[utoipa::path(post, path = "/clients/{clientid}/subscribe/bulk", tag = "Clients", request_body = Vec<SubscribeBody>,
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = Vec<SubscriptionObject>), (status = 404, description = "There is none such.")))]
async fn subscribe_many(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    JsonBody(bodies): JsonBody<Vec<SubscribeBody>>,
) -> Result<Json<Vec<SubscriptionObject>>, Refusal> {
    check_count(bodies.len())?;
    let wishes = bodies.into_iter().map(SubscribeBody::checked).collect::<Result<Vec<_>, _>>()?;
    let done = state.ask(move |node| {
        let is_there = !wishes.is_empty() || node.client(&client_id)?.is_some();
        if is_there { node.subscribe(&client_id, &wishes) } else { Ok(None) }
    });
    let done = done.await?.ok_or_else(unknown_client)?;
    Ok(Json(done.into_iter().flatten().collect()))
}

/// Give a subscription up on behalf of a client, which is told nothing.
#[utoipa::path(post, path = "/clients/{clientid}/unsubscribe", tag = "Clients", request_body = UnsubscribeBody,
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn unsubscribe(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    JsonBody(body): JsonBody<UnsubscribeBody>,
) -> Result<StatusCode, Refusal> {
    give_up(&state, client_id, vec![body]).await
}

/// Give several subscriptions up on behalf of a client.
#[utoipa::path(post, path = "/clients/{clientid}/unsubscribe/bulk", tag = "Clients", request_body = Vec<UnsubscribeBody>,
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn unsubscribe_many(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    JsonBody(bodies): JsonBody<Vec<UnsubscribeBody>>,
) -> Result<StatusCode, Refusal> {
    give_up(&state, client_id, bodies).await
}

async fn give_up(state: &ApiState, client_id: String, bodies: Vec<UnsubscribeBody>) -> Result<StatusCode, Refusal> {
    check_count(bodies.len())?;
    let filters: Vec<_> = bodies.into_iter().map(|body| body.topic).collect();
    let done = state.ask(move |node| {
        let is_there = !filters.is_empty() || node.client(&client_id)?.is_some();
        Ok(is_there && (filters.is_empty() || node.unsubscribe(&client_id, &filters)?))
    });
    super::done(done.await?)
}

fn check_count(count: usize) -> Result<(), Refusal> {
    match count <= FILTERS_MAX {
        true => Ok(()),
        false => Err(Refusal::bad_request(format!("At most {FILTERS_MAX} filters at a time"))),
    }
}
