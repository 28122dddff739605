//! Subscriptions of all clients.

use crate::api_state::ApiState;
use crate::query::Query;
use crate::{Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Subscriptions.
pub trait Subscriptions {
    /// One page of those that are wanted.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not answer.
    fn subscriptions(&self, query: &SubscriptionsQuery, page: PageQuery) -> Result<Page<SubscriptionObject>, Refusal>;
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubscriptionObject {
    /// The node it is on.
    pub node: String,
    /// Whose.
    pub clientid: String,
    /// Its filter, with `$share/{group}/` and the like in front.
    pub topic: String,
    /// The highest quality of service.
    pub qos: u8,
    /// 1: without the messages the client publishes itself.
    pub nl: u8,
    /// 1: with the RETAIN flag of the publisher.
    pub rap: u8,
    /// Retained messages: 0 always, 1 where the subscription is new, 2 never.
    pub rh: u8,
    /// Whether it is on disk.
    pub durable: bool,
}

/// Which subscriptions are wanted: those of which everything holds that is said.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct SubscriptionsQuery {
    /// The name of the node.
    pub node: Option<String>,
    /// Whose.
    pub clientid: Option<String>,
    /// Granted with this: 0, 1 or 2.
    pub qos: Option<u8>,
    /// Of this shared group.
    pub share_group: Option<String>,
    /// To exactly this filter, with or without what stands in front of it.
    pub topic: Option<String>,
    /// Whose filter is selected by this filter, read as if it were a topic.
    pub match_topic: Option<String>,
    /// On disk, or not.
    pub durable: Option<bool>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Subscriptions, a page at a time.
#[utoipa::path(get, path = "/subscriptions", tag = "Subscriptions", params(PageQuery, SubscriptionsQuery),
    responses((status = 200, body = Page<SubscriptionObject>)))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
    Query(query): Query<SubscriptionsQuery>,
) -> Result<Json<Page<SubscriptionObject>>, Refusal> {
    let page = page.checked()?;
    state.ask(move |node| node.subscriptions(&query, page)).await.map(Json)
}
