//! Finds the placeholders of a query, and nothing else: it knows of SQL only where texts in quotes and comments begin and end.

use super::query::MAX_PARAMETERS;
use super::{Dialect, Placeholder, Purpose, SqlQueryError};

/// Goes through a query once. All it looks for is ASCII, so bytes are enough: no byte of a longer character is ASCII.
pub(super) struct Scanner<'a> {
    query: &'a str,
    at: usize,
    dialect: Dialect,
    purpose: Purpose,
    text: String,
    placeholders: Vec<Placeholder>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(query: &'a str, dialect: Dialect, purpose: Purpose) -> Self {
        Self { query, at: 0, dialect, purpose, text: String::with_capacity(query.len()), placeholders: Vec::new() }
    }

    /// The text with bind variables, and what they stand for.
    pub(super) fn scan(mut self) -> Result<(String, Vec<Placeholder>), SqlQueryError> {
        while let Some(first) = self.rest().bytes().next() {
            match first {
                b'\'' | b'"' => self.quoted(char::from(first))?,
                b'`' if self.dialect == Dialect::MySql => self.quoted('`')?,
                b'#' if self.dialect == Dialect::MySql => self.copy_line(),
                b'-' if self.begins_line_comment() => self.copy_line(),
                b'/' if self.rest().starts_with("/*") => self.block_comment()?,
                b'?' if self.dialect == Dialect::MySql => {
                    return Err(SqlQueryError::OwnBindVariable { mark: "?", offset: self.at });
                }
                b'$' => self.dollar()?,
                _ => self.copy_ordinary(),
            }
        }
        Ok((self.text, self.placeholders))
    }

    fn rest(&self) -> &'a str {
        self.query.get(self.at..).unwrap_or_default()
    }

    /// Copies so many bytes, or up to the end.
    fn copy(&mut self, length: usize) {
        let part = self.rest().get(..length).unwrap_or(self.rest());
        self.text.push_str(part);
        self.at += part.len();
    }

    /// Copies everything up to what may begin something else.
    fn copy_ordinary(&mut self) {
        let mut others = self.rest().char_indices().skip(1);
        let end = others.find(|(_, c)| matches!(c, '\'' | '"' | '`' | '#' | '-' | '/' | '?' | '$'));
        self.copy(end.map_or(usize::MAX, |(index, _)| index));
    }

    fn copy_line(&mut self) {
        self.copy(self.rest().find('\n').unwrap_or(usize::MAX));
    }

    /// `--`, which needs a space behind it in MySQL.
    fn begins_line_comment(&self) -> bool {
        let Some(behind) = self.rest().strip_prefix("--") else { return false };
        self.dialect == Dialect::PostgreSql || behind.chars().next().is_none_or(char::is_whitespace)
    }

    /// Comments stand inside each other in PostgreSQL, in MySQL the first end is the end.
    fn block_comment(&mut self) -> Result<(), SqlQueryError> {
        let rest = self.rest();
        let (mut depth, mut at) = (1_usize, 2);
        while depth > 0 {
            let Some(behind) = rest.get(at..) else { break };
            let Some(found) = behind.find(['*', '/']) else { break };
            at += found;
            match behind.as_bytes().get(found..found + 2) {
                Some(b"*/") => (depth, at) = (depth - 1, at + 2),
                Some(b"/*") if self.dialect == Dialect::PostgreSql => (depth, at) = (depth + 1, at + 2),
                _ => at += 1,
            }
        }
        if depth > 0 {
            return Err(self.not_ended("/*"));
        }
        self.copy(at);
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), SqlQueryError> {
        let has_escapes = match self.dialect {
            Dialect::MySql => quote != '`',
            Dialect::PostgreSql => quote == '\'' && self.has_escape_mark(),
        };
        let length =
            quoted_length(self.rest(), quote, has_escapes).ok_or_else(|| self.not_ended(&quote.to_string()))?;
        let content = self.rest().get(1..length - 1).unwrap_or_default();
        match only_placeholder(content).and_then(|name| Placeholder::from_name(name, self.purpose)) {
            Some(placeholder) => {
                self.at += length;
                self.bind(placeholder)?;
            }
            None => {
                self.refuse_placeholders(content)?;
                self.copy(length);
            }
        }
        Ok(())
    }

    /// Whether what was copied last is the `E` that allows backslashes in the text behind it.
    fn has_escape_mark(&self) -> bool {
        let mut before = self.text.chars().rev();
        matches!(before.next(), Some('e' | 'E')) && !before.next().is_some_and(is_name_part)
    }

    fn refuse_placeholders(&self, content: &str) -> Result<(), SqlQueryError> {
        for (index, _) in content.match_indices("${") {
            let name = content.get(index + 2..).and_then(|behind| behind.split_once('}')).map(|(name, _)| name);
            if let Some(name) = name.filter(|name| Placeholder::from_name(name, self.purpose).is_some()) {
                let remedy = match self.dialect {
                    Dialect::PostgreSql => "'text' || ${name}",
                    Dialect::MySql => "CONCAT('text', ${name})",
                };
                return Err(SqlQueryError::PlaceholderInText {
                    name: name.to_owned(),
                    offset: self.at + 1 + index,
                    remedy,
                });
            }
        }
        Ok(())
    }

    /// A placeholder, or one of the other things that a dollar sign may begin.
    fn dollar(&mut self) -> Result<(), SqlQueryError> {
        if let Some(behind) = self.rest().strip_prefix("${") {
            let (name, _) = behind.split_once('}').ok_or_else(|| self.not_ended("${"))?;
            let Some(placeholder) = Placeholder::from_name(name, self.purpose) else {
                let known = Placeholder::names(self.purpose);
                return Err(SqlQueryError::UnknownPlaceholder { name: name.to_owned(), offset: self.at, known });
            };
            self.at += name.len() + "${}".len();
            return self.bind(placeholder);
        }
        let is_part_of_name = self.text.chars().next_back().is_some_and(is_name_part);
        if self.dialect == Dialect::MySql || is_part_of_name {
            self.copy(1);
            return Ok(());
        }
        if self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            return Err(SqlQueryError::OwnBindVariable { mark: "$1", offset: self.at });
        }
        self.dollar_quoted()
    }

    /// `$tag$ … $tag$`
    fn dollar_quoted(&mut self) -> Result<(), SqlQueryError> {
        let rest = self.rest();
        let tag_end = rest.char_indices().skip(1).find(|(_, c)| !is_name_part(*c)).filter(|(_, c)| *c == '$');
        let Some((tag, behind)) = tag_end.and_then(|(index, _)| rest.split_at_checked(index + 1)) else {
            self.copy(1);
            return Ok(());
        };
        let end = behind.find(tag).ok_or_else(|| self.not_ended(tag))?;
        self.refuse_placeholders(behind.get(..end).unwrap_or_default())?;
        self.copy(tag.len() + end + tag.len());
        Ok(())
    }

    /// Each placeholder is a bind variable of its own, since the same value may be compared with columns of different types.
    fn bind(&mut self, placeholder: Placeholder) -> Result<(), SqlQueryError> {
        if self.placeholders.len() == MAX_PARAMETERS {
            return Err(SqlQueryError::TooManyPlaceholders);
        }
        self.placeholders.push(placeholder);
        match self.dialect {
            Dialect::PostgreSql => self.text.push_str(&format!("${}", self.placeholders.len())),
            Dialect::MySql => self.text.push('?'),
        }
        Ok(())
    }

    fn not_ended(&self, start: &str) -> SqlQueryError {
        SqlQueryError::NotEnded { start: start.to_owned(), offset: self.at }
    }
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The name, if the text is one placeholder and nothing else.
fn only_placeholder(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}').filter(|name| !name.contains('}'))
}

/// The length of the quoted text at the beginning of `text`, with its quotes. A quote that is doubled does not end it.
fn quoted_length(text: &str, quote: char, has_escapes: bool) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        if character == '\\' && has_escapes {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(index + 1);
        }
    }
    None
}
