//! Characters to the smallest parts of HOCON: blanks and comments, quoted and unquoted text, key paths.

use crate::error::Fault;
use crate::heredoc;

/// A place in a text that moves forward.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// Goes back to an offset that was asked for before.
    pub(crate) const fn rewind(&mut self, offset: usize) {
        self.offset = offset;
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// The text between two offsets that were asked for before.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Moves over `expected` if it is next.
    pub(crate) fn take(&mut self, expected: &str) -> bool {
        let is_next = self.rest().starts_with(expected);
        if is_next {
            self.offset += expected.len();
        }
        is_next
    }

    /// Moves over a character if it is the next.
    fn take_char(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.offset += next.len_utf8();
        Some(next)
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.offset += end;
        &rest[..end]
    }

    /// Moves over blanks, but not over the end of the line, and returns them.
    pub(crate) fn skip_blanks(&mut self) -> &'a str {
        self.take_while(is_blank)
    }

    /// Moves over blanks and a comment, up to the end of the line.
    pub(crate) fn skip_to_line_end(&mut self) {
        self.skip_blanks();
        let rest = self.rest();
        if rest.starts_with('#') || rest.starts_with("//") {
            self.take_while(|c| c != '\n');
        }
    }

    /// Moves over blanks, comments and ends of lines. Says whether there was an end of a line.
    pub(crate) fn skip_lines(&mut self) -> bool {
        let mut found = false;
        loop {
            self.skip_to_line_end();
            if !self.take("\n") {
                return found;
            }
            found = true;
        }
    }

    /// A path of keys: parts between dots, each quoted, unquoted or both.
    pub(crate) fn key_path(&mut self) -> Result<Vec<String>, Fault> {
        let mut path = vec![self.key()?];
        while self.take(".") {
            path.push(self.key()?);
        }
        Ok(path)
    }

    fn key(&mut self) -> Result<String, Fault> {
        let start = self.offset;
        let mut key = String::new();
        while let Some(next) = self.peek() {
            if next == '"' {
                key.push_str(&self.quoted()?);
            } else if is_key_char(next) && !self.rest().starts_with("//") {
                key.push(next);
                self.offset += next.len_utf8();
            } else {
                break;
            }
        }
        if self.offset == start {
            let (problem, remedy) = match self.peek() {
                Some('.') => ("a part of the key is empty".to_owned(), "take one dot away, or write \"\" for it"),
                Some('\n') | None => ("a key is missing".to_owned(), "write `key = value`"),
                Some(c) => (format!("`{c}` cannot be part of a key"), "put the key in quotes, or write `key = value`"),
            };
            return Err(Fault::syntax(start, problem, remedy));
        }
        Ok(key)
    }

    /// Text in one or three quotes; the scanner stands at the first one.
    pub(crate) fn quoted(&mut self) -> Result<String, Fault> {
        let start = self.offset;
        if self.take("\"\"\"") {
            return self.in_three_quotes(start);
        }
        self.take("\"");
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| !matches!(c, '"' | '\\' | '\n')));
            match self.take_char() {
                Some('"') => return Ok(text),
                Some('\\') => self.escape(&mut text)?,
                _ => {
                    let remedy = "close the quote, or use three quotes for text of several lines";
                    return Err(Fault::syntax(start, "the quote does not end on this line", remedy));
                }
            }
        }
    }

    /// The character that an escape stands for. A backslash before any other character is just a backslash, as EMQX has it: a
    /// regular expression in quotes means what its author thought.
    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let start = self.offset - 1;
        let plain = match self.peek() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                text.push(self.unicode_escape(start)?);
                return Ok(());
            }
            _ => {
                text.push('\\');
                return Ok(());
            }
        };
        self.take_char();
        text.push(plain);
        Ok(())
    }

    /// `\u00e9`, or a pair of surrogates. `start` is the place of the backslash.
    fn unicode_escape(&mut self, start: usize) -> Result<char, Fault> {
        let error =
            || Fault::syntax(start, "`\\u` needs four hexadecimal digits", "write `\\\\` where a backslash is meant");
        self.take("u");
        let first = self.four_hex_digits().ok_or_else(error)?;
        let mut code = u32::from(first);
        if (0xd800..0xdc00).contains(&first) {
            let second = if self.take("\\u") { self.four_hex_digits() } else { None };
            let low = second.filter(|low| (0xdc00..0xe000).contains(low)).ok_or_else(error)?;
            code = 0x1_0000 + ((code - 0xd800) << 10) + (u32::from(low) - 0xdc00);
        }
        char::from_u32(code).ok_or_else(error)
    }

    fn four_hex_digits(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.offset += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    /// Text up to the last of three quotes or more: those before the last three belong to the text.
    fn in_three_quotes(&mut self, start: usize) -> Result<String, Fault> {
        let Some(length) = self.rest().find("\"\"\"") else {
            let remedy = "write \"\"\" behind its last line";
            return Err(Fault::syntax(start, "the text in three quotes does not end", remedy));
        };
        let body_start = self.offset;
        self.offset += length;
        let quotes = self.take_while(|c| c == '"').len();
        let body = self.slice(body_start, body_start + length + quotes - 3);
        Ok(heredoc::unindented(body))
    }

    /// An unquoted word of a value; empty if there is none here.
    ///
    /// `:` and `@` are allowed in it, as EMQX's files need for `0.0.0.0:1883` and `emqx@127.0.0.1`; `//` is a part of it only
    /// behind `:`, for `http://host`.
    pub(crate) fn word(&mut self) -> &'a str {
        let start = self.offset;
        while let Some(next) = self.peek() {
            let is_comment =
                next == '/' && self.rest().starts_with("//") && !self.slice(start, self.offset).ends_with(':');
            if !is_word_char(next) || is_comment {
                break;
            }
            // Both slashes at once: the second one stands behind a slash and not behind `:`.
            let is_address = next == '/' && self.rest().starts_with("//");
            self.offset += if is_address { 2 } else { next.len_utf8() };
        }
        self.slice(start, self.offset)
    }
}

/// White space of HOCON except the end of a line.
pub(crate) fn is_blank(c: char) -> bool {
    c != '\n' && (c.is_whitespace() || matches!(c, '\u{feff}' | '\u{1c}'..='\u{1f}'))
}

const FORBIDDEN: &str = "$\"{}[]=,#`^?!*&\\";

fn is_word_char(c: char) -> bool {
    !is_blank(c) && c != '\n' && !FORBIDDEN.contains(c)
}

fn is_key_char(c: char) -> bool {
    is_word_char(c) && !matches!(c, '.' | ':' | '+' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text() {
        let read = |text: &str| Scanner::new(text).quoted().map_err(|fault| fault.problem);
        for (text, expected) in [
            (r#""a b""#, "a b"),
            (r#""""#, ""),
            (r#""\"\\\/\n\t""#, "\"\\/\n\t"),
            (r#""\u00e9\uD83D\uDE00""#, "é😀"),
            (r#""^\d+\.$""#, r"^\d+\.$"),
            ("\"\"\"a\\n\"b\"\"\"", "a\\n\"b"),
            ("\"\"\"a\"\"\"\"\" x", "a\"\""),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for bad in ["\"a\nb\"", "\"a", "\"\"\"a\"\"", r#""\u12""#, r#""\ud800x""#, r#""\udc00""#, "\"\\"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_end_where_something_else_begins() {
        for (text, word) in [
            ("0.0.0.0:1883, 5", "0.0.0.0:1883"),
            ("emqx@127.0.0.1}", "emqx@127.0.0.1"),
            ("http://host:80/a//c", "http://host:80/a"),
            ("a//c", "a"),
            ("80% # x", "80%"),
            ("10000|64MB]", "10000|64MB"),
            ("a${b}", "a"),
            ("=", ""),
        ] {
            assert_eq!(Scanner::new(text).word(), word, "{text}");
        }
    }
}
