//! An authenticator whose answers are kept for a while (`authentication_settings.node_cache`).

use super::question_key::QuestionKey;
use dunlin_access::{
    Answer, AnswerCache, Authenticator, BackendQuestions, BackendStatus, ClientInfo, Credentials, Exchange, Outcome,
};
use dunlin_auth_backend::WallClock;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// What an outcome takes, roughly, in bytes, beside the rules and attributes that come with it.
const OUTCOME_BYTES: usize = 128;

/// Answers of all authenticators of a node.
pub(super) type LoginCache = Mutex<AnswerCache<Outcome>>;

/// An authenticator in front of which answers are kept for a while. Failures are not: the next client may find it well.
pub(super) struct CachedAuthenticator {
    asked: Arc<dyn Authenticator>,
    key: QuestionKey,
    cache: Arc<LoginCache>,
    clock: WallClock,
}

impl CachedAuthenticator {
    pub(super) const fn new(
        asked: Arc<dyn Authenticator>,
        key: QuestionKey,
        cache: Arc<LoginCache>,
        clock: WallClock,
    ) -> Self {
        Self { asked, key, cache, clock }
    }

    async fn outcome(&self, credentials: &Credentials) -> Outcome {
        let key = self.key.of_login(credentials);
        let now = (self.clock)();
        // The lock is held for one look-up, never while somebody is asked.
        let kept = self.cache.lock().get(key.as_ref(), now).cloned();
        if let Some(outcome) = kept.filter(|outcome| holds(outcome, now)) {
            return outcome;
        }
        let outcome = self.asked.authenticate(credentials).await;
        if !matches!(outcome, Outcome::Failed(_)) {
            self.cache.lock().put(key.as_ref(), outcome.clone(), bytes_of(&outcome), (self.clock)());
        }
        outcome
    }
}

/// Who was let in until a moment that is over is asked about again.
fn holds(outcome: &Outcome, now: dunlin_model::Millis) -> bool {
    match outcome {
        Outcome::Allow(admission) => admission.expires_at.is_none_or(|expires_at| now < expires_at),
        _ => true,
    }
}

fn bytes_of(outcome: &Outcome) -> usize {
    let Outcome::Allow(admission) = outcome else { return OUTCOME_BYTES };
    let attributes = admission.attributes.iter().map(|(name, value)| name.len() + value.len() + OUTCOME_BYTES);
    let texts = [&admission.acl, &admission.client_id, &admission.zone].into_iter().flatten().map(String::len);
    OUTCOME_BYTES + attributes.chain(texts).sum::<usize>()
}

impl Authenticator for CachedAuthenticator {
    fn id(&self) -> &str {
        self.asked.id()
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.outcome(credentials))
    }

    /// Each is another one.
    fn exchange(&self, method: &str, client: &ClientInfo) -> Option<Box<dyn Exchange>> {
        self.asked.exchange(method, client)
    }

    fn status(&self) -> BackendStatus {
        self.asked.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        self.asked.probe()
    }

    fn is_secret(&self, username: &str) -> bool {
        self.asked.is_secret(username)
    }

    fn questions(&self) -> Option<BackendQuestions> {
        self.asked.questions()
    }
}

impl fmt::Debug for CachedAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedAuthenticator").field("asked", &self.asked).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_access::{Admission, AnswerCacheSettings, BackendFailure};
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio::runtime::Builder;

    /// Says what it was told to, and counts how often.
    #[derive(Debug)]
    struct Asked(Mutex<Outcome>, AtomicU64);

    impl Authenticator for Asked {
        fn id(&self) -> &str {
            "password_based:asked"
        }

        fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(self.0.lock().clone()))
        }
    }

    struct Site {
        asked: Arc<Asked>,
        now: Arc<AtomicU64>,
        cached: CachedAuthenticator,
    }

    fn site(outcome: Outcome) -> Site {
        let asked = Arc::new(Asked(Mutex::new(outcome), AtomicU64::new(0)));
        let now = Arc::new(AtomicU64::new(1_000));
        let read = Arc::clone(&now);
        let settings = AnswerCacheSettings { ttl_ms: 100, ..AnswerCacheSettings::default() };
        let cached = CachedAuthenticator::new(
            Arc::clone(&asked) as _,
            QuestionKey::of_texts(&[1; 32], "password_based:asked", []),
            Arc::new(Mutex::new(AnswerCache::new(settings))),
            Arc::new(move || read.load(Ordering::Relaxed)),
        );
        Site { asked, now, cached }
    }

    impl Site {
        fn login(&self) -> Outcome {
            let credentials = Credentials { client: ClientInfo::default(), password: None };
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(self.cached.authenticate(&credentials))
        }

        fn times_asked(&self) -> u64 {
            self.asked.1.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn an_answer_holds_for_its_time() {
        let site = site(Outcome::Ignore);
        assert_eq!((site.login(), site.login()), (Outcome::Ignore, Outcome::Ignore));
        assert_eq!(site.times_asked(), 1);
        site.now.store(1_100, Ordering::Relaxed);
        site.login();
        assert_eq!(site.times_asked(), 2);
    }

    #[test]
    fn a_failure_is_not_kept() {
        let site = site(Outcome::Failed(BackendFailure::Overloaded));
        site.login();
        *site.asked.0.lock() = Outcome::Ignore;
        assert_eq!(site.login(), Outcome::Ignore);
    }

    #[test]
    fn nobody_is_let_in_by_an_answer_that_is_over() {
        let admission = Admission { expires_at: Some(1_050), ..Admission::default() };
        let site = site(Outcome::Allow(Box::new(admission)));
        site.login();
        site.now.store(1_050, Ordering::Relaxed);
        site.login();
        assert_eq!(site.times_asked(), 2);
    }
}
