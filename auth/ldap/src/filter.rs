//! Search filters with placeholders (RFC 4515).
//!
//! The text is taken apart with the placeholders still in it, and values are put in when it is encoded. So no value can end an
//! assertion, begin another one or be a wildcard.

use crate::ber::{OCTET_STRING, SEQUENCE, constructed, element};
use dunlin_expression::{Bindings, Part, Template, Value};
use std::iter::Peekable;
use std::vec::IntoIter;

/// Filters within filters, no deeper than this.
const MAX_DEPTH: usize = 32;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Something else is needed.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// It goes on after its end.
    #[error("there is something behind its end")]
    TooMuch,
    /// `\` without two hexadecimal digits.
    #[error("\\ must be followed by two hexadecimal digits")]
    Escape,
    /// Such as a placeholder: only values can have those.
    #[error("an attribute has letters that no name can have")]
    Attribute,
    /// Filters within filters.
    #[error("it is nested too deeply")]
    TooDeep,
}

/// A search filter with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter(Node);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    /// `&` 0xa0, `|` 0xa1.
    Set(u8, Vec<Self>),
    Not(Box<Self>),
    /// `=` 0xa3, `>=` 0xa5, `<=` 0xa6, `~=` 0xa8.
    Compare(u8, String, Pattern),
    Present(String),
    /// What stands between the stars; the first and the last may be empty.
    Substrings(String, Vec<Pattern>),
}

/// A value that is asserted.
type Pattern = Vec<Piece>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    Variable(String),
}

type Pieces = Peekable<IntoIter<Piece>>;

impl Filter {
    /// Reads a filter; `names` are the placeholders.
    pub(crate) fn parse(text: &str, names: &[&str]) -> Result<Self, FilterError> {
        let template = Template::parse(text.trim(), names);
        let mut pieces = Vec::new();
        for part in template.parts() {
            match part {
                Part::Text(text) => pieces.extend(text.bytes().map(Piece::Byte)),
                Part::Variable(name) => pieces.push(Piece::Variable(name.clone())),
            }
        }
        let mut pieces = pieces.into_iter().peekable();
        let node = parse_node(&mut pieces, 0)?;
        if pieces.next().is_some() { Err(FilterError::TooMuch) } else { Ok(Self(node)) }
    }

    /// The filter for one client. `None` if a placeholder has no value: then there is nobody to search for.
    pub(crate) fn encode(&self, values: &dyn Bindings) -> Option<Vec<u8>> {
        encode_node(&self.0, values)
    }
}

fn parse_node(pieces: &mut Pieces, depth: usize) -> Result<Node, FilterError> {
    if depth > MAX_DEPTH {
        return Err(FilterError::TooDeep);
    }
    expect(pieces, b'(', "(")?;
    let node = match pieces.peek() {
        Some(Piece::Byte(kind @ (b'&' | b'|'))) => {
            let tag = if *kind == b'&' { 0xa0 } else { 0xa1 };
            pieces.next();
            let mut members = Vec::new();
            skip_spaces(pieces);
            while pieces.peek() == Some(&Piece::Byte(b'(')) {
                members.push(parse_node(pieces, depth + 1)?);
                skip_spaces(pieces);
            }
            if members.is_empty() {
                return Err(FilterError::Missing("a filter"));
            }
            Node::Set(tag, members)
        }
        Some(Piece::Byte(b'!')) => {
            pieces.next();
            skip_spaces(pieces);
            let negated = parse_node(pieces, depth + 1)?;
            skip_spaces(pieces);
            Node::Not(Box::new(negated))
        }
        _ => parse_assertion(pieces)?,
    };
    expect(pieces, b')', ")")?;
    Ok(node)
}

fn parse_assertion(pieces: &mut Pieces) -> Result<Node, FilterError> {
    let mut attribute = String::new();
    let tag = loop {
        match pieces.next() {
            Some(Piece::Byte(b'=')) => break 0xa3,
            Some(Piece::Byte(kind @ (b'>' | b'<' | b'~'))) => {
                expect(pieces, b'=', "=")?;
                break match kind {
                    b'>' => 0xa5,
                    b'<' => 0xa6,
                    _ => 0xa8,
                };
            }
            Some(Piece::Byte(letter)) if letter.is_ascii_alphanumeric() || b"-.;_".contains(&letter) => {
                attribute.push(char::from(letter));
            }
            Some(_) => return Err(FilterError::Attribute),
            None => return Err(FilterError::Missing("=")),
        }
    };
    if attribute.is_empty() {
        return Err(FilterError::Missing("an attribute"));
    }
    let mut patterns = parse_value(pieces)?;
    match (tag, patterns.len()) {
        (_, 1) => Ok(Node::Compare(tag, attribute, patterns.pop().unwrap_or_default())),
        (0xa3, 2) if patterns.iter().all(Vec::is_empty) => Ok(Node::Present(attribute)),
        (0xa3, _) => Ok(Node::Substrings(attribute, patterns)),
        _ => Err(FilterError::Missing("a value without *")),
    }
}

/// Up to the `)`, which is left; cut at each `*`.
fn parse_value(pieces: &mut Pieces) -> Result<Vec<Pattern>, FilterError> {
    let mut patterns = vec![Pattern::new()];
    while let Some(piece) = pieces.next_if(|piece| *piece != Piece::Byte(b')')) {
        let piece = match piece {
            Piece::Byte(b'(') => return Err(FilterError::Missing(")")),
            Piece::Byte(b'*') => {
                patterns.push(Pattern::new());
                continue;
            }
            Piece::Byte(b'\\') => Piece::Byte(escaped(pieces).ok_or(FilterError::Escape)?),
            piece => piece,
        };
        if let Some(last) = patterns.last_mut() {
            last.push(piece);
        }
    }
    Ok(patterns)
}

fn escaped(pieces: &mut Pieces) -> Option<u8> {
    let mut digit = || match pieces.next() {
        Some(Piece::Byte(byte)) => char::from(byte).to_digit(16),
        _ => None,
    };
    u8::try_from(digit()? * 16 + digit()?).ok()
}

fn expect(pieces: &mut Pieces, byte: u8, name: &'static str) -> Result<(), FilterError> {
    if pieces.next() == Some(Piece::Byte(byte)) { Ok(()) } else { Err(FilterError::Missing(name)) }
}

fn skip_spaces(pieces: &mut Pieces) {
    while pieces.next_if(|piece| matches!(piece, Piece::Byte(byte) if byte.is_ascii_whitespace())).is_some() {}
}

fn encode_node(node: &Node, values: &dyn Bindings) -> Option<Vec<u8>> {
    let attribute_element = |attribute: &str| element(OCTET_STRING, attribute.as_bytes());
    Some(match node {
        Node::Set(tag, members) => {
            let members: Option<Vec<_>> = members.iter().map(|member| encode_node(member, values)).collect();
            constructed(*tag, &members?)
        }
        Node::Not(negated) => constructed(0xa2, &[encode_node(negated, values)?]),
        Node::Compare(tag, attribute, pattern) => {
            let value = element(OCTET_STRING, &fill(pattern, values)?);
            constructed(*tag, &[attribute_element(attribute), value])
        }
        Node::Present(attribute) => element(0x87, attribute.as_bytes()),
        Node::Substrings(attribute, patterns) => {
            let last = patterns.len().saturating_sub(1);
            let mut parts = Vec::new();
            for (index, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| !pattern.is_empty()) {
                let tag = match index {
                    0 => 0x80,
                    index if index == last => 0x82,
                    _ => 0x81,
                };
                parts.push(element(tag, &fill(pattern, values)?));
            }
            constructed(0xa4, &[attribute_element(attribute), constructed(SEQUENCE, &parts)])
        }
    })
}

fn fill(pattern: &[Piece], values: &dyn Bindings) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for piece in pattern {
        match piece {
            Piece::Byte(byte) => bytes.push(*byte),
            Piece::Variable(name) => bytes.extend(value_bytes(name, values)?),
        }
    }
    Some(bytes)
}

/// `None` if there is nothing, or nothing but an empty text.
pub(crate) fn value_bytes(name: &str, values: &dyn Bindings) -> Option<Vec<u8>> {
    let bytes = match values.variable(name)? {
        Value::Bytes(bytes) => bytes,
        value => value.to_text().ok()?.as_bytes().to_vec(),
    };
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str, name: &str) -> Option<Vec<u8>> {
        let filter = Filter::parse(text, &["username"]).unwrap_or_else(|error| panic!("{text}: {error}"));
        filter.encode(&|_: &str| Some(Value::Text(name.to_owned())))
    }

    fn compare(tag: u8, attribute: &str, value: &[u8]) -> Vec<u8> {
        constructed(tag, &[element(4, attribute.as_bytes()), element(4, value)])
    }

    #[test]
    fn every_kind_is_encoded() {
        assert_eq!(encode("(a=b)", ""), Some(compare(0xa3, "a", b"b")));
        assert_eq!(encode("(a>=1)", ""), Some(compare(0xa5, "a", b"1")));
        assert_eq!(encode("(a<=1)", ""), Some(compare(0xa6, "a", b"1")));
        assert_eq!(encode("(a~=x y)", ""), Some(compare(0xa8, "a", b"x y")));
        assert_eq!(encode("(a=)", ""), Some(compare(0xa3, "a", b"")));
        assert_eq!(encode("(a=\\28\\2a\\5C)", ""), Some(compare(0xa3, "a", b"(*\\")));
        assert_eq!(encode("(objectClass=*)", ""), Some(element(0x87, b"objectClass")));
        let parts = constructed(SEQUENCE, &[element(0x80, b"x"), element(0x81, b"y"), element(0x82, b"z")]);
        assert_eq!(encode("(a=x*y*z)", ""), Some(constructed(0xa4, &[element(4, b"a"), parts])));
        let both = [compare(0xa3, "a", b"1"), constructed(0xa2, &[compare(0xa3, "b", b"2")])];
        assert_eq!(encode(" (& (a=1) (!(b=2)) )", ""), Some(constructed(0xa0, &both)));
        assert_eq!(encode("(|(a=1))", ""), Some(constructed(0xa1, &[compare(0xa3, "a", b"1")])));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in [
            "",
            "a",
            "a=b",
            "(a=b",
            "(a=b))",
            "()",
            "(&)",
            "(!)",
            "(!(a=b)(c=d))",
            "(=b)",
            "(a b=c)",
            "(a=(b))",
            "(a>=*)",
            "(a=\\2)",
            "(a=\\zz)",
            "(${username}=x)",
            "(a>b)",
        ] {
            assert!(Filter::parse(text, &["username"]).is_err(), "{text}");
        }
        let deep = format!("{}(a=b){}", "(!".repeat(100), ")".repeat(100));
        assert_eq!(Filter::parse(&deep, &[]), Err(FilterError::TooDeep));
    }

    #[test]
    fn nobody_is_searched_without_a_name() {
        let filter = Filter::parse("(uid=${username})", &["username"]).expect("a filter");
        assert_eq!(filter.encode(&|_: &str| Some(Value::Null)), None);
        assert_eq!(filter.encode(&|_: &str| Some(Value::Text(String::new()))), None);
        assert_eq!(filter.encode(&|_: &str| None), None);
    }

    proptest! {
        #[test]
        fn a_value_is_a_value_whatever_it_is(name in "[\\x00-\u{ff}()*\\\\&|!=]{1,20}") {
            prop_assert_eq!(encode("(uid=${username})", &name), Some(compare(0xa3, "uid", name.as_bytes())));
        }

        #[test]
        fn any_text_is_read_to_an_end(text in "[()&|!=*\\\\a${}]{0,40}") {
            let _ = Filter::parse(&text, &["a"]);
        }
    }
}
