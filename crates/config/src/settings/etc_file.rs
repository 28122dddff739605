//! A file that has a place of its own where configuration files are.

use crate::rule::{OrEmpty, path};
use crate::section::Section;
use std::path::{Path, PathBuf};

/// A file that has a place of its own where configuration files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EtcFile {
    /// One that is named: it has to be there.
    Named(PathBuf),
    /// Nobody named any: the one of this name in [`Config::etc_dir`](crate::Config::etc_dir), if it is there.
    Default(&'static str),
}

impl EtcFile {
    /// Where it is, or would be. `None` where nobody knows the folder.
    #[must_use]
    pub fn path(&self, etc_dir: Option<&Path>) -> Option<PathBuf> {
        match self {
            Self::Named(path) => Some(path.clone()),
            Self::Default(name) => etc_dir.map(|folder| folder.join(name)),
        }
    }

    pub(super) fn read(section: &mut Section<'_>, key: &'static str, name: &'static str) -> Self {
        section.value(key, &OrEmpty(path()), None).map_or(Self::Default(name), Self::Named)
    }
}
