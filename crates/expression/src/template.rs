//! Text with `${name}` in it.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::{Bindings, EvaluateError};

/// The longest text that a template can become.
pub const MAX_RENDERED_BYTES: usize = 1024 * 1024;

/// Text with placeholders, read. Printing it gives a text that reads the same.
///
/// `${name}` and `${.name}` are placeholders if the name is an allowed one, and nothing but text if not: neither is an
/// error. `${$}` is a dollar sign, so that `${$}{name}` is the text `${name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text, as it is. Never empty, and never two in a row.
    Text(String),
    /// The name of a placeholder.
    Variable(String),
}

impl Template {
    /// Reads a text. An allowed name that ends in `.*` stands for all that start so: `client_attrs.*`.
    #[must_use]
    pub fn parse(source: &str, allowed: &[&str]) -> Self {
        let mut template = Self { parts: Vec::new() };
        let mut rest = source;
        while let Some(start) = rest.find("${") {
            let (text, placeholder) = rest.split_at(start);
            template.push_text(text);
            let (length, name) = read_placeholder(placeholder, allowed);
            let (literal, behind) = placeholder.split_at_checked(length).unwrap_or((placeholder, ""));
            match name {
                Some("$") => template.push_text("$"),
                Some(name) => template.parts.push(Part::Variable(name.to_owned())),
                None => template.push_text(literal),
            }
            rest = behind;
        }
        template.push_text(rest);
        template
    }

    /// The parts, from left to right: what a back end needs that binds values to a statement rather than writing them
    /// into it.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names of the placeholders, from left to right, repeated as they are.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }

    /// The text, if there is no placeholder in it.
    #[must_use]
    pub fn as_constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with values for all placeholders.
    ///
    /// # Errors
    /// A name has no value or a null one ([`EvaluateError::Unbound`]), a value is no text, or the text becomes longer than
    /// [`MAX_RENDERED_BYTES`].
    pub fn render(&self, bindings: &dyn Bindings) -> Result<String, EvaluateError> {
        self.render_with(bindings, |name| Err(EvaluateError::Unbound(name.to_owned())))
    }

    /// As [`render`](Self::render), with nothing in the place of values that are missing.
    ///
    /// # Errors
    /// A value is no text, or the text becomes too long.
    pub fn render_or_empty(&self, bindings: &dyn Bindings) -> Result<String, EvaluateError> {
        self.render_with(bindings, |_| Ok(()))
    }

    fn render_with(
        &self,
        bindings: &dyn Bindings,
        missing: impl Fn(&str) -> Result<(), EvaluateError>,
    ) -> Result<String, EvaluateError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Variable(name) => match bindings.variable(name) {
                    None | Some(crate::Value::Null) => missing(name)?,
                    Some(value) => text.push_str(&value.to_text()?),
                },
            }
            if text.len() > MAX_RENDERED_BYTES {
                return Err(EvaluateError::TooLarge { limit_bytes: MAX_RENDERED_BYTES });
            }
        }
        Ok(text)
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }
}

/// Of a text that starts with `${`: how much of it to take, and the name if that is a placeholder.
fn read_placeholder<'a>(text: &'a str, allowed: &[&str]) -> (usize, Option<&'a str>) {
    const OPEN: &str = "${";
    let inner = text.get(OPEN.len()..).unwrap_or_default();
    if inner.starts_with("$}") {
        return (OPEN.len() + "$}".len(), inner.get(..1));
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    let end = inner.find(|character| !is_name(character)).unwrap_or(inner.len());
    let written = inner.get(..end).filter(|_| inner.get(end..).is_some_and(|behind| behind.starts_with('}')));
    let name = written.map(|name| name.strip_prefix('.').unwrap_or(name)).filter(|name| is_allowed(name, allowed));
    // What is no placeholder may still have one inside: `${${name}`.
    if name.is_some() { (OPEN.len() + end + 1, name) } else { (OPEN.len(), None) }
}

fn is_allowed(name: &str, allowed: &[&str]) -> bool {
    allowed.iter().any(|allowed| match allowed.strip_suffix('*') {
        Some(prefix) => prefix.ends_with('.') && name.len() > prefix.len() && name.starts_with(prefix),
        None => name == *allowed,
    })
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => formatter.write_str(&text.replace("${", "${$}{"))?,
                Part::Variable(name) => write!(formatter, "${{{name}}}")?,
            }
        }
        Ok(())
    }
}
