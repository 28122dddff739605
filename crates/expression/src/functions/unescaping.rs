//! `unescape`: constants have no escapes, this function brings them.

use std::str::Chars;

use super::Arguments;
use crate::{EvaluateError, Value};

/// `\n`, `\t` and the like, `\\`, quotes, and `\x` with the hexadecimal number of a character. Any other is an error.
pub(super) fn unescape(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let mut characters = arguments.text(0)?.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        text.push(match characters.next() {
            // At the very end it stands for itself.
            None | Some('\\') => '\\',
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('a') => '\u{7}',
            Some(same @ ('\'' | '"' | '?')) => same,
            Some('x') => {
                numbered(&mut characters).ok_or_else(|| arguments.failure("\\x without the number of a character"))?
            }
            Some(_) => return Err(arguments.failure("an escape that is not known")),
        });
    }
    Ok(text.into())
}

/// All hexadecimal digits that follow.
fn numbered(characters: &mut Chars<'_>) -> Option<char> {
    let rest = characters.as_str();
    let length = rest.find(|character: char| !character.is_ascii_hexdigit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at_checked(length)?;
    *characters = rest.chars();
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}
