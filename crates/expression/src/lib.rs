//! Small texts in the config that are worked out for each client or message.
//!
//! [`Expression`] is EMQX's Variform: names, constants and calls of about seventy functions, as in
//! `iif(is_empty(username), clientid, lower(username))`. [`Template`] is a text with `${name}` in it, which back ends of SQL
//! take apart with [`Template::parts`]. Both are read once, and worked out often, against [`Bindings`].
//!
//! Whatever the outside sends, work and memory are bounded: [`MAX_SOURCE_BYTES`] and [`MAX_DEPTH`] when an expression is
//! read, [`MAX_VALUE_BYTES`] for every value on the way, regular expressions without backtracking. Nothing here reads a
//! clock, the environment or a source of randomness: the bindings hand them in.

mod bindings;
mod bounded_text;
mod error;
mod evaluate;
mod expression;
mod functions;
mod lexer;
mod parser;
mod syntax;
mod template;
mod value;

pub use bindings::Bindings;
pub use error::{EvaluateError, ParseError, ParseErrorKind};
pub use expression::{Expression, MAX_DEPTH, MAX_SOURCE_BYTES};
pub use functions::function_names;
pub use template::{MAX_RENDERED_BYTES, Part, Template};
pub use value::{MAX_VALUE_BYTES, Value};
