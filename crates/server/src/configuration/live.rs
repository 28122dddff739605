//! The configuration of a node that runs: shown, and changed by the operator.
//!
//! A change is checked as a whole before anything is written, then `cluster.hocon` is replaced, then the node is told. A key that
//! the file of the operator or the environment sets cannot be changed here: the change would be lost at the next start.

mod lists;
mod masks;

pub(crate) use lists::ListEntry;

use super::{Configuration, ConfigurationError, shown, unreadable};
use crate::logging::{HandlerSettings, Logs};
use crate::node::Node;
use dunlin_config::{Change, Config, ConfigErrors, Origin, SourceNode, changes, without_secrets};
use dunlin_hocon::{Document, EditError, HoconError, Reader, Value, join_path, split_path, write};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// Roots that only the file of the operator and the environment can set, as in EMQX.
const READ_ONLY_ROOTS: [&str; 2] = ["node", "rpc"];

/// How what is new meets what was changed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeMode {
    /// Key by key over what is there.
    #[default]
    Merge,
    /// A root that is mentioned takes the place of the one that is there.
    Replace,
}

/// What of the configuration is to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    /// Every key that has an effect, with its default where nobody set it.
    #[default]
    Effective,
    /// What somebody set, whether it has an effect or not.
    Set,
}

/// A part of the configuration, in three forms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Shown {
    /// HOCON.
    pub(crate) text: String,
    /// HOCON, a line for each value with its place.
    pub(crate) places: String,
    /// JSON.
    pub(crate) values: Json,
}

/// What became of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeReport {
    /// Keys that are in effect now.
    pub(crate) live: Vec<String>,
    /// Keys that count for clients that connect from now on.
    pub(crate) new_connections: Vec<String>,
    /// Listeners and what became of them: `tcp:default was restarted`.
    pub(crate) listeners: Vec<String>,
    /// Keys that have another value than the node started with, and are in effect after its next start.
    pub(crate) restart: Vec<String>,
    /// What was meant to take effect and did not, with the reason.
    pub(crate) failed: Vec<String>,
    /// What the author should know.
    pub(crate) warnings: Vec<String>,
    /// The copy of `cluster.hocon` as it was.
    pub(crate) backup: Option<PathBuf>,
}

/// Why a change was refused. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error(transparent)]
    Unreadable(#[from] ConfigurationError),
    #[error("{0}")]
    Invalid(#[from] ConfigErrors),
    #[error("{0}")]
    NoHocon(#[from] HoconError),
    #[error("{0}")]
    Uneditable(#[from] EditError),
    #[error("Cannot update read-only key '{0}'.")]
    ReadOnly(String),
    #[error("{0}")]
    Masked(String),
    #[error("`{0}` is no key")]
    NoKey(String),
    #[error("`{0}` is not set: its default is in effect")]
    NotSet(String),
    #[error("`{0}` is no key, or one that has no value and no default")]
    NoValue(String),
    #[error("`{0}` is set by {1}, but has no effect here; `--set` shows it")]
    WithoutEffect(String, Origin),
    #[error("{0}")]
    Unusable(String),
    #[error("there is nothing to load in {0}")]
    Empty(String),
    #[error("{} was changed by somebody else: have it read first, by `dunlin ctl conf reload`", .0.display())]
    ChangedMeanwhile(PathBuf),
    #[error("cannot write {path}: {source}")]
    Unwritable { path: PathBuf, source: io::Error },
}

/// See the head of the file.
pub(crate) struct LiveConfiguration {
    state: Mutex<State>,
}

struct State {
    current: Configuration,
    /// What needs a restart is told until the node has had one.
    started_with: Config,
    needs_restart: BTreeSet<String>,
}

impl LiveConfiguration {
    /// What a node starts with.
    pub(crate) fn new(current: Configuration) -> Self {
        let started_with = current.config().clone();
        Self { state: Mutex::new(State { current, started_with, needs_restart: BTreeSet::new() }) }
    }

    /// What is in effect or was set, as text and as JSON; of one key, or everything. Secrets are not shown.
    pub(crate) fn show(&self, key: Option<&str>, what: What) -> Result<Shown, ChangeError> {
        let state = self.state.lock();
        let loaded = &state.current.loaded;
        let all = match what {
            What::Effective => loaded.effective.clone(),
            What::Set => loaded.values.clone(),
        };
        let node = match key {
            None => all,
            Some(key) => {
                let path = split_path(key).ok_or_else(|| ChangeError::NoKey(key.into()))?;
                let node = all.get(&path).cloned().ok_or_else(|| not_shown(key, loaded.values.get(&path), what))?;
                shown::at_path(&path, node)
            }
        };
        // What is in effect has no secrets in it; it costs nothing to be sure.
        let node = without_secrets(&node);
        Ok(Shown { text: write(&node), places: shown::with_places(&node), values: shown::json(&node) })
    }

    /// The roots that there are, or those that were set.
    pub(crate) fn roots(&self, what: What) -> Vec<String> {
        let state = self.state.lock();
        let loaded = &state.current.loaded;
        let root = if what == What::Set { &loaded.values } else { &loaded.effective };
        root.value.as_object().map_or_else(Vec::new, |fields| fields.keys().cloned().collect())
    }

    /// What somebody set below these roots, or all but those of this node alone, for another node. Secrets are in it.
    pub(crate) fn export(&self, roots: Option<&[String]>) -> Result<String, ChangeError> {
        let state = self.state.lock();
        let mut tree = state.current.loaded.values.clone();
        let known = state.current.loaded.effective.value.as_object();
        let is_known = |root: &String| known.is_some_and(|known| known.contains_key(root));
        if let Some(root) = roots.into_iter().flatten().find(|root| !is_known(root)) {
            return Err(ChangeError::NoKey(root.clone()));
        }
        if let Value::Object(fields) = &mut tree.value {
            fields.retain(|root, _| match roots {
                Some(roots) => roots.contains(root),
                None => !READ_ONLY_ROOTS.contains(&root.as_str()) && root != "cluster",
            });
        }
        Ok(write(&tree))
    }

    /// The data folder that the node works on.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.state.lock().started_with.node.data_dir.clone()
    }

    /// Keys that are in effect after the next start only.
    pub(crate) fn needs_restart(&self) -> Vec<String> {
        self.state.lock().needs_restart.iter().cloned().collect()
    }

    /// Reads file, environment and `cluster.hocon` anew. With [`ChangeMode::Replace`] what was changed at run time below a root
    /// that the file mentions is forgotten.
    pub(crate) fn reload(&self, mode: ChangeMode, node: &dyn Node, logs: &Logs) -> Result<ChangeReport, ChangeError> {
        let mut state = self.state.lock();
        let mut new = state.current.read_again()?;
        new.refuse_unusable(node)?;
        let mut backup = None;
        if mode == ChangeMode::Replace {
            let mut document = new.document()?;
            for root in new.roots_of_file() {
                document.remove(&[&root])?;
            }
            if document.text() != new.cluster_file.text().unwrap_or_default() {
                (new, backup) = new.written(document.text(), node)?;
            }
        }
        Ok(state.take(new, backup, node, logs))
    }

    /// Takes over what a text says. `name` is for messages.
    pub(crate) fn load(
        &self,
        (name, text): (&str, &str),
        mode: ChangeMode,
        node: &dyn Node,
        logs: &Logs,
    ) -> Result<ChangeReport, ChangeError> {
        self.state.lock().load((name, text), mode, node, logs)
    }

    /// Forgets a key that was changed at run time, and everything below it.
    pub(crate) fn remove(&self, key: &str, node: &dyn Node, logs: &Logs) -> Result<ChangeReport, ChangeError> {
        let mut state = self.state.lock();
        let path = split_path(key).ok_or_else(|| ChangeError::NoKey(key.into()))?;
        let current = &state.current;
        let mut document = current.document()?;
        if !document.remove(&path)? {
            // What `base.hocon` says masks nothing, and cannot be removed here either.
            return Err(match current.loaded.values.get(&path) {
                Some(node) => ChangeError::Masked(format!("`{key}` is set by {}: remove it there", node.origin)),
                None => ChangeError::NotSet(key.into()),
            });
        }
        let (new, backup) = current.written(document.text(), node)?;
        Ok(state.take(new, backup, node, logs))
    }
}

impl Configuration {
    fn document(&self) -> Result<Document, HoconError> {
        Document::parse(&self.cluster_file.path().display().to_string(), self.cluster_file.text().unwrap_or_default())
    }

    /// Roots that the file of the operator mentions, or one that it includes.
    fn roots_of_file(&self) -> Vec<String> {
        let changeable = [self.cluster_file.path(), &self.base_path].map(|path| path.display().to_string());
        let is_of_file = |node: &SourceNode| {
            let mut names = entries_with_origin(node).into_iter().filter_map(|(_, node)| node.origin.file_name());
            names.any(|name| changeable.iter().all(|other| other != name))
        };
        let roots = self.loaded.values.value.as_object().into_iter().flatten();
        roots.filter(|(_, node)| is_of_file(node)).map(|(root, _)| root.clone()).collect()
    }

    /// Refuses what could not be changed, or would be lost.
    fn refuse_unchangeable(&self, new: &SourceNode, entries: &[(String, Value)]) -> Result<(), ChangeError> {
        if let Some(root) = READ_ONLY_ROOTS.iter().find(|root| new.get(&[root]).is_some()) {
            return Err(ChangeError::ReadOnly((*root).into()));
        }
        let mut masked = Vec::new();
        for (key, value) in entries {
            let is_same = split_path(key)
                .and_then(|path| self.loaded.values.get(&path))
                .is_some_and(|node| node.value.is_same(value));
            if let Some(origin) = self.sources.masked_by(key)?.filter(|_| !is_same) {
                masked.push(format!("`{key}` is set by {origin}, which has the last word: change it there"));
            }
        }
        if masked.is_empty() { Ok(()) } else { Err(ChangeError::Masked(masked.join("\n"))) }
    }

    /// Refuses what the node could not start with.
    fn refuse_unusable(&self, node: &dyn Node) -> Result<(), ChangeError> {
        node.check(self.config()).map_err(|error| ChangeError::Unusable(error.to_string()))
    }

    /// With another `cluster.hocon`, which is checked and then written.
    fn written(&self, text: &str, node: &dyn Node) -> Result<(Self, Option<PathBuf>), ChangeError> {
        let new = self.with_cluster_text(text)?;
        new.refuse_unusable(node)?;
        let path = new.cluster_file.path();
        if !self.cluster_file.is_unchanged().map_err(|source| unreadable(path, source))? {
            return Err(ChangeError::ChangedMeanwhile(path.to_owned()));
        }
        let written = new.cluster_file.write();
        let backup = written.map_err(|source| ChangeError::Unwritable { path: path.to_owned(), source })?;
        Ok((new, backup))
    }
}

impl State {
    /// [`LiveConfiguration::load`].
    fn load(
        &mut self,
        (name, text): (&str, &str),
        mode: ChangeMode,
        node: &dyn Node,
        logs: &Logs,
    ) -> Result<ChangeReport, ChangeError> {
        let new = Reader::new().read(name, text)?;
        let current = &self.current;
        let new = masks::completed(&new, &current.loaded.values)?;
        let entries = entries(&new);
        if entries.is_empty() {
            return Err(ChangeError::Empty(name.into()));
        }
        current.refuse_unchangeable(&new, &entries)?;
        let mut document = current.document()?;
        let mut below = current.document()?;
        match mode {
            ChangeMode::Merge => {
                for (key, value) in &entries {
                    document.set(&split_path(key).unwrap_or_default(), value)?;
                }
            }
            ChangeMode::Replace => {
                for (root, node) in new.value.as_object().into_iter().flatten() {
                    document.set(&[root], &node.value)?;
                    below.remove(&[root])?;
                }
            }
        }
        // The merged text would have its mistakes in lines that nobody has written.
        if current.with_cluster_text(document.text()).is_err() {
            current.check_change(below.text(), name, text)?;
        }
        let (new, backup) = current.written(document.text(), node)?;
        Ok(self.take(new, backup, node, logs))
    }

    /// Has the node take over a configuration that is good.
    fn take(&mut self, new: Configuration, backup: Option<PathBuf>, node: &dyn Node, logs: &Logs) -> ChangeReport {
        // What nothing acts upon is not in effect, whatever would be done with it; its author is warned.
        let has_effect = |change: &Change| {
            let mut warnings = new.loaded.warnings.iter().filter(|warning| warning.has_no_effect);
            !warnings.any(|warning| is_at_or_below(&change.key, &warning.key))
        };
        let changes: Vec<_> = changes(self.current.config(), new.config()).into_iter().filter(has_effect).collect();
        let (of_log, of_node): (Vec<_>, Vec<_>) = changes.into_iter().partition(is_of_log);
        let (live_log, failed_log) = apply_to_log(of_log, new.config(), logs);
        let applied = node.apply(new.config(), &of_node);
        let live = live_log.into_iter().chain(applied.live).collect();
        self.note_restarts(applied.restart, new.config());
        let warnings = new.loaded.warnings.iter().map(ToString::to_string).collect();
        self.current = new;
        ChangeReport {
            live,
            new_connections: applied.new_connections,
            listeners: applied.listeners,
            restart: self.needs_restart.iter().cloned().collect(),
            failed: failed_log.into_iter().chain(applied.failed).collect(),
            warnings,
            backup,
        }
    }

    /// A key that has its old value again needs no restart any more.
    fn note_restarts(&mut self, keys: Vec<String>, new: &Config) {
        self.needs_restart.extend(keys);
        let different = changes(&self.started_with, new);
        self.needs_restart.retain(|key| different.iter().any(|change| is_at_or_below(key, &change.key)));
    }
}

/// Why there is nothing to show of a key. `set` is what somebody set there.
fn not_shown(key: &str, set: Option<&SourceNode>, what: What) -> ChangeError {
    match (what, set) {
        (What::Set, _) => ChangeError::NotSet(key.into()),
        (What::Effective, None) => ChangeError::NoValue(key.into()),
        (What::Effective, Some(node)) => ChangeError::WithoutEffect(key.into(), node.origin.clone()),
    }
}

/// Whether a key is another one, or a part of what that one stands for: an object that is new has one key for all of it.
fn is_at_or_below(key: &str, other: &str) -> bool {
    key.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether it is the log that a change concerns.
fn is_of_log(change: &Change) -> bool {
    ["log.audit", "log.console", "log.file"].iter().any(|root| is_at_or_below(&change.key, root))
}

/// Changes the log. Gives back the keys that are in effect, and what failed.
fn apply_to_log(changes: Vec<Change>, new: &Config, logs: &Logs) -> (Vec<String>, Vec<String>) {
    if changes.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut errors = logs.change_handlers(&HandlerSettings::all(&new.log));
    errors.extend(logs.change_audit(&new.log.audit).err());
    let is_good = |key: &String| !errors.iter().any(|error| is_at_or_below(key, &error.key));
    let live = changes.into_iter().map(|change| change.key).filter(is_good).collect();
    (live, errors.iter().map(ToString::to_string).collect())
}

/// Every value of a tree with its key; a list is one value.
fn entries(root: &SourceNode) -> Vec<(String, Value)> {
    entries_with_origin(root).into_iter().map(|(key, node)| (key, node.value.clone())).collect()
}

fn entries_with_origin(root: &SourceNode) -> Vec<(String, &SourceNode)> {
    fn collect<'a>(node: &'a SourceNode, path: &mut Vec<String>, found: &mut Vec<(String, &'a SourceNode)>) {
        match &node.value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    path.push(key.clone());
                    collect(field, path, found);
                    path.pop();
                }
            }
            _ => found.push((join_path(path), node)),
        }
    }
    let mut found = Vec::new();
    collect(root, &mut Vec::new(), &mut found);
    found
}

#[cfg(test)]
mod tests;
