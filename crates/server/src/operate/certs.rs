//! Bundles of certificates of this node.

use super::OperatedNode;
use super::operated_node::refusal;
use crate::calendar::{now, rfc3339};
use crate::certificate_bundles::{BundleError, BundleId};
use crate::configuration::What;
use crate::listening::Certificates;
use crate::node::Node;
use dunlin_api::certs::{BundleCertificate, BundleDetails, BundleName, BundleParts, Certs, Kind};
use dunlin_api::{ErrorCode, Refusal};
use dunlin_tls::{BundleFile, CertificateSummary, PemSource};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tracing::{info, warn};

/// Where the configuration names bundles.
const KEY: &str = "managed_certs";

impl OperatedNode {
    fn certificates(&self) -> Result<Arc<Certificates>, Refusal> {
        let found = self.node.with_server(|server| Arc::clone(server.certificates()));
        found.map_err(|error| refusal(&error))
    }

    /// What is configured, without what counts by itself.
    fn configured(&self) -> Result<Value, Refusal> {
        let set = self.running()?.configuration.show(None, What::Set);
        Ok(set.map_err(|error| Refusal::internal(error.to_string()))?.values)
    }

    /// Refuses to take away what the configuration names.
    fn refuse_used(&self, id: BundleId<'_>) -> Result<(), Refusal> {
        let found = references(&self.configured()?, id);
        if found.is_empty() {
            return Ok(());
        }
        let message = "Cannot delete file or bundle while configurations are depending on it";
        Err(Refusal::bad_request(message).with_field("referencing_configs", json!({"global": found})))
    }

    /// Has what is in bundles now used where the configuration names them. Says what could not be.
    fn use_bundles(&self) -> Result<Vec<String>, Refusal> {
        let mut failed = self.certificates()?.check_files().failed;
        // Back ends are asked with certificates, too.
        let config = self.node.with_config(Clone::clone);
        failed.extend(Node::apply(&*self.node, &config, &[]).failed);
        Ok(failed)
    }
}

impl Certs for OperatedNode {
    fn bundles(&self, namespace: Option<&str>) -> Result<Vec<String>, Refusal> {
        self.certificates()?.bundles().list(namespace).map_err(|error| refused(&error))
    }

    fn bundle(&self, bundle: &BundleName) -> Result<Vec<(Kind, PathBuf)>, Refusal> {
        let id = id_of(bundle)?;
        let files = self.certificates()?.bundles().files(id).map_err(|error| refused(&error))?;
        Ok(files.into_iter().map(|(file, path)| (kind_of(file), path)).collect())
    }

    fn bundle_details(&self, bundles: &[BundleName]) -> Result<Vec<BundleDetails>, Refusal> {
        let (certificates, configured) = (self.certificates()?, self.configured()?);
        let details = |bundle| {
            let id = id_of(bundle)?;
            let files = certificates.bundles().files(id).unwrap_or_default();
            let chain = files.get(&BundleFile::Chain).cloned().map(PemSource::File);
            let summary = chain.and_then(|chain| CertificateSummary::read(&chain, now()).ok());
            Ok(BundleDetails {
                files: files.into_keys().map(kind_of).collect(),
                referencing_configs: references(&configured, id),
                certificate: summary.map(certificate_of),
            })
        };
        bundles.iter().map(details).collect()
    }

    fn put_bundle(&self, bundle: &BundleName, parts: BundleParts) -> Result<(), Refusal> {
        let id = id_of(bundle)?;
        let parts = parts.into_iter().map(|(kind, text)| (file_of(kind), text)).collect();
        let warnings = self.certificates()?.bundles().put(id, &parts).map_err(|error| refused(&error))?;
        let (name, namespace) = (id.name(), id.namespace());
        info!(msg = "certificate_bundle_changed", bundle = name, namespace);
        for reason in warnings {
            warn!(msg = "certificate_warning", bundle = name, namespace, reason);
        }
        let failed = self.use_bundles()?;
        if failed.is_empty() {
            return Ok(());
        }
        let reasons = failed.join("; ");
        Err(Refusal::new(ErrorCode::UpdateFailed, format!("The bundle is kept, but not in effect: {reasons}")))
    }

    fn delete_bundle(&self, bundle: &BundleName, kind: Option<Kind>) -> Result<(), Refusal> {
        let id = id_of(bundle)?;
        self.refuse_used(id)?;
        let deleted = self.certificates()?.bundles().delete(id, kind.map(file_of));
        deleted.map_err(|error| refused(&error))?;
        info!(msg = "certificate_bundle_deleted", bundle = id.name(), namespace = id.namespace(), ?kind);
        Ok(())
    }
}

fn id_of(bundle: &BundleName) -> Result<BundleId<'_>, Refusal> {
    BundleId::new(bundle.namespace.as_deref(), &bundle.name).map_err(|error| refused(&error))
}

fn refused(error: &BundleError) -> Refusal {
    let code = match error {
        BundleError::NotFound => ErrorCode::NotFound,
        BundleError::File { .. } => ErrorCode::InternalError,
        _ => ErrorCode::BadRequest,
    };
    Refusal::new(code, error.to_string())
}

fn certificate_of(summary: CertificateSummary) -> BundleCertificate {
    let CertificateSummary { subject, names, not_after } = summary;
    BundleCertificate { subject, names, not_after: rfc3339(not_after) }
}

/// The places of the configuration that name a bundle, without the parts that all of them end with.
fn references(configured: &Value, id: BundleId<'_>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect_references(configured, id, &mut Vec::new(), &mut found);
    found
}

fn collect_references(value: &Value, id: BundleId<'_>, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| ((index + 1).to_string(), item)).collect(),
        _ => return,
    };
    for (key, child) in children {
        if key != KEY {
            path.push(key);
            collect_references(child, id, path, found);
            path.pop();
        } else if names(child, id) {
            let is_tls = path.last().is_some_and(|last| matches!(&**last, "ssl" | "ssl_options"));
            found.push(path.iter().take(path.len() - usize::from(is_tls)).cloned().collect());
        }
    }
}

/// Whether an entry of `managed_certs`, or one of several, is this bundle.
fn names(value: &Value, id: BundleId<'_>) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(entry) => {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text("bundle_name") == Some(id.name()) && text("namespace") == id.namespace()
        }
        _ => false,
    }
}

const fn file_of(kind: Kind) -> BundleFile {
    match kind {
        Kind::Key => BundleFile::Key,
        Kind::Chain => BundleFile::Chain,
        Kind::Ca => BundleFile::Authorities,
        Kind::AccKey => BundleFile::AccountKey,
        Kind::KeyPassword => BundleFile::KeyPassword,
    }
}

const fn kind_of(file: BundleFile) -> Kind {
    match file {
        BundleFile::Key => Kind::Key,
        BundleFile::Chain => Kind::Chain,
        BundleFile::Authorities => Kind::Ca,
        BundleFile::AccountKey => Kind::AccKey,
        BundleFile::KeyPassword => Kind::KeyPassword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_names_a_bundle_is_found() {
        let set = json!({
            "listeners": {
                "ssl": {"default": {"ssl_options": {"managed_certs": {"bundle_name": "a"}}}},
                "wss": {"default": {"ssl_options": {"managed_certs": [{"bundle_name": "b"}, {"bundle_name": "a", "namespace": ""}]}}},
                "quic": {"default": {"ssl_options": {"managed_certs": [{"bundle_name": "a", "namespace": "n"}]}}}
            },
            "authentication": [{"ssl": {"managed_certs": {"bundle_name": "a"}}}],
            "description": {"bundle_name": "a"}
        });
        let references = |namespace, name| {
            let found = super::references(&set, BundleId::new(namespace, name).unwrap());
            found.into_iter().map(|path| path.join(".")).collect::<Vec<_>>()
        };
        assert_eq!(references(None, "a"), ["authentication.1", "listeners.ssl.default", "listeners.wss.default"]);
        assert_eq!(references(Some("n"), "a"), ["listeners.quic.default"]);
        assert_eq!(references(None, "c"), [""; 0]);
    }
}
