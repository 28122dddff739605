//! On which line each key stands. The HOCON reader drops positions once values are merged, so the tokens are walked again.

use hocon::{Token, TokenKind};
use std::collections::HashMap;

/// Lines of keys, by path. Only for messages: a key this misses is reported without its line.
#[derive(Default)]
pub(super) struct Positions {
    lines: HashMap<Vec<String>, u32>,
}

impl Positions {
    /// Finds the keys of `text`. Where a key is set twice the later one counts, as in HOCON.
    pub(super) fn of(text: &str) -> Self {
        let mut positions = Self::default();
        if let Ok(tokens) = hocon::tokenize(text) {
            Walk { positions: &mut positions, enclosing: vec![Vec::new()], key: Key::default() }.run(&tokens);
        }
        positions
    }

    /// The line of a path, counted from 1.
    pub(super) fn line_of(&self, path: &[String]) -> Option<u32> {
        self.lines.get(path).copied()
    }
}

/// A key while its tokens are collected: `a."b.c".d` is three tokens and three segments.
#[derive(Default)]
struct Key {
    segments: Vec<String>,
    line: Option<u32>,
}

impl Key {
    fn extend(&mut self, token: &Token) {
        self.line = self.line.or_else(|| u32::try_from(token.line).ok());
        let mut parts = token.value.split('.').map(str::to_owned).collect::<Vec<_>>().into_iter();
        let whole = token.value.clone();
        let first = if token.kind == TokenKind::Unquoted { parts.next() } else { Some(whole) };
        match (self.segments.last_mut(), first) {
            (Some(last), Some(first)) => last.push_str(&first),
            (None, Some(first)) => self.segments.push(first),
            (_, None) => {}
        }
        if token.kind == TokenKind::Unquoted {
            self.segments.extend(parts);
        }
    }
}

struct Walk<'a> {
    positions: &'a mut Positions,
    /// Full paths of the objects around the current token, innermost last. Never empty.
    enclosing: Vec<Vec<String>>,
    key: Key,
}

impl Walk<'_> {
    fn run(&mut self, tokens: &[Token]) {
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += 1;
            match token.kind {
                TokenKind::Unquoted | TokenKind::QuotedString => self.key.extend(token),
                TokenKind::Equals | TokenKind::Colon | TokenKind::PlusEquals => {
                    let path = self.record();
                    index = self.skip_value(tokens, index, path);
                }
                TokenKind::LBrace => {
                    // The braces around the whole document stand behind no key.
                    let path = self.record();
                    self.enclosing.push(path);
                }
                TokenKind::RBrace => {
                    if self.enclosing.len() > 1 {
                        self.enclosing.pop();
                    }
                    self.key = Key::default();
                }
                _ => self.key = Key::default(),
            }
        }
    }

    /// Notes the line of the collected key and of the objects it implies, and returns its full path.
    fn record(&mut self) -> Vec<String> {
        let key = std::mem::take(&mut self.key);
        let mut path = self.enclosing.last().cloned().unwrap_or_default();
        for segment in key.segments {
            path.push(segment.trim().to_owned());
            if let Some(line) = key.line {
                self.positions.lines.insert(path.clone(), line);
            }
        }
        path
    }

    /// Moves over the value of `path`, up to the end of it or to the inside of the object it starts with.
    fn skip_value(&mut self, tokens: &[Token], mut index: usize, path: Vec<String>) -> usize {
        let mut depth = 0_usize;
        let mut is_empty = true;
        while let Some(token) = tokens.get(index) {
            match token.kind {
                TokenKind::LBrace if depth == 0 => {
                    self.enclosing.push(path);
                    return index + 1;
                }
                TokenKind::LBrace | TokenKind::LBracket => depth += 1,
                TokenKind::RBrace if depth == 0 => return index,
                TokenKind::RBrace | TokenKind::RBracket => depth = depth.saturating_sub(1),
                // A value may start on the line after the `=`.
                TokenKind::Newline if is_empty => {}
                TokenKind::Newline | TokenKind::Comma if depth == 0 => return index + 1,
                _ => {}
            }
            is_empty = is_empty && token.kind == TokenKind::Newline;
            index += 1;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys_however_they_are_written() {
        let text = r#"# comment
node.name = "a@b"
mqtt {
  max_inflight = 5, idle_timeout = 3s
  mqueue_priorities { "t/1.x" = 3 }
}
listeners { tcp.default { bind = 1883
  tcp_options : { backlog = 9 } } }
list = [ { x = 1 }, 2 ]
a."b.c".d =
  4
max = ${node} { z = 1 }
node.name = "c@d"
"#;
        let positions = Positions::of(text);
        let line = |path: &[&str]| positions.line_of(&path.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        for (path, expected) in [
            (&["node", "name"][..], Some(13)),
            (&["mqtt"], Some(3)),
            (&["mqtt", "max_inflight"], Some(4)),
            (&["mqtt", "idle_timeout"], Some(4)),
            (&["mqtt", "mqueue_priorities", "t/1.x"], Some(5)),
            (&["listeners"], Some(7)),
            (&["listeners", "tcp", "default", "bind"], Some(7)),
            (&["listeners", "tcp", "default", "tcp_options", "backlog"], Some(8)),
            (&["list"], Some(9)),
            (&["x"], None),
            (&["a", "b.c", "d"], Some(10)),
            (&["max", "z"], Some(12)),
        ] {
            assert_eq!(line(path), expected, "{path:?}");
        }
    }
}
