//! Finding and reading the configuration.

use dunlin_config::{ConfigErrors, Loaded, Sources};
use std::io;
use std::path::{Path, PathBuf};

/// Read when no file is named and this one exists.
const DEFAULT_FILE: &str = "/etc/dunlin/dunlin.conf";

/// In the data folder: what was changed at run time. The file and the environment have the last word.
const CLUSTER_FILE: &str = "configs/cluster.hocon";

/// Why there is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it says is wrong.
    #[error("{0}")]
    Invalid(#[from] ConfigErrors),
}

/// Reads a configuration file, or the default one if it exists, or none, above what was changed at run time and below the
/// variables of the environment. Also says which file it was.
///
/// # Errors
/// [`ConfigurationError`].
pub fn read(named: Option<&Path>) -> Result<(Loaded, Option<PathBuf>), ConfigurationError> {
    let default = Path::new(DEFAULT_FILE);
    let path = named.or_else(|| default.exists().then_some(default));
    // A variable that is no text can be none of ours.
    let environment =
        std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let mut sources = Sources::new(environment);
    if let Some(path) = path {
        let text = std::fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
        sources = sources.with_file(&path.display().to_string(), &text);
    }
    let cluster = sources.data_dir()?.join(CLUSTER_FILE);
    match std::fs::read_to_string(&cluster) {
        Ok(text) => sources = sources.with_cluster_file(&cluster.display().to_string(), &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unreadable(&cluster, error)),
    }
    Ok((sources.load()?, path.map(Path::to_owned)))
}

fn unreadable(path: &Path, source: io::Error) -> ConfigurationError {
    ConfigurationError::Unreadable { path: path.to_owned(), source }
}
