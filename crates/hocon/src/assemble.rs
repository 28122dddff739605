//! Texts and the files they include to one [`Arena`].

use crate::arena::{Arena, Content, Item, Layer, ObjectId, Part, PartKind, Place, Reference};
use crate::error::{Fault, HoconError};
use crate::limits::Limits;
use crate::node::Value;
use crate::parser;
use crate::reader::{IncludeFunction, IncludeRequest, Included};
use crate::source_file::SourceFile;
use crate::syntax::{Body, Expression, Field, Include, Member, Piece, PieceKind};
use std::rc::Rc;

/// Collects texts, the later ones over the earlier ones.
pub(crate) struct Assembler<'a> {
    pub(crate) arena: Arena,
    pub(crate) root: ObjectId,
    limits: &'a Limits,
    include: &'a mut IncludeFunction<'a>,
    /// Files that include each other at the moment, the outermost first.
    open_files: Vec<Rc<str>>,
    text_bytes: usize,
}

/// Where in the tree a body belongs.
#[derive(Clone)]
struct Scope {
    file: usize,
    /// Where the file is included.
    base: Rc<[String]>,
    /// Where the body is; `None` inside of a list or of joined values, which have no path.
    path: Option<Vec<String>>,
    /// Objects and lists around the body.
    depth: usize,
}

impl Scope {
    fn nameless(&self) -> Self {
        Self { path: None, depth: self.depth + 1, ..self.clone() }
    }

    fn below(&self, path: &[String]) -> Self {
        let depth = self.depth + path.len();
        let path = self.path.as_ref().map(|base| base.iter().chain(path).cloned().collect());
        Self { path, depth, ..self.clone() }
    }

    const fn place(&self, offset: usize) -> Place {
        Place { file: self.file, offset }
    }
}

impl<'a> Assembler<'a> {
    pub(crate) fn new(limits: &'a Limits, include: &'a mut IncludeFunction<'a>) -> Self {
        let mut arena = Arena::default();
        let root = arena.new_object();
        Self { arena, root, limits, include, open_files: Vec::new(), text_bytes: 0 }
    }

    /// Adds a text to the root.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), HoconError> {
        let scope = Scope { file: 0, base: Rc::new([]), path: Some(Vec::new()), depth: 0 };
        self.add_text(name, text, self.root, &scope)
    }

    fn add_text(&mut self, name: &str, text: &str, object: ObjectId, outer: &Scope) -> Result<(), HoconError> {
        let file = self.arena.files.len();
        self.arena.files.push(SourceFile::new(name, text));
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        if self.text_bytes > self.limits.max_text_bytes {
            let problem = format!("the configuration is longer than {} bytes", self.limits.max_text_bytes);
            return Err(self.arena.error(file, Fault::limit(0, problem)));
        }
        let max_depth = self.limits.depth().saturating_sub(outer.depth);
        let body = parser::parse(text, max_depth).map_err(|fault| self.arena.error(file, fault))?;
        self.open_files.push(name.into());
        let scope = Scope { file, base: outer.path.clone().unwrap_or_default().into(), ..outer.clone() };
        self.body(&body, object, &scope)?;
        self.open_files.pop();
        Ok(())
    }

    fn body(&mut self, body: &Body, object: ObjectId, scope: &Scope) -> Result<(), HoconError> {
        for member in &body.members {
            match member {
                Member::Field(field) => self.field(field, object, scope)?,
                Member::Include(include) => self.include(include, object, scope)?,
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, object: ObjectId, scope: &Scope) -> Result<(), HoconError> {
        let place = scope.place(field.span.start);
        let Some((key, parents)) = field.path.split_last() else { return Ok(()) };
        let mut parent = object;
        for part in parents {
            let slot = self.arena.field(parent, part);
            parent = self.arena.open_object(slot, place);
        }
        let slot = self.arena.field(parent, key);
        let nested = field.value.as_object().filter(|_| !field.is_append);
        if let Some(body) = nested {
            let object = self.arena.open_object(slot, place);
            return self.body(body, object, &scope.below(&field.path));
        }
        let mut parts = self.parts(&field.value, scope)?;
        let content = if field.is_append {
            Content::Appended(Item { parts, place })
        } else if let [Part { kind: PartKind::Single(value), .. }] = &mut parts[..] {
            Content::Fixed(std::mem::replace(value, Value::Null))
        } else {
            Content::Joined(parts)
        };
        self.arena.push(slot, Layer { content, place });
        Ok(())
    }

    fn parts(&mut self, expression: &Expression, scope: &Scope) -> Result<Vec<Part>, HoconError> {
        expression.pieces.iter().map(|piece| self.part(piece, scope)).collect()
    }

    fn part(&mut self, piece: &Piece, scope: &Scope) -> Result<Part, HoconError> {
        let kind = match &piece.kind {
            PieceKind::Blank(blank) => PartKind::Blank(blank.clone()),
            PieceKind::Word(word) => PartKind::Single(Value::of_word(word)),
            PieceKind::Quoted(text) => PartKind::Single(Value::Text(text.clone())),
            PieceKind::Substitution(substitution) => PartKind::Reference(Reference {
                path: substitution.path.clone(),
                base: scope.base.clone(),
                is_optional: substitution.is_optional,
            }),
            PieceKind::Object(body) => {
                let object = self.arena.new_object();
                self.body(body, object, &scope.nameless())?;
                PartKind::Object(object)
            }
            PieceKind::List(items) => {
                let scope = scope.nameless();
                let item = |item: &Expression| {
                    Ok(Item { parts: self.parts(item, &scope)?, place: scope.place(item.span.start) })
                };
                PartKind::List(items.iter().map(item).collect::<Result<_, HoconError>>()?)
            }
        };
        Ok(Part { kind, place: scope.place(piece.offset) })
    }

    fn include(&mut self, include: &Include, object: ObjectId, scope: &Scope) -> Result<(), HoconError> {
        let from = self.arena.files[scope.file].name.clone();
        let request = IncludeRequest { path: &include.path, from: &from, is_required: include.is_required };
        let fault = |problem: String| Fault::include(include.span.start, problem);
        let found = match (self.include)(&request) {
            Ok(found) => found,
            Err(reason) => {
                let problem = format!("cannot include `{}`: {reason}", include.path);
                return Err(self.arena.error(scope.file, fault(problem)));
            }
        };
        let Some(Included { name, text }) = found else {
            if include.is_required {
                let problem = format!("cannot include `{}`: there is no such file", include.path);
                return Err(self.arena.error(scope.file, fault(problem)));
            }
            return Ok(());
        };
        if self.open_files.iter().any(|open| **open == *name) {
            let chain: Vec<_> = self.open_files.iter().map(|open| &**open).collect();
            let problem = format!("files include each other without end: {} -> {name}", chain.join(" -> "));
            return Err(self.arena.error(scope.file, fault(problem)));
        }
        let max_depth = self.limits.max_include_depth;
        if self.open_files.len() > max_depth {
            let problem = format!("files include each other deeper than {max_depth} levels");
            return Err(self.arena.error(scope.file, Fault::limit(include.span.start, problem)));
        }
        self.add_text(&name, &text, object, scope)
    }
}
