//! The functions of expressions: the table of their names, and what they share.

mod arguments;
mod comparing;
mod encoding;
mod formatting;
mod hashing;
mod json;
mod lists;
mod outside;
mod patterns;
mod splitting;
#[cfg(test)]
mod tests;
mod text;
mod topics;
mod unescaping;

pub(crate) use arguments::Arguments;
pub(crate) use hashing::KNOWN_DIGESTS;
pub(crate) use patterns::compile;

use crate::{EvaluateError, Value};

/// A function, and how many arguments it takes.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) least_arguments: usize,
    pub(crate) most_arguments: usize,
    /// The second argument is a regular expression.
    pub(crate) is_pattern_second: bool,
    /// The first argument names a digest.
    pub(crate) is_digest_first: bool,
    pub(crate) body: Body,
}

/// What a function does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// Something of the values of all its arguments.
    Eager(fn(&Arguments<'_>) -> Result<Value, EvaluateError>),
    /// The first that is not empty.
    Coalesce,
    /// The second or third, by the first.
    IfThenElse,
    /// Whether its argument is empty or has no value.
    IsEmpty,
}

/// Module names that may stand before a function.
const MODULE_PREFIXES: [&str; 2] = ["emqx_variform_bif.", "emqx_variform_str."];

const MANY: usize = 1000;

#[rustfmt::skip]
static FUNCTIONS: &[Function] = &[
    special("coalesce", 1, MANY, Body::Coalesce),
    special("iif", 3, 3, Body::IfThenElse),
    special("is_empty", 1, 1, Body::IsEmpty),

    function("any_to_str", 1, 1, text::any_to_str),
    function("ascii", 1, 1, text::ascii),
    function("concat", 1, MANY, text::concat),
    function("find", 2, 3, text::find),
    function("join_to_string", 1, 2, lists::join_to_string),
    function("lower", 1, 1, text::lower),
    function("ltrim", 1, 2, text::ltrim),
    function("pad", 2, 4, text::pad),
    function("replace", 3, 4, text::replace),
    function("reverse", 1, 1, text::reverse),
    function("rm_prefix", 2, 2, text::rm_prefix),
    function("rtrim", 1, 2, text::rtrim),
    function("split", 2, 3, lists::split),
    function("sprintf_s", 2, 2, formatting::sprintf_s),
    function("strlen", 1, 1, text::strlen),
    function("substr", 2, 3, text::substr),
    function("tokens", 2, 3, lists::tokens),
    function("trim", 1, 2, text::trim),
    function("unescape", 1, 1, unescaping::unescape),
    function("upper", 1, 1, text::upper),

    with_pattern("regex_extract", 2, patterns::regex_extract),
    with_pattern("regex_match", 2, patterns::regex_match),
    with_pattern("regex_replace", 3, patterns::regex_replace),

    function("nth", 2, 2, lists::nth),
    function("topic_join", 1, 2, topics::topic_join),
    function("topic_match", 2, 2, topics::topic_match),
    function("topic_split", 1, 1, topics::topic_split),

    function("is_empty_val", 1, 1, comparing::is_empty_val),
    function("not", 1, 1, comparing::not),
    function("num_comp", 2, 2, comparing::num_comp),
    function("num_eq", 2, 2, comparing::num_eq),
    function("num_gt", 2, 2, comparing::num_gt),
    function("num_gte", 2, 2, comparing::num_gte),
    function("num_lt", 2, 2, comparing::num_lt),
    function("num_lte", 2, 2, comparing::num_lte),
    function("num_neq", 2, 2, comparing::num_neq),
    function("str_comp", 2, 2, comparing::str_comp),
    function("str_eq", 2, 2, comparing::str_eq),
    function("str_gt", 2, 2, comparing::str_gt),
    function("str_gte", 2, 2, comparing::str_gte),
    function("str_lt", 2, 2, comparing::str_lt),
    function("str_lte", 2, 2, comparing::str_lte),
    function("str_neq", 2, 2, comparing::str_neq),

    function("base64_decode", 1, 3, encoding::base64_decode),
    function("base64_encode", 1, 3, encoding::base64_encode),
    function("bin2hexstr", 1, 1, encoding::bin2hexstr),
    function("hexstr2bin", 1, 1, encoding::hexstr2bin),
    function("int2hexstr", 1, 1, encoding::int2hexstr),
    function("is_jwt", 1, 1, json::is_jwt),
    function("json_value", 2, 2, json::json_value),
    function("jwt_value", 2, 2, json::jwt_value),

    Function { is_digest_first: true, ..function("hash", 2, 2, hashing::hash) },
    function("hash_to_range", 3, 3, hashing::hash_to_range),
    function("map_to_range", 3, 3, hashing::map_to_range),

    function("getenv", 1, 1, outside::getenv),
    function("rand_int", 1, 1, outside::rand_int),
    function("rand_str", 1, 1, outside::rand_str),
    function("timestamp_ms", 0, 0, outside::timestamp_ms),
    function("timestamp_s", 0, 0, outside::timestamp_s),
];

const fn special(name: &'static str, least_arguments: usize, most_arguments: usize, body: Body) -> Function {
    Function { name, least_arguments, most_arguments, is_pattern_second: false, is_digest_first: false, body }
}

const fn function(
    name: &'static str,
    least_arguments: usize,
    most_arguments: usize,
    body: fn(&Arguments<'_>) -> Result<Value, EvaluateError>,
) -> Function {
    special(name, least_arguments, most_arguments, Body::Eager(body))
}

const fn with_pattern(
    name: &'static str,
    argument_count: usize,
    body: fn(&Arguments<'_>) -> Result<Value, EvaluateError>,
) -> Function {
    Function { is_pattern_second: true, ..function(name, argument_count, argument_count, body) }
}

impl Function {
    pub(crate) const fn takes(&self, argument_count: usize) -> bool {
        self.least_arguments <= argument_count && argument_count <= self.most_arguments
    }
}

/// The function of a name, with or without its module.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    let bare = MODULE_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    FUNCTIONS.iter().find(|function| function.name == bare)
}

/// The names of all functions, for help texts.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}
