//! Rules of the built-in database: for client ids, for user names, and for everybody.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Subjects of one request.
const SUBJECTS_MAX: usize = 10_000;

/// A rule: `{"topic": "t/1", "permission": "allow", "action": "publish"}`, and any of `qos`, `retain` and what narrows it.
pub type RuleRow = Map<String, Value>;

/// The rules that a node keeps itself. What changes counts at once, for clients too that are connected.
pub trait Rules {
    /// A page of subjects that have rules, with this in their names.
    ///
    /// # Errors
    /// A [`Refusal`] where the node has no such source of rules.
    fn subjects_with_rules(
        &self,
        subjects: RuleSubjects,
        like: Option<&str>,
        page: PageQuery,
    ) -> Result<Page<SubjectRules>, Refusal>;

    /// The rules of a subject; `None` where it has none.
    ///
    /// # Errors
    /// A [`Refusal`] where the node has no such source of rules.
    fn rules_of(&self, subject: &RuleSubject) -> Result<Option<Vec<RuleRow>>, Refusal>;

    /// Gives subjects rules, all of them or none: instead of those they have, or only if they have none.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn set_rules(&self, list: Vec<(RuleSubject, Vec<RuleRow>)>, replaces: bool) -> Result<(), Refusal>;

    /// Takes all rules from a subject.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn remove_rules(&self, subject: &RuleSubject) -> Result<(), Refusal>;

    /// Takes all rules from all subjects; the source must not be enabled.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn remove_all_rules(&self) -> Result<(), Refusal>;
}

/// One of the two lists of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleSubjects {
    /// Client ids.
    Clients,
    /// User names.
    Users,
}

/// Whom rules are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleSubject {
    /// The client of this id.
    Client(String),
    /// Clients of this user name.
    User(String),
    /// All clients.
    All,
}

/// A subject with its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRules {
    /// Its name.
    pub name: String,
    /// In the order in which they are asked.
    pub rules: Vec<RuleRow>,
}

/// A rule.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = AuthorizationRule)]
struct RuleBody {
    /// `permission`, `action` and `topic`, and any of `qos`, `retain`, `clientid_re`, `username_re`, `ipaddr`, `zone`, `listener`.
    #[schema(example = json!({"topic": "test/topic/1", "permission": "allow", "action": "publish"}))]
    fields: Map<String, Value>,
}

/// The rules of a user name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserRulesBody {
    /// The user name.
    #[schema(example = "user1")]
    username: String,
    /// In the order in which they are asked.
    rules: Vec<RuleBody>,
}

/// The rules of a client id.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientRulesBody {
    /// The client id.
    #[schema(example = "client1")]
    clientid: String,
    /// In the order in which they are asked.
    rules: Vec<RuleBody>,
}

/// The rules of everybody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AllRulesBody {
    /// In the order in which they are asked.
    rules: Vec<RuleBody>,
}

/// The rules of everybody.
#[derive(Serialize, ToSchema)]
struct AllRulesObject {
    /// In the order in which they are asked.
    rules: Vec<Value>,
}

/// Which user names.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct SubjectQuery {
    /// With this in the user name.
    like_username: Option<String>,
    /// With this in the client id.
    like_clientid: Option<String>,
    /// Number of the page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Objects of a page.
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    limit: Option<u32>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_users, add_users))
        .routes(routes!(list_clients, add_clients))
        .routes(routes!(show_user, change_user, remove_user))
        .routes(routes!(show_client, change_client, remove_client))
        .routes(routes!(show_all, change_all, remove_of_all))
        .routes(routes!(clear))
}

/// User names that have rules.
#[utoipa::path(get, path = "/authorization/sources/built_in_database/rules/users", tag = "Authorization", params(SubjectQuery),
    responses((status = 200, body = Page<Value>), (status = 404, description = "There is no such source.")))]
async fn list_users(
    State(state): State<ApiState>,
    Query(query): Query<SubjectQuery>,
) -> Result<Json<Page<Value>>, Refusal> {
    page_of(&state, RuleSubjects::Users, "username", query).await
}

/// Client ids that have rules.
#[utoipa::path(get, path = "/authorization/sources/built_in_database/rules/clients", tag = "Authorization", params(SubjectQuery),
    responses((status = 200, body = Page<Value>), (status = 404, description = "There is no such source.")))]
async fn list_clients(
    State(state): State<ApiState>,
    Query(query): Query<SubjectQuery>,
) -> Result<Json<Page<Value>>, Refusal> {
    page_of(&state, RuleSubjects::Clients, "clientid", query).await
}

/// Give user names rules that have none.
#[utoipa::path(post, path = "/authorization/sources/built_in_database/rules/users", tag = "Authorization",
    request_body = Vec<UserRulesBody>, responses((status = 204, description = "Done."),
        (status = 404, description = "There is no such source."), (status = 409, description = "There are rules for one already.")))]
async fn add_users(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<Vec<UserRulesBody>>,
) -> Result<StatusCode, Refusal> {
    let list = body.into_iter().map(|one| (RuleSubject::User(one.username), rows(one.rules)));
    set(&state, list.collect(), false).await
}

/// Give client ids rules that have none.
#[utoipa::path(post, path = "/authorization/sources/built_in_database/rules/clients", tag = "Authorization",
    request_body = Vec<ClientRulesBody>, responses((status = 204, description = "Done."),
        (status = 404, description = "There is no such source."), (status = 409, description = "There are rules for one already.")))]
async fn add_clients(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<Vec<ClientRulesBody>>,
) -> Result<StatusCode, Refusal> {
    let list = body.into_iter().map(|one| (RuleSubject::Client(one.clientid), rows(one.rules)));
    set(&state, list.collect(), false).await
}

/// The rules of a user name.
#[utoipa::path(get, path = "/authorization/sources/built_in_database/rules/users/{username}", tag = "Authorization",
    params(("username" = String, Path, description = "Whose.")),
    responses((status = 200, body = Value), (status = 404, description = "There are none.")))]
async fn show_user(
    State(state): State<ApiState>,
    PathPart(username): PathPart<String>,
) -> Result<Json<Value>, Refusal> {
    let rules = find(&state, RuleSubject::User(username.clone())).await?;
    Ok(Json(json!({"username": username, "rules": rules})))
}

/// The rules of a client id.
#[utoipa::path(get, path = "/authorization/sources/built_in_database/rules/clients/{clientid}", tag = "Authorization",
    params(("clientid" = String, Path, description = "Whose.")),
    responses((status = 200, body = Value), (status = 404, description = "There are none.")))]
async fn show_client(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
) -> Result<Json<Value>, Refusal> {
    let rules = find(&state, RuleSubject::Client(client_id.clone())).await?;
    Ok(Json(json!({"clientid": client_id, "rules": rules})))
}

/// Give a user name other rules.
#[utoipa::path(put, path = "/authorization/sources/built_in_database/rules/users/{username}", tag = "Authorization",
    params(("username" = String, Path, description = "Whose.")), request_body = UserRulesBody,
    responses((status = 204, description = "Done."), (status = 404, description = "There is no such source.")))]
async fn change_user(
    State(state): State<ApiState>,
    PathPart(username): PathPart<String>,
    JsonBody(body): JsonBody<UserRulesBody>,
) -> Result<StatusCode, Refusal> {
    check_same(&username, &body.username)?;
    set(&state, vec![(RuleSubject::User(username), rows(body.rules))], true).await
}

/// Give a client id other rules.
#[utoipa::path(put, path = "/authorization/sources/built_in_database/rules/clients/{clientid}", tag = "Authorization",
    params(("clientid" = String, Path, description = "Whose.")), request_body = ClientRulesBody,
    responses((status = 204, description = "Done."), (status = 404, description = "There is no such source.")))]
async fn change_client(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    JsonBody(body): JsonBody<ClientRulesBody>,
) -> Result<StatusCode, Refusal> {
    check_same(&client_id, &body.clientid)?;
    set(&state, vec![(RuleSubject::Client(client_id), rows(body.rules))], true).await
}

/// Take all rules from a user name.
#[utoipa::path(delete, path = "/authorization/sources/built_in_database/rules/users/{username}", tag = "Authorization",
    params(("username" = String, Path, description = "Whose.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There are none.")))]
async fn remove_user(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<StatusCode, Refusal> {
    remove(&state, RuleSubject::User(name)).await
}

/// Take all rules from a client id.
#[utoipa::path(delete, path = "/authorization/sources/built_in_database/rules/clients/{clientid}", tag = "Authorization",
    params(("clientid" = String, Path, description = "Whose.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There are none.")))]
async fn remove_client(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<StatusCode, Refusal> {
    remove(&state, RuleSubject::Client(name)).await
}

/// The rules of everybody.
#[utoipa::path(get, path = "/authorization/sources/built_in_database/rules/all", tag = "Authorization",
    responses((status = 200, body = AllRulesObject), (status = 404, description = "There is no such source.")))]
async fn show_all(State(state): State<ApiState>) -> Result<Json<AllRulesObject>, Refusal> {
    let found = state.ask(|node| node.rules_of(&RuleSubject::All)).await?;
    Ok(Json(AllRulesObject { rules: found.unwrap_or_default().into_iter().map(complete).collect() }))
}

/// Give everybody other rules.
#[utoipa::path(post, path = "/authorization/sources/built_in_database/rules/all", tag = "Authorization", request_body = AllRulesBody,
    responses((status = 204, description = "Done."), (status = 404, description = "There is no such source.")))]
async fn change_all(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<AllRulesBody>,
) -> Result<StatusCode, Refusal> {
    set(&state, vec![(RuleSubject::All, rows(body.rules))], true).await
}

/// Take the rules of everybody away; those of single clients and users stay.
#[utoipa::path(delete, path = "/authorization/sources/built_in_database/rules/all", tag = "Authorization",
    responses((status = 204, description = "Done."), (status = 404, description = "There is no such source.")))]
async fn remove_of_all(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    set(&state, vec![(RuleSubject::All, Vec::new())], true).await
}

/// Take all rules away. The source must not be enabled.
#[utoipa::path(delete, path = "/authorization/sources/built_in_database/rules", tag = "Authorization",
    responses((status = 204, description = "Done."), (status = 404, description = "There is no such source.")))]
async fn clear(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.remove_all_rules()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn page_of(
    state: &ApiState,
    subjects: RuleSubjects,
    field: &'static str,
    query: SubjectQuery,
) -> Result<Json<Page<Value>>, Refusal> {
    let defaults = PageQuery::default();
    let page = PageQuery { page: query.page.unwrap_or(defaults.page), limit: query.limit.unwrap_or(defaults.limit) };
    let page = page.checked()?;
    let like = match subjects {
        RuleSubjects::Users => query.like_username,
        RuleSubjects::Clients => query.like_clientid,
    };
    let found = state.ask(move |node| node.subjects_with_rules(subjects, like.as_deref(), page)).await?;
    let object = |SubjectRules { name, rules }| {
        let rules: Vec<_> = rules.into_iter().map(complete).collect();
        json!({field: name, "rules": rules})
    };
    Ok(Json(Page { data: found.data.into_iter().map(object).collect(), meta: found.meta }))
}

async fn find(state: &ApiState, subject: RuleSubject) -> Result<Vec<Value>, Refusal> {
    let found = state.ask(move |node| node.rules_of(&subject)).await?;
    let found = found.ok_or_else(|| Refusal::not_found("Not Found"))?;
    Ok(found.into_iter().map(complete).collect())
}

async fn set(state: &ApiState, list: Vec<(RuleSubject, Vec<RuleRow>)>, replaces: bool) -> Result<StatusCode, Refusal> {
    if list.len() > SUBJECTS_MAX {
        return Err(Refusal::bad_request(format!("At most {SUBJECTS_MAX} at a time")));
    }
    state.ask(move |node| node.set_rules(list, replaces)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(state: &ApiState, subject: RuleSubject) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.remove_rules(&subject)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn rows(rules: Vec<RuleBody>) -> Vec<RuleRow> {
    rules.into_iter().map(|rule| rule.fields).collect()
}

fn check_same(in_path: &str, in_body: &str) -> Result<(), Refusal> {
    match in_path == in_body {
        true => Ok(()),
        false => Err(Refusal::bad_request("The path and the body name different ones")),
    }
}

/// With what holds where a rule does not say it.
fn complete(mut rule: RuleRow) -> Value {
    rule.entry("qos").or_insert_with(|| json!([0, 1, 2]));
    if rule.get("action").is_none_or(|action| action != "subscribe") {
        rule.entry("retain").or_insert_with(|| json!("all"));
    }
    Value::Object(rule)
}
