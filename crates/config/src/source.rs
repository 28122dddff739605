//! The raw tree: what texts and environment say, each value with the place it came from, nothing checked yet.

mod environment;
mod folders;
mod includes;

use crate::error::{ConfigError, ConfigErrors};
use crate::old_keys;
use crate::settings::LogDestination;
use dunlin_hocon::{HoconError, MergeError, Node, Reader};
use folders::Folders;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

pub(crate) use environment::is_lenient;

/// `node.data_dir` where nobody sets it.
pub(crate) const DEFAULT_DATA_DIR: &str = "data";

/// What a configuration is made of, the weakest first: `base.hocon`, `cluster.hocon`, the file, the environment.
///
/// The texts are read by their owner; files that they include are read here, and looked up beside the file that includes them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sources {
    base_file: Option<Text>,
    cluster_file: Option<Text>,
    change: Option<Text>,
    file: Option<Text>,
    environment: HashMap<String, String>,
    log_destination: LogDestination,
}

#[derive(Clone, PartialEq, Eq)]
struct Text {
    name: String,
    text: String,
}

/// The names only: texts and variables have secrets in them.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [&self.base_file, &self.cluster_file, &self.change, &self.file].into_iter().flatten();
        let names: Vec<_> = texts.map(|text| &text.name).collect();
        f.debug_struct("Sources").field("texts", &names).field("variables", &self.environment.len()).finish()
    }
}

impl Sources {
    /// No text, and the variables of an environment.
    ///
    /// The variables `DUNLIN_A__B` and `EMQX_A__B` set the key `a.b`; the former win. Their value is HOCON, or plain text where
    /// it is no valid HOCON. Every variable can be used in a text as `${NAME}`.
    #[must_use]
    pub fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { environment: environment.into_iter().collect(), ..Self::default() }
    }

    /// With `etc/base.hocon`, which people write too: what it says can be changed at run time.
    #[must_use]
    pub fn with_base_file(mut self, name: &str, text: &str) -> Self {
        self.base_file = Some(Text { name: name.into(), text: text.into() });
        self
    }

    /// With `data/configs/cluster.hocon`, which API and command line write.
    #[must_use]
    pub fn with_cluster_file(mut self, name: &str, text: &str) -> Self {
        self.cluster_file = Some(Text { name: name.into(), text: text.into() });
        self
    }

    /// With what is about to be merged into `cluster.hocon`, and so has its place above that.
    #[must_use]
    pub fn with_change(mut self, name: &str, text: &str) -> Self {
        self.change = Some(Text { name: name.into(), text: text.into() });
        self
    }

    /// With `etc/dunlin.conf`, which people write.
    #[must_use]
    pub fn with_file(mut self, name: &str, text: &str) -> Self {
        self.file = Some(Text { name: name.into(), text: text.into() });
        self
    }

    /// With the place where the log goes unless somebody says otherwise.
    #[must_use]
    pub fn with_log_destination(mut self, destination: LogDestination) -> Self {
        self.log_destination = destination;
        self
    }

    pub(crate) fn log_destination(&self) -> LogDestination {
        self.log_destination
    }

    /// The folder of log files that the environment names.
    pub(crate) fn log_folder_named(&self) -> Option<&str> {
        let names = ["DUNLIN_LOG_DIR", "EMQX_LOG_DIR"];
        names.into_iter().find_map(|name| self.environment.get(name)).map(String::as_str)
    }

    /// The name of what people look at first.
    pub(crate) fn main_name(&self) -> &str {
        let texts = [&self.file, &self.base_file, &self.cluster_file];
        texts.into_iter().flatten().next().map_or("configuration", |text| &text.name)
    }

    /// The text that may have been written for an old EMQX.
    pub(crate) fn main_text(&self) -> &str {
        self.file.as_ref().map_or("", |text| &text.text)
    }

    /// Everything, merged.
    pub(crate) fn read(&self, roots: &[&str]) -> Result<Node, ConfigErrors> {
        let texts = self.base_file.iter().chain(&self.cluster_file).chain(&self.change).chain(&self.file);
        self.read_texts(texts, None, roots)
    }

    /// What people wrote, without `cluster.hocon`. What only that file has is empty where it is used.
    pub(crate) fn read_written(&self, roots: &[&str]) -> Result<Node, ConfigErrors> {
        self.read_texts(self.base_file.iter().chain(&self.file), Some(""), roots)
    }

    /// What a change by API cannot override: without `base.hocon` and `cluster.hocon`. What only they have is empty where it is
    /// used.
    pub(crate) fn read_unchangeable(&self, roots: &[&str]) -> Result<Node, ConfigErrors> {
        self.read_texts(self.file.iter(), Some(""), roots)
    }

    fn read_texts<'a>(
        &'a self,
        texts: impl Iterator<Item = &'a Text>,
        missing: Option<&str>,
        roots: &[&str],
    ) -> Result<Node, ConfigErrors> {
        let folders = Folders::new(&self.environment, self.file.as_ref().map(|file| file.name.as_str()));
        let folders = folders.with_data_dir(&self.data_dir_text(roots));
        self.read_with(texts, missing, roots, &folders)
    }

    /// What stands for `${EMQX_ETC_DIR}`.
    pub(crate) fn etc_dir(&self) -> Option<PathBuf> {
        let folders = Folders::new(&self.environment, self.file.as_ref().map(|file| file.name.as_str()));
        folders.get("EMQX_ETC_DIR").map(PathBuf::from)
    }

    /// `node.data_dir` as people and the environment have it, which may stand in other values as `${EMQX_DATA_DIR}`. What is
    /// wrong with them is reported later.
    fn data_dir_text(&self, roots: &[&str]) -> String {
        let folders = Folders::new(&self.environment, self.file.as_ref().map(|file| file.name.as_str()));
        let texts = self.base_file.iter().chain(&self.file);
        let values = self.read_with(texts, Some(""), roots, &folders).unwrap_or_else(|_| Node::empty());
        let text = values.get(&["node", "data_dir"]).and_then(|node| node.value.as_text());
        text.filter(|text| !text.is_empty() && !text.starts_with('$')).unwrap_or(DEFAULT_DATA_DIR).to_owned()
    }

    fn read_with<'a>(
        &'a self,
        texts: impl Iterator<Item = &'a Text>,
        missing: Option<&str>,
        roots: &[&str],
        folders: &Folders,
    ) -> Result<Node, ConfigErrors> {
        let variable = |name: &str| {
            let known = self.environment.get(name).cloned().or_else(|| folders.get(name));
            known.or_else(|| missing.map(str::to_owned))
        };
        let mut reader = Reader::new().includes(includes::include).variables(variable);
        let texts: Vec<_> = texts.map(|text| (text.name.as_str(), text.text.as_str())).collect();
        let mut root = reader.read_layers(&texts).map_err(|error| self.syntax_errors(&error))?;
        environment::lay_over(&mut root, &self.environment, roots).map_err(|error| merge_error(&error))?;
        folders.expand(&mut root);
        Ok(root)
    }

    /// What is wrong with a text that is no HOCON. A file of EMQX 4 looks like HOCON and may be none: then its keys are answered.
    fn syntax_errors(&self, error: &HoconError) -> ConfigErrors {
        let mut old = Vec::new();
        if Some(&*error.file) == self.file.as_ref().map(|file| file.name.as_str()) {
            old = old_keys::in_text(&error.file, self.main_text());
        }
        if !old.iter().any(|(line, _)| *line == error.line) {
            let place = format!("{}:{}", error.file, error.line);
            let message = error.to_string().trim_start_matches(&place).trim_start_matches(": ").to_owned();
            old.push((error.line, ConfigError::Syntax { place, message }));
        }
        old.sort_by_key(|(line, _)| *line);
        ConfigErrors::new(old.into_iter().map(|(_, error)| error).collect())
    }
}

fn merge_error(error: &MergeError) -> ConfigErrors {
    let place = error.origin.to_string();
    let message = error.to_string().trim_start_matches(&place).trim_start_matches(": ").to_owned();
    ConfigError::Syntax { place, message }.into()
}
