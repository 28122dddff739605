//! Where a field is put into a text, and what goes when one is removed.

use super::Edit;
use crate::scanner::{Scanner, is_blank};
use crate::syntax::{Body, Span};
use std::ops::Range;

/// The blanks at the beginning of the line.
pub(super) fn line_indent(text: &str, offset: usize) -> &str {
    let line = &text[line_start(text, offset)..];
    &line[..line.find(|c| !is_blank(c)).unwrap_or(line.len())]
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |end| end + 1)
}

/// The edit that adds a field at the end of an object. `field` gets the indentation of its line.
pub(super) fn insertion(text: &str, body: &Body, field: impl Fn(&str) -> String) -> Edit {
    let Range { start, end } = body.inside;
    if end == text.len() {
        let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return (end..end, format!("{line_end}{}\n", field("")));
    }
    let last_end = body.members.last().map(|member| member.span().end);
    if !text[start..end].contains('\n') {
        let indent = line_indent(text, start);
        return match last_end {
            Some(last) => (last..last, format!(", {}", field(indent))),
            None => (start..end, format!(" {} ", field(indent))),
        };
    }
    let starts = body.members.iter().rev().map(|member| member.span().start);
    let indent = match starts.into_iter().find(|start| begins_line(text, *start)) {
        Some(start) => line_indent(text, start).to_owned(),
        None => format!("{}  ", line_indent(text, end)),
    };
    if begins_line(text, end) {
        let at = line_start(text, end);
        return (at..at, format!("{indent}{}\n", field(&indent)));
    }
    let at = last_end.unwrap_or(start);
    (at..at, format!("\n{indent}{}", field(&indent)))
}

fn begins_line(text: &str, offset: usize) -> bool {
    text[line_start(text, offset)..offset].chars().all(is_blank)
}

/// What goes with a field or an item: its lines where it has them for itself, else the comma beside it.
pub(super) fn removal(text: &str, span: &Span) -> Range<usize> {
    let mut after = Scanner::new(text);
    after.rewind(span.end);
    after.skip_blanks();
    let has_comma_behind = after.take(",");
    let behind_comma = after.offset();
    after.skip_to_line_end();
    let ends_line = after.is_at_end() || after.take("\n");
    if begins_line(text, span.start) && ends_line {
        return line_start(text, span.start)..leading_comma_end(text, after.offset());
    }
    if has_comma_behind {
        after.rewind(behind_comma);
        after.skip_blanks();
        let start = if after.rest().starts_with('\n') { blanks_before(text, span.start) } else { span.start };
        return start..after.offset();
    }
    let start = blanks_before(text, span.start);
    if text[..start].ends_with(',') { start - 1..span.end } else { span.clone() }
}

fn blanks_before(text: &str, offset: usize) -> usize {
    text[..offset].trim_end_matches(is_blank).len()
}

/// Behind the comma that the next line begins with, if it does: nothing would stand before it.
fn leading_comma_end(text: &str, offset: usize) -> usize {
    let mut next = Scanner::new(text);
    next.rewind(offset);
    next.skip_lines();
    if next.take(",") { next.offset() } else { offset }
}
