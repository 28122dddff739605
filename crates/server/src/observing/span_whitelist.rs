//! Clients and topics of which there are spans whatever the share is. On disk, in the metadata store.

use dunlin_api::opentelemetry::WhitelistType;
use dunlin_storage::metadata::{MetadataError, MetadataStore};
use std::sync::Arc;

/// Clients and topics of which there are spans whatever the share is.
pub(super) struct SpanWhitelist {
    store: Arc<MetadataStore>,
}

impl SpanWhitelist {
    pub(super) const fn new(store: Arc<MetadataStore>) -> Self {
        Self { store }
    }

    /// All of a kind, in the order of their bytes.
    pub(super) fn list(&self, kind: WhitelistType) -> Vec<String> {
        let text = |(key, _): (&[u8], &[u8])| String::from_utf8_lossy(key).into_owned();
        self.store.read(|tables| tables.entries(table(kind), b"").map(text).collect())
    }

    /// These take the place of all of a kind, and are on disk then.
    pub(super) fn replace(&self, kind: WhitelistType, names: &[String]) -> Result<(), MetadataError> {
        self.store.change(|_, batch| {
            batch.clear(table(kind));
            for name in names {
                batch.set(table(kind), name.as_bytes(), b"");
            }
            Ok(())
        })
    }
}

const fn table(kind: WhitelistType) -> &'static str {
    match kind {
        WhitelistType::Clientid => "opentelemetry_clientid",
        WhitelistType::Topic => "opentelemetry_topic",
    }
}
