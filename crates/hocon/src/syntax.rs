//! What a text says before anything is resolved, with the places of its parts.

use std::ops::Range;

/// Bytes of the text.
pub(crate) type Span = Range<usize>;

/// The members of an object or of a whole text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Body {
    pub(crate) members: Vec<Member>,
    /// Between the braces, or the whole text where it has none around it.
    pub(crate) inside: Span,
}

impl Body {
    /// The fields, without the includes.
    pub(crate) fn fields(&self) -> impl DoubleEndedIterator<Item = &Field> {
        self.members.iter().filter_map(|member| match member {
            Member::Field(field) => Some(field),
            Member::Include(_) => None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Member {
    Field(Field),
    Include(Include),
}

impl Member {
    pub(crate) const fn span(&self) -> &Span {
        match self {
            Self::Field(field) => &field.span,
            Self::Include(include) => &include.span,
        }
    }
}

/// `path = value`, `path += value` or `path { … }`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) path: Vec<String>,
    /// Behind the last character of the path.
    pub(crate) key_end: usize,
    /// Whether `=`, `:` or `+=` follows; an object needs none.
    pub(crate) has_sign: bool,
    pub(crate) is_append: bool,
    pub(crate) value: Expression,
    /// From the first character of the path to the last one of the value.
    pub(crate) span: Span,
}

/// A value: pieces that are joined.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) span: Span,
}

impl Expression {
    /// The body, if the value is one object and nothing else.
    pub(crate) fn as_object(&self) -> Option<&Body> {
        match &self.pieces[..] {
            [Piece { kind: PieceKind::Object(body), .. }] => Some(body),
            _ => None,
        }
    }

    /// The items, if the value is one list and nothing else.
    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match &self.pieces[..] {
            [Piece { kind: PieceKind::List(items), .. }] => Some(items),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) offset: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PieceKind {
    /// Blanks between two others.
    Blank(String),
    /// Unquoted.
    Word(String),
    Quoted(String),
    Substitution(Substitution),
    Object(Body),
    List(Vec<Expression>),
}

/// `${path}` or `${?path}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Substitution {
    pub(crate) path: Vec<String>,
    pub(crate) is_optional: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Include {
    pub(crate) path: String,
    pub(crate) is_required: bool,
    pub(crate) span: Span,
}
