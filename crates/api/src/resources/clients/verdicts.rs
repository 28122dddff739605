//! What was decided about what a client may do, as its connection keeps it for a while.

use super::{done, unknown_client};
use crate::Refusal;
use crate::api_state::ApiState;
use crate::path_part::PathPart;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A decision that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictObject {
    /// `publish` or `subscribe`.
    pub access: &'static str,
    /// A topic name, or a topic filter.
    pub topic: String,
    /// `allow` or `deny`.
    pub result: &'static str,
    /// When it was decided, in milliseconds since the Unix epoch.
    pub updated_time: u64,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show, forget))
}

/// What was decided about what a client may do, as far as it is kept. Nothing is kept where rules in memory say it in less time.
#[utoipa::path(get, path = "/clients/{clientid}/authorization/cache", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 200, body = Vec<VerdictObject>), (status = 404, description = "There is none such.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
) -> Result<Json<Vec<VerdictObject>>, Refusal> {
    state.ask(move |node| node.verdicts(&client_id)).await?.map(Json).ok_or_else(unknown_client)
}

/// Forget what was decided about what a client may do.
#[utoipa::path(delete, path = "/clients/{clientid}/authorization/cache", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn forget(State(state): State<ApiState>, PathPart(client_id): PathPart<String>) -> Result<StatusCode, Refusal> {
    done(state.ask(move |node| node.forget_verdicts(&client_id)).await?)
}
