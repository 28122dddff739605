//! `sprintf_s`: a small part of Erlang's `io_lib:format`.

use std::iter::Peekable;
use std::str::Chars;

use unicode_segmentation::UnicodeSegmentation;

use super::Arguments;
use crate::bounded_text::BoundedText;
use crate::{EvaluateError, Value};

/// What stands between `~` and its letter: `~10.2.0f`.
#[derive(Default)]
struct Directive {
    /// Least width; negative fills on the right.
    width: Option<i64>,
    precision: Option<usize>,
    filling: Option<char>,
}

/// `sprintf_s(format, list)`: `~s` text, `~p` and `~w` any value, `~b` and `~B` whole numbers (the precision is the base, up
/// to 36), `~f` and `~e` fractions, `~c` a character by its number, `~n` a new line, `~~` the sign itself.
pub(super) fn sprintf_s(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let mut characters = arguments.text(0)?.chars().peekable();
    let mut values = arguments.list(1)?.iter();
    let mut text = BoundedText::default();
    while let Some(character) = characters.next() {
        if character != '~' {
            text.push(character.encode_utf8(&mut [0; 4]))?;
            continue;
        }
        let directive =
            Directive::read(&mut characters).ok_or_else(|| arguments.failure("a directive is malformed"))?;
        // `t` says that text is Unicode, which it always is.
        _ = characters.next_if_eq(&'t');
        let formatted = match characters.next() {
            Some('~') => "~".to_owned(),
            Some('n') => "\n".to_owned(),
            Some(letter) => {
                let value = values.next().ok_or_else(|| arguments.failure("there are more directives than values"))?;
                directive
                    .format(letter, value)
                    .ok_or_else(|| arguments.failure("a directive does not fit its value"))?
            }
            None => return Err(arguments.failure("a directive is malformed")),
        };
        directive.push(&mut text, &formatted)?;
    }
    if values.next().is_some() {
        return Err(arguments.failure("there are more values than directives"));
    }
    Ok(text.into_string().into())
}

impl Directive {
    fn read(characters: &mut Peekable<Chars<'_>>) -> Option<Self> {
        let is_left = characters.next_if_eq(&'-').is_some();
        let width = number(characters)?.map(|width| if is_left { -width } else { width });
        let mut directive = Self { width, ..Self::default() };
        if is_left && width.is_none() {
            return None;
        }
        if characters.next_if_eq(&'.').is_some() {
            directive.precision = number(characters)?.and_then(|precision| usize::try_from(precision).ok());
            if characters.next_if_eq(&'.').is_some() {
                directive.filling = Some(characters.next()?);
            }
        }
        Some(directive)
    }

    /// `None` if the letter is not known or the value is of another kind.
    fn format(&self, letter: char, value: &Value) -> Option<String> {
        /// What Rust's formatting takes without complaint, and more digits than a number has.
        const MAX_PRECISION: usize = 253;
        let precision = self.precision.unwrap_or(6).min(MAX_PRECISION);
        match (letter, value) {
            ('s', Value::Text(_) | Value::Bool(_)) => {
                let text = value.to_text().ok()?;
                Some(text.graphemes(true).take(self.precision.unwrap_or(usize::MAX)).collect())
            }
            ('p' | 'w', Value::Text(text)) => Some(format!("<<\"{text}\">>")),
            ('p' | 'w', _) => Some(value.to_text().ok()?.into_owned()),
            ('b', Value::Integer(number)) => Some(in_base(*number, self.precision.unwrap_or(10))?.to_lowercase()),
            ('B', Value::Integer(number)) => in_base(*number, self.precision.unwrap_or(10)),
            ('f', Value::Float(number)) => Some(format!("{number:.precision$}")),
            ('e', Value::Float(number)) => Some(format!("{number:.precision$e}")),
            ('c', Value::Integer(number)) => {
                let character = u32::try_from(*number).ok().and_then(char::from_u32)?;
                Some(character.to_string())
            }
            _ => None,
        }
    }

    fn push(&self, text: &mut BoundedText, formatted: &str) -> Result<(), EvaluateError> {
        let width = self.width.unwrap_or(0);
        let wanted = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        let missing = wanted.saturating_sub(formatted.graphemes(true).count());
        let filling = self.filling.unwrap_or(' ').to_string();
        let (before, behind) = if width < 0 { (0, missing) } else { (missing, 0) };
        text.push_repeated(&filling, before)?;
        text.push(formatted)?;
        text.push_repeated(&filling, behind)
    }
}

/// Digits if there are some; the outer `None` if there are too many.
fn number(characters: &mut Peekable<Chars<'_>>) -> Option<Option<i64>> {
    let mut number: Option<i64> = None;
    while let Some(digit) = characters.peek().and_then(|character| character.to_digit(10)) {
        number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
        characters.next();
    }
    Some(number)
}

/// Digits from 0 to Z; `None` for a base that has none.
fn in_base(number: i64, base: usize) -> Option<String> {
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base))?;
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(rest % u64::from(base)).ok()?;
        digits.push(char::from_digit(digit, base)?.to_ascii_uppercase());
        rest /= u64::from(base);
        if rest == 0 {
            break;
        }
    }
    let sign = if number < 0 { "-" } else { "" };
    Some(sign.chars().chain(digits.into_iter().rev()).collect())
}
