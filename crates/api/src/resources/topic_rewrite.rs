//! Topics that become others: the rules.

use super::configs::{change_root_to, shown_root};
use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The root of the configuration.
const ROOT: &str = "rewrite";

/// A rule. A later one is tried first, and the first whose source selects the topic decides.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RewriteObject {
    /// What it is about.
    action: RewriteActionWord,
    /// A filter that selects topics.
    #[schema(example = "x/#")]
    source_topic: String,
    /// What they become: `$1` is what the expression has captured first; `${clientid}` and `${username}` are those of the client.
    #[schema(example = "z/y/$1")]
    dest_topic: String,
    /// A regular expression that the topic has to match.
    #[schema(example = "^x/y/(.+)$")]
    re: String,
}

/// What a rule is about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RewriteActionWord {
    /// Topics of messages.
    Publish,
    /// Filters of subscriptions.
    Subscribe,
    /// Both.
    All,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// All rules, in the order in which they are written.
#[utoipa::path(get, path = "/mqtt/topic_rewrite", tag = "MQTT", responses((status = 200, body = Vec<RewriteObject>)))]
async fn show(State(state): State<ApiState>) -> Result<Json<Vec<RewriteObject>>, Refusal> {
    shown_root(&state, ROOT.to_owned()).await.and_then(rules)
}

/// Other rules instead of those that there are; they count at once.
#[utoipa::path(put, path = "/mqtt/topic_rewrite", tag = "MQTT", request_body = Vec<RewriteObject>,
    responses((status = 200, body = Vec<RewriteObject>), (status = 400, description = "A rule makes no sense.")))]
async fn change(
    State(state): State<ApiState>,
    JsonBody(new): JsonBody<Vec<RewriteObject>>,
) -> Result<Json<Vec<RewriteObject>>, Refusal> {
    change_root_to(&state, ROOT, json!(new)).await.and_then(rules)
}

fn rules(shown: Value) -> Result<Json<Vec<RewriteObject>>, Refusal> {
    serde_json::from_value(shown).map(Json).map_err(|error| Refusal::internal(error.to_string()))
}
