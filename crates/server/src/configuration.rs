//! Finding and reading the configuration.

use dunlin_config::{ConfigErrors, Loaded};
use std::path::{Path, PathBuf};

/// Read when no file is named and this one exists.
const DEFAULT_FILE: &str = "/etc/dunlin/dunlin.conf";

/// Why there is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What it says is wrong.
    #[error("{0}")]
    Invalid(#[from] ConfigErrors),
}

/// Reads a configuration file, or the default one if it exists, or none, with the variables of the environment on top. Also says
/// which file it was.
///
/// # Errors
/// [`ConfigurationError`].
pub fn read(named: Option<&Path>) -> Result<(Loaded, Option<PathBuf>), ConfigurationError> {
    let default = Path::new(DEFAULT_FILE);
    let path = named.or_else(|| default.exists().then_some(default));
    let text = match path {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| ConfigurationError::Unreadable { path: path.to_owned(), source })?,
        None => String::new(),
    };
    let name = path.map_or_else(|| "built-in defaults".to_owned(), |path| path.display().to_string());
    // A variable that is no text can be none of ours.
    let environment =
        std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    Ok((dunlin_config::load(&text, &name, environment)?, path.map(Path::to_owned)))
}
