//! The words and signs of an expression.

use crate::{ParseError, ParseErrorKind, Value};

/// A word or sign, and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) offset: usize,
    pub(crate) kind: TokenKind<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind<'a> {
    /// A name of a variable or function: letters, digits, `_`, `.`, `-`, starting with a letter.
    Name(&'a str),
    /// A number, a quoted text, `true` or `false`.
    Constant(Value),
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    Comma,
    End,
}

/// Reads tokens off the front of a text.
pub(crate) struct Lexer<'a> {
    source: &'a str,
    offset: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, offset: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<Token<'a>, ParseError> {
        self.take(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
        let offset = self.offset;
        let kind = match self.rest().chars().next() {
            None => TokenKind::End,
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            Some('+' | '-' | '0'..='9') => self.number()?,
            Some('a'..='z' | 'A'..='Z') => self.name(),
            Some(sign) => {
                let kind = match sign {
                    '(' => TokenKind::OpenParenthesis,
                    ')' => TokenKind::CloseParenthesis,
                    '[' => TokenKind::OpenBracket,
                    ']' => TokenKind::CloseBracket,
                    ',' => TokenKind::Comma,
                    other => return Err(ParseError { offset, kind: ParseErrorKind::Character(other) }),
                };
                self.offset += 1;
                kind
            }
        };
        Ok(Token { offset, kind })
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.offset..).unwrap_or_default()
    }

    /// The longest start of the rest whose characters all are wanted.
    fn take(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|character| !is_wanted(character)).unwrap_or(rest.len());
        self.offset += length;
        rest.get(..length).unwrap_or_default()
    }

    fn name(&mut self) -> TokenKind<'a> {
        match self.take(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')) {
            "true" => TokenKind::Constant(Value::Bool(true)),
            "false" => TokenKind::Constant(Value::Bool(false)),
            name => TokenKind::Name(name),
        }
    }

    /// There are no escapes: a text with one kind of quote in it is put in the other.
    fn quoted(&mut self, quote: char) -> Result<TokenKind<'a>, ParseError> {
        let error = ParseError { offset: self.offset, kind: ParseErrorKind::UnclosedQuote };
        self.offset += 1;
        let text = self.take(|character| character != quote);
        if self.rest().is_empty() {
            return Err(error);
        }
        self.offset += 1;
        Ok(TokenKind::Constant(text.into()))
    }

    /// `-12`, `1.5`, `1.5e-3`; `1e5` is none.
    fn number(&mut self) -> Result<TokenKind<'a>, ParseError> {
        let start = self.offset;
        let error = |kind| ParseError { offset: start, kind };
        self.offset += usize::from(self.rest().starts_with(['+', '-']));
        if self.take(|character| character.is_ascii_digit()).is_empty() {
            return Err(error(ParseErrorKind::Expected("digits after the sign")));
        }
        let has_fraction = self.fraction();
        let text = self.source.get(start..self.offset).unwrap_or_default();
        let value = if has_fraction {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
        } else {
            text.parse().ok().map(Value::Integer)
        };
        value.map(TokenKind::Constant).ok_or_else(|| error(ParseErrorKind::Number))
    }

    /// A point with digits, and an exponent if one follows; takes nothing if there is none.
    fn fraction(&mut self) -> bool {
        let before = self.offset;
        if !self.rest().starts_with('.') {
            return false;
        }
        self.offset += 1;
        if self.take(|character| character.is_ascii_digit()).is_empty() {
            self.offset = before;
            return false;
        }
        let before_exponent = self.offset;
        if self.rest().starts_with('e') {
            self.offset += 1;
            self.offset += usize::from(self.rest().starts_with(['+', '-']));
            if self.take(|character| character.is_ascii_digit()).is_empty() {
                self.offset = before_exponent;
            }
        }
        true
    }
}
