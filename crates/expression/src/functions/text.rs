//! Functions of one text. Lengths and positions count grapheme clusters: what a reader takes for one character.

use unicode_segmentation::UnicodeSegmentation;

use super::Arguments;
use super::splitting::{Place, pieces};
use crate::bounded_text::BoundedText;
use crate::{EvaluateError, Value};

type Result = std::result::Result<Value, EvaluateError>;

pub(super) fn any_to_str(arguments: &Arguments<'_>) -> Result {
    Ok(arguments.any_text(0)?.into_owned().into())
}

/// The first byte, as a number.
pub(super) fn ascii(arguments: &Arguments<'_>) -> Result {
    let first = arguments.text(0)?.bytes().next();
    first.map(|byte| Value::Integer(byte.into())).ok_or_else(|| arguments.mismatch(0, "text with something in it"))
}

/// `concat([a, b, …])` or `concat(a, b, …)`.
pub(super) fn concat(arguments: &Arguments<'_>) -> Result {
    let items = if arguments.count() == 1 { arguments.list(0)? } else { arguments.values };
    let mut text = BoundedText::default();
    for item in items {
        text.push(&item.to_text()?)?;
    }
    Ok(text.into_string().into())
}

/// From where the second is found to the end; nothing if it is not.
pub(super) fn find(arguments: &Arguments<'_>) -> Result {
    let (text, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let found = match arguments.option(2)? {
        None | Some("leading") => text.find(wanted),
        Some("trailing") => text.rfind(wanted),
        Some(_) => return Err(arguments.mismatch(2, "'leading' or 'trailing'")),
    };
    Ok(found.and_then(|start| text.get(start..)).unwrap_or_default().into())
}

pub(super) fn lower(arguments: &Arguments<'_>) -> Result {
    Ok(arguments.text(0)?.to_lowercase().into())
}

pub(super) fn upper(arguments: &Arguments<'_>) -> Result {
    Ok(arguments.text(0)?.to_uppercase().into())
}

pub(super) fn trim(arguments: &Arguments<'_>) -> Result {
    let unwanted = Unwanted::of(arguments)?;
    Ok(unwanted.trim_end(unwanted.trim_start(arguments.text(0)?)).into())
}

pub(super) fn ltrim(arguments: &Arguments<'_>) -> Result {
    Ok(Unwanted::of(arguments)?.trim_start(arguments.text(0)?).into())
}

pub(super) fn rtrim(arguments: &Arguments<'_>) -> Result {
    Ok(Unwanted::of(arguments)?.trim_end(arguments.text(0)?).into())
}

/// The characters that are trimmed: those of the second argument, by default white space.
struct Unwanted<'a>(Option<&'a str>);

impl<'a> Unwanted<'a> {
    fn of(arguments: &Arguments<'a>) -> std::result::Result<Self, EvaluateError> {
        arguments.option(1).map(Self)
    }

    fn contains(&self, character: char) -> bool {
        self.0.map_or_else(|| is_white_space(character), |unwanted| unwanted.contains(character))
    }

    fn trim_start<'t>(&self, text: &'t str) -> &'t str {
        text.trim_start_matches(|character| self.contains(character))
    }

    fn trim_end<'t>(&self, text: &'t str) -> &'t str {
        text.trim_end_matches(|character| self.contains(character))
    }
}

/// Unicode's Pattern_White_Space, which has no spaces that keep words together.
fn is_white_space(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ' | '\u{85}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

/// `pad(text, length [, 'trailing' | 'leading' | 'both' [, filling]])`.
pub(super) fn pad(arguments: &Arguments<'_>) -> Result {
    let (text, length) = (arguments.text(0)?, arguments.integer(1)?);
    let filling = arguments.option(3)?.unwrap_or(" ");
    let present = text.graphemes(true).count();
    let missing = usize::try_from(length).unwrap_or(0).saturating_sub(present);
    let (before, behind) = match arguments.option(2)? {
        None | Some("trailing") => (0, missing),
        Some("leading") => (missing, 0),
        Some("both") => (missing / 2, missing - missing / 2),
        Some(_) => return Err(arguments.mismatch(2, "'trailing', 'leading' or 'both'")),
    };
    let mut padded = BoundedText::default();
    padded.push_repeated(filling, before)?;
    padded.push(text)?;
    padded.push_repeated(filling, behind)?;
    Ok(padded.into_string().into())
}

/// `replace(text, wanted, replacement [, 'all' | 'leading' | 'trailing'])`.
pub(super) fn replace(arguments: &Arguments<'_>) -> Result {
    let place = match arguments.option(3)? {
        None | Some("all") => Place::Everywhere,
        Some("leading") => Place::First,
        Some("trailing") => Place::Last,
        Some(_) => return Err(arguments.mismatch(3, "'all', 'leading' or 'trailing'")),
    };
    let replacement = arguments.text(2)?;
    let mut replaced = BoundedText::default();
    for (index, piece) in pieces(arguments.text(0)?, arguments.text(1)?, place).into_iter().enumerate() {
        replaced.push(if index == 0 { "" } else { replacement })?;
        replaced.push(piece)?;
    }
    Ok(replaced.into_string().into())
}

pub(super) fn reverse(arguments: &Arguments<'_>) -> Result {
    Ok(arguments.text(0)?.graphemes(true).rev().collect::<String>().into())
}

pub(super) fn rm_prefix(arguments: &Arguments<'_>) -> Result {
    let (text, prefix) = (arguments.text(0)?, arguments.text(1)?);
    Ok(text.strip_prefix(prefix).unwrap_or(text).into())
}

pub(super) fn strlen(arguments: &Arguments<'_>) -> Result {
    let length = arguments.text(0)?.graphemes(true).count();
    i64::try_from(length).map(Value::Integer).map_err(|_| EvaluateError::VALUE_TOO_LARGE)
}

/// `substr(text, start [, length])`, from 0.
pub(super) fn substr(arguments: &Arguments<'_>) -> Result {
    let characters = arguments.text(0)?.graphemes(true).skip(arguments.count_of(1)?);
    if arguments.count() < 3 {
        return Ok(characters.collect::<String>().into());
    }
    Ok(characters.take(arguments.count_of(2)?).collect::<String>().into())
}
