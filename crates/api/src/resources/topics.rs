//! Topics: filters that somebody is subscribed to.

use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{ErrorCode, Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Topics.
pub trait Topics {
    /// One page of those that are wanted.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn topics(&self, query: &TopicsQuery, page: PageQuery) -> Result<Page<TopicObject>, Refusal>;

    /// One filter, `None` where nobody is subscribed to it.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn topic(&self, filter: &str) -> Result<Option<TopicObject>, Refusal>;
}

/// A filter that somebody is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopicObject {
    /// The filter, without `$share/{group}/` and the like.
    pub topic: String,
    /// The node of the subscribers.
    pub node: String,
}

/// Which topics are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TopicsQuery {
    /// Exactly this filter.
    pub topic: Option<String>,
    /// The name of the node.
    pub node: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Filters that somebody is subscribed to, a page at a time.
#[utoipa::path(get, path = "/topics", tag = "Topics", params(PageQuery, TopicsQuery),
    responses((status = 200, body = Page<TopicObject>)))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
    Query(query): Query<TopicsQuery>,
) -> Result<Json<Page<TopicObject>>, Refusal> {
    let page = page.checked()?;
    state.ask(move |node| node.topics(&query, page)).await.map(Json)
}

/// A filter that somebody is subscribed to.
#[utoipa::path(get, path = "/topics/{topic}", tag = "Topics",
    params(("topic" = String, Path, description = "The filter, percent-encoded.")),
    responses((status = 200, body = Vec<TopicObject>), (status = 404, description = "Nobody is subscribed to it.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart(filter): PathPart<String>,
) -> Result<Json<Vec<TopicObject>>, Refusal> {
    let found = state.ask(move |node| node.topic(&filter)).await?;
    let topic = found.ok_or_else(|| Refusal::new(ErrorCode::TopicNotFound, "Topic not found"))?;
    Ok(Json(vec![topic]))
}
