//! The OpenAPI document, made from the code of the resources, and a page that shows it.

use crate::api_state::ApiState;
use crate::guard::{is_open, may_be_open};
use crate::refusal::ErrorBody;
use crate::resources::BASE;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

const PAGE: &str = include_str!("documentation/page.html");
const SCRIPT: &str = include_str!("documentation/page.js");
const STYLE: &str = include_str!("documentation/page.css");

/// The page gets everything from here.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Answers that any operation can have, made before its resource is reached.
const COMMON: &[(&str, &str)] = &[
    ("400", "The request is not understood, or what it wishes is not possible."),
    ("405", "The path is there, but not with this method."),
    ("413", "The body is too large."),
    ("415", "The body has a type that is not understood here."),
    ("503", "The node cannot answer now."),
];

/// Answers of operations that want to know who asks.
const OF_GUARDED: &[(&str, &str)] =
    &[("401", "The request does not say who asks, or that is not right."), ("403", "Whoever asks may not.")];

/// The document without any operation.
pub(crate) fn base() -> OpenApi {
    let info = InfoBuilder::new().title("Dunlin API").version(env!("CARGO_PKG_VERSION"));
    OpenApiBuilder::new().info(info.build()).servers(Some([Server::new(BASE)])).build()
}

/// Adds what all operations have in common.
fn complete(openapi: &mut OpenApi) {
    let components = openapi.components.get_or_insert_with(Components::new);
    components.add_security_scheme("basicAuth", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    components.add_security_scheme("bearerAuth", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.schemas.insert(ErrorBody::name().into_owned(), ErrorBody::schema());
    for (path, item) in &mut openapi.paths.paths {
        let (is_open, may_be_open) = (is_open(path), may_be_open(path));
        for operation in operations(item) {
            complete_operation(operation, is_open);
            if let Some(required) = operation.security.as_mut().filter(|_| may_be_open) {
                required.push(SecurityRequirement::default());
            }
        }
    }
}

fn complete_operation(operation: &mut Operation, is_open: bool) {
    let guarded = if is_open { &[] } else { OF_GUARDED };
    for (status, description) in COMMON.iter().chain(guarded) {
        let responses = &mut operation.responses.responses;
        let response = ResponseBuilder::new().description(*description).build();
        responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
    }
    // Every answer that is an error looks the same, unless its resource says otherwise.
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            let schema = Ref::from_schema_name(ErrorBody::name().into_owned());
            response.content.insert("application/json".to_owned(), RefOr::T(Content::new(Some(schema))));
        }
    }
    if !is_open {
        let requirement = |name: &str| SecurityRequirement::new::<&str, [&str; 0], &str>(name, []);
        operation.security = Some(vec![requirement("basicAuth"), requirement("bearerAuth")]);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, .. } = item;
    [get, put, post, delete].into_iter().flatten()
}

/// The document and the page.
pub(crate) fn router(mut openapi: OpenApi) -> Router<ApiState> {
    complete(&mut openapi);
    // It is made of names and texts of this program: there is nothing that cannot be written.
    let document = Bytes::from(openapi.to_json().unwrap_or_default());
    let document = move || async move { ([(header::CONTENT_TYPE, "application/json")], document) };
    Router::new()
        .route("/api-spec.json", get(document))
        .route("/api-docs", get(|| page("text/html; charset=utf-8", PAGE)))
        .route("/api-docs/index.html", get(|| page("text/html; charset=utf-8", PAGE)))
        .route("/api-spec.html", get(|| page("text/html; charset=utf-8", PAGE)))
        .route("/api-docs/page.js", get(|| page("text/javascript; charset=utf-8", SCRIPT)))
        .route("/api-docs/page.css", get(|| page("text/css; charset=utf-8", STYLE)))
}

async fn page(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)], text)
}

#[cfg(test)]
mod tests {
    use crate::resources;
    use serde_json::Value;

    fn collect_references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                into.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| collect_references(value, into));
            }
            Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
            _ => {}
        }
    }

    #[test]
    fn what_is_referred_to_is_there() {
        let document = serde_json::to_value(resources::document()).unwrap();
        let mut references = Vec::new();
        collect_references(&document, &mut references);
        assert!(!references.is_empty());
        references.retain(|reference| document.pointer(reference.trim_start_matches('#')).is_none());
        assert_eq!(references, [""; 0], "nowhere");
    }
}
