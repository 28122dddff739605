//! Whether access control can be what a configuration says, while no node runs or another one does.

use super::{AccessError, NodeAccess};
use crate::Background;
use dunlin_config::Config;
use dunlin_storage::metadata::MetadataStore;
use std::sync::Arc;

/// Reads the files that a configuration names for access control, and nothing else: what would keep a node from starting. Users and
/// rules that a node keeps itself are not looked at, because they are those of a node that may run.
pub(crate) fn check(config: &Config) -> Result<(), AccessError> {
    let failed = |problem: &dyn std::fmt::Display| AccessError::new("authentication", problem);
    let folder = tempfile::tempdir().map_err(|error| failed(&error))?;
    let (metadata, _) = MetadataStore::open_folder(folder.path()).map_err(|error| failed(&error))?;
    NodeAccess::new(Arc::new(Background::default()), Arc::new(metadata), config)?.check(config)
}
