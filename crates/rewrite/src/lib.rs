//! Topic rewriting: rules by which topics of messages and filters of subscriptions become others.
//!
//! [`RewriteRule`] is what somebody writes down, [`RewriteRules`] what is asked for every message and every filter. A rule that
//! stands later is tried first. The first one whose source selects the topic decides: where its expression does not match, the topic
//! stays as it is.

mod destination;
mod rewrite_error;
mod rewrite_rule;
mod rewrite_rules;

pub use rewrite_error::RewriteError;
pub use rewrite_rule::{RewriteAction, RewriteRule};
pub use rewrite_rules::{ClientNames, RewriteRules, Rewritten};
