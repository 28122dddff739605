//! Whether a back end answers.

use dunlin_access::BackendFailure;
use parking_lot::Mutex;

/// Whether a back end answers: how the last question ended.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Option<BackendFailure>>);

impl Health {
    /// Notes how a question ended. True where the back end has just failed, or just come back.
    pub(crate) fn note(&self, result: Result<(), &BackendFailure>) -> bool {
        let failure = result.err().cloned();
        let mut last = self.0.lock();
        let has_turned = last.is_some() != failure.is_some();
        *last = failure;
        has_turned
    }

    pub(crate) fn status(&self) -> Result<(), BackendFailure> {
        self.0.lock().clone().map_or(Ok(()), Err)
    }
}
