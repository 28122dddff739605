//! What back ends answered a short while ago, for all clients of a node.

use dunlin_model::Millis;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

/// What an answer takes beside its question and itself, roughly, in bytes: the entries of the table and the queue.
const ENTRY_BYTES: usize = 128;

/// `node_cache` of authentication and of authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerCacheSettings {
    /// `cache_ttl`: how long answers hold, in milliseconds.
    pub ttl_ms: u64,
    /// `max_count`: how many are kept.
    pub max_count: usize,
    /// `max_memory`: what they may take, in bytes.
    pub max_memory_bytes: usize,
}

impl Default for AnswerCacheSettings {
    fn default() -> Self {
        Self { ttl_ms: 60_000, max_count: 1_000_000, max_memory_bytes: 100 * 1024 * 1024 }
    }
}

/// What back ends answered a short while ago, for all clients of a node. The key is the whole question, such as a query that
/// has been filled in, so that equal keys are equal questions; it may hold a password and is never printed. Within its limits
/// it forgets the oldest answers first.
pub struct AnswerCache<V> {
    settings: AnswerCacheSettings,
    answers: HashMap<Arc<[u8]>, Kept<V>>,
    /// Oldest first. An answer that was replaced leaves its old place here until that is reached.
    queue: VecDeque<(Arc<[u8]>, u64)>,
    next_number: u64,
    status: AnswerCacheStatus,
}

struct Kept<V> {
    value: V,
    number: u64,
    bytes: usize,
    expires_at: Millis,
}

/// What a cache holds and what it was good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerCacheStatus {
    /// How many answers are kept, those that hold no longer among them.
    pub count: usize,
    /// What they take, roughly, in bytes.
    pub memory_bytes: usize,
    /// Questions that were answered from it.
    pub hits: u64,
    /// Questions that were not.
    pub misses: u64,
    /// Answers that were put into it.
    pub inserts: u64,
    /// Answers that had to go before their end, to make room.
    pub evictions: u64,
}

impl<V> AnswerCache<V> {
    /// An empty one.
    #[must_use]
    pub fn new(settings: AnswerCacheSettings) -> Self {
        Self {
            settings,
            answers: HashMap::new(),
            queue: VecDeque::new(),
            next_number: 0,
            status: AnswerCacheStatus::default(),
        }
    }

    /// The answer to a question, if it holds still.
    pub fn get(&mut self, question: &[u8], now: Millis) -> Option<&V> {
        let kept = self.answers.get(question).filter(|kept| now < kept.expires_at);
        *(if kept.is_some() { &mut self.status.hits } else { &mut self.status.misses }) += 1;
        kept.map(|kept| &kept.value)
    }

    /// Keeps an answer, which takes this many bytes itself. One that is too big for the whole cache is not kept.
    pub fn put(&mut self, question: &[u8], answer: V, answer_bytes: usize, now: Millis) {
        let bytes = question.len().saturating_add(answer_bytes).saturating_add(ENTRY_BYTES);
        self.remove(question);
        if bytes > self.settings.max_memory_bytes || self.settings.max_count == 0 || self.settings.ttl_ms == 0 {
            return;
        }
        self.forget_expired(now);
        while self.queue.len() >= self.settings.max_count
            || self.status.memory_bytes.saturating_add(bytes) > self.settings.max_memory_bytes
        {
            self.status.evictions += u64::from(self.forget_oldest());
        }
        let number = self.next_number;
        self.next_number += 1;
        let key: Arc<[u8]> = question.into();
        let expires_at = now.saturating_add(self.settings.ttl_ms);
        self.queue.push_back((key.clone(), number));
        self.answers.insert(key, Kept { value: answer, number, bytes, expires_at });
        self.status.memory_bytes += bytes;
        self.status.inserts += 1;
    }

    /// Forgets everything, and how it has been used.
    pub fn clear(&mut self) {
        *self = Self::new(self.settings);
    }

    /// Changes the limits. What is beyond them goes when something is put in; what is there holds as long as it did.
    pub const fn set_settings(&mut self, settings: AnswerCacheSettings) {
        self.settings = settings;
    }

    /// What it holds and what it was good for.
    #[must_use]
    pub fn status(&self) -> AnswerCacheStatus {
        AnswerCacheStatus { count: self.answers.len(), ..self.status }
    }

    fn remove(&mut self, question: &[u8]) {
        if let Some(kept) = self.answers.remove(question) {
            self.status.memory_bytes -= kept.bytes;
        }
    }

    fn forget_expired(&mut self, now: Millis) {
        while let Some((key, number)) = self.queue.front() {
            let holds = |kept: &Kept<V>| kept.number == *number && now < kept.expires_at;
            if self.answers.get(key).is_some_and(holds) {
                return;
            }
            self.forget_oldest();
        }
    }

    /// Whether that was an answer, and not a place that one had.
    fn forget_oldest(&mut self) -> bool {
        let Some((key, number)) = self.queue.pop_front() else { return false };
        let is_current = self.answers.get(&key).is_some_and(|kept| kept.number == number);
        if is_current {
            self.remove(&key);
        }
        is_current
    }
}

/// Without questions and answers, which are secret.
impl<V> fmt::Debug for AnswerCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerCache").field("settings", &self.settings).field("status", &self.status()).finish()
    }
}

#[cfg(test)]
mod tests;
