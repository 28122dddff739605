//! Authenticators of all clients whose listeners have none of their own.

use super::{ListChange, StatusObject, status_of};
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// An authenticator that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
struct AuthenticatorBody {
    /// `mechanism`, `backend` and what else they need; an `id` is left aside.
    #[schema(example = json!({"mechanism": "password_based", "backend": "built_in_database", "user_id_type": "username"}))]
    fields: Map<String, Value>,
}

/// A place in an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderedAuthenticator {
    /// Whose.
    #[schema(example = "password_based:built_in_database")]
    id: String,
}

impl AuthenticatorBody {
    fn entry(mut self) -> Value {
        self.fields.remove("id");
        Value::Object(self.fields)
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(order))
        .routes(routes!(show, change, delete))
        .routes(routes!(status))
        .routes(routes!(place))
        .routes(routes!(reset))
}

/// Authenticators, as they are configured.
#[utoipa::path(get, path = "/authentication", tag = "Authentication", responses((status = 200, body = Vec<Value>)))]
async fn list(State(state): State<ApiState>) -> Result<Json<Vec<Value>>, Refusal> {
    configured(&state).await.map(Json)
}

/// Add an authenticator, to be asked behind all others.
#[utoipa::path(post, path = "/authentication", tag = "Authentication", request_body = AuthenticatorBody,
    responses((status = 200, body = Value), (status = 409, description = "There is one already.")))]
async fn create(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<AuthenticatorBody>,
) -> Result<Json<Value>, Refusal> {
    let entry = body.entry();
    let id = id_of(&entry);
    state.ask(|node| node.change_authenticators(ListChange::Add { entry, is_first: false })).await?;
    find(&state, &id).await.map(Json)
}

/// Have authenticators asked in another order. All of them are named.
#[utoipa::path(put, path = "/authentication/order", tag = "Authentication", request_body = Vec<OrderedAuthenticator>,
    responses((status = 204, description = "Done.")))]
async fn order(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<Vec<OrderedAuthenticator>>,
) -> Result<StatusCode, Refusal> {
    let ids = body.into_iter().map(|one| one.id).collect();
    state.ask(|node| node.change_authenticators(ListChange::Order(ids))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An authenticator, as it is configured.
#[utoipa::path(get, path = "/authentication/{id}", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn show(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<Json<Value>, Refusal> {
    find(&state, &id).await.map(Json)
}

/// Change an authenticator. Secrets that come as they are shown stay what they are.
#[utoipa::path(put, path = "/authentication/{id}", tag = "Authentication", request_body = AuthenticatorBody,
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn change(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
    JsonBody(body): JsonBody<AuthenticatorBody>,
) -> Result<StatusCode, Refusal> {
    let entry = body.entry();
    find(&state, &id).await?;
    if id_of(&entry) != id {
        return Err(Refusal::bad_request("Change of authentication type is not allowed"));
    }
    state.ask(|node| node.change_authenticators(ListChange::Replace { id, entry })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove an authenticator. Without any, everybody comes in.
#[utoipa::path(delete, path = "/authentication/{id}", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn delete(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.change_authenticators(ListChange::Remove { id })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How an authenticator does.
#[utoipa::path(get, path = "/authentication/{id}/status", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 200, body = StatusObject), (status = 404, description = "There is none such.")))]
async fn status(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<Json<StatusObject>, Refusal> {
    let found = state.ask(|node| node.authenticators()).await?.into_iter().find(|part| part.id == id);
    Ok(Json(status_of(&state, found.ok_or_else(|| unknown(&id))?)))
}

/// Have an authenticator asked earlier or later.
#[utoipa::path(put, path = "/authentication/{id}/position/{position}", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`"),
        ("position" = String, Path, description = "`front`, `rear`, `before:ID` or `after:ID`")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn place(
    State(state): State<ApiState>,
    PathPart((id, position)): PathPart<(String, String)>,
) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.change_authenticators(ListChange::Move { id, position })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count what an authenticator says from nothing again.
#[utoipa::path(post, path = "/authentication/{id}/metrics/reset", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn reset(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<StatusCode, Refusal> {
    let missing = unknown(&id);
    match state.ask(move |node| node.reset_authenticator(&id)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing),
    }
}

async fn find(state: &ApiState, id: &str) -> Result<Value, Refusal> {
    let found = configured(state).await?.into_iter().find(|one| one["id"] == id);
    found.ok_or_else(|| unknown(id))
}

/// With their ids.
async fn configured(state: &ApiState) -> Result<Vec<Value>, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authentication"))).await?;
    let with_id = |one: &Value| {
        let mut one = one.clone();
        let id = id_of(&one);
        if let Value::Object(fields) = &mut one {
            fields.insert("id".to_owned(), id.into());
        }
        one
    };
    Ok(shown.values["authentication"].as_array().into_iter().flatten().map(with_id).collect())
}

/// `password_based:redis`, or the mechanism alone.
fn id_of(authenticator: &Value) -> String {
    let part = |key: &str| authenticator[key].as_str().filter(|text| !text.is_empty());
    let mechanism = part("mechanism").unwrap_or_default();
    part("backend").map_or_else(|| mechanism.to_owned(), |backend| format!("{mechanism}:{backend}"))
}

fn unknown(id: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("Authenticator '{id}' does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_made_of_mechanism_and_back_end() {
        for (authenticator, id) in [
            (json!({"mechanism": "password_based", "backend": "redis"}), "password_based:redis"),
            (json!({"mechanism": "jwt"}), "jwt"),
            (json!({"mechanism": "jwt", "backend": ""}), "jwt"),
            (json!({"backend": 7}), ""),
        ] {
            assert_eq!(id_of(&authenticator), id, "{authenticator}");
        }
    }
}
