//! `banned`: who is kept out from the beginning.

use crate::rule::{Optional, path};
use crate::section::Section;
use std::path::PathBuf;

/// `banned`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Banned {
    /// `bootstrap_file`: a table (CSV) of those who are banned while nobody is. Default `None`.
    pub bootstrap_file: Option<PathBuf>,
}

impl Banned {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { bootstrap_file: section.value("bootstrap_file", &Optional(path()), None) }
    }
}
