//! Backups of this node.

use super::OperatedNode;
use crate::backup::{self, BackupError, BackupFile, BackupFolder, Wanted};
use dunlin_api::data::{BackupObject, Data, ExportBody, ImportObject};
use dunlin_api::{ErrorCode, Moment, Refusal};
use tracing::info;

impl OperatedNode {
    fn backup_folder(&self) -> Result<BackupFolder, Refusal> {
        Ok(BackupFolder::below(&self.running()?.configuration.data_dir()))
    }

    fn backup_object(&self, file: BackupFile) -> BackupObject {
        BackupObject {
            node: self.answerer.identity.node_name.clone(),
            filename: file.name,
            created_at: Moment::from_secs(file.created_at),
            created_at_sec: file.created_at,
            size: file.bytes,
        }
    }
}

impl Data for OperatedNode {
    fn export_data(&self, wanted: ExportBody) -> Result<BackupObject, Refusal> {
        let running = self.running()?;
        let wanted = Wanted { root_keys: wanted.root_keys, table_sets: wanted.table_sets };
        let file = backup::export(&running, &running.configuration.data_dir(), &wanted);
        file.map(|file| self.backup_object(file)).map_err(|error| refusal(&error))
    }

    fn backups(&self) -> Vec<BackupObject> {
        let files = self.backup_folder().map(|folder| folder.list()).unwrap_or_default();
        files.into_iter().map(|file| self.backup_object(file)).collect()
    }

    fn backup(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        self.backup_folder()?.read(name).map_err(|error| refusal(&error))
    }

    fn keep_backup(&self, name: &str, archive: &[u8]) -> Result<(), Refusal> {
        backup::check_archive(archive).map_err(|error| refusal(&error))?;
        self.backup_folder()?.keep(name, archive).map(drop).map_err(|error| refusal(&error))
    }

    fn delete_backup(&self, name: &str) -> Result<(), Refusal> {
        self.backup_folder()?.delete(name).map_err(|error| refusal(&error))
    }

    fn import_data(&self, name: &str) -> Result<ImportObject, Refusal> {
        let running = self.running()?;
        let data_dir = running.configuration.data_dir();
        let archive = BackupFolder::below(&data_dir).read(name).map_err(|error| refusal(&error))?;
        let imported = backup::import(&running, &self.answerer.logs, &data_dir, &archive);
        let imported = imported.map_err(|error| refusal(&error))?;
        info!(msg = "data_imported", file = name, origin = imported.origin, left_out = ?imported.left_out);
        Ok(ImportObject {
            origin: imported.origin,
            roots: imported.roots,
            entries: imported.entries,
            files: imported.files,
            left_out: imported.left_out,
            warnings: imported.warnings,
        })
    }
}

fn refusal(error: &BackupError) -> Refusal {
    let code = match error {
        BackupError::NotFound(_) => ErrorCode::NotFound,
        BackupError::File { .. } => ErrorCode::InternalError,
        _ => ErrorCode::BadRequest,
    };
    Refusal::new(code, error.to_string())
}
