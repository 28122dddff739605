//! Who is asked, in which order, and what follows.

use super::*;
use crate::{Admission, Answer};
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// An authenticator that says the same of everybody.
#[derive(Debug)]
struct Says(Outcome);

impl Authenticator for Says {
    fn id(&self) -> &str {
        "test"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(ready(self.0.clone()))
    }
}

/// One that must not be asked.
#[derive(Debug)]
struct Unasked;

impl Authenticator for Unasked {
    fn id(&self) -> &str {
        "unasked"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        panic!("nobody may ask it")
    }
}

fn says(outcome: Outcome) -> ChainEntry {
    ChainEntry::new(Arc::new(Says(outcome)))
}

fn unasked() -> ChainEntry {
    ChainEntry::new(Arc::new(Unasked))
}

fn admits(admission: Admission) -> ChainEntry {
    says(Outcome::Allow(Box::new(admission)))
}

fn fails() -> ChainEntry {
    says(Outcome::Failed(BackendFailure::Timeout(5)))
}

fn with(entries: Vec<ChainEntry>, ignore_backend_failures: bool) -> ChainReport {
    let client = ClientInfo {
        username: Some("ann".into()),
        client_id: "c1".into(),
        attributes: [("team".to_owned(), "red".to_owned()), ("floor".to_owned(), "2".to_owned())].into(),
        ..ClientInfo::default()
    };
    let chain = AuthenticatorChain::new(entries, ignore_backend_failures);
    let credentials = Credentials { client, password: None };
    match pin!(chain.run(&credentials)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(report) => report,
        Poll::Pending => panic!("nobody wakes this future"),
    }
}

fn run(entries: Vec<ChainEntry>) -> ChainReport {
    with(entries, false)
}

const fn refused(reason: ReasonCode, cause: RefusalCause) -> ChainOutcome {
    ChainOutcome::Refused { reason, cause }
}

#[test]
fn an_empty_chain_has_nobody_to_ask() {
    assert_eq!(run(vec![]).outcome, ChainOutcome::NobodyToAsk);
}

/// [MQTT-3.1.4-2]
#[test]
fn mqtt_3_1_4_2_whom_nobody_knows_is_not_authorized() {
    let expected = refused(ReasonCode::NotAuthorized, RefusalCause::Unknown);
    let report = run(vec![says(Outcome::Ignore), says(Outcome::Ignore)]);
    assert_eq!(report.outcome, expected);
    assert_eq!(report.tally, [AuthenticatorTally { total: 1, no_match: 1, ..AuthenticatorTally::default() }; 2]);
    let off = ChainEntry { is_enabled: false, ..unasked() };
    assert_eq!(run(vec![off]).outcome, expected, "one that is off opens no door");
}

#[test]
fn the_first_who_knows_a_client_decides() {
    let bad = ReasonCode::BadUserNameOrPassword;
    let report = run(vec![says(Outcome::Ignore), says(Outcome::Deny(bad)), unasked()]);
    assert_eq!(report.outcome, refused(bad, RefusalCause::Denied(1)));
    let failed = report.tally.iter().map(|tally| (tally.total, tally.failed));
    assert_eq!(failed.collect::<Vec<_>>(), [(1, 0), (1, 1), (0, 0)]);
    let report = run(vec![says(Outcome::Ignore), admits(Admission::default()), unasked()]);
    assert!(matches!(&report.outcome, ChainOutcome::Admitted(admitted) if admitted.by == 1));
    assert_eq!((report.tally[1].total, report.tally[1].success), (1, 1));
}

#[test]
fn a_back_end_that_fails_refuses_unless_failures_are_ignored() {
    let report = run(vec![fails(), unasked()]);
    assert_eq!(report.outcome, refused(ReasonCode::ServerUnavailable, RefusalCause::Failed(0)));
    assert_eq!((report.tally[0].failed, report.failures), (1, vec![(0, BackendFailure::Timeout(5))]));
    let report = with(vec![fails(), admits(Admission::default())], true);
    assert!(matches!(report.outcome, ChainOutcome::Admitted(_)));
    assert_eq!((report.tally[0].ignore, report.failures.len()), (1, 1));
    let report = with(vec![fails()], true);
    assert_eq!(report.outcome, refused(ReasonCode::NotAuthorized, RefusalCause::Unknown), "it opens no door");
}

#[test]
fn preconditions_say_whom_an_authenticator_is_for() {
    let only = |text: &str, entry| ChainEntry { precondition: Expression::parse(text).ok(), ..entry };
    let report = run(vec![
        only("str_eq(username, 'bob')", unasked()),
        only("str_eq(username, 'ann')", admits(Admission::default())),
    ]);
    assert!(matches!(&report.outcome, ChainOutcome::Admitted(admitted) if admitted.by == 1));
    assert_eq!((report.tally[0].total, report.tally[0].ignore), (1, 1));
    assert_eq!(
        run(vec![only("nonesuch", unasked())]).outcome,
        refused(ReasonCode::NotAuthorized, RefusalCause::Unknown)
    );
}

#[test]
fn who_is_let_in_becomes_what_is_said_of_it() {
    let admission = Admission {
        is_superuser: true,
        attributes: [("team".to_owned(), "blue".to_owned()), ("room".to_owned(), "7".to_owned())].into(),
        expires_at: Some(99),
        acl_expires_at: Some(98),
        acl: Some(r#"{"pub": ["a"]}"#.to_owned()),
        client_id: Some("c2".to_owned()),
        zone: Some("inner".to_owned()),
    };
    let ChainOutcome::Admitted(admitted) = run(vec![admits(admission)]).outcome else { panic!("it is let in") };
    let client = &admitted.client;
    assert_eq!((&*client.client_id, &*client.zone, client.is_superuser), ("c2", "inner", true));
    let attributes: Vec<_> = client.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(attributes, [("floor", "2"), ("room", "7"), ("team", "blue")]);
    assert_eq!(admitted.expires_at, Some(99));
    assert_eq!(admitted.acl.and_then(|acl| acl.expires_at()), Some(98), "its rules have an end of their own");
}

#[test]
fn who_brings_rules_that_make_no_sense_stays_out() {
    let report = run(vec![admits(Admission { acl: Some("[1]".to_owned()), ..Admission::default() }), unasked()]);
    assert!(matches!(
        report.outcome,
        ChainOutcome::Refused { reason: ReasonCode::NotAuthorized, cause: RefusalCause::BadAcl(0, _) }
    ));
    assert_eq!((report.tally[0].success, report.tally[0].failed), (0, 1));
}
