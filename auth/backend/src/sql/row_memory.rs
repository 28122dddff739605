//! `node_cache`: what databases answered a short while ago.

use super::{Rows, SqlQuestion};
use dunlin_access::{AnswerCache, AnswerCacheSettings, AnswerCacheStatus};
use dunlin_model::Millis;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// `node_cache`: what databases answered a short while ago, for all clients and all queries of a node. What failed is not kept.
pub struct RowMemory {
    answers: Mutex<AnswerCache<Arc<Rows>>>,
    clock: Box<dyn Fn() -> Millis + Send + Sync>,
}

impl RowMemory {
    /// An empty one. `clock` reads milliseconds since the Unix epoch.
    pub fn new(settings: AnswerCacheSettings, clock: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        Self { answers: Mutex::new(AnswerCache::new(settings)), clock: Box::new(clock) }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.answers.lock().clear();
    }

    /// What it holds and what it was good for.
    #[must_use]
    pub fn status(&self) -> AnswerCacheStatus {
        self.answers.lock().status()
    }

    pub(super) fn recall(&self, key: &[u8]) -> Option<Arc<Rows>> {
        self.answers.lock().get(key, (self.clock)()).map(Arc::clone)
    }

    pub(super) fn keep(&self, key: &[u8], rows: &Arc<Rows>) {
        self.answers.lock().put(key, Arc::clone(rows), rows.size(), (self.clock)());
    }
}

impl fmt::Debug for RowMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status().fmt(f)
    }
}

/// Equal only for equal questions to the same table.
pub(super) fn key(table: u64, question: &SqlQuestion) -> Vec<u8> {
    let mut key = table.to_be_bytes().to_vec();
    for parameter in &question.parameters {
        key.extend_from_slice(&parameter.len().to_be_bytes());
        key.extend_from_slice(parameter);
    }
    key
}
