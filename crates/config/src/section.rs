//! Reading one object of the configuration: known keys by rule, everything else reported.

mod unknown_keys;

use crate::error::{ConfigError, ConfigErrors, Warning};
use crate::old_keys;
use crate::redaction::field_without_secrets;
use crate::rule::{Rule, Shown};
use dunlin_hocon::{Node, Object, Origin, Value};
use std::collections::BTreeMap;

/// What was found wrong or worth knowing so far.
pub(crate) struct Findings {
    file_name: String,
    errors: Vec<(Origin, ConfigError)>,
    warnings: Vec<Warning>,
}

impl Findings {
    pub(crate) fn new(file_name: &str) -> Self {
        Self { file_name: file_name.into(), errors: Vec::new(), warnings: Vec::new() }
    }

    /// The warnings, or all errors in the order of the file. `text` is that of the file: once a key of EMQX 4 is found, its
    /// lines are looked at for others that HOCON has merged away.
    pub(crate) fn into_warnings(mut self, text: &str) -> Result<Vec<Warning>, ConfigErrors> {
        if self.errors.is_empty() {
            self.warnings.sort();
            return Ok(self.warnings);
        }
        if self.errors.iter().any(|(_, error)| matches!(error, ConfigError::OldKey { .. })) {
            for (line, error) in old_keys::in_text(&self.file_name, text) {
                let origin = Origin::file(&self.file_name, line);
                if !self.errors.iter().any(|(other, _)| *other == origin) {
                    self.errors.push((origin, error));
                }
            }
        }
        let file_name = std::mem::take(&mut self.file_name);
        self.errors.sort_by_key(|(origin, _)| {
            let is_elsewhere = origin.file_name().is_some_and(|name| name != file_name);
            (origin.line().is_none(), is_elsewhere, origin.clone())
        });
        Err(ConfigErrors::new(self.errors.into_iter().map(|(_, error)| error).collect()))
    }

    fn error(&mut self, origin: &Origin, error: ConfigError) {
        self.errors.push((origin.clone(), error));
    }
}

/// One object of the configuration while it is read. Reading a key takes it out; what is left at the end is unknown.
///
/// What is read is noted as it was written, and the default where nothing was: together that is what is in effect, and there is no
/// other list of keys and defaults. Secrets are not noted.
pub(crate) struct Section<'a> {
    path: String,
    /// Where the object stands; `None` when it is absent, or no object and reported as such.
    origin: Option<&'a Origin>,
    unread: BTreeMap<&'a str, &'a Node>,
    known_keys: Vec<&'static str>,
    effective: Object,
    findings: &'a mut Findings,
}

impl<'a> Section<'a> {
    /// Reads the whole tree with `read`. Gives back also what is in effect, key by key.
    pub(crate) fn read_root<T>(
        root: &Node,
        findings: &mut Findings,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> (T, Node) {
        Section::read_node(String::new(), Some(root), findings, read)
    }

    fn read_node<T>(
        path: String,
        node: Option<&Node>,
        findings: &mut Findings,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> (T, Node) {
        let unread = match node.map(|node| &node.value) {
            Some(Value::Object(fields)) => fields.iter().map(|(key, node)| (key.as_str(), node)).collect(),
            _ => BTreeMap::new(),
        };
        let mut origin = node.map(|node| &node.origin);
        if let Some(node) = node
            && !matches!(node.value, Value::Object(_) | Value::Null)
        {
            findings.error(&node.origin, invalid(&path, node, "an object `{ … }`"));
            origin = None;
        }
        let effective = Object::new();
        let mut section = Section { path, origin, unread, known_keys: Vec::new(), effective, findings };
        let value = read(&mut section);
        let effective = std::mem::take(&mut section.effective);
        section.report_unknown();
        (value, Node::new(Value::Object(effective), origin.cloned().unwrap_or_default()))
    }

    /// Reads the object at a key of this section.
    fn read_below<T>(&mut self, key: &str, node: Option<&Node>, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let (value, effective) = Section::read_node(self.path_of(key), node, self.findings, read);
        self.effective.insert(key.to_owned(), effective);
        value
    }

    /// Notes what was written.
    fn note<R: Shown>(&mut self, key: &str, node: &Node, rule: &R, value: &R::Value) {
        let shown = shown_as_written(node, rule, value);
        self.effective.extend(shown.map(|shown| (key.to_owned(), shown)));
    }

    /// Full path of this section.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Full path of a key of this section.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// The value of `key`, or `default` where it is absent, null or wrong.
    pub(crate) fn value<R: Shown>(&mut self, key: &'static str, rule: &R, default: R::Value) -> R::Value {
        self.known_keys.push(key);
        let read = self.unread.remove(key).and_then(|node| self.check(key, node, rule));
        read.unwrap_or_else(|| {
            let shown = rule.shown(&default).map(|value| (key.to_owned(), Node::new(value, Origin::Default)));
            self.effective.extend(shown);
            default
        })
    }

    /// The value of a key that the author named; `None` where it is null or wrong.
    pub(crate) fn check<R: Shown>(&mut self, key: &str, node: &Node, rule: &R) -> Option<R::Value> {
        let value = self.read_value(key, node, rule)?;
        self.note(key, node, rule, &value);
        Some(value)
    }

    fn read_value<R: Rule>(&mut self, key: &str, node: &Node, rule: &R) -> Option<R::Value> {
        if node.value == Value::Null {
            return None;
        }
        let path = self.path_of(key);
        let value = node.read_as(&path, rule);
        let without_secrets = |error| {
            // What is wrong is quoted, and may have a password in it: that of a URL, for example.
            let shown = field_without_secrets(key, node);
            if shown.value == node.value { error } else { shown.read_as(&path, rule).err().unwrap_or(error) }
        };
        value.map_err(|error| self.findings.error(&node.origin, without_secrets(error).into())).ok()
    }

    /// The value of `key`, which an entry of a list must have; `None` where it is absent, null or wrong.
    pub(crate) fn required<R: Shown>(&mut self, key: &'static str, rule: &R) -> Option<R::Value> {
        self.known_keys.push(key);
        match self.unread.remove(key) {
            Some(node) if node.value != Value::Null => self.check(key, node, rule),
            _ => {
                self.missing(key, rule.allowed());
                None
            }
        }
    }

    /// Reports that a key is missing which an entry of a list must have. Nobody misses what is in an object that is not there.
    pub(crate) fn missing(&mut self, key: &str, allowed: String) {
        if let Some(origin) = self.origin {
            let error = ConfigError::MissingKey { place: origin.to_string(), key: self.path_of(key), allowed };
            self.findings.error(origin, error);
        }
    }

    /// Whether its author wrote this object.
    pub(crate) const fn is_written(&self) -> bool {
        self.origin.is_some()
    }

    /// Reports what is wrong with this object as a whole.
    pub(crate) fn conflict_here(&mut self, message: impl Into<String>) {
        let origin = self.origin.cloned().unwrap_or_default();
        let error =
            ConfigError::Conflict { place: self.place_of(&origin), key: self.path.clone(), message: message.into() };
        self.findings.error(&origin, error);
    }

    /// Reads the object under `key` with `read`; an absent one is read as empty.
    pub(crate) fn child<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        self.known_keys.push(key);
        let node = self.unread.remove(key);
        self.read_below(key, node, read)
    }

    /// Reads each object under `key`, whose keys are names chosen by the author. `read` gets the name.
    ///
    /// EMQX keeps a deleted default entry deleted with the value `marked_for_deletion`: such an entry is left out.
    pub(crate) fn named<T>(&mut self, key: &'static str, mut read: impl FnMut(&str, &mut Section<'_>) -> T) -> Vec<T> {
        self.child(key, |section| {
            let entries = section.take_entries().into_iter().filter(|(_, node)| !is_deleted(node));
            entries.map(|(name, node)| section.entry(name, Some(node), |entry| read(name, entry))).collect()
        })
    }

    /// Reads the object of an entry that [`Section::take_entries`] gave; an absent one is read as empty.
    pub(crate) fn entry<T>(&mut self, name: &str, node: Option<&Node>, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        self.read_below(name, node, read)
    }

    /// As [`Section::entry`], with another path in messages: the one under which its author wrote it.
    pub(crate) fn entry_called<T>(
        &mut self,
        name: &str,
        path: &str,
        node: Option<&Node>,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let (value, effective) = Section::read_node(path.to_owned(), node, self.findings, read);
        self.effective.insert(name.to_owned(), effective);
        value
    }

    /// Reads what is not shown as in effect: keys that have become others, which are shown in their place, and those that nothing
    /// acts upon yet.
    pub(crate) fn without_showing<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let shown = self.effective.clone();
        let value = read(self);
        self.effective = shown;
        value
    }

    /// Notes what stands in the place of something else to say that it is not there.
    pub(crate) fn keep(&mut self, name: &str, node: &Node) {
        self.effective.insert(name.to_owned(), node.clone());
    }

    /// The items of the list under `key`, each by `rule`, or `default` where it is absent or null. One text with commas is a list
    /// too. Items that are wrong are reported and left out.
    pub(crate) fn texts<R: Shown>(&mut self, key: &'static str, rule: &R, default: Vec<R::Value>) -> Vec<R::Value> {
        self.known_keys.push(key);
        let Some(node) = self.unread.remove(key).filter(|node| node.value != Value::Null) else {
            let items = default.iter().filter_map(|item| Some(Node::new(rule.shown(item)?, Origin::Default)));
            self.effective.insert(key.to_owned(), Node::new(Value::List(items.collect()), Origin::Default));
            return default;
        };
        let Some(items) = list_items(key, node) else {
            let error = invalid(&self.path_of(key), node, "a list `[a, b]`, or one text with commas \"a, b\"");
            self.findings.error(&node.origin, error);
            return default;
        };
        let (mut values, mut shown) = (Vec::new(), Vec::new());
        for (item_key, item) in items {
            let Some(value) = self.read_value(&item_key, &item, rule) else { continue };
            shown.extend(shown_as_written(&item, rule, &value));
            values.push(value);
        }
        self.effective.insert(key.to_owned(), Node::new(Value::List(shown), node.origin.clone()));
        values
    }

    /// Reads each object of the list under `key`; an absent list is read as empty. Entries are counted from 1 in messages.
    pub(crate) fn list<T>(&mut self, key: &'static str, read: impl FnMut(&mut Section<'_>) -> T) -> Vec<T> {
        let node = self.unread.remove(key).filter(|node| node.value != Value::Null);
        let items = node.and_then(|node| node.value.as_list());
        self.read_list(key, node, items, read)
    }

    /// As [`Section::list`], where one entry needs no list around it: it is known by a key that each has. `None` if nothing is
    /// written.
    pub(crate) fn list_or_one<T>(
        &mut self,
        key: &'static str,
        mark: &str,
        read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Option<Vec<T>> {
        let node = self.unread.remove(key).filter(|node| node.value != Value::Null);
        let is_one = |node: &Node| node.value.as_object().is_some_and(|fields| fields.contains_key(mark));
        let items = node.and_then(|node| if is_one(node) { Some(vec![node]) } else { node.value.as_list() });
        let values = self.read_list(key, node, items, read);
        node.map(|_| values)
    }

    fn read_list<T>(
        &mut self,
        key: &'static str,
        node: Option<&Node>,
        items: Option<Vec<&Node>>,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        self.known_keys.push(key);
        let path = self.path_of(key);
        let (mut values, mut shown) = (Vec::new(), Vec::new());
        if let Some(items) = items {
            for (item, number) in items.into_iter().zip(1_usize..) {
                let item_path = format!("{path}.{number}");
                let (value, effective) = Section::read_node(item_path, Some(item), self.findings, &mut read);
                values.push(value);
                shown.push(effective);
            }
        } else if let Some(node) = node {
            self.findings.error(&node.origin, invalid(&path, node, "a list of objects `[ { … }, { … } ]`"));
        }
        let origin = node.map(|node| node.origin.clone()).unwrap_or_default();
        self.effective.insert(key.to_owned(), Node::new(Value::List(shown), origin));
        values
    }

    /// Takes everything that is not read yet, for a section whose keys are names chosen by the author.
    pub(crate) fn take_entries(&mut self) -> BTreeMap<&'a str, &'a Node> {
        std::mem::take(&mut self.unread)
    }

    /// Reads `old_key` as `key` where only the old name is present.
    pub(crate) fn alias(&mut self, old_key: &'static str, key: &'static str) {
        self.known_keys.push(old_key);
        if let Some(node) = self.unread.remove(old_key) {
            self.unread.entry(key).or_insert(node);
        }
    }

    /// Takes keys that are accepted for compatibility and rightly do nothing.
    pub(crate) fn ignored(&mut self, keys: &[&'static str]) {
        for key in keys {
            self.known_keys.push(key);
            self.unread.remove(key);
        }
    }

    /// Takes keys that EMQX knows and this broker does not implement yet.
    pub(crate) fn not_supported(&mut self, keys: &[&'static str]) {
        for key in keys {
            self.not_supported_because(key, "");
        }
    }

    /// Like [`Section::not_supported`], with what follows from it.
    pub(crate) fn not_supported_because(&mut self, key: &'static str, consequence: &str) {
        self.known_keys.push(key);
        if let Some(node) = self.unread.remove(key) {
            let key = self.path_of(key);
            let message = format!("`{key}` is not supported yet and has no effect{consequence}");
            self.warn(&node.origin, key, message);
        }
    }

    /// Takes keys that tune a mechanism of EMQX which this broker does not have and does not need.
    pub(crate) fn without_counterpart(&mut self, keys: &[&'static str]) {
        for key in keys {
            self.without_effect(key, ": what it tunes in EMQX does not exist here");
        }
    }

    /// Takes a key that does nothing where it stands, for a reason.
    pub(crate) fn without_effect(&mut self, key: &'static str, reason: &str) {
        self.known_keys.push(key);
        if let Some(node) = self.unread.remove(key) {
            let key = self.path_of(key);
            let message = format!("`{key}` has no effect{reason}");
            self.warn(&node.origin, key, message);
        }
    }

    /// Says that a value is accepted but not honoured yet.
    pub(crate) fn warn_value(&mut self, key: &str, node: &Node, message: &str) {
        self.warn_at(key, &node.origin, message);
    }

    /// Says what follows from the value of a key.
    pub(crate) fn warn_at(&mut self, key: &str, origin: &Origin, message: &str) {
        let origin = self.or_here(origin).clone();
        let key = self.path_of(key);
        let (place, message) = (origin.to_string(), format!("`{key}`: {message}"));
        self.findings.warnings.push(Warning { key, place, message, has_no_effect: false });
    }

    /// The node of `key` while it has not been read.
    pub(crate) fn peek(&self, key: &str) -> Option<&'a Node> {
        self.unread.get(key).copied()
    }

    /// Where `key` stands while it has not been read.
    pub(crate) fn origin_of(&self, key: &str) -> Origin {
        self.peek(key).map(|node| node.origin.clone()).unwrap_or_default()
    }

    /// Reports values that are good alone but not together.
    pub(crate) fn conflict(&mut self, key: &str, origin: &Origin, message: impl Into<String>) {
        let origin = self.or_here(origin).clone();
        let error =
            ConfigError::Conflict { place: self.place_of(&origin), key: self.path_of(key), message: message.into() };
        self.findings.error(&origin, error);
    }

    /// What nobody wrote is a matter of the entry that it belongs to.
    fn or_here<'b>(&'b self, origin: &'b Origin) -> &'b Origin {
        match (origin, self.origin) {
            (Origin::Default, Some(here)) if !self.path.is_empty() => here,
            _ => origin,
        }
    }

    /// Where something stands; what nobody wrote is a matter of the file.
    fn place_of(&self, origin: &Origin) -> String {
        match origin {
            Origin::Default => self.findings.file_name.clone(),
            origin => origin.to_string(),
        }
    }

    /// Says of keys that are read what follows from it that nothing acts upon them yet. Each comes with the value of which that
    /// is true anyway, in all ways to write it, with commas. To be called before they are read.
    pub(crate) fn not_honoured(&mut self, keys: &[(&'static str, &str, &str)]) {
        for (key, harmless, consequence) in keys {
            let Some(node) = self.peek(key).filter(|node| node.value != Value::Null) else { continue };
            let is_one =
                |node: &Node| node.value.as_text().is_some_and(|text| harmless.split(", ").any(|one| one == text));
            let is_harmless = node.value.as_list().map_or_else(|| is_one(node), |items| items.into_iter().all(is_one));
            if !is_harmless {
                let key = self.path_of(key);
                let message = format!("`{key}` is not supported yet and has no effect{consequence}");
                self.warn(&node.origin, key, message);
            }
        }
    }

    /// Says of a key that it has no effect.
    fn warn(&mut self, origin: &Origin, key: String, message: String) {
        let place = origin.to_string();
        self.findings.warnings.push(Warning { key, place, message, has_no_effect: true });
    }
}

/// Whether an entry is what EMQX keeps in the place of a default entry that was deleted.
pub(crate) fn is_deleted(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text == "marked_for_deletion")
}

/// What was written, unless it is a secret.
fn shown_as_written<R: Shown>(node: &Node, rule: &R, value: &R::Value) -> Option<Node> {
    let is_secret = node.value.as_text().is_some_and(|text| rule.is_secret(text));
    let shown = if is_secret { rule.shown(value)? } else { node.value.clone() };
    Some(Node::new(shown, node.origin.clone()))
}

/// The items of a list, or of one text with commas, each with what it is called in messages; `None` if it is neither.
fn list_items(key: &str, node: &Node) -> Option<Vec<(String, Node)>> {
    if let Some(items) = node.value.as_list() {
        let numbered = items.into_iter().zip(1_usize..);
        return Some(numbered.map(|(item, number)| (format!("{key}.{number}"), item.clone())).collect());
    }
    let parts = node.value.as_text()?.split(',').map(str::trim).filter(|part| !part.is_empty());
    let item = |part: &str| Node::new(Value::Text(part.into()), node.origin.clone());
    Some(parts.map(|part| (key.to_owned(), item(part))).collect())
}

fn invalid(path: &str, node: &Node, allowed: &str) -> ConfigError {
    ConfigError::InvalidValue {
        place: node.origin.to_string(),
        key: path.into(),
        value: node.value.to_string(),
        allowed: allowed.into(),
    }
}
