//! `data.*`: backups, for whoever has the machine.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::backup::{self, BackupFolder, Wanted, read_archive_file};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    root_keys: Option<Vec<String>>,
    table_sets: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    /// The name of a backup, or the path of any archive.
    file: PathBuf,
}

pub(super) fn export(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Export { root_keys, table_sets } = arguments(given)?;
    let data_dir = running.configuration.data_dir();
    let file =
        backup::export(running, &data_dir, &Wanted { root_keys, table_sets }).map_err(|error| error.to_string())?;
    let path = file.path.canonicalize().unwrap_or(file.path);
    Ok(json!({"filename": file.name, "path": path, "size": file.bytes, "created_at_sec": file.created_at}))
}

pub(super) fn import(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Import { file } = arguments(given)?;
    let data_dir = running.configuration.data_dir();
    let is_name = file.parent() == Some(Path::new(""));
    let archive = match file.to_str().filter(|_| is_name) {
        Some(name) => BackupFolder::below(&data_dir).read(name),
        None => read_archive_file(&file),
    };
    let archive = archive.map_err(|error| error.to_string())?;
    let imported = backup::import(running, &answerer.logs, &data_dir, &archive).map_err(|error| error.to_string())?;
    Ok(json!({
        "origin": imported.origin, "roots": imported.roots, "entries": imported.entries, "files": imported.files,
        "left_out": imported.left_out, "warnings": imported.warnings
    }))
}

pub(super) fn list(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let files = BackupFolder::below(&running.configuration.data_dir()).list();
    let shown = |file: backup::BackupFile| json!({"filename": file.name, "size": file.bytes, "created_at_sec": file.created_at});
    Ok(files.into_iter().map(shown).collect())
}
