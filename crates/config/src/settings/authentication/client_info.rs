//! `cinfo`: who may come in by what is known of a client, without asking anybody.

use crate::rule::{OneOf, expression};
use crate::section::Section;
use dunlin_access::{Check, CheckResult};
use dunlin_hocon::Value;

/// `cinfo`: who may come in by what is known of a client, without asking anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientInfo {
    /// `checks`: the first that is about a client decides. At least one.
    pub checks: Vec<Check>,
}

const RESULTS: &[(&str, CheckResult)] =
    &[("allow", CheckResult::Allow), ("deny", CheckResult::Deny), ("ignore", CheckResult::Ignore)];

impl ClientInfo {
    pub(super) fn read(entry: &mut Section<'_>) -> Self {
        const ALLOWED: &str =
            "a list of objects such as `{ is_match = \"str_eq(username, 'alice')\", result = allow }`";
        let written = entry.peek("checks").filter(|node| node.value != Value::Null);
        let read = entry.list("checks", read_check);
        match written {
            None => entry.missing("checks", ALLOWED.into()),
            Some(node) if node.value.as_list().is_some_and(|items| items.is_empty()) => {
                entry.conflict("checks", &node.origin, format!("is empty, but must be {ALLOWED}"));
            }
            Some(_) => {}
        }
        Self { checks: read.into_iter().flatten().collect() }
    }
}

/// `is_match` is one expression or a list of them, of which all have to be true. Commas in it belong to the expression.
fn read_check(check: &mut Section<'_>) -> Option<Check> {
    let is_list = check.peek("is_match").is_some_and(|node| node.value.as_list().is_some());
    let is_match = if is_list {
        let origin = check.origin_of("is_match");
        let expressions = check.texts("is_match", &expression(), Vec::new());
        if expressions.is_empty() {
            check.conflict("is_match", &origin, "needs at least one expression, which is true for whom it is about");
        }
        Some(expressions)
    } else {
        check.required("is_match", &expression()).map(|expression| vec![expression])
    };
    let result = check.required("result", &OneOf(RESULTS));
    Some(Check { is_match: is_match?, result: result? })
}
