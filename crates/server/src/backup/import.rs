//! Import of an archive into a node that runs: everything is looked at before anything is changed.

use super::archive::read_archive;
use super::contents::{Contents, Product};
use super::{BackupError, check_rows};
use crate::banned::now_secs;
use crate::configuration::{ChangeMode, What};
use crate::control::Running;
use crate::logging::Logs;
use dunlin_hocon::{Reader, Value, write};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Roots of the configuration that belong to a node and its place.
const OF_ANOTHER_NODE: [&str; 3] = ["cluster", "node", "rpc"];

/// Files of the configuration are for the owner: keys are among them.
const MODE: u32 = 0o600;

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    /// `emqx 5.8.6` or `dunlin 0.1.0`.
    pub(crate) origin: String,
    /// Roots of the configuration.
    pub(crate) roots: Vec<String>,
    /// Entries of the tables, by set.
    pub(crate) entries: BTreeMap<&'static str, usize>,
    /// Files below the data folder.
    pub(crate) files: usize,
    /// What of it nothing can be done with here, in words.
    pub(crate) left_out: Vec<String>,
    /// What should be in effect and is not; keys that wait for a restart.
    pub(crate) warnings: Vec<String>,
}

/// Imports an archive: its entries and keys come over those that are there, others stay.
///
/// # Errors
/// [`BackupError`]; nothing has changed then, unless it is the disk that failed.
pub(crate) fn import(running: &Running, logs: &Logs, data_dir: &Path, archive: &[u8]) -> Result<Imported, BackupError> {
    let Contents { product, version, configuration, rows, files, mut left_out } = read_archive(archive)?;
    check_rows(&rows, now_secs())?;
    let name = if product == Product::Dunlin { "dunlin" } else { "emqx" };
    let mut imported = Imported { origin: format!("{name} {version}"), ..Imported::default() };
    let configuration = configuration.map(|text| usable_roots(running, &text, &mut left_out)).transpose()?;
    let files = Files::write(data_dir, files)?;
    if let Some((text, roots)) = configuration.filter(|(_, roots)| !roots.is_empty()) {
        let loaded = running.configuration.load(("cluster.hocon", &text), ChangeMode::Merge, &*running.node, logs);
        let report = match loaded {
            Ok(report) => report,
            Err(error) => {
                files.take_back();
                return Err(BackupError::Refused(error.to_string()));
            }
        };
        imported.roots = roots;
        imported.warnings = report.failed;
        imported.warnings.extend(report.restart.iter().map(|key| format!("`{key}` is in effect after a restart")));
    }
    imported.files = files.count();
    running.node.import_tables(&rows).map_err(|error| BackupError::Refused(error.to_string()))?;
    for row in &rows {
        *imported.entries.entry(row.set.as_str()).or_default() += 1;
    }
    imported.left_out = left_out;
    Ok(imported)
}

/// The configuration without what is not for this node, and its roots.
fn usable_roots(
    running: &Running,
    text: &str,
    left_out: &mut Vec<String>,
) -> Result<(String, Vec<String>), BackupError> {
    let malformed = |error: &dyn std::fmt::Display| BackupError::Malformed(error.to_string());
    let mut tree = Reader::new().read("cluster.hocon", text).map_err(|error| malformed(&error))?;
    let known = running.configuration.roots(What::Effective);
    let (mut roots, mut unknown) = (Vec::new(), Vec::new());
    if let Value::Object(fields) = &mut tree.value {
        fields.retain(|root, _| {
            let is_usable = known.contains(root) && !OF_ANOTHER_NODE.contains(&root.as_str());
            if is_usable {
                roots.push(root.clone());
            } else {
                unknown.push(root.clone());
            }
            is_usable
        });
    }
    if !unknown.is_empty() {
        left_out.push(format!("of the configuration: {}", unknown.join(", ")));
    }
    Ok((write(&tree), roots))
}

/// Files that were written, with what was there before.
struct Files {
    written: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Files {
    fn write(data_dir: &Path, files: BTreeMap<PathBuf, Vec<u8>>) -> Result<Self, BackupError> {
        let mut written = Self { written: Vec::new() };
        for (below, content) in files {
            let path = data_dir.join(&below);
            let before = match fs::read(&path) {
                Ok(before) if before == content => continue,
                before => before.ok(),
            };
            let result = check_folders(data_dir, &below).and_then(|()| put(&path, &content));
            if let Err(error) = result {
                written.take_back();
                return Err(error);
            }
            written.written.push((path, before));
        }
        Ok(written)
    }

    fn count(&self) -> usize {
        self.written.len()
    }

    /// As it was before. What cannot be put back is not named by any configuration that is in effect.
    fn take_back(self) {
        for (path, before) in self.written.into_iter().rev() {
            let _ = match before {
                Some(before) => put(&path, &before),
                None => fs::remove_file(&path).map_err(BackupError::of_file(&path)),
            };
        }
    }
}

/// No folder on the way may lead somewhere else.
fn check_folders(data_dir: &Path, below: &Path) -> Result<(), BackupError> {
    let mut path = data_dir.to_owned();
    for part in below {
        path.push(part);
        if path.symlink_metadata().is_ok_and(|facts| facts.is_symlink()) {
            return Err(BackupError::Refused(format!("{} is a link: nothing is written through it", path.display())));
        }
    }
    Ok(())
}

fn put(path: &Path, content: &[u8]) -> Result<(), BackupError> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(BackupError::of_file(path))
}
