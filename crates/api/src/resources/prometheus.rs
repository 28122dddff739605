//! Numbers for Prometheus, under the names that EMQX's exporter has for them.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::query::Query;
use crate::resources::one_root;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use dunlin_telemetry::{FamilyKind, Histogram, MetricFamily, MetricValue, render_families};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The text format of Prometheus.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Parts of the JSON of `/prometheus/stats`, each with how its names begin.
const PARTS: &[(&str, &[&str])] = &[
    ("packets", &["emqx_packets_", "emqx_bytes_"]),
    ("messages", &["emqx_messages_", "dunlin_publish_"]),
    ("delivery", &["emqx_delivery_", "dunlin_delivery_"]),
    ("client", &["emqx_client_"]),
    ("session", &["emqx_session_"]),
    ("olp", &["emqx_overload_protection_"]),
    ("acl", &["emqx_authorization_"]),
    ("authn", &["emqx_authentication_"]),
    ("metrics", &["emqx_vm_"]),
    ("cluster", &["emqx_cluster_nodes_"]),
];

/// Numbers for Prometheus.
pub trait Prometheus {
    /// The name of the node, for the label `node`.
    fn node_name(&self) -> String;

    /// Whether whoever asks has to say who it is (`prometheus.enable_basic_auth`).
    fn scraping_needs_login(&self) -> bool;

    /// All numbers of the node.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn numbers(&self) -> Result<Vec<MetricFamily>, Refusal>;

    /// How authentication and authorization do.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn access_numbers(&self) -> Result<Vec<MetricFamily>, Refusal>;
}

/// Of which nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// Of the node that is asked.
    #[default]
    Node,
    /// Of all nodes, added up.
    AllNodesAggregated,
    /// Of all nodes, each by its name.
    AllNodesUnaggregated,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ModeQuery {
    /// Of which nodes.
    #[serde(default)]
    #[param(inline)]
    mode: Mode,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(settings, change_settings))
        .routes(routes!(stats))
        .routes(routes!(auth))
        .routes(routes!(data_integration))
        .routes(routes!(schema_validation))
        .routes(routes!(message_transformation))
}

/// `prometheus` of the configuration, as it is in effect.
#[utoipa::path(get, path = "/prometheus", tag = "Monitor", responses((status = 200, body = Object)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    state.ask(|node| one_root::in_effect(node, "prometheus")).await.map(Json)
}

/// Change `prometheus` of the configuration: what is left out is its default afterwards.
#[utoipa::path(put, path = "/prometheus", tag = "Monitor", request_body = Object,
    responses((status = 200, description = "As it is now.", body = Object)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(mut body): JsonBody<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    // A text has to say something.
    body.entry("enable_basic_auth").or_insert(Value::Bool(false));
    one_root::replace(&state, "prometheus", body).await.map(Json)
}

/// All numbers of the node.
#[utoipa::path(get, path = "/prometheus/stats", tag = "Monitor", params(ModeQuery), responses(
    (status = 200, description = "Text, or JSON where that is accepted.",
        content((String = "text/plain"), (Object = "application/json"))),
))]
async fn stats(
    State(state): State<ApiState>,
    Query(query): Query<ModeQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (name, families) = state.ask(|node| Ok((node.node_name(), node.numbers()?))).await?;
    Ok(answer(families, query.mode, &name, &headers, parts))
}

/// How authentication and authorization do.
#[utoipa::path(get, path = "/prometheus/auth", tag = "Monitor", params(ModeQuery), responses(
    (status = 200, description = "Text, or JSON where that is accepted.",
        content((String = "text/plain"), (Object = "application/json"))),
))]
async fn auth(
    State(state): State<ApiState>,
    Query(query): Query<ModeQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (name, families) = state.ask(|node| Ok((node.node_name(), node.access_numbers()?))).await?;
    Ok(answer(families, query.mode, &name, &headers, access_parts))
}

/// How rules and connectors do, of which there are none.
#[utoipa::path(get, path = "/prometheus/data_integration", tag = "Monitor", params(ModeQuery), responses(
    (status = 200, description = "Nothing.", content((String = "text/plain"), (Object = "application/json"))),
))]
async fn data_integration(Query(query): Query<ModeQuery>, headers: HeaderMap) -> Response {
    nothing(query.mode, &headers)
}

/// How schema validations do, of which there are none.
#[utoipa::path(get, path = "/prometheus/schema_validation", tag = "Monitor", params(ModeQuery), responses(
    (status = 200, description = "Nothing.", content((String = "text/plain"), (Object = "application/json"))),
))]
async fn schema_validation(Query(query): Query<ModeQuery>, headers: HeaderMap) -> Response {
    nothing(query.mode, &headers)
}

/// How message transformations do, of which there are none.
#[utoipa::path(get, path = "/prometheus/message_transformation", tag = "Monitor", params(ModeQuery), responses(
    (status = 200, description = "Nothing.", content((String = "text/plain"), (Object = "application/json"))),
))]
async fn message_transformation(Query(query): Query<ModeQuery>, headers: HeaderMap) -> Response {
    nothing(query.mode, &headers)
}

fn nothing(mode: Mode, headers: &HeaderMap) -> Response {
    answer(Vec::new(), mode, "", headers, |_| json!({}))
}

fn answer(
    mut families: Vec<MetricFamily>,
    mode: Mode,
    node_name: &str,
    headers: &HeaderMap,
    object: impl Fn(&[MetricFamily]) -> Value,
) -> Response {
    if mode == Mode::AllNodesUnaggregated {
        for family in &mut families {
            family.add_label("node", node_name);
        }
    }
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.split(',').any(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json") {
        Json(object(&families)).into_response()
    } else {
        ([(header::CONTENT_TYPE, TEXT_FORMAT)], render_families(&families)).into_response()
    }
}

/// One object for each authenticator and each source of rules, and histograms beside them.
fn access_parts(families: &[MetricFamily]) -> Value {
    let is_histogram = |family: &&MetricFamily| family.kind == FamilyKind::Histogram;
    let numbers = || families.iter().filter(|family| !is_histogram(family));
    let of = |start: &str| by_labels(numbers().filter(|family| family.name.starts_with(start)));
    let banned: Map<_, _> = numbers().filter(|family| family.name == "emqx_banned_count").map(single).collect();
    let mut object: Map<_, _> = families.iter().filter(is_histogram).map(single).collect();
    object.insert("emqx_authn".to_owned(), of("emqx_authn_"));
    object.insert("emqx_authz".to_owned(), of("emqx_authz_"));
    object.insert("emqx_banned".to_owned(), json!(banned));
    Value::Object(object)
}

/// `{"packets": {"emqx_packets_sent": 5}}`; with labels a list stands in the place of a number.
fn parts(families: &[MetricFamily]) -> Value {
    let mut object = Map::new();
    for family in families {
        let is_its = |(_, starts): &&(&str, &[&str])| starts.iter().any(|start| family.name.starts_with(start));
        let part = PARTS.iter().find(is_its).map_or("stats", |(part, _)| part);
        let entry = object.entry(part).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.extend([single(family)]);
        }
    }
    Value::Object(object)
}

fn single(family: &MetricFamily) -> (String, Value) {
    let value = match &family.points[..] {
        [only] if only.labels.is_empty() => json_of(&only.value),
        points => points.iter().map(|point| with_labels(&point.labels, &family.name, &point.value)).collect(),
    };
    (family.name.clone(), value)
}

/// `[{"id": "password_based:redis", "emqx_authn_total": 5, …}]`
fn by_labels<'a>(families: impl Iterator<Item = &'a MetricFamily>) -> Value {
    let mut objects: Vec<Map<String, Value>> = Vec::new();
    for family in families {
        for point in &family.points {
            let has_labels = |object: &&mut Map<String, Value>| {
                point.labels.iter().all(|(label, content)| object.get(*label).is_some_and(|value| value == content))
            };
            match objects.iter_mut().find(has_labels) {
                Some(object) => {
                    object.insert(family.name.clone(), json_of(&point.value));
                }
                None => objects.extend(with_labels(&point.labels, &family.name, &point.value).as_object().cloned()),
            }
        }
    }
    json!(objects)
}

fn with_labels(labels: &[(&'static str, String)], name: &str, value: &MetricValue) -> Value {
    let mut object: Map<_, _> = labels.iter().map(|(label, content)| ((*label).to_owned(), json!(content))).collect();
    object.insert(name.to_owned(), json_of(value));
    Value::Object(object)
}

fn json_of(value: &MetricValue) -> Value {
    match value {
        MetricValue::Number(value) => number(*value),
        MetricValue::Histogram(histogram) => histogram_object(histogram),
    }
}

/// `{"buckets": {"10": 3, "+Inf": 4}, "sum": 57, "count": 4}`; as in the text, each bucket has those before it too.
fn histogram_object(histogram: &Histogram) -> Value {
    let count = histogram.count();
    let finite = histogram.cumulative().map(|(bound, so_far)| (bound.to_string(), json!(so_far)));
    let buckets: Map<_, _> = finite.chain([("+Inf".to_owned(), json!(count))]).collect();
    json!({ "buckets": buckets, "sum": histogram.sum, "count": count })
}

/// A whole number where it is one.
fn number(value: f64) -> Value {
    let is_whole = value.fract() == 0.0 && (0.0..9e15).contains(&value);
    if is_whole { json!(value as u64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_telemetry::MetricPoint;

    #[test]
    fn numbers_are_in_their_parts() {
        let mut ended = MetricFamily::single("emqx_client_disconnected_reason", FamilyKind::Counter, "", 2.0);
        ended.points[0].labels.push(("reason", "normal".to_owned()));
        let families = [
            MetricFamily::single("emqx_packets_sent", FamilyKind::Counter, "", 5.0),
            MetricFamily::single("emqx_vm_cpu_use", FamilyKind::Gauge, "", 1.5),
            MetricFamily::single("emqx_topics_count", FamilyKind::Gauge, "", 3.0),
            ended,
        ];
        assert_eq!(
            parts(&families),
            json!({
                "packets": {"emqx_packets_sent": 5},
                "metrics": {"emqx_vm_cpu_use": 1.5},
                "stats": {"emqx_topics_count": 3},
                "client": {"emqx_client_disconnected_reason": [{"reason": "normal", "emqx_client_disconnected_reason": 2}]},
            })
        );
    }

    #[test]
    fn numbers_with_the_same_labels_are_one_object() {
        let family = |name: &str, value| MetricFamily {
            points: vec![MetricPoint { labels: vec![("id", "a".to_owned())], value }],
            ..MetricFamily::single(name, FamilyKind::Counter, "", 0.0)
        };
        let mut histogram = Histogram::new([10, 100].into());
        (histogram.counts, histogram.sum) = (vec![1, 0, 2], 703);
        let latency = MetricFamily {
            kind: FamilyKind::Histogram,
            points: vec![MetricPoint {
                labels: vec![("name", "total_latency".to_owned())],
                value: MetricValue::Histogram(histogram),
            }],
            ..MetricFamily::single("emqx_authn_latency", FamilyKind::Counter, "", 0.0)
        };
        let families = [family("emqx_authn_total", 3.0.into()), family("emqx_authn_failed", 1.0.into()), latency];
        assert_eq!(
            access_parts(&families),
            json!({
                "emqx_authn": [{"id": "a", "emqx_authn_total": 3, "emqx_authn_failed": 1}],
                "emqx_authz": [],
                "emqx_banned": {},
                "emqx_authn_latency": [{
                    "name": "total_latency",
                    "emqx_authn_latency": {"buckets": {"10": 1, "100": 1, "+Inf": 3}, "sum": 703, "count": 3},
                }],
            })
        );
    }
}
