//! A text that is changed in place: comments, order and everything that is not concerned stay byte for byte.

mod layout;
mod mention;

use crate::error::HoconError;
use crate::key_path::join_path;
use crate::limits::Limits;
use crate::node::Value;
use crate::parser;
use crate::reader::{IncludeRequest, Included, Reader};
use crate::source_file::SourceFile;
use crate::syntax::{Body, Field};
use crate::write::{field_text, value_text};
use layout::{insertion, line_indent, removal};
use mention::{Mention, mentions};
use std::fmt;

/// A text of HOCON to be changed, as `cluster.hocon` is by the API and the command line. Includes are left alone: what they
/// would add is not looked at.
///
/// ```
/// use dunlin_hocon::{Document, Value};
///
/// let mut document = Document::parse("cluster.hocon", "# ours\nmqtt {\n  max_inflight = 5 # few\n}\n")?;
/// document.set(&["mqtt", "max_inflight"], &Value::Number("9".into())).unwrap();
/// document.set(&["mqtt", "strict_mode"], &Value::Bool(true)).unwrap();
/// assert_eq!(document.text(), "# ours\nmqtt {\n  max_inflight = 9 # few\n  strict_mode = true\n}\n");
/// # Ok::<(), dunlin_hocon::HoconError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    name: String,
    text: String,
}

/// Why a document cannot be changed. It is as it was before then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The path has no parts.
    EmptyPath,
    /// Something else in the text, such as an item of a list that is set in two places, changes what would be set.
    Mixed {
        /// The path.
        path: String,
    },
    /// The text would not be readable any more: the path or the value is too deep or too long.
    Unreadable(HoconError),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyPath => f.write_str("the path is empty"),
            Self::Mixed { path } => {
                write!(f, "`{path}` is set in several places that cannot be told apart; set the whole list or object")
            }
            Self::Unreadable(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EditError {}

/// Bytes to replace, and by what.
type Edit = (std::ops::Range<usize>, String);

impl Document {
    /// A document of a text that is read.
    ///
    /// # Errors
    /// [`HoconError`] if it is no HOCON. Substitutions and includes are not looked at.
    pub fn parse(name: &str, text: &str) -> Result<Self, HoconError> {
        let document = Self { name: name.into(), text: text.into() };
        document.body()?;
        Ok(document)
    }

    /// The text as it is now.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Sets the value at a path, in the place where it is set last, or at the end of the innermost object that it belongs into.
    /// Other places that set it or a part of it are removed. Items of lists count from 1.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn set<S: AsRef<str>>(&mut self, path: &[S], value: &Value) -> Result<(), EditError> {
        let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        let mut changed = self.clone();
        changed.set_value(&path, value)?;
        if !changed.says(&path, value) {
            return Err(EditError::Mixed { path: join_path(&path) });
        }
        *self = changed;
        Ok(())
    }

    /// Removes everything that sets the value at a path or a part of it. Says whether there was anything.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn remove<S: AsRef<str>>(&mut self, path: &[S]) -> Result<bool, EditError> {
        let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        let mut changed = self.clone();
        while let Some(edit) = changed.first_removal(&path, |_, _| true)? {
            changed.apply(edit);
        }
        // Once only: the items behind one that is removed take its number.
        let body = changed.body().map_err(EditError::Unreadable)?;
        let items = mentions(&body, &path).into_iter().rev().filter_map(|mention| match mention {
            Mention::Item(item) => Some((removal(&changed.text, &item.span), String::new())),
            _ => None,
        });
        items.collect::<Vec<_>>().into_iter().for_each(|edit| changed.apply(edit));
        changed.body().map_err(EditError::Unreadable)?;
        let is_changed = changed != *self;
        *self = changed;
        Ok(is_changed)
    }

    fn set_value(&mut self, path: &[&str], value: &Value) -> Result<(), EditError> {
        while let Some(edit) = self.first_removal(path, |_, is_kept| !is_kept)? {
            self.apply(edit);
        }
        let body = self.body().map_err(EditError::Unreadable)?;
        let mentions = mentions(&body, path);
        let is_unknown = mentions.iter().any(|mention| matches!(mention, Mention::Unknown));
        // What is below could be merged into an object.
        let must_hide = is_unknown && matches!(value, Value::Object(_));
        let edit = match mentions.last() {
            Some(Mention::Whole(field)) => self.replacement(field, value, must_hide),
            Some(Mention::Item(item)) => {
                (item.span.clone(), value_text(value, line_indent(&self.text, item.span.start)))
            }
            _ => {
                let (place, rest) = if is_unknown { (&body, path) } else { innermost(&body, path) };
                let key = join_path(rest);
                insertion(&self.text, place, |indent| {
                    let field = field_text(&key, value, indent);
                    if must_hide { format!("{key} = null\n{indent}{field}") } else { field }
                })
            }
        };
        self.apply(edit);
        self.body().map(|_| ()).map_err(EditError::Unreadable)
    }

    fn replacement(&self, field: &Field, value: &Value, must_hide: bool) -> Edit {
        let indent = line_indent(&self.text, field.span.start);
        let fits = if field.has_sign { !field.is_append } else { matches!(value, Value::Object(_)) };
        if fits && !must_hide {
            return (field.value.span.clone(), value_text(value, indent));
        }
        let key = &self.text[field.span.start..field.key_end];
        let hiding = if must_hide { format!("{key} = null\n{indent}") } else { String::new() };
        (field.span.clone(), format!("{hiding}{key} = {}", value_text(value, indent)))
    }

    /// The edit that removes the first field that sets a path or a part of it and that `accept` takes. It gets the field and
    /// whether it is the one that decides.
    fn first_removal(&self, path: &[&str], accept: impl Fn(&Field, bool) -> bool) -> Result<Option<Edit>, EditError> {
        if path.is_empty() {
            return Err(EditError::EmptyPath);
        }
        let body = self.body().map_err(EditError::Unreadable)?;
        let mentions = mentions(&body, path);
        let last = mentions.iter().rposition(|mention| !matches!(mention, Mention::Part(_)));
        let found = mentions.iter().enumerate().find_map(|(index, mention)| {
            let (Mention::Whole(field) | Mention::Part(field)) = mention else { return None };
            accept(field, Some(index) == last).then(|| (removal(&self.text, &field.span), String::new()))
        });
        Ok(found)
    }

    fn apply(&mut self, (range, text): Edit) {
        self.text.replace_range(range, &text);
    }

    fn body(&self) -> Result<Body, HoconError> {
        parser::parse(&self.text, Limits::DEEPEST)
            .map_err(|fault| SourceFile::new(&self.name, &self.text).locate(fault))
    }

    /// Whether the text gives this value at a path, as far as that can be known without other files.
    fn says(&self, path: &[&str], value: &Value) -> bool {
        let mut files = 0;
        let nothing = |_: &IncludeRequest<'_>| {
            files += 1;
            Ok(Some(Included { name: format!("included {files}"), text: String::new() }))
        };
        let Ok(root) = Reader::new().includes(nothing).variables(|_| Some(String::new())).read(&self.name, &self.text)
        else {
            return true;
        };
        root.get(path).is_some_and(|node| node.value.is_same(value))
    }
}

/// The innermost object that a path belongs into, the last one where there are several, and the rest of the path.
fn innermost<'a, 'p>(body: &'a Body, path: &'p [&'p str]) -> (&'a Body, &'p [&'p str]) {
    for field in body.fields().rev().filter(|field| !field.is_append && field.path.len() < path.len()) {
        if let Some(inner) = field.value.as_object().filter(|_| path.iter().zip(&field.path).all(|(a, b)| a == b)) {
            return innermost(inner, &path[field.path.len()..]);
        }
    }
    (body, path)
}

#[cfg(test)]
mod tests;
