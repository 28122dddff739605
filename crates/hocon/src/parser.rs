//! Text to [`Body`].

use crate::error::Fault;
use crate::scanner::Scanner;
use crate::syntax::{Body, Expression, Field, Include, Member, Piece, PieceKind, Substitution};

/// Reads a text as an object, with braces around it or without.
///
/// More than `max_depth` objects and lists inside each other are an error.
pub(crate) fn parse(text: &str, max_depth: usize) -> Result<Body, Fault> {
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0, max_depth };
    parser.document(text.len())
}

/// What a value belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Field,
    List,
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    depth: usize,
    max_depth: usize,
}

impl Parser<'_> {
    fn document(&mut self, length: usize) -> Result<Body, Fault> {
        self.scanner.skip_lines();
        let start = self.scanner.offset();
        if self.scanner.take("{") {
            let body = self.object()?;
            self.scanner.skip_lines();
            return if self.scanner.is_at_end() {
                Ok(body)
            } else {
                let remedy = "take it away, or the first `{` and the last `}`";
                Err(Fault::syntax(self.scanner.offset(), "text follows the object of this file", remedy))
            };
        }
        if self.scanner.peek() == Some('[') {
            return Err(Fault::syntax(start, "a list is not a configuration", "write `key = value`"));
        }
        let members = self.members()?;
        if self.scanner.is_at_end() {
            return Ok(Body { members, inside: 0..length });
        }
        Err(Fault::syntax(self.scanner.offset(), "`}` without `{`", "take it away, or open the object"))
    }

    /// The rest of an object whose `{` was read.
    fn object(&mut self) -> Result<Body, Fault> {
        let start = self.scanner.offset();
        let members = self.members()?;
        let end = self.scanner.offset();
        if self.scanner.take("}") {
            return Ok(Body { members, inside: start..end });
        }
        Err(Fault::syntax(start - 1, "this `{` is not closed", "write `}` behind its last field"))
    }

    /// Members up to `}` or the end of the text.
    fn members(&mut self) -> Result<Vec<Member>, Fault> {
        let mut members = Vec::new();
        loop {
            self.scanner.skip_lines();
            if matches!(self.scanner.peek(), None | Some('}')) {
                return Ok(members);
            }
            members.push(self.member()?);
            self.separator("}")?;
        }
    }

    /// What stands between two members or items: the end of a line, a comma, or both.
    fn separator(&mut self, closing: &str) -> Result<(), Fault> {
        let mut found = self.scanner.skip_lines();
        let comma = self.scanner.offset();
        if self.scanner.take(",") {
            found = true;
            self.scanner.skip_lines();
            if self.scanner.peek() == Some(',') {
                return Err(Fault::syntax(comma, "two commas follow each other", "take one away"));
            }
        }
        if found || self.scanner.is_at_end() || self.scanner.rest().starts_with(closing) {
            return Ok(());
        }
        let offset = self.scanner.offset();
        let next = self.scanner.peek().unwrap_or_default();
        let remedy = "put text with special characters in quotes; end a value with a comma or the end of the line";
        Err(Fault::syntax(offset, format!("`{next}` is not expected here"), remedy))
    }

    fn member(&mut self) -> Result<Member, Fault> {
        match self.include()? {
            Some(include) => Ok(Member::Include(include)),
            None => Ok(Member::Field(self.field()?)),
        }
    }

    fn field(&mut self) -> Result<Field, Fault> {
        let start = self.scanner.offset();
        let path = self.scanner.key_path()?;
        let key_end = self.scanner.offset();
        self.enter(path.len(), start)?;
        self.scanner.skip_blanks();
        let after_key = self.scanner.offset();
        let is_append = self.scanner.take("+=");
        let has_sign = is_append || self.scanner.take("=") || self.scanner.take(":");
        if !has_sign {
            // An object may begin on the next line; anything else needs a sign.
            self.scanner.skip_lines();
            if self.scanner.peek() != Some('{') {
                let problem = format!("nothing is set: `{}` is followed by no `=`", path.join("."));
                let remedy = "write `key = value`, or `key { … }`; put text with special characters in quotes";
                return Err(Fault::syntax(after_key, problem, remedy));
            }
        }
        self.scanner.skip_lines();
        let value = self.expression("`key = value`", Place::Field)?;
        self.depth -= path.len();
        let span = start..value.span.end;
        Ok(Field { path, key_end, has_sign, is_append, value, span })
    }

    fn enter(&mut self, levels: usize, offset: usize) -> Result<(), Fault> {
        self.depth += levels;
        if self.depth <= self.max_depth {
            return Ok(());
        }
        Err(Fault::limit(offset, format!("values are nested deeper than {} levels", self.max_depth)))
    }

    /// A value: pieces up to a comma, a closing bracket or the end of the line.
    fn expression(&mut self, wanted: &str, place: Place) -> Result<Expression, Fault> {
        let start = self.scanner.offset();
        let mut pieces = Vec::new();
        let mut end = start;
        loop {
            let before = self.scanner.offset();
            let blank = self.scanner.skip_blanks();
            let offset = self.scanner.offset();
            let Some(kind) = self.piece()? else {
                self.scanner.rewind(before);
                if pieces.is_empty() {
                    let remedy = format!("write {wanted}; put text with special characters in quotes, \"\" for none");
                    return Err(Fault::syntax(offset, "a value is missing", remedy));
                }
                if place == Place::Field && self.goes_on_after_line_end() {
                    continue;
                }
                return Ok(Expression { pieces, span: start..end });
            };
            if !blank.is_empty() && !pieces.is_empty() {
                pieces.push(Piece { kind: PieceKind::Blank(blank.into()), offset: before });
            }
            pieces.push(Piece { kind, offset });
            end = self.scanner.offset();
        }
    }

    /// EMQX joins the value of a field with quoted text, a list or an object on the next line, which no text of the
    /// specification has. Moves there if that is what follows.
    fn goes_on_after_line_end(&mut self) -> bool {
        let before = self.scanner.offset();
        let goes_on = self.scanner.skip_lines()
            && match self.scanner.peek() {
                Some('[' | '{') => true,
                Some('"') => !self.is_key_next(),
                _ => false,
            };
        if !goes_on {
            self.scanner.rewind(before);
        }
        goes_on
    }

    fn is_key_next(&mut self) -> bool {
        let before = self.scanner.offset();
        let is_path = self.scanner.key_path().is_ok();
        self.scanner.skip_lines();
        let is_key =
            is_path && (self.scanner.rest().starts_with("+=") || matches!(self.scanner.peek(), Some('=' | ':' | '{')));
        self.scanner.rewind(before);
        is_key
    }

    /// One piece of a value; `None` where the value ends.
    fn piece(&mut self) -> Result<Option<PieceKind>, Fault> {
        let offset = self.scanner.offset();
        Ok(Some(match self.scanner.peek() {
            Some('"') => PieceKind::Quoted(self.scanner.quoted()?),
            Some('$') => PieceKind::Substitution(self.substitution()?),
            Some('{') => {
                self.scanner.take("{");
                PieceKind::Object(self.object()?)
            }
            Some('[') => {
                self.scanner.take("[");
                self.enter(1, offset)?;
                let items = self.list(offset)?;
                self.depth -= 1;
                PieceKind::List(items)
            }
            _ => match self.scanner.word() {
                "" => return Ok(None),
                word => PieceKind::Word(word.into()),
            },
        }))
    }

    /// The rest of a list whose `[`, at `start`, was read.
    fn list(&mut self, start: usize) -> Result<Vec<Expression>, Fault> {
        let mut items = Vec::new();
        loop {
            self.scanner.skip_lines();
            if self.scanner.take("]") {
                return Ok(items);
            }
            if self.scanner.is_at_end() {
                return Err(Fault::syntax(start, "this `[` is not closed", "write `]` behind its last item"));
            }
            items.push(self.expression("an item or `]`", Place::List)?);
            self.separator("]")?;
        }
    }

    fn substitution(&mut self) -> Result<Substitution, Fault> {
        let start = self.scanner.offset();
        let remedy = "write `${key}` or `${?key}`; put text with `$` in quotes";
        if !self.scanner.take("${") {
            return Err(Fault::syntax(start, "`$` is not followed by `{`", remedy));
        }
        let is_optional = self.scanner.take("?");
        self.scanner.skip_blanks();
        let path = self.scanner.key_path()?;
        self.scanner.skip_blanks();
        if self.scanner.take("}") {
            return Ok(Substitution { path, is_optional });
        }
        Err(Fault::syntax(start, "this `${` is not closed", remedy))
    }

    /// An include, if that is what follows and not a key of this name.
    fn include(&mut self) -> Result<Option<Include>, Fault> {
        let offset = self.scanner.offset();
        if !self.scanner.take("include") {
            return Ok(None);
        }
        let blank = self.scanner.skip_blanks();
        let is_key = match self.scanner.peek() {
            Some('"') => false,
            Some('=' | ':' | '{' | '.' | '+' | '\n') | None => true,
            Some(_) => blank.is_empty(),
        };
        if is_key {
            self.scanner.rewind(offset);
            return Ok(None);
        }
        let (path, is_required) = if self.scanner.take("required(") {
            self.scanner.skip_blanks();
            let path = self.include_path(offset)?;
            self.scanner.skip_blanks();
            self.closing_parenthesis(offset)?;
            (path, true)
        } else {
            (self.include_path(offset)?, false)
        };
        Ok(Some(Include { path, is_required, span: offset..self.scanner.offset() }))
    }

    /// `"path"`, `file("path")`, or a path without quotes.
    fn include_path(&mut self, offset: usize) -> Result<String, Fault> {
        for foreign in ["url(", "classpath(", "package("] {
            if self.scanner.take(foreign) {
                let problem = format!("`include {foreign}…)` is not possible");
                return Err(Fault::syntax(offset, problem, "write `include \"file.conf\"`"));
            }
        }
        if self.scanner.take("file(") {
            self.scanner.skip_blanks();
            let path = self.path_text(offset)?;
            self.scanner.skip_blanks();
            self.closing_parenthesis(offset)?;
            return Ok(path);
        }
        self.path_text(offset)
    }

    fn path_text(&mut self, offset: usize) -> Result<String, Fault> {
        let path = if self.scanner.peek() == Some('"') {
            self.scanner.quoted()?
        } else {
            let start = self.scanner.offset();
            let word = self.scanner.word();
            // A closing parenthesis belongs to `file(` or `required(`.
            let path = word.trim_end_matches(')');
            self.scanner.rewind(start + path.len());
            path.into()
        };
        if path.is_empty() {
            return Err(Fault::syntax(offset, "`include` names no file", "write `include \"file.conf\"`"));
        }
        Ok(path)
    }

    fn closing_parenthesis(&mut self, offset: usize) -> Result<(), Fault> {
        if self.scanner.take(")") {
            return Ok(());
        }
        Err(Fault::syntax(offset, "`)` is missing behind the file", "write `include required(\"file.conf\")`"))
    }
}
