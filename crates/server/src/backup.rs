//! Export of what a node was set up with into an archive, and import of such an archive: its own, or one of EMQX 5.
//!
//! ```text
//! dunlin-export-2026.08.07.10.00.00.000/META.hocon        product and version
//!                                      /cluster.hocon     configuration, but for `node`, `rpc` and `cluster`
//!                                      /tables/banned.ndjson  {"table":…,"key":…,"value":…}, keys and values in base64
//!                                      /authz/…, /certs/…  files below the data folder that the configuration may name
//! ```
//!
//! Sessions, retained and delayed messages are not in it, as in EMQX.

mod archive;
mod backup_error;
mod contents;
mod folder;
mod import;
mod table_set;

pub(crate) use backup_error::BackupError;
pub(crate) use folder::{BackupFile, BackupFolder, read_archive_file};
pub(crate) use import::import;
pub(crate) use table_set::{StoredRow, TableSet, bans};
use table_set::{check_rows, read_rows};

use crate::control::Running;
use crate::{calendar, node::NodeError};
use archive::{read_archive, write_archive};
use contents::{Contents, Product};
use std::path::Path;

/// What is exported; everything where nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) root_keys: Option<Vec<String>>,
    pub(crate) table_sets: Option<Vec<String>>,
}

/// Whether these bytes are an archive that could be imported, as far as that can be said without a node.
///
/// # Errors
/// [`BackupError`].
pub(crate) fn check_archive(archive: &[u8]) -> Result<(), BackupError> {
    read_archive(archive).map(drop)
}

/// Writes an archive into the folder of backups.
///
/// # Errors
/// [`BackupError`]; no archive is there then.
pub(crate) fn export(running: &Running, data_dir: &Path, wanted: &Wanted) -> Result<BackupFile, BackupError> {
    let sets = match &wanted.table_sets {
        None => TableSet::ALL.to_vec(),
        Some(names) => names.iter().map(|name| TableSet::parse(name)).collect::<Result<_, _>>()?,
    };
    let configuration = running.configuration.export(wanted.root_keys.as_deref());
    let configuration = configuration.map_err(|error| BackupError::Refused(error.to_string()))?;
    let metadata = running.node.metadata().map_err(|error: NodeError| BackupError::Refused(error.to_string()))?;
    let contents = Contents {
        product: Product::Dunlin,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        configuration: Some(configuration),
        rows: read_rows(&metadata, &sets),
        files: contents::files_below(data_dir)?,
        left_out: Vec::new(),
    };
    let stem = format!("dunlin-export-{}", calendar::file_stamp(calendar::now()));
    let archive = write_archive(&stem, &contents)?;
    BackupFolder::below(data_dir).keep(&format!("{stem}.tar.gz"), &archive)
}
