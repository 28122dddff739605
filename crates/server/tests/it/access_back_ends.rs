//! Back ends that answer when a test says so, and a broker that asks them.

use dunlin_access::{
    Action, Answer, Authenticator, AuthenticatorChain, Authorization, AuthorizationSettings, AuthorizationSource,
    BackendFailure, ChainEntry, ClientInfo, Credentials, Outcome, RuleList, RuleSettings, RuleSource, SourceEntry,
    Verdict, read_acl_file,
};
use dunlin_broker::{AccessControl, Authentication};
use dunlin_server::Background;
use dunlin_testkit::TestBroker;
use std::sync::Arc;
use tokio::sync::watch::{self, Receiver, Sender};

/// What a back end says of everybody, from the moment on in which it is told.
#[derive(Debug)]
pub(crate) struct Told<T>(Receiver<Option<T>>);

impl<T: Clone + Send + Sync> Told<T> {
    /// One that says nothing yet, and what tells it.
    pub(crate) fn nothing() -> (Sender<Option<T>>, Self) {
        let (tell, told) = watch::channel(None);
        (tell, Self(told))
    }

    async fn word(&self) -> Option<T> {
        let mut told = self.0.clone();
        told.wait_for(Option::is_some).await.ok().and_then(|word| word.clone())
    }
}

impl AuthorizationSource for Told<Verdict> {
    fn kind(&self) -> &'static str {
        "told"
    }

    fn authorize<'a>(
        &'a self,
        _: &'a ClientInfo,
        _: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(async move {
            assert_ne!(topic, "panic", "asked for");
            self.word().await.ok_or(BackendFailure::Timeout(1))
        })
    }
}

impl Authenticator for Told<Outcome> {
    fn id(&self) -> &str {
        "password_based:told"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(async { self.word().await.unwrap_or(Outcome::Failed(BackendFailure::Timeout(1))) })
    }
}

/// The rules of an `acl.conf`.
pub(crate) fn rules(text: &str) -> SourceEntry {
    let rules = read_acl_file(text).expect("rules");
    SourceEntry::new(Arc::new(RuleSource::new("file", RuleList::new(rules, RuleSettings::default()))))
}

pub(crate) fn authorization(settings: AuthorizationSettings, sources: Vec<SourceEntry>) -> Option<Arc<Authorization>> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static EPOCH: AtomicU64 = AtomicU64::new(1);
    let epoch = EPOCH.fetch_add(1, Ordering::Relaxed);
    Some(Arc::new(Authorization::new(settings, sources, epoch).expect("not too many")))
}

pub(crate) fn authentication(authenticator: impl Authenticator + 'static) -> Option<Arc<Authentication>> {
    let entries = vec![ChainEntry::new(Arc::new(authenticator))];
    Some(Arc::new(Authentication::new(AuthenticatorChain::new(entries, false))))
}

/// A broker with such an access control.
pub(crate) fn broker_with(access: AccessControl) -> TestBroker {
    TestBroker::with_settings("", |settings| {
        settings.access = access;
        settings.runtime = Some(Arc::new(Background::start().expect("threads")));
    })
}
