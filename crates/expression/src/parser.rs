//! From tokens to an expression.
//!
//! ```text
//! expression = name | constant | call
//! call       = name "(" [ argument { "," argument } ] ")"
//! argument   = expression | "[" argument { "," argument } "]"
//! ```

use crate::error::nearest;
use crate::functions::{self, Function, KNOWN_DIGESTS};
use crate::lexer::{Lexer, Token, TokenKind};
use crate::syntax::{Call, Node};
use crate::{MAX_DEPTH, MAX_SOURCE_BYTES, ParseError, ParseErrorKind, Value};

/// Reads a whole expression.
pub(crate) fn parse(source: &str) -> Result<Node, ParseError> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(ParseError { offset: MAX_SOURCE_BYTES, kind: ParseErrorKind::TooLong });
    }
    let mut lexer = Lexer::new(source);
    let current = lexer.next()?;
    let mut parser = Parser { lexer, current, depth: 0 };
    if parser.current.kind == TokenKind::OpenBracket {
        return Err(parser.expected("a name, a constant or a call"));
    }
    let node = parser.argument()?;
    if parser.current.kind == TokenKind::End { Ok(node) } else { Err(parser.expected("the end")) }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    current: Token<'a>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn argument(&mut self) -> Result<Node, ParseError> {
        let token = self.current.clone();
        match token.kind {
            TokenKind::Constant(value) => {
                self.advance()?;
                Ok(Node::Constant(value))
            }
            TokenKind::Name(name) => {
                self.advance()?;
                if self.current.kind == TokenKind::OpenParenthesis {
                    self.call(name, token.offset)
                } else {
                    Ok(Node::Variable(name.into()))
                }
            }
            TokenKind::OpenBracket => {
                let items = self.arguments(&TokenKind::CloseBracket)?;
                if items.is_empty() { Err(self.expected("something in the list")) } else { Ok(Node::List(items)) }
            }
            _ => Err(self.expected("a name, a constant, a call or a list")),
        }
    }

    fn call(&mut self, name: &str, offset: usize) -> Result<Node, ParseError> {
        let error = |kind| ParseError { offset, kind };
        let function = functions::find(name).ok_or_else(|| {
            let nearest = nearest(name, functions::function_names());
            error(ParseErrorKind::UnknownFunction { name: name.to_owned(), nearest })
        })?;
        let arguments = self.arguments(&TokenKind::CloseParenthesis)?;
        if !function.takes(arguments.len()) {
            let (least, most) = (function.least_arguments, function.most_arguments);
            let given = arguments.len();
            return Err(error(ParseErrorKind::ArgumentCount { function: function.name, least, most, given }));
        }
        check_digest(function, &arguments).map_err(error)?;
        let pattern = match (function.is_pattern_second, arguments.get(1)) {
            (true, Some(Node::Constant(Value::Text(pattern)))) => {
                Some(functions::compile(pattern).map_err(|reason| error(ParseErrorKind::Pattern(reason)))?)
            }
            _ => None,
        };
        Ok(Node::Call(Box::new(Call { function, arguments, pattern })))
    }

    /// What stands between the opening sign, which is current, and `close`.
    fn arguments(&mut self, close: &TokenKind<'_>) -> Result<Vec<Node>, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ParseError { offset: self.current.offset, kind: ParseErrorKind::TooDeep });
        }
        self.advance()?;
        let mut arguments = Vec::new();
        while self.current.kind != *close {
            if !arguments.is_empty() {
                if self.current.kind != TokenKind::Comma {
                    return Err(self.expected("a comma or the closing sign"));
                }
                self.advance()?;
            }
            arguments.push(self.argument()?);
        }
        self.advance()?;
        self.depth -= 1;
        Ok(arguments)
    }

    fn advance(&mut self) -> Result<(), ParseError> {
        self.current = self.lexer.next()?;
        Ok(())
    }

    fn expected(&self, what: &'static str) -> ParseError {
        ParseError { offset: self.current.offset, kind: ParseErrorKind::Expected(what) }
    }
}

/// A digest that a constant names must exist.
fn check_digest(function: &Function, arguments: &[Node]) -> Result<(), ParseErrorKind> {
    match arguments.first() {
        Some(Node::Constant(Value::Text(name))) if function.is_digest_first => {
            if KNOWN_DIGESTS.contains(&name.as_str()) {
                return Ok(());
            }
            let nearest = nearest(name, KNOWN_DIGESTS.into_iter());
            Err(ParseErrorKind::UnknownDigest { name: name.clone(), nearest })
        }
        _ => Ok(()),
    }
}
