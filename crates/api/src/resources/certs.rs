//! Bundles of certificates that listeners and back ends can name (`managed_certs`). A key is taken and never given back.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::multipart_file::MultipartFile;
use crate::path_part::PathPart;
use crate::query::Query;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a bundle is to have.
pub type BundleParts = BTreeMap<Kind, String>;

/// Bundles of a node.
pub trait Certs {
    /// The names of all bundles of a namespace, or of those for everybody.
    ///
    /// # Errors
    /// A [`Refusal`] where the namespace can be no name.
    fn bundles(&self, namespace: Option<&str>) -> Result<Vec<String>, Refusal>;

    /// What is known of each of these bundles, in their order; of one that has gone in between, nothing.
    ///
    /// # Errors
    /// A [`Refusal`] where the node is not there.
    fn bundle_details(&self, bundles: &[BundleName]) -> Result<Vec<BundleDetails>, Refusal>;

    /// Where the files of a bundle are.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none such.
    fn bundle(&self, bundle: &BundleName) -> Result<Vec<(Kind, PathBuf)>, Refusal>;

    /// Puts parts into a bundle, which is made where there is none. They are used at once wherever it is named.
    ///
    /// # Errors
    /// A [`Refusal`] where they cannot be used; nothing has changed then.
    fn put_bundle(&self, bundle: &BundleName, parts: BundleParts) -> Result<(), Refusal>;

    /// Removes a bundle, or a part of it.
    ///
    /// # Errors
    /// A [`Refusal`] where the configuration names it.
    fn delete_bundle(&self, bundle: &BundleName, kind: Option<Kind>) -> Result<(), Refusal>;
}

/// What a bundle is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleName {
    /// Its namespace; `None`: it is for everybody.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// A part of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The private key.
    Key,
    /// The certificate, followed by the intermediate ones.
    Chain,
    /// Certificates of authorities.
    Ca,
    /// The key of an ACME account.
    AccKey,
    /// The password of the private key.
    KeyPassword,
}

/// What is known of a bundle besides its name.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct BundleDetails {
    /// Which parts it has.
    pub files: Vec<Kind>,
    /// Where the configuration names it. While it does, the bundle cannot be removed.
    #[schema(example = json!([["listeners", "ssl", "default"]]))]
    pub referencing_configs: Vec<Vec<String>>,
    /// Its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<BundleCertificate>,
}

/// The certificate of a bundle, without the intermediate ones.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BundleCertificate {
    /// Its subject, the last part first.
    #[schema(example = "CN=mqtt.example.com,O=Example")]
    pub subject: String,
    /// The host names it is for.
    #[schema(example = json!(["mqtt.example.com"]))]
    pub names: Vec<String>,
    /// When it stops being valid, RFC 3339.
    #[schema(example = "2027-03-01T00:00:00.000+00:00")]
    pub not_after: String,
}

/// A bundle.
#[derive(Serialize, ToSchema)]
struct BundleObject {
    /// Its name.
    #[schema(example = "example.com")]
    name: String,
    /// Where `details` were wanted.
    #[serde(flatten)]
    details: Option<BundleDetails>,
}

/// How much is wanted of each.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Also what is in it, who names it, and until when its certificate is valid.
    #[serde(default)]
    details: bool,
}

/// A file of a bundle.
#[derive(Serialize, ToSchema)]
struct BundleFileObject {
    /// Where it is on the node.
    #[schema(example = "/var/lib/dunlin/certs2/global/example.com/chain.pem")]
    path: String,
}

/// Files of a bundle, each in PEM form but the password. Those that are not sent stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct BundleBody {
    /// The private key.
    key: Option<String>,
    /// The certificate, followed by the intermediate ones.
    chain: Option<String>,
    /// Certificates of authorities.
    ca: Option<String>,
    /// The key of an ACME account.
    acc_key: Option<String>,
    /// The password of the private key.
    key_password: Option<String>,
}

/// What is to be removed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct KindQuery {
    /// Only this part; absent: all of it.
    #[param(inline)]
    kind: Option<Kind>,
}

type Files = BTreeMap<Kind, BundleFileObject>;

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_global))
        .routes(routes!(show_global, put_global, delete_global))
        .routes(routes!(list_of_namespace))
        .routes(routes!(show_of_namespace, put_of_namespace, delete_of_namespace))
}

/// All bundles that are for everybody.
#[utoipa::path(get, path = "/certs/global/list", tag = "TLS Management", params(ListQuery),
    responses((status = 200, body = Vec<BundleObject>)))]
async fn list_global(
    State(state): State<ApiState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<BundleObject>>, Refusal> {
    list(&state, None, &query).await
}

/// Where the files of a bundle are.
#[utoipa::path(get, path = "/certs/global/name/{name}", tag = "TLS Management", params(("name" = String, Path, description = "Its name.")),
    responses((status = 200, body = BTreeMap<String, BundleFileObject>), (status = 404, description = "There is none such.")))]
async fn show_global(State(state): State<ApiState>, PathPart(name): PathPart<String>) -> Result<Json<Files>, Refusal> {
    show(&state, BundleName { namespace: None, name }).await
}

/// Make a bundle, or change files of it. Listeners that name it show what is in it from now on; their connections stay.
#[utoipa::path(post, path = "/certs/global/name/{name}", tag = "TLS Management", params(("name" = String, Path, description = "Its name.")),
    request_body(content((BundleBody = "application/json"), (BundleBody = "multipart/form-data"))),
    responses((status = 204, description = "Done."), (status = 400, description = "It cannot be used; nothing has changed.")))]
async fn put_global(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    put(&state, BundleName { namespace: None, name }, &headers, &body).await
}

/// Remove a bundle, or a file of it. One that the configuration names cannot be removed.
#[utoipa::path(delete, path = "/certs/global/name/{name}", tag = "TLS Management",
    params(("name" = String, Path, description = "Its name."), KindQuery),
    responses((status = 204, description = "Done, or it was not there."), (status = 400, description = "The configuration names it.")))]
async fn delete_global(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
    Query(query): Query<KindQuery>,
) -> Result<StatusCode, Refusal> {
    delete(&state, BundleName { namespace: None, name }, query.kind).await
}

/// All bundles of a namespace.
#[utoipa::path(get, path = "/certs/ns/{namespace}/list", tag = "TLS Management",
    params(("namespace" = String, Path, description = "The namespace."), ListQuery),
    responses((status = 200, body = Vec<BundleObject>)))]
async fn list_of_namespace(
    State(state): State<ApiState>,
    PathPart(namespace): PathPart<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<BundleObject>>, Refusal> {
    list(&state, Some(namespace), &query).await
}

/// Where the files of a bundle of a namespace are.
#[utoipa::path(get, path = "/certs/ns/{namespace}/name/{name}", tag = "TLS Management",
    params(("namespace" = String, Path, description = "The namespace."), ("name" = String, Path, description = "Its name.")),
    responses((status = 200, body = BTreeMap<String, BundleFileObject>), (status = 404, description = "There is none such.")))]
async fn show_of_namespace(
    State(state): State<ApiState>,
    PathPart((namespace, name)): PathPart<(String, String)>,
) -> Result<Json<Files>, Refusal> {
    show(&state, BundleName { namespace: Some(namespace), name }).await
}

/// Make a bundle of a namespace, or change files of it.
#[utoipa::path(post, path = "/certs/ns/{namespace}/name/{name}", tag = "TLS Management",
    params(("namespace" = String, Path, description = "The namespace."), ("name" = String, Path, description = "Its name.")),
    request_body(content((BundleBody = "application/json"), (BundleBody = "multipart/form-data"))),
    responses((status = 204, description = "Done."), (status = 400, description = "It cannot be used; nothing has changed.")))]
async fn put_of_namespace(
    State(state): State<ApiState>,
    PathPart((namespace, name)): PathPart<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    put(&state, BundleName { namespace: Some(namespace), name }, &headers, &body).await
}

/// Remove a bundle of a namespace, or a file of it.
#[utoipa::path(delete, path = "/certs/ns/{namespace}/name/{name}", tag = "TLS Management",
    params(("namespace" = String, Path, description = "The namespace."), ("name" = String, Path, description = "Its name."), KindQuery),
    responses((status = 204, description = "Done, or it was not there."), (status = 400, description = "The configuration names it.")))]
async fn delete_of_namespace(
    State(state): State<ApiState>,
    PathPart((namespace, name)): PathPart<(String, String)>,
    Query(query): Query<KindQuery>,
) -> Result<StatusCode, Refusal> {
    delete(&state, BundleName { namespace: Some(namespace), name }, query.kind).await
}

async fn list(
    state: &ApiState,
    namespace: Option<String>,
    &ListQuery { details }: &ListQuery,
) -> Result<Json<Vec<BundleObject>>, Refusal> {
    let bundles = state.ask(move |node| {
        let names = node.bundles(namespace.as_deref())?;
        let named = |name| BundleName { namespace: namespace.clone(), name };
        let bundles: Vec<BundleName> = names.into_iter().map(named).collect();
        let known = if details { node.bundle_details(&bundles)?.into_iter().map(Some).collect() } else { Vec::new() };
        let known = known.into_iter().chain(std::iter::repeat(None));
        Ok(bundles
            .into_iter()
            .zip(known)
            .map(|(bundle, details)| BundleObject { name: bundle.name, details })
            .collect())
    });
    Ok(Json(bundles.await?))
}

async fn show(state: &ApiState, bundle: BundleName) -> Result<Json<Files>, Refusal> {
    let files = state.ask(move |node| node.bundle(&bundle)).await?;
    let object = |path: PathBuf| BundleFileObject { path: path.display().to_string() };
    Ok(Json(files.into_iter().map(|(kind, path)| (kind, object(path))).collect()))
}

async fn put(state: &ApiState, bundle: BundleName, headers: &HeaderMap, body: &Bytes) -> Result<StatusCode, Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts = read_parts(content_type, body)?;
    state.ask(move |node| node.put_bundle(&bundle, parts)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(state: &ApiState, bundle: BundleName, kind: Option<Kind>) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.delete_bundle(&bundle, kind)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Parts without anything in them were not filled in.
fn read_parts(content_type: &str, body: &[u8]) -> Result<BundleParts, Refusal> {
    let body = if content_type.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        read_form(content_type, body)?
    } else {
        // The message of the parser quotes what it does not like, which may be a key.
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = format!(
                "The body is no object of texts `key`, `chain`, `ca`, `acc_key`, `key_password`: look at line {line}, column {column}"
            );
            Refusal::bad_request(message)
        })?
    };
    let BundleBody { key, chain, ca, acc_key, key_password } = body;
    let all = [
        (Kind::Key, key),
        (Kind::Chain, chain),
        (Kind::Ca, ca),
        (Kind::AccKey, acc_key),
        (Kind::KeyPassword, key_password),
    ];
    let sent = all.into_iter().filter_map(|(kind, text)| Some((kind, text.filter(|text| !text.is_empty())?)));
    let parts: BundleParts = sent.collect();
    if parts.is_empty() { Err(Refusal::bad_request("must include at least one file kind")) } else { Ok(parts) }
}

fn read_form(content_type: &str, body: &[u8]) -> Result<BundleBody, Refusal> {
    let mut missing = None;
    let mut part = |field: &str| match MultipartFile::read(content_type, body, field) {
        Ok(file) => match std::str::from_utf8(file.bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(Refusal::bad_request(format!("{field}: it is no text"))),
        },
        Err(refusal) => {
            missing = Some(refusal);
            Ok(None)
        }
    };
    let read = BundleBody {
        key: part("key")?,
        chain: part("chain")?,
        ca: part("ca")?,
        acc_key: part("acc_key")?,
        key_password: part("key_password")?,
    };
    // What is wrong with the form as a whole is wrong with every part of it.
    match missing.filter(|refusal| refusal.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE) {
        Some(refusal) => Err(refusal),
        None => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_as_json_or_as_files() {
        let json = read_parts("application/json", br#"{"key": "k", "chain": "c", "ca": "", "acc_key": null}"#).unwrap();
        assert_eq!(json, BundleParts::from([(Kind::Key, "k".into()), (Kind::Chain, "c".into())]));
        let form = b"--xy\r\nContent-Disposition: form-data; name=\"ca\"; filename=\"ca.pem\"\r\n\r\nc\r\n--xy\r\n\
            Content-Disposition: form-data; name=\"key_password\"; filename=\"p\"\r\n\r\ns\r\n--xy--\r\n";
        let form = read_parts("multipart/form-data; boundary=xy", form).unwrap();
        assert_eq!(form, BundleParts::from([(Kind::Ca, "c".into()), (Kind::KeyPassword, "s".into())]));
    }

    #[test]
    fn what_is_no_bundle_is_refused_without_being_quoted() {
        for body in [&b"{}"[..], b"", b"[]", br#"{"key": 5}"#, br#"{"kee": "SECRET"}"#, br#"{"key": ["SECRET"]}"#] {
            let refusal = read_parts("application/json", body).unwrap_err();
            assert_eq!(refusal.status(), 400);
            assert!(!refusal.message().to_string().contains("SECRET"), "{refusal:?}");
        }
        assert_eq!(read_parts("multipart/form-data", b"x").unwrap_err().status(), 415);
        let message = read_parts("", b"{}").unwrap_err().message().clone();
        assert_eq!(message, "must include at least one file kind");
    }
}
