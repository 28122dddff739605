//! Whether a back end answers.

use dunlin_access::{BackendFailure, BackendQuestions, BackendStatus};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether a back end answers: how the last question ended.
pub(crate) struct Health {
    /// What it is called in the log.
    backend: String,
    status: Mutex<BackendStatus>,
    /// A question has ended since somebody wanted to know.
    has_news: AtomicBool,
    answered: AtomicU64,
    failed: AtomicU64,
}

impl Health {
    pub(crate) fn of(backend: String) -> Self {
        Self {
            backend,
            status: Mutex::new(BackendStatus::Connecting),
            has_news: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Notes how a question ended. To be busy is no failure.
    pub(crate) fn note(&self, result: Result<(), &BackendFailure>) {
        self.has_news.store(true, Ordering::Relaxed);
        let counter = if result.is_ok() { &self.answered } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
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

    /// Questions that have ended, but for those that were asked to learn whether it answers.
    pub(crate) fn questions(&self) -> BackendQuestions {
        BackendQuestions { success: self.answered.load(Ordering::Relaxed), failed: self.failed.load(Ordering::Relaxed) }
    }

    pub(crate) fn status(&self) -> BackendStatus {
        self.status.lock().clone()
    }
}
