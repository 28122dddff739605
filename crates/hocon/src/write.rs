//! A tree as text that reads back as the same tree.

use crate::key_path::key_text;
use crate::node::{Node, Object, Value};
use std::fmt::Write;

/// A list of single values stands on one line up to this length.
const LINE_LENGTH: usize = 100;

/// The text of a tree: one field per line, ordered by key, two blanks per level, quotes only where they are needed. The root
/// has no braces around it; a root that is no object is written as a value.
///
/// ```
/// let root = dunlin_hocon::Reader::new().read("x", "b { d = [1, \"a b\"], c = 15s }, a = \"true\"")?;
/// assert_eq!(dunlin_hocon::write(&root), "a = \"true\"\nb {\n  c = \"15s\"\n  d = [1, \"a b\"]\n}\n");
/// # Ok::<(), dunlin_hocon::HoconError>(())
/// ```
#[must_use]
pub fn write(root: &Node) -> String {
    let mut text = String::new();
    match &root.value {
        Value::Object(fields) => write_fields(&mut text, fields, ""),
        value => {
            write_value(&mut text, value, "");
            text.push('\n');
        }
    }
    text
}

/// `key = value` or `key { … }`, for a place where lines begin with `indent`. The first line is not indented.
pub(crate) fn field_text(key: &str, value: &Value, indent: &str) -> String {
    let mut text = String::from(key);
    text.push_str(if matches!(value, Value::Object(_)) { " " } else { " = " });
    write_value(&mut text, value, indent);
    text
}

/// A value, for a place where lines begin with `indent`.
pub(crate) fn value_text(value: &Value, indent: &str) -> String {
    let mut text = String::new();
    write_value(&mut text, value, indent);
    text
}

fn write_fields(text: &mut String, fields: &Object, indent: &str) {
    for (key, node) in fields {
        text.push_str(indent);
        text.push_str(&field_text(&key_text(key), &node.value, indent));
        text.push('\n');
    }
}

fn write_value(text: &mut String, value: &Value, indent: &str) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(number),
        Value::Text(single) => write_text(text, single, indent),
        Value::List(items) => write_list(text, items, indent),
        Value::Object(fields) if fields.is_empty() => text.push_str("{}"),
        Value::Object(fields) => {
            text.push_str("{\n");
            write_fields(text, fields, &format!("{indent}  "));
            text.push_str(indent);
            text.push('}');
        }
    }
}

fn write_list(text: &mut String, items: &[Node], indent: &str) {
    if items.iter().all(|item| matches!(item.value, Value::Null) || item.value.as_text().is_some_and(is_short)) {
        let items: Vec<_> = items.iter().map(|item| value_text(&item.value, indent)).collect();
        let line = items.join(", ");
        if line.len() <= LINE_LENGTH {
            text.push_str(&format!("[{line}]"));
            return;
        }
    }
    let inner = format!("{indent}  ");
    text.push_str("[\n");
    for (index, item) in items.iter().enumerate() {
        text.push_str(&inner);
        write_value(text, &item.value, &inner);
        text.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
    }
    text.push_str(indent);
    text.push(']');
}

fn is_short(text: &str) -> bool {
    text.len() <= LINE_LENGTH && !text.contains('\n')
}

fn write_text(text: &mut String, single: &str, indent: &str) {
    if is_plain(single) {
        text.push_str(single);
    } else if is_block(single) {
        write_block(text, single, indent);
    } else {
        text.push_str(&quoted(single));
    }
}

/// Whether text needs no quotes. Stricter than reading, so that other readers of HOCON agree.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !matches!(text, "true" | "false" | "null" | "include")
}

/// Whether text can stand in three quotes with indentation: it has lines, nothing needs an escape, and the indentation that is
/// added is what will be left out again.
fn is_block(text: &str) -> bool {
    let lines: Vec<&str> = text.split('\n').collect();
    lines.len() > 1
        && !text.contains("\"\"\"")
        && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        && lines.iter().all(|line| line.is_empty() || !line.trim_start_matches(' ').is_empty())
        && lines.iter().any(|line| !line.is_empty() && !line.starts_with(' '))
}

fn write_block(text: &mut String, block: &str, indent: &str) {
    let lines: Vec<&str> = block.split('\n').collect();
    text.push_str("\"\"\"~");
    for (index, line) in lines.iter().enumerate() {
        text.push('\n');
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str("  ");
            text.push_str(line);
        } else if index + 1 == lines.len() {
            text.push_str(indent);
        }
    }
    text.push_str("~\"\"\"");
}

/// Text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Every control character fits into four digits. Writing to a string does not fail.
                let _written = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reader;
    use crate::origin::Origin;

    fn text_node(text: &str) -> Node {
        Node::new(Value::Text(text.into()), Origin::Default)
    }

    #[test]
    fn quotes_only_where_they_are_needed() {
        for (single, text) in [
            ("infinity", "infinity"),
            ("round_robin", "round_robin"),
            ("true", "\"true\""),
            ("15s", "\"15s\""),
            ("a b", "\"a b\""),
            ("", "\"\""),
            ("a\"b\\", "\"a\\\"b\\\\\""),
            ("\u{0}\u{7f}", "\"\\u0000\\u007f\""),
            ("a\r\nb", "\"a\\r\\nb\""),
            (" a\n b", "\" a\\n b\""),
            ("SELECT\n  *\n\nFROM \"#\"", "\"\"\"~\n  SELECT\n    *\n\n  FROM \"#\"~\"\"\""),
            ("a\n", "\"\"\"~\n  a\n~\"\"\""),
        ] {
            let written = value_text(&Value::Text(single.into()), "");
            assert_eq!(written, text);
            let read = Reader::new().read("x", &format!("k = {written}")).unwrap();
            assert_eq!(read.get(&["k"]).unwrap().value, Value::Text(single.into()), "{written}");
        }
    }

    #[test]
    fn lists_stand_on_one_line_if_they_are_short() {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|text| text_node(text)).collect());
        assert_eq!(value_text(&list(&[]), ""), "[]");
        assert_eq!(value_text(&list(&["a", "b c"]), ""), "[a, \"b c\"]");
        assert_eq!(value_text(&Value::List(vec![Node::empty()]), "  "), "[\n    {}\n  ]");
        let long = "x".repeat(60);
        assert_eq!(value_text(&list(&[&long, &long]), ""), format!("[\n  {long},\n  {long}\n]"));
    }
}
