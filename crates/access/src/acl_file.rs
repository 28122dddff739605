//! `acl.conf`: rules as Erlang terms, a dot after each.
//!
//! ```text
//! %% The comment goes on to the end of the line.
//! {allow, {username, {re, "^dash"}}, subscribe, ["$SYS/#"]}.
//! {deny, {'and', [{ipaddr, "10.0.0.0/8"}, {zone, "guests"}]}, {publish, [{qos, [1, 2]}, {retain, true}]}, all}.
//! {allow, all, all, ["clients/${clientid}/#", {eq, "news/#"}]}.
//! {deny, all}.
//! ```
//!
//! The text is bounded before anything is done with it, nesting is bounded while it is read, and every error has a place.

mod error;
mod reader;
mod scanner;
mod term;
mod writer;

pub use error::AclFileError;

use crate::Rule;
use std::fmt::Write;

/// The most that an `acl.conf` may have, in bytes.
pub const MAX_ACL_FILE_BYTES: usize = 1024 * 1024;

/// Reads the rules of an `acl.conf`, in their order.
///
/// # Errors
/// It is too long, it is nested too deep, or something in it is no rule. The error says where, what, and what would be right.
pub fn read_acl_file(text: &str) -> Result<Vec<Rule>, AclFileError> {
    if text.len() > MAX_ACL_FILE_BYTES {
        let problem = format!("it has {} bytes, and at most {MAX_ACL_FILE_BYTES} are read", text.len());
        return Err(error::Fault::new(0, problem, "keep rules for single clients in a database").in_text(text));
    }
    reader::rules(text).map_err(|fault| fault.in_text(text))
}

/// Writes rules as [`read_acl_file`] reads them, one in a line.
#[must_use]
pub fn write_acl_file(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        // A `String` takes whatever is written to it.
        let _ = writeln!(text, "{rule}.");
    }
    text
}

#[cfg(test)]
mod tests;
