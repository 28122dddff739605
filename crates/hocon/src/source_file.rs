//! One text with its name: from byte offsets to lines and columns.

use crate::error::{Fault, HoconError};
use crate::origin::Origin;
use std::sync::Arc;

/// More of a line is not shown.
const SHOWN_CHARS: usize = 100;

/// Parts of keys whose values must not be shown.
const SECRET_WORDS: [&str; 6] = ["password", "passwd", "secret", "cookie", "token", "private"];

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
            problem: one_line(&problem),
            remedy: one_line(&remedy),
        }
    }
}

/// Names that a text brought may have ends of lines in them.
fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn shown(line: &str) -> String {
    let line = line.trim();
    let lower = line.to_ascii_lowercase();
    if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        let key = line.split(['=', ':', '{']).next().unwrap_or_default();
        return format!("{} …", cut(key.trim_end()));
    }
    cut(line)
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
        assert_eq!(shown(&"ä".repeat(200)), format!("{}…", "ä".repeat(SHOWN_CHARS)));
    }
}
