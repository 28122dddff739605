//! The configuration of this node: found, read, checked, and read again while the node runs.

mod cluster_file;
mod live;
mod shown;

pub(crate) use live::{ChangeError, ChangeMode, ChangeReport, ListEntry, LiveConfiguration, What};

use cluster_file::ClusterFile;
use dunlin_config::{Config, ConfigErrors, Loaded, LogDestination, Origin, Sources};
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
    /// A file of the node's own cannot be read.
    #[error(
        "cannot read {path}: {source}; it is in the data folder, the key `node.data_dir`: the user that the broker runs as must own it"
    )]
    UnreadableData {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it says is wrong.
    #[error("{0}")]
    Invalid(#[from] ConfigErrors),
}

/// The name of the file that people write for what may be changed at run time, beside the configuration file.
const BASE_NAME: &str = "base.hocon";

/// The configuration as it was read: `base.hocon`, below `cluster.hocon`, below the file of the operator, below the environment.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    named: Option<PathBuf>,
    log: LogDestination,
    file: Option<PathBuf>,
    base_path: PathBuf,
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
        Self::read_for(named, LogDestination::default())
    }

    /// As [`Configuration::read`], for a process whose log goes there unless its configuration says otherwise.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub(crate) fn read_for(named: Option<&Path>, log: LogDestination) -> Result<Self, ConfigurationError> {
        let OfOperator { sources, file, base_path } = OfOperator::read(named)?;
        let mut sources = sources.with_log_destination(log);
        let cluster_path = ClusterFile::path_in(&sources.data_dir()?);
        let cluster_file = ClusterFile::read(&cluster_path)
            .map_err(|source| ConfigurationError::UnreadableData { path: cluster_path.clone(), source })?;
        if let Some(text) = cluster_file.text() {
            sources = sources.with_cluster_file(&cluster_path.display().to_string(), text);
        }
        let loaded = sources.load()?;
        Ok(Self { named: named.map(Path::to_owned), log, file, base_path, cluster_file, sources, loaded })
    }

    /// `node.data_dir`. Whatever else is wrong with the configuration keeps nobody from finding a node that runs.
    ///
    /// # Errors
    /// [`ConfigurationError`], if the file cannot be read or is no HOCON.
    pub(crate) fn data_dir(named: Option<&Path>) -> Result<PathBuf, ConfigurationError> {
        Ok(OfOperator::read(named)?.sources.data_dir()?)
    }

    /// Reads everything anew.
    fn read_again(&self) -> Result<Self, ConfigurationError> {
        Self::read_for(self.named.as_deref(), self.log)
    }

    /// As it would be with another `cluster.hocon`. Nothing is written.
    fn with_cluster_text(&self, text: &str) -> Result<Self, ConfigErrors> {
        let cluster_file = self.cluster_file.with_text(text);
        let name = cluster_file.path().display().to_string();
        let sources = self.sources.clone().with_cluster_file(&name, text);
        let loaded = sources.load()?;
        Ok(Self { cluster_file, sources, loaded, ..self.clone() })
    }

    /// Checks a text that is to be merged into what `cluster` says, under its own name, so that what is wrong with it is told with its
    /// lines. Nothing is changed.
    fn check_change(&self, cluster: &str, name: &str, text: &str) -> Result<(), ConfigErrors> {
        let cluster_name = self.cluster_file.path().display().to_string();
        self.sources.clone().with_cluster_file(&cluster_name, cluster).with_change(name, text).load().map(drop)
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

/// What people wrote.
struct OfOperator {
    sources: Sources,
    /// The configuration file, if there is one.
    file: Option<PathBuf>,
    /// Where `base.hocon` is, or would be.
    base_path: PathBuf,
}

impl OfOperator {
    /// The file that is named, or the default one if it exists, or none; `base.hocon` beside it, if it exists; and the
    /// environment.
    fn read(named: Option<&Path>) -> Result<Self, ConfigurationError> {
        let default = Path::new(DEFAULT_FILE);
        let path = named.or_else(|| default.exists().then_some(default));
        // A variable that is no text can be none of ours.
        let environment =
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let mut sources = Sources::new(environment);
        let base_path = path.unwrap_or(default).with_file_name(BASE_NAME);
        match std::fs::read_to_string(&base_path) {
            Ok(text) => sources = sources.with_base_file(&base_path.display().to_string(), &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(unreadable(&base_path, source)),
        }
        if let Some(path) = path {
            let text = std::fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
            sources = sources.with_file(&path.display().to_string(), &text);
        }
        Ok(Self { sources, file: path.map(Path::to_owned), base_path })
    }
}

fn unreadable(path: &Path, source: io::Error) -> ConfigurationError {
    ConfigurationError::Unreadable { path: path.to_owned(), source }
}
