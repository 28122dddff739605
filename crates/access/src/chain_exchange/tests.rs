//! Who has the exchange, how it goes on, and what is counted.

use super::*;
use crate::{
    Admission, Answer, Authenticator, AuthenticatorChain, AuthenticatorTally, BackendFailure, ChainEntry, Credentials,
    RefusalCause,
};
use dunlin_expression::Expression;
use dunlin_model::ReasonCode;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// An authenticator with the method `test`, whose exchanges say these things one after the other.
#[derive(Clone, Debug)]
struct Says(Vec<ExchangeStep>);

impl Authenticator for Says {
    fn id(&self) -> &str {
        "test"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        panic!("the client came with a method")
    }

    fn exchange(&self, method: &str, _: &ClientInfo) -> Option<Box<dyn Exchange>> {
        (method == "test").then(|| Box::new(self.clone()) as Box<dyn Exchange>)
    }
}

impl Exchange for Says {
    fn step<'a>(&'a mut self, _: &'a [u8]) -> Answer<'a, ExchangeStep> {
        Box::pin(ready(self.0.remove(0)))
    }
}

fn says(steps: &[ExchangeStep]) -> ChainEntry {
    ChainEntry::new(Arc::new(Says(steps.to_vec())))
}

fn ask(question: &str) -> ExchangeStep {
    ExchangeStep::Ask(question.into())
}

fn unknown(question: &str) -> ExchangeStep {
    ExchangeStep::Unknown(question.into())
}

fn allow() -> ExchangeStep {
    let admission = Admission { is_superuser: true, ..Admission::default() };
    ExchangeStep::Allow(Box::new(Proven { username: "ann".to_owned(), data: b"proof".to_vec(), admission }))
}

fn failed() -> ExchangeStep {
    ExchangeStep::Failed(BackendFailure::Timeout(5))
}

const DENY: ExchangeStep = ExchangeStep::Deny(ReasonCode::NotAuthorized);

fn begin(entries: Vec<ChainEntry>, method: &str, ignore_backend_failures: bool) -> Option<ChainExchange> {
    let client = ClientInfo { username: Some("said".into()), client_id: "c1".into(), ..ClientInfo::default() };
    AuthenticatorChain::new(entries, ignore_backend_failures).begin(method, client)
}

/// Every step until the end, and what was counted for `(success, failed, no match, ignore)`.
fn play(mut exchange: ChainExchange) -> (Vec<ChainStep>, Vec<[u64; 4]>) {
    let (mut steps, mut counted) = (Vec::new(), vec![AuthenticatorTally::default(); exchange.entries]);
    while !matches!(steps.last(), Some(ChainStep::End { .. })) {
        let report = match pin!(exchange.step(b"data")).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(report) => report,
            Poll::Pending => panic!("nobody wakes this future"),
        };
        counted.iter_mut().zip(&report.tally).for_each(|(sum, one)| sum.add(one));
        steps.push(report.outcome);
    }
    for tally in &counted {
        assert_eq!(tally.total, tally.success + tally.failed + tally.no_match + tally.ignore);
    }
    let counted = counted.iter().map(|tally| [tally.success, tally.failed, tally.no_match, tally.ignore]);
    (steps, counted.collect())
}

fn run(entries: Vec<ChainEntry>) -> (Vec<ChainStep>, Vec<[u64; 4]>) {
    play(begin(entries, "test", false).expect("it is offered"))
}

fn refused(reason: ReasonCode, cause: RefusalCause) -> ChainStep {
    ChainStep::refused(ChainOutcome::Refused { reason, cause })
}

fn stranger() -> ChainStep {
    ChainStep::refused(ChainOutcome::unknown())
}

#[test]
fn mqtt_4_12_0_1_a_method_that_nobody_offers_is_not_begun() {
    let off = ChainEntry { is_enabled: false, ..says(&[allow()]) };
    assert!(begin(vec![says(&[allow()])], "other", false).is_none());
    assert!(begin(vec![off], "test", false).is_none());
    assert!(begin(vec![], "test", false).is_none());
}

#[test]
fn who_is_let_in_has_the_name_it_has_proven() {
    let (steps, counted) = run(vec![says(&[ask("?"), allow()]), says(&[])]);
    let [ChainStep::Ask(question), ChainStep::End { outcome, data }] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((question.as_slice(), data.as_deref()), (&b"?"[..], Some(&b"proof"[..])));
    let ChainOutcome::Admitted(admitted) = outcome else { panic!("{outcome:?}") };
    assert_eq!((admitted.client.username.as_deref(), &*admitted.client.client_id), (Some("ann"), "c1"));
    assert!(admitted.client.is_superuser && admitted.by == 0);
    assert_eq!(counted, [[1, 0, 0, 0], [0; 4]]);
}

#[test]
fn who_does_not_know_the_client_leaves_it_to_the_next() {
    let (steps, counted) = run(vec![says(&[unknown("decoy")]), says(&[ask("?"), DENY])]);
    assert_eq!(steps, [ChainStep::Ask(b"?".to_vec()), refused(ReasonCode::NotAuthorized, RefusalCause::Denied(1)),]);
    assert_eq!(counted, [[0, 0, 1, 0], [0, 1, 0, 0]]);
}

#[test]
fn a_stranger_is_asked_as_if_it_were_known_and_refused_whatever_it_says() {
    let (steps, counted) = run(vec![says(&[unknown("one"), allow()]), says(&[unknown("two"), allow()])]);
    assert_eq!(steps, [ChainStep::Ask(b"one".to_vec()), stranger()]);
    assert_eq!(counted, [[0, 0, 1, 0]; 2]);
}

#[test]
fn a_back_end_that_fails_refuses_unless_failures_are_ignored() {
    let entries = || vec![says(&[failed()]), says(&[ask("?"), allow()])];
    let (steps, counted) = run(entries());
    assert_eq!(steps, [refused(ReasonCode::ServerUnavailable, RefusalCause::Failed(0))]);
    assert_eq!(counted, [[0, 1, 0, 0], [0; 4]]);
    let (steps, counted) = play(begin(entries(), "test", true).expect("it is offered"));
    assert!(matches!(&steps[1], ChainStep::End { outcome: ChainOutcome::Admitted(_), .. }), "{steps:?}");
    assert_eq!(counted, [[0, 0, 0, 1], [1, 0, 0, 0]]);
    let (steps, _) = play(begin(vec![says(&[failed()])], "test", true).expect("it is offered"));
    assert_eq!(steps, [stranger()], "it opens no door");
    let (steps, _) = play(begin(vec![says(&[ask("?"), failed()])], "test", true).expect("it is offered"));
    assert_eq!(steps[1], stranger(), "the others have not seen the beginning");
}

#[test]
fn whom_no_authenticator_is_for_is_not_authorized() {
    let entry = ChainEntry { precondition: Expression::parse("str_eq(username, 'bob')").ok(), ..says(&[allow()]) };
    let (steps, counted) = run(vec![entry]);
    assert_eq!((steps, counted), (vec![stranger()], vec![[0, 0, 0, 1]]));
}

#[test]
fn what_is_over_stays_over() {
    let mut exchange = begin(vec![says(&[DENY]), says(&[allow()])], "test", false).expect("it is offered");
    for expected in [refused(ReasonCode::NotAuthorized, RefusalCause::Denied(0)), stranger()] {
        let report = match pin!(exchange.step(b"")).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(report) => report,
            Poll::Pending => panic!("nobody wakes this future"),
        };
        assert_eq!(report.outcome, expected);
    }
}

#[test]
fn rules_that_make_no_sense_keep_their_client_out() {
    let admission = Admission { acl: Some("[1]".to_owned()), ..Admission::default() };
    let proven = Proven { username: "ann".to_owned(), data: Vec::new(), admission };
    let (steps, counted) = run(vec![says(&[ExchangeStep::Allow(Box::new(proven))])]);
    let [ChainStep::End { outcome: ChainOutcome::Refused { cause, .. }, data: None }] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert!(matches!(cause, RefusalCause::BadAcl(0, _)));
    assert_eq!(counted, [[0, 1, 0, 0]]);
}
