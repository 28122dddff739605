//! A source of rules whose verdicts are kept for a while (`authorization.node_cache`).

use super::question_key::QuestionKey;
use dunlin_access::{
    Action, Answer, AnswerCache, AuthorizationSource, BackendFailure, BackendQuestions, BackendStatus, ClientInfo,
    Verdict,
};
use dunlin_auth_backend::WallClock;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// Verdicts of all sources of a node.
pub(super) type VerdictsOfNode = Mutex<AnswerCache<Verdict>>;

/// A source in front of which verdicts are kept for a while, for a client that comes again. Failures are not.
pub(super) struct CachedSource {
    asked: Arc<dyn AuthorizationSource>,
    key: QuestionKey,
    cache: Arc<VerdictsOfNode>,
    clock: WallClock,
}

impl CachedSource {
    pub(super) const fn new(
        asked: Arc<dyn AuthorizationSource>,
        key: QuestionKey,
        cache: Arc<VerdictsOfNode>,
        clock: WallClock,
    ) -> Self {
        Self { asked, key, cache, clock }
    }

    async fn verdict(&self, client: &ClientInfo, action: Action, topic: &str) -> Result<Verdict, BackendFailure> {
        let key = self.key.of_action(client, action, topic);
        // The lock is held for one look-up, never while somebody is asked.
        let kept = self.cache.lock().get(key.as_ref(), (self.clock)()).copied();
        if let Some(verdict) = kept {
            return Ok(verdict);
        }
        let verdict = self.asked.authorize(client, action, topic).await?;
        self.cache.lock().put(key.as_ref(), verdict, size_of::<Verdict>(), (self.clock)());
        Ok(verdict)
    }
}

impl AuthorizationSource for CachedSource {
    fn kind(&self) -> &'static str {
        self.asked.kind()
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(self.verdict(client, action, topic))
    }

    fn status(&self) -> BackendStatus {
        self.asked.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        self.asked.probe()
    }

    fn questions(&self) -> Option<BackendQuestions> {
        self.asked.questions()
    }
}

impl fmt::Debug for CachedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedSource").field("asked", &self.asked).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_access::AnswerCacheSettings;
    use dunlin_model::Qos;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::runtime::Builder;

    /// Allows while it is well.
    #[derive(Debug)]
    struct Asked(AtomicBool);

    impl AuthorizationSource for Asked {
        fn kind(&self) -> &'static str {
            "asked"
        }

        fn authorize<'a>(
            &'a self,
            _: &'a ClientInfo,
            _: Action,
            _: &'a str,
        ) -> Answer<'a, Result<Verdict, BackendFailure>> {
            let is_well = self.0.load(Ordering::Relaxed);
            Box::pin(std::future::ready(if is_well { Ok(Verdict::Allow) } else { Err(BackendFailure::Overloaded) }))
        }
    }

    #[test]
    fn a_verdict_is_kept_and_a_failure_is_not() {
        let asked = Arc::new(Asked(AtomicBool::new(false)));
        let cached = CachedSource::new(
            Arc::clone(&asked) as _,
            QuestionKey::of_texts(&[1; 32], "asked", []).with_rules(),
            Arc::new(Mutex::new(AnswerCache::new(AnswerCacheSettings::default()))),
            Arc::new(|| 1),
        );
        let verdict = |topic: &str| {
            let (client, action) = (ClientInfo::default(), Action::Subscribe { qos: Qos::AtMostOnce });
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(cached.authorize(&client, action, topic))
        };
        assert_eq!(verdict("t"), Err(BackendFailure::Overloaded));
        asked.0.store(true, Ordering::Relaxed);
        assert_eq!(verdict("t"), Ok(Verdict::Allow));
        asked.0.store(false, Ordering::Relaxed);
        assert_eq!(verdict("t"), Ok(Verdict::Allow));
        assert_eq!(verdict("other"), Err(BackendFailure::Overloaded));
    }
}
