//! `rewrite`: topics that become others.

use crate::rule::{AnyText, OneOf};
use crate::section::Section;
use dunlin_rewrite::{RewriteAction, RewriteRule, RewriteRules};

const ACTIONS: &[(&str, RewriteAction)] =
    &[("publish", RewriteAction::Publish), ("subscribe", RewriteAction::Subscribe), ("all", RewriteAction::All)];

/// Reads an entry of `rewrite`: `action`, `source_topic`, `dest_topic` and `re`, all of which are needed. One that makes no sense is
/// reported and left out.
pub(crate) fn read_rewrite_rule(entry: &mut Section<'_>) -> Option<RewriteRule> {
    let action = entry.required("action", &OneOf(ACTIONS));
    let (source_topic, dest_topic) = (entry.required("source_topic", &AnyText), entry.required("dest_topic", &AnyText));
    let pattern = entry.required("re", &AnyText);
    let rule = RewriteRule { action: action?, source_topic: source_topic?, dest_topic: dest_topic?, pattern: pattern? };
    match RewriteRules::new(std::slice::from_ref(&rule)) {
        Ok(_) => Some(rule),
        Err((_, error)) => {
            entry.conflict_here(error.to_string());
            None
        }
    }
}
