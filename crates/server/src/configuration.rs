//! The configuration of this node: found, read, checked, and read again while the node runs.

mod cluster_file;
mod live;
mod shown;

pub(crate) use live::{ChangeError, ChangeMode, ChangeReport, LiveConfiguration};

use cluster_file::ClusterFile;
use dunlin_config::{Config, ConfigErrors, Loaded, Origin, Sources};
use std::io;
use std::path::{Path, PathBuf};

/// Read when no file is named and this one exists.
const DEFAULT_FILE: &str = "/etc/dunlin/dunlin.conf";

/// Why there is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
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

/// The configuration as it was read: `cluster.hocon`, below the file of the operator, below the environment.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    named: Option<PathBuf>,
    file: Option<PathBuf>,
    cluster_file: ClusterFile,
    sources: Sources,
    loaded: Loaded,
}

impl Configuration {
    /// Reads a file, or the default one if it exists, or none, above what was changed at run time and below the variables of
    /// the environment.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, ConfigurationError> {
        let (mut sources, path) = sources_of_operator(named)?;
        let cluster_path = ClusterFile::path_in(&sources.data_dir()?);
        let cluster_file = ClusterFile::read(&cluster_path).map_err(|source| unreadable(&cluster_path, source))?;
        if let Some(text) = cluster_file.text() {
            sources = sources.with_cluster_file(&cluster_path.display().to_string(), text);
        }
        let loaded = sources.load()?;
        Ok(Self { named: named.map(Path::to_owned), file: path.map(Path::to_owned), cluster_file, sources, loaded })
    }

    /// `node.data_dir`. Whatever else is wrong with the configuration keeps nobody from finding a node that runs.
    ///
    /// # Errors
    /// [`ConfigurationError`], if the file cannot be read or is no HOCON.
    pub(crate) fn data_dir(named: Option<&Path>) -> Result<PathBuf, ConfigurationError> {
        let (sources, _) = sources_of_operator(named)?;
        Ok(sources.data_dir()?)
    }

    /// Reads everything anew.
    fn read_again(&self) -> Result<Self, ConfigurationError> {
        Self::read(self.named.as_deref())
    }

    /// As it would be with another `cluster.hocon`. Nothing is written.
    fn with_cluster_text(&self, text: &str) -> Result<Self, ConfigErrors> {
        let cluster_file = self.cluster_file.with_text(text);
        let name = cluster_file.path().display().to_string();
        let sources = self.sources.clone().with_cluster_file(&name, text);
        let loaded = sources.load()?;
        Ok(Self { cluster_file, sources, loaded, ..self.clone() })
    }

    /// What is in effect.
    pub(crate) const fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// With what its author should know, and where values come from.
    pub(crate) const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The file of the operator, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether somebody set this key.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.loaded.origin_of(key) != Origin::Default
    }
}

/// The file that is named, or the default one if it exists, or none, and the environment. Also says which file it was.
fn sources_of_operator(named: Option<&Path>) -> Result<(Sources, Option<&Path>), ConfigurationError> {
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
    Ok((sources, path))
}

fn unreadable(path: &Path, source: io::Error) -> ConfigurationError {
    ConfigurationError::Unreadable { path: path.to_owned(), source }
}
