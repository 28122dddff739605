//! Why a batch did not reach the collector.

use std::time::Duration;

/// Why a batch did not reach the collector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct SendError {
    /// For people.
    pub(crate) reason: String,
    /// It may be taken later.
    pub(crate) is_passing: bool,
}

impl SendError {
    /// It may be taken later.
    pub(crate) fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_passing: true }
    }

    /// It will not be taken later either.
    pub(crate) fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_passing: false }
    }

    pub(crate) fn too_late(after: Duration) -> Self {
        Self::passing(format!("no answer within {} ms", after.as_millis()))
    }

    /// The deepest of an error's causes says most.
    pub(crate) fn from_cause(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut texts = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if texts.last() != Some(&text) {
                texts.push(text);
            }
            cause = error.source();
        }
        Self::passing(texts.join(": "))
    }
}
