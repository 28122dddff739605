//! One text with its name: from byte offsets to lines and columns.

use crate::error::{Fault, HoconError};
use crate::origin::Origin;
use std::sync::Arc;

/// More of a line is not shown.
const SHOWN_CHARS: usize = 100;

/// Parts of keys whose values must not be shown.
const SECRET_WORDS: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "cookie",
    "token",
    "private",
    "authorization",
    "credential",
    "account_key",
    "api_key",
    "api-key",
    "headers",
    "keyfile",
    "license",
    "seed",
];

/// A text and where its lines begin.
pub(crate) struct SourceFile {
    pub(crate) name: Arc<str>,
    pub(crate) text: String,
    line_starts: Vec<usize>,
}

impl SourceFile {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(index, _)| index + 1)).collect();
        Self { name: name.into(), text: text.into(), line_starts }
    }

    /// The line at a byte offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    pub(crate) fn origin(&self, offset: usize) -> Origin {
        Origin::File { name: self.name.clone(), line: self.line(offset) }
    }

    /// The error with its line, column and text.
    pub(crate) fn locate(&self, fault: Fault) -> HoconError {
        let Fault { kind, offset, problem, remedy } = fault;
        let line = self.line(offset);
        let start = self.line_starts.get(line as usize - 1).copied().unwrap_or_default();
        let rest = self.text.get(start..).unwrap_or_default();
        let text = rest.lines().next().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or(text);
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
        HoconError {
            kind,
            file: self.name.clone(),
            line,
            column,
            text: one_line(&shown(text)),
            problem: one_line(&without_values(&problem, text)),
            remedy: one_line(&remedy),
        }
    }
}

/// Names that a text brought may have ends of lines in them.
fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn shown(line: &str) -> String {
    match key_of_secret(line) {
        Some(key) => format!("{} …", cut(key)),
        None => cut(line.trim()),
    }
}

/// The key in front of what must not be shown of a line, if there is such a thing.
fn key_of_secret(line: &str) -> Option<&str> {
    let lower = line.to_ascii_lowercase();
    // A URL may have a name and a password in it.
    let has_login = line.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    // Headers of HTTP that somebody made up are often keys to a door.
    let is_own_header = lower.trim_start().trim_start_matches('"').starts_with("x-");
    let has_secret = has_login || is_own_header || SECRET_WORDS.iter().any(|word| lower.contains(word));
    has_secret.then(|| line.split(['=', ':', '{']).next().unwrap_or_default().trim())
}

/// A message without what it quotes of a value that must not be shown. Single characters are no secret.
fn without_values(message: &str, line: &str) -> String {
    let Some(key) = key_of_secret(line) else { return message.into() };
    let quoted = |(index, part): (usize, &str)| {
        let is_quoted = index % 2 == 1;
        let is_value = is_quoted && part.chars().nth(1).is_some() && !key.contains(part);
        if is_value { "…".to_owned() } else { part.to_owned() }
    };
    let parts: Vec<_> = message.split('`').enumerate().map(quoted).collect();
    parts.join("`")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_column_of_characters() {
        let file = SourceFile::new("f", "a = 1\n  é = ?\n");
        for (offset, line, column) in [(0, 1, 1), (4, 1, 5), (6, 2, 1), (13, 2, 7), (15, 3, 1)] {
            let error = file.locate(Fault::syntax(offset, "p", "r"));
            assert_eq!((error.line, error.column), (line, column), "{offset}");
        }
        let error = file.locate(Fault::syntax(13, "`?` needs quotes", "write \"?\""));
        assert_eq!(error.to_string(), "f:2: `?` needs quotes; write \"?\" (column 7 of `é = ?`)");
    }

    #[test]
    fn secrets_and_long_lines_are_not_shown() {
        let shown = |text: &str| SourceFile::new("f", text).locate(Fault::syntax(0, "", "")).text;
        assert_eq!(shown("  Password = \"abc\" }"), "Password …");
        assert_eq!(shown("url = \"redis://u:abc@h\""), "url …");
        assert_eq!(shown("  \"X-App\": abc"), "\"X-App\" …");
        let file = SourceFile::new("f", "secret = { abc\nplain = { abc");
        let problem = |offset| file.locate(Fault::syntax(offset, "`abc` has no `=` after `secret`", "")).problem;
        assert_eq!(problem(0), "`…` has no `=` after `secret`");
        assert_eq!(problem(20), "`abc` has no `=` after `secret`");
        assert_eq!(shown(&"ä".repeat(200)), format!("{}…", "ä".repeat(SHOWN_CHARS)));
    }
}
