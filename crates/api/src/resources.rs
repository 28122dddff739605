//! The resources: one for each thing that can be asked of a node. Each has its objects, the trait by which it asks, and its paths.

pub mod access;
pub mod alarms;
mod api_keys;
pub mod audit;
mod auto_subscribe;
pub mod banned;
pub mod certs;
pub mod clients;
mod cluster;
pub mod configs;
pub mod data;
pub mod delayed;
mod error_codes;
pub mod listeners;
mod login;
pub mod metrics;
pub mod monitor;
pub mod nodes;
mod one_root;
pub mod opentelemetry;
pub mod prometheus;
pub mod publish;
pub mod retainer;
pub mod slow_subscriptions;
pub mod status;
pub mod subscriptions;
pub mod topic_metrics;
mod topic_rewrite;
pub mod topics;
pub mod trace;
mod users;

use crate::api_state::ApiState;
use crate::coverage::is_known_to_emqx;
use crate::documentation;
use crate::guard::{authenticate, every_answer};
use crate::{ErrorCode, Refusal};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

/// Below this is every path.
pub(crate) const BASE: &str = "/api/v5";

/// As EMQX says it.
const PATH_NOT_FOUND: &str = "Request Path Not Found";

/// The largest body of a request where a resource says nothing else, in bytes.
const BODY_BYTES_MAX: usize = 8 << 20;

/// All resources.
fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(documentation::base())
        .merge(access::router())
        .merge(alarms::router())
        .merge(api_keys::router())
        .merge(audit::router())
        .merge(auto_subscribe::router())
        .merge(banned::router())
        .merge(certs::router())
        .merge(clients::router())
        .merge(cluster::router())
        .merge(configs::router())
        .merge(data::router())
        .merge(delayed::router())
        .merge(error_codes::router())
        .merge(listeners::router())
        .merge(login::router())
        .merge(monitor::router())
        .merge(nodes::router())
        .merge(metrics::router())
        .merge(opentelemetry::router())
        .merge(prometheus::router())
        .merge(publish::router())
        .merge(retainer::router())
        .merge(slow_subscriptions::router())
        .merge(status::router())
        .merge(subscriptions::router())
        .merge(topics::router())
        .merge(topic_metrics::router())
        .merge(topic_rewrite::router())
        .merge(trace::router())
        .merge(users::router())
}

/// The OpenAPI document.
#[cfg(test)]
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    all().split_for_parts().1
}

/// Everything that is served; `pages` are what is not of the API.
pub(crate) fn router(state: ApiState, pages: Router) -> Router {
    let (resources, openapi) = all().split_for_parts();
    let resources = resources
        .route_layer(from_fn_with_state(state.clone(), authenticate))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found_below);
    Router::new()
        .nest(BASE, resources)
        .route("/status", get(status::show))
        .merge(documentation::router(openapi))
        .fallback(not_found)
        .with_state(state.clone())
        .merge(pages)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(state, every_answer))
}

/// Of a path below [`BASE`], which is not in the URI any more.
async fn not_found_below(uri: Uri) -> Refusal {
    let path = uri.path();
    let known = is_known_to_emqx(path).then_some("EMQX has such a path, and it is not built here yet");
    Refusal::not_found(not_built(path).or(known).unwrap_or(PATH_NOT_FOUND))
}

async fn not_found() -> Refusal {
    Refusal::not_found(PATH_NOT_FOUND)
}

async fn method_not_allowed(method: Method) -> Refusal {
    Refusal::new(ErrorCode::MethodNotAllowed, format!("{method} is not allowed here"))
}

/// What is said of paths of EMQX behind which there is nothing here.
fn not_built(path: &str) -> Option<&'static str> {
    const MISSING: &[(&[&str], &str)] = &[
        (
            &[
                "rules",
                "rule_test",
                "rule_events",
                "rule_engine",
                "schema_registry",
                "schema_validations",
                "message_transformations",
            ],
            "There is no rule engine here yet",
        ),
        (
            &[
                "connectors",
                "connectors_probe",
                "actions",
                "actions_probe",
                "actions_summary",
                "action_types",
                "sources",
                "sources_probe",
                "sources_summary",
                "source_types",
                "bridges",
            ],
            "There are no connectors here yet",
        ),
        (&["gateways", "gateway"], "There are no gateways here yet"),
        (&["plugins", "exhooks"], "There are no plug-ins here yet"),
        (&["queues", "queue", "streams", "stream"], "There are no message queues here yet"),
        (&["sso"], "There is no single sign-on here yet"),
        (&["license"], "There are no licences here: nothing needs one"),
        (&["mt"], "There are no namespaces here yet"),
        (&["cluster"], "A node has no cluster to join here yet"),
        (&["ds"], "Durable sessions have no replicas to look at here yet"),
    ];
    if path.starts_with("/listeners/") && path.contains("/authentication") {
        return Some("Authenticators of a listener are part of it, as in EMQX since 5.1: PUT /listeners/ID");
    }
    let first = path.trim_start_matches('/').split('/').next()?;
    MISSING.iter().find(|(names, _)| names.contains(&first)).map(|(_, message)| *message)
}
