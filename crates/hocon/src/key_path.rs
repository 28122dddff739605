//! Paths of keys as text: `listeners.tcp."my.name".bind`.

use crate::scanner::Scanner;
use crate::write::quoted;

/// The path as it is written in a file, each part in quotes where it must be.
#[must_use]
pub fn join_path<S: AsRef<str>>(path: &[S]) -> String {
    let parts: Vec<_> = path.iter().map(|part| key_text(part.as_ref())).collect();
    parts.join(".")
}

/// The parts of a path as it is written in a file; `None` if it is none.
#[must_use]
pub fn split_path(text: &str) -> Option<Vec<String>> {
    let mut scanner = Scanner::new(text);
    let path = scanner.key_path().ok()?;
    scanner.is_at_end().then_some(path)
}

/// A part of a path as it is written in a file.
pub(crate) fn key_text(key: &str) -> String {
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && key != "include";
    if is_plain { key.into() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_quotes_where_they_must() {
        for (path, text) in [
            (&["a", "b_c-1", "2"][..], "a.b_c-1.2"),
            (&["listeners", "tcp", "my.name"], "listeners.tcp.\"my.name\""),
            (&["", "include", "é", "\"\\"], r#""."include"."é"."\"\\""#),
        ] {
            let text = if path[0].is_empty() { format!("\"{text}") } else { text.to_owned() };
            assert_eq!(join_path(path), text);
            assert_eq!(split_path(&text).unwrap(), path);
        }
        for bad in ["", "a.", ".a", "a..b", "a b", "a=", "\"a", "a.${b}"] {
            assert_eq!(split_path(bad), None, "{bad}");
        }
    }
}
