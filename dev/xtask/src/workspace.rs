//! The files of the repository, read once.

use crate::source_file::SourceFile;
use std::path::{Path, PathBuf};

/// The folders that hold crates.
const CRATE_FOLDERS: [&str; 3] = ["auth", "crates", "dev"];

/// A crate's manifest.
pub(crate) struct Manifest {
    /// Path from the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Everything the tasks look at.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) sources: Vec<SourceFile>,
    pub(crate) manifests: Vec<Manifest>,
}

impl Workspace {
    /// Reads the repository this tool was built from.
    pub(crate) fn open() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .ok_or("the tool does not stand two folders below the root")?;
        let mut workspace = Self { root: root.to_path_buf(), sources: Vec::new(), manifests: Vec::new() };
        for folder in CRATE_FOLDERS {
            workspace.read_folder(&root.join(folder))?;
        }
        workspace.sources.sort_by(|a, b| a.path.cmp(&b.path));
        workspace.manifests.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(workspace)
    }

    fn read_folder(&mut self, folder: &Path) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    self.read_folder(&path)?;
                }
            } else if name == "Cargo.toml" {
                self.manifests.push(Manifest { path: self.relative(&path), text: read(&path)? });
            } else if name.ends_with(".rs") {
                self.sources.push(SourceFile::new(self.relative(&path), &read(&path)?));
            }
        }
        Ok(())
    }

    /// Reads a file by its path from the root.
    pub(crate) fn read(&self, path: &str) -> Result<String, String> {
        read(&self.root.join(path))
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
