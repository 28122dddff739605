//! Something that took its time, as a part of a distributed trace.

use crate::AttributeValue;
use dunlin_model::TraceContext;

/// Something that took its time, as a part of a distributed trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace, and the id of this span.
    pub context: TraceContext,
    /// The span that it is a part of; `None` for the first of a trace.
    pub parent: Option<[u8; 8]>,
    /// What was done: `process_message`.
    pub name: &'static str,
    /// When it began, in nanoseconds since 1970.
    pub began_at_ns: u64,
    /// When it ended.
    pub ended_at_ns: u64,
    /// More about it.
    pub attributes: Vec<(&'static str, AttributeValue)>,
    /// Why it failed; `None` where it did not.
    pub failure: Option<String>,
}
