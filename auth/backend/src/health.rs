//! Whether a back end answers.

use dunlin_access::{BackendFailure, BackendStatus};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a back end answers: how the last question ended.
pub(crate) struct Health {
    /// What it is called in the log.
    backend: String,
    status: Mutex<BackendStatus>,
    /// A question has ended since somebody wanted to know.
    has_news: AtomicBool,
}

impl Health {
    pub(crate) fn of(backend: String) -> Self {
        Self { backend, status: Mutex::new(BackendStatus::Connecting), has_news: AtomicBool::new(false) }
    }

    /// Notes how a question ended. To be busy is no failure.
    pub(crate) fn note(&self, result: Result<(), &BackendFailure>) {
        self.has_news.store(true, Ordering::Relaxed);
        self.note_probe(result);
    }

    /// Notes how a question ended that was asked for this only.
    pub(crate) fn note_probe(&self, result: Result<(), &BackendFailure>) {
        let status = match result {
            Ok(()) => BackendStatus::Connected,
            Err(BackendFailure::Overloaded) => return,
            Err(failure) => BackendStatus::Disconnected(failure.clone()),
        };
        let last = std::mem::replace(&mut *self.status.lock(), status);
        match (last.failure(), result) {
            (Some(_), Ok(())) => tracing::info!(backend = self.backend, "auth_backend_is_back"),
            (None, Err(failure)) => tracing::warn!(backend = self.backend, %failure, "auth_backend_failed"),
            _ => {}
        }
    }

    /// Whether a question has ended since this was asked last.
    pub(crate) fn take_news(&self) -> bool {
        self.has_news.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn status(&self) -> BackendStatus {
        self.status.lock().clone()
    }
}
