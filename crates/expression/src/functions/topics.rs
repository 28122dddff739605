//! Functions of topic names and filters.

use super::Arguments;
use super::lists::join;
use crate::{EvaluateError, Value};

/// `topic_join(levels)` or `topic_join(parent, level)`.
pub(super) fn topic_join(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    if arguments.count() == 1 {
        return join("/", arguments.list(0)?).map(Into::into);
    }
    let (parent, level) = (arguments.any_text(0)?, arguments.any_text(1)?);
    match parent.chars().last() {
        None => Err(arguments.mismatch(0, "text with something in it")),
        Some('/') => Ok(format!("{parent}{level}").into()),
        Some(_) => Ok(format!("{parent}/{level}").into()),
    }
}

/// `topic_match(topic, filter)`, by the rules of MQTT 5.0 §4.7.
pub(super) fn topic_match(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let (topic, filter) = (arguments.any_text(0)?, arguments.any_text(1)?);
    Ok(dunlin_topic::matches(&filter, &topic).into())
}

/// The levels of a topic.
pub(super) fn topic_split(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    Ok(arguments.any_text(0)?.split('/').collect::<Vec<_>>().into())
}
