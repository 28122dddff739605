//! Tokens to terms: words, texts and numbers in tuples and lists.

use super::error::Fault;
use super::scanner::{Scanner, Token};

/// How deep terms may be nested: far deeper than rules need, far less than a stack allows.
const MAX_DEPTH: usize = 32;

/// A word, a text, a number, or some of them.
#[derive(Debug)]
pub(super) enum TermKind {
    Atom(String),
    Text(String),
    Integer(i64),
    Tuple(Vec<Term>),
    List(Vec<Term>),
}

/// A term and where it stands.
#[derive(Debug)]
pub(super) struct Term {
    /// In bytes.
    pub(super) offset: usize,
    pub(super) kind: TermKind,
}

impl Term {
    pub(super) fn as_atom(&self) -> Option<&str> {
        match &self.kind {
            TermKind::Atom(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            TermKind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_tuple(&self) -> Option<&[Self]> {
        match &self.kind {
            TermKind::Tuple(terms) => Some(terms),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match &self.kind {
            TermKind::List(terms) => Some(terms),
            _ => None,
        }
    }
}

/// Reads terms one by one, each with the dot that ends it.
pub(super) struct TermReader<'a> {
    scanner: Scanner<'a>,
    next: (usize, Token),
}

impl<'a> TermReader<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Fault> {
        let mut scanner = Scanner::new(text);
        let next = scanner.next()?;
        Ok(Self { scanner, next })
    }

    /// The next term; `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Term>, Fault> {
        if self.next.1 == Token::End {
            return Ok(None);
        }
        let term = self.term(0)?;
        match self.take()? {
            (_, Token::Dot) => Ok(Some(term)),
            (offset, Token::End) => Err(Fault::new(offset, "the last rule has no end", "end each rule with a dot")),
            (offset, _) => Err(Fault::new(offset, "the rule before this has no end", "end each rule with a dot")),
        }
    }

    fn take(&mut self) -> Result<(usize, Token), Fault> {
        let next = self.scanner.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn term(&mut self, depth: usize) -> Result<Term, Fault> {
        let (offset, token) = self.take()?;
        if depth > MAX_DEPTH {
            let remedy = "split the rule into several";
            return Err(Fault::new(offset, format!("this is nested deeper than {MAX_DEPTH} levels"), remedy));
        }
        let kind = match token {
            Token::Atom(name) => TermKind::Atom(name),
            Token::Text(text) => TermKind::Text(self.joined(text)?),
            Token::Integer(number) => TermKind::Integer(number),
            Token::OpenTuple => TermKind::Tuple(self.terms(offset, &Token::CloseTuple, depth)?),
            Token::OpenList => TermKind::List(self.terms(offset, &Token::CloseList, depth)?),
            Token::Dot | Token::Comma | Token::CloseTuple | Token::CloseList => {
                let remedy = "write a word, a \"text\", a number, a {tuple} or a [list]";
                return Err(Fault::new(offset, "a value is missing here", remedy));
            }
            Token::End => return Err(Fault::new(offset, "the text ends in a rule", "close it and end it with a dot")),
        };
        Ok(Term { offset, kind })
    }

    /// Texts that follow each other are one text.
    fn joined(&mut self, mut text: String) -> Result<String, Fault> {
        while let Token::Text(more) = &self.next.1 {
            text.push_str(more);
            self.take()?;
        }
        Ok(text)
    }

    /// What stands up to a closing bracket; the opening one has been read.
    fn terms(&mut self, start: usize, close: &Token, depth: usize) -> Result<Vec<Term>, Fault> {
        let mut terms = Vec::new();
        if self.next.1 == *close {
            self.take()?;
            return Ok(terms);
        }
        loop {
            terms.push(self.term(depth + 1)?);
            match self.take()? {
                (_, Token::Comma) => {}
                (_, token) if token == *close => return Ok(terms),
                (_, Token::Dot | Token::End) => {
                    let bracket = if *close == Token::CloseTuple { '}' } else { ']' };
                    return Err(Fault::new(start, "this bracket is never closed", format!("close it with {bracket}")));
                }
                (offset, _) => {
                    let problem = "this neither goes on nor ends what stands before it";
                    return Err(Fault::new(offset, problem, "put a comma between values, and close every bracket"));
                }
            }
        }
    }
}
