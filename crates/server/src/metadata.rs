//! Opening the metadata of a node: what people and programs set up while it runs (docs/decisions/0013).

use dunlin_storage::metadata::{MetadataStore, OpenMetadataError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::{info, warn};

/// Below `node.data_dir`.
const FOLDER: &str = "metadata";

/// Begins while a part of the metadata is lost that somebody may have to put right.
const DAMAGE_ALARM: &str = "metadata_damaged";

/// Why a node does not start without its metadata: users who were removed could come in, and those who were made could not.
#[derive(Debug, thiserror::Error)]
#[error("the metadata in {} cannot be opened: {source}", folder.display())]
pub struct MetadataUnavailable {
    folder: PathBuf,
    source: OpenMetadataError,
}

/// Metadata that is open.
pub(crate) struct OpenedMetadata {
    pub(crate) store: Arc<MetadataStore>,
    /// What is lost of it: name and text of an alarm.
    pub(crate) alarm: Option<(&'static str, String)>,
}

/// Opens the metadata of a node; a node that starts for the first time gets some that is empty.
pub(crate) fn open(data_folder: &Path) -> Result<OpenedMetadata, MetadataUnavailable> {
    let folder = data_folder.join(FOLDER);
    let (store, recovery) = match MetadataStore::open_folder(&folder) {
        Ok(opened) => opened,
        Err(source) => return Err(MetadataUnavailable { folder, source }),
    };
    if let Some(cut) = &recovery.cut {
        info!(msg = "metadata_log_tail_cut", at = %cut.at, bytes = cut.bytes);
    }
    for lost in &recovery.quarantined {
        warn!(msg = "metadata_log_damaged", at = %lost.at, bytes = lost.bytes, file = lost.file.as_deref());
    }
    for segments in &recovery.missing {
        warn!(msg = "metadata_log_missing", first = segments.start(), last = segments.end());
    }
    let is_damaged = !(recovery.quarantined.is_empty() && recovery.missing.is_empty());
    let alarm = is_damaged.then(|| {
        let text = format!(
            "{} damaged places and {} missing stretches of the log in {}: changes of users and rules may be lost, and \
             some that were removed be back; look them through",
            recovery.quarantined.len(),
            recovery.missing.len(),
            folder.display()
        );
        (DAMAGE_ALARM, text)
    });
    Ok(OpenedMetadata { store: Arc::new(store), alarm })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_storage::metadata::MetadataError;
    use std::fs;

    #[test]
    fn what_was_written_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(folder.path()).unwrap();
        let added = opened.store.change(|_, batch| {
            batch.set("users", b"ann", b"1");
            Ok::<_, MetadataError>(())
        });
        added.unwrap();
        drop(opened);
        let opened = open(folder.path()).unwrap();
        assert_eq!(opened.store.read(|tables| tables.get("users", b"ann").map(<[u8]>::to_vec)), Some(b"1".to_vec()));
        assert_eq!(opened.alarm, None);
    }

    #[test]
    fn one_folder_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let _first = open(folder.path()).unwrap();
        let error = open(folder.path()).err().expect("an error").to_string();
        assert!(error.contains("metadata") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn a_file_in_its_place_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FOLDER), "").unwrap();
        let error = open(folder.path()).err().expect("an error").to_string();
        assert!(error.contains(&folder.path().join(FOLDER).display().to_string()), "{error}");
    }
}
