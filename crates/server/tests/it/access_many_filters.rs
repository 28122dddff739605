//! A SUBSCRIBE with very many filters, of which each has to be asked about.

use crate::access_back_ends::authorization;
use dunlin_access::{
    Action, Answer, AuthorizationSettings, AuthorizationSource, BackendFailure, ClientInfo, SourceEntry, Verdict,
};
use dunlin_model::ReasonCode::{NotAuthorized, Success};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_server::Background;
use dunlin_testkit::{Client, TestBroker};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Allows filters that end in `/even`, denies others, and fails for all from the first one with `down/` in front on.
#[derive(Debug, Default)]
struct Numbering {
    asked: AtomicUsize,
}

impl AuthorizationSource for Numbering {
    fn kind(&self) -> &'static str {
        "numbering"
    }

    fn authorize<'a>(
        &'a self,
        _: &'a ClientInfo,
        _: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let said = match topic {
            _ if topic.starts_with("down/") => Err(BackendFailure::Timeout(1)),
            _ if topic.ends_with("/even") => Ok(Verdict::Allow),
            _ => Ok(Verdict::Deny),
        };
        Box::pin(std::future::ready(said))
    }
}

fn start(ignore_backend_failures: bool) -> (Arc<Numbering>, TestBroker) {
    let source = Arc::new(Numbering::default());
    let settings = AuthorizationSettings { ignore_backend_failures, ..AuthorizationSettings::default() };
    let broker = TestBroker::with_settings("node.workers = 1", |broker| {
        broker.access.authorization = authorization(settings, vec![SourceEntry::new(source.clone())]);
        broker.runtime = Some(Arc::new(Background::start().expect("threads")));
    });
    (source, broker)
}

fn subscribe_all(client: &mut Client, filters: &[String]) -> Vec<ReasonCode> {
    let filters: Vec<_> = filters.iter().map(|filter| (filter.as_str(), SubscriptionOptions::default())).collect();
    client.subscribe_all(None, &filters)
}

#[test]
fn each_is_asked_about_once_and_has_its_own_code() {
    let (source, broker) = start(false);
    let mut client = Client::v5("c").connect(&broker);
    let word = |number: usize| if number.is_multiple_of(2) { "even" } else { "odd" };
    let filters: Vec<_> = (0..1_000).map(|number| format!("{number}/{}", word(number))).collect();
    let codes = subscribe_all(&mut client, &filters);
    let expected: Vec<_> =
        (0..1_000).map(|number: usize| if number.is_multiple_of(2) { Success } else { NotAuthorized }).collect();
    assert_eq!(codes, expected);
    assert_eq!(source.asked.load(Ordering::Relaxed), 1_000);
    // The connection keeps nothing of it: the next one is asked about anew.
    assert_eq!(subscribe_all(&mut client, &["x/odd".to_owned(), "x/even".to_owned()]), [NotAuthorized, Success]);
}

#[test]
fn a_source_that_has_failed_is_not_asked_about_the_others_and_nobody_else_waits() {
    for ignore_backend_failures in [false, true] {
        let (source, broker) = start(ignore_backend_failures);
        let mut bystander = Client::v5("bystander").connect(&broker);
        let mut client = Client::v5("c").connect(&broker);
        let filters: Vec<_> = (0..5_000).map(|number| format!("down/{number}/even")).collect();
        let options = SubscriptionOptions::default();
        let asked: Vec<_> = filters.iter().map(|filter| (filter.as_str(), options)).collect();
        client.send_subscribe(None, &asked);
        bystander.ping();
        let codes = client.recv().reason_codes();
        assert_eq!(codes.len(), filters.len());
        assert!(codes.iter().all(|code| *code == NotAuthorized), "nobody has allowed it");
        assert_eq!(source.asked.load(Ordering::Relaxed), 1, "ignored: {ignore_backend_failures}");
        // What failed is not remembered for longer than the packet.
        assert_eq!(subscribe_all(&mut client, &["up/even".to_owned()]), [Success]);
    }
}
