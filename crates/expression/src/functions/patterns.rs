//! Functions of regular expressions, none of which backtracks: time grows with the text, whatever it is.

use std::borrow::Cow;

use regex::{Captures, Regex, RegexBuilder};

use super::Arguments;
use crate::bounded_text::BoundedText;
use crate::{EvaluateError, Value};

/// How large a regular expression may become, and the states it keeps while it matches.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;
/// How long the text of a regular expression may be that is worked out, and so compiled each time.
const MAX_DYNAMIC_PATTERN_BYTES: usize = 1024;

/// Compiles, or says why not in one line.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).build();
    built.map_err(|error| {
        let text = error.to_string();
        let line = text.lines().last().unwrap_or_default();
        line.trim_start_matches("error: ").to_owned()
    })
}

fn pattern<'a>(arguments: &Arguments<'a>) -> Result<Cow<'a, Regex>, EvaluateError> {
    if let Some(pattern) = arguments.pattern {
        return Ok(Cow::Borrowed(pattern));
    }
    let text = arguments.text(1)?;
    if text.len() > MAX_DYNAMIC_PATTERN_BYTES {
        return Err(arguments.mismatch(1, "a regular expression of at most 1024 bytes"));
    }
    compile(text).map(Cow::Owned).map_err(|_| arguments.mismatch(1, "a regular expression that can be used"))
}

pub(super) fn regex_match(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    Ok(pattern(arguments)?.is_match(arguments.text(0)?).into())
}

/// What the groups of the first match hold; an empty list if nothing matches.
pub(super) fn regex_extract(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let text = arguments.text(0)?;
    let Some(captures) = pattern(arguments)?.captures(text) else { return Ok(Value::List(Vec::new())) };
    // Groups at the end that took no part are left out, others are empty.
    let last = (0..captures.len()).rfind(|index| captures.get(*index).is_some()).unwrap_or(0);
    let groups = captures.iter().take(last + 1).skip(1);
    Ok(groups.map(|group| group.map_or("", |group| group.as_str())).collect::<Vec<_>>().into())
}

/// `regex_replace(text, pattern, replacement)`, at every match. In the replacement `&` is the match, `\1`, `\g1` and
/// `\g{1}` are what a group holds, and `\&` and `\\` are those signs.
pub(super) fn regex_replace(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let (text, replacement) = (arguments.text(0)?, arguments.text(2)?);
    let mut replaced = BoundedText::default();
    let mut end = 0;
    for captures in pattern(arguments)?.captures_iter(text) {
        let range = captures.get_match().range();
        replaced.push(text.get(end..range.start).unwrap_or_default())?;
        push_replacement(&mut replaced, replacement, &captures)?;
        end = range.end;
    }
    replaced.push(text.get(end..).unwrap_or_default())?;
    Ok(replaced.into_string().into())
}

fn push_replacement(
    replaced: &mut BoundedText,
    mut replacement: &str,
    captures: &Captures<'_>,
) -> Result<(), EvaluateError> {
    while let Some(sign) = replacement.find(['&', '\\']) {
        let (before, rest) = replacement.split_at(sign);
        replaced.push(before)?;
        let (group, length) = if rest.starts_with('&') { (Some(0), 1) } else { group_reference(rest) };
        let (reference, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match group {
            Some(group) => replaced.push(captures.get(group).map_or("", |group| group.as_str()))?,
            None => replaced.push(reference.strip_prefix('\\').filter(|sign| !sign.is_empty()).unwrap_or(reference))?,
        }
        replacement = behind;
    }
    replaced.push(replacement)
}

/// The number of a group, and the length of the reference; of a sign with a backslash, only the length.
fn group_reference(text: &str) -> (Option<usize>, usize) {
    for (open, close) in [("\\g{", "}"), ("\\g", ""), ("\\", "")] {
        let Some(rest) = text.strip_prefix(open) else { continue };
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        if let (Ok(group), true) = (number.parse(), behind.starts_with(close)) {
            return (Some(group), open.len() + digits + close.len());
        }
    }
    (None, 1 + text.chars().nth(1).map_or(0, char::len_utf8))
}
