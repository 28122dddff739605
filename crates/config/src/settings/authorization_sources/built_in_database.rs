//! `built_in_database`: rules that Dunlin keeps itself.

use crate::rule::Whole;
use crate::section::Section;

/// `built_in_database`: rules that Dunlin keeps itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltInDatabase {
    /// `max_rules`: rules of one client, of one user, or of all; 1 to 100,000, default 100.
    pub max_rules: usize,
}

const MAX_RULES: usize = 100;

impl BuiltInDatabase {
    pub(super) fn read(entry: &mut Section<'_>) -> Self {
        Self { max_rules: entry.value("max_rules", &Whole(1..=100_000), MAX_RULES) }
    }
}
