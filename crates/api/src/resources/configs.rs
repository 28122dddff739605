//! The configuration: shown, and changed while the node runs.

use crate::api_state::ApiState;
use crate::json_body::{JsonBody, read_body};
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What stands in the place of secrets that are not shown.
pub(super) const MASK: &str = "******";

/// Roots that zones have too.
const ZONE_ROOTS: &[&str] = &["mqtt", "flapping_detect", "force_shutdown", "overload_protection"];

/// The configuration of a node.
pub trait Configs {
    /// What is in effect: of one key, or everything.
    ///
    /// # Errors
    /// A [`Refusal`] where there is no such key.
    fn configuration(&self, key: Option<&str>) -> Result<ConfigurationParts, Refusal>;

    /// Takes over what a text says, in HOCON.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn change_configuration(&self, text: &str, mode: ConfigMode, ignore_readonly: bool) -> Result<(), Refusal>;

    /// Forgets what was changed at run time about a key.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn reset_configuration(&self, key: &str) -> Result<(), Refusal>;
}

/// A part of the configuration. Secrets are not shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigurationParts {
    /// As HOCON.
    pub text: String,
    /// A line for each value: `key = value  # where it came from`.
    pub places: String,
    /// As JSON.
    pub values: Value,
}

/// How what is new meets what was changed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConfigMode {
    /// Key by key.
    #[default]
    Merge,
    /// Root by root.
    Replace,
}

/// Which part.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ShowQuery {
    /// A root such as `mqtt`, or a key below one; absent: everything.
    key: Option<String>,
    /// As text, a line for each value: its key, itself, and where it came from.
    #[serde(default)]
    origins: bool,
}

/// Which part of a root.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ResetQuery {
    /// A key below the root, such as `max_qos_allowed`; absent: the whole root.
    conf_path: Option<String>,
}

/// How a text is taken over.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LoadQuery {
    /// How what is new meets what was changed before.
    #[serde(default)]
    #[param(inline)]
    mode: ConfigMode,
    /// Leave out what cannot be changed at run time, and do not refuse it.
    #[serde(default)]
    ignore_readonly: bool,
}

/// Keys of the configuration.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
pub(super) struct RootBody {
    /// Its keys.
    pub(super) fields: Map<String, Value>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(show, load))
        .routes(routes!(show_zone, change_zone))
        .routes(routes!(show_root, change_root))
        .routes(routes!(reset))
}

/// What is in effect: as HOCON, or as JSON for those who accept only that.
#[utoipa::path(get, path = "/configs", tag = "Configs", params(ShowQuery), responses(
    (status = 200, content((String = "text/plain"), (Value = "application/json"))), (status = 404, description = "There is no such key.")))]
async fn show(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Refusal> {
    let ShowQuery { key, origins } = query;
    let shown = state.ask(move |node| node.configuration(key.as_deref())).await?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(if origins {
        shown.places.into_response()
    } else if accepted.starts_with("application/json") {
        Json(shown.values).into_response()
    } else {
        shown.text.into_response()
    })
}

/// Take over a text, in HOCON.
#[utoipa::path(put, path = "/configs", tag = "Configs", params(LoadQuery), request_body(content = String, content_type = "text/plain"),
    responses((status = 200, description = "Done.", body = String, content_type = "text/plain")))]
async fn load(
    State(state): State<ApiState>,
    Query(query): Query<LoadQuery>,
    request: Request,
) -> Result<&'static str, Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| !value.starts_with("text/plain") && !value.starts_with("application/hocon")) {
        return Err(Refusal::new(ErrorCode::UnsupportedMediaType, "content-type:text/plain Required"));
    }
    let body = read_body(request, &()).await?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| Refusal::bad_request("The body is no UTF-8"))?;
    let LoadQuery { mode, ignore_readonly } = query;
    state.ask(move |node| node.change_configuration(&text, mode, ignore_readonly)).await?;
    Ok("")
}

/// A root, as JSON.
#[utoipa::path(get, path = "/configs/{root}", tag = "Configs", params(("root" = String, Path, description = "`mqtt` and the like.")),
    responses((status = 200, body = Value), (status = 404, description = "There is no such root.")))]
async fn show_root(State(state): State<ApiState>, PathPart(root): PathPart<String>) -> Result<Json<Value>, Refusal> {
    shown_root(&state, root).await.map(Json)
}

/// Change keys of a root.
#[utoipa::path(put, path = "/configs/{root}", tag = "Configs", request_body = RootBody,
    params(("root" = String, Path, description = "`mqtt` and the like.")),
    responses((status = 200, body = Value), (status = 404, description = "There is no such root.")))]
async fn change_root(
    State(state): State<ApiState>,
    PathPart(root): PathPart<String>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    shown_root(&state, root.clone()).await?;
    change(&state, Map::from_iter([(root.clone(), Value::Object(body.fields))])).await?;
    shown_root(&state, root).await.map(Json)
}

/// Roots that zones have too.
#[utoipa::path(get, path = "/configs/global_zone", tag = "Configs", responses((status = 200, body = Value)))]
async fn show_zone(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    shown_zone(&state).await.map(Json)
}

/// Change keys of roots that zones have too.
#[utoipa::path(put, path = "/configs/global_zone", tag = "Configs", request_body = RootBody, responses((status = 200, body = Value)))]
async fn change_zone(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    if let Some(unknown) = body.fields.keys().find(|root| !ZONE_ROOTS.contains(&root.as_str())) {
        return Err(Refusal::bad_request(format!("{unknown}: no root that zones have too")));
    }
    change(&state, body.fields).await?;
    shown_zone(&state).await.map(Json)
}

/// Forget what was changed at run time about a root, or about a key below it.
#[utoipa::path(post, path = "/configs_reset/{rootname}", tag = "Configs",
    params(("rootname" = String, Path, description = "`mqtt` and the like."), ResetQuery),
    responses((status = 200, description = "Done.", body = Value), (status = 404, description = "There is no such root.")))]
async fn reset(
    State(state): State<ApiState>,
    PathPart(root): PathPart<String>,
    Query(query): Query<ResetQuery>,
) -> Result<Json<Value>, Refusal> {
    shown_root(&state, root.clone()).await?;
    let below = query.conf_path.filter(|path| !path.is_empty());
    let changed = below.map_or_else(|| root.clone(), |path| format!("{root}.{path}"));
    state.ask(move |node| node.reset_configuration(&changed)).await?;
    shown_root(&state, root).await.map(Json)
}

async fn shown_zone(state: &ApiState) -> Result<Value, Refusal> {
    let all = state.ask(|node| node.configuration(None)).await?;
    let roots = ZONE_ROOTS.iter().filter_map(|root| Some(((*root).to_owned(), all.values.get(root)?.clone())));
    Ok(Value::Object(roots.collect()))
}

pub(super) async fn shown_root(state: &ApiState, root: String) -> Result<Value, Refusal> {
    if root.contains('.') {
        return Err(Refusal::not_found(format!("`{root}` is no root")));
    }
    let key = root.clone();
    let shown = state.ask(move |node| node.configuration(Some(&key))).await?;
    shown.values.get(&root).cloned().ok_or_else(|| Refusal::not_found(format!("`{root}` is no root")))
}

/// Changes a root, and shows what it is then.
pub(super) async fn change_root_to(state: &ApiState, root: &str, value: Value) -> Result<Value, Refusal> {
    change(state, Map::from_iter([(root.to_owned(), value)])).await?;
    shown_root(state, root.to_owned()).await
}

async fn change(state: &ApiState, roots: Map<String, Value>) -> Result<(), Refusal> {
    let text = Value::Object(without_masks(roots)).to_string();
    state.ask(move |node| node.change_configuration(&text, ConfigMode::Merge, false)).await
}

/// Whoever sends back what was shown means that secrets stay as they are.
pub(super) fn without_masks(fields: Map<String, Value>) -> Map<String, Value> {
    let kept = fields.into_iter().filter(|(_, value)| value != MASK);
    let unmasked = kept.map(|(key, value)| match value {
        Value::Object(below) => (key, Value::Object(without_masks(below))),
        other => (key, other),
    });
    unmasked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn masks_are_left_out() {
        let Value::Object(fields) = json!({"a": MASK, "b": {"c": MASK, "d": 1}, "e": [MASK]}) else { panic!() };
        assert_eq!(Value::Object(without_masks(fields)), json!({"b": {"d": 1}, "e": [MASK]}));
    }
}
