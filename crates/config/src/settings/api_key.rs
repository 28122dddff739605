//! `api_key`: keys of programs that are there from the beginning.

use crate::rule::{OrEmpty, path};
use crate::section::Section;
use std::path::PathBuf;

/// `api_key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiKeySettings {
    /// `bootstrap_file`: keys, in lines of `key:secret[:role[:scopes]]`, taken over at each start. Default `None` (also written as an
    /// empty text).
    pub bootstrap_file: Option<PathBuf>,
}

impl ApiKeySettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { bootstrap_file: section.value("bootstrap_file", &OrEmpty(path()), None) }
    }
}
