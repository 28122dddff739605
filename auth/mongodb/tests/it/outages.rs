//! Servers that are killed, started again, frozen, or not there.

use crate::setting::{add_user, admitted, authenticator, credentials, is_unreachable, settings, until_admitted};
use dunlin_access::{Authenticator, BackendStatus, Outcome};
use dunlin_auth_mongodb::MongodbSettings;
use dunlin_model::ReasonCode::BadUserNameOrPassword;
use dunlin_real_servers::{FerretdbServer, free_port};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// For a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_and_comes_back_is_used_again() {
    let mut server = FerretdbServer::start();
    add_user(&server, "alice", "right").await;
    let settings = MongodbSettings { timeout: Duration::from_secs(1), pool_size: 4, ..settings(&server) };
    let limit = settings.timeout + SLACK;
    let authenticator = Arc::new(authenticator(settings));
    let (is_over, failures) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for index in 0..32 {
        let (authenticator, is_over, failures) = (authenticator.clone(), is_over.clone(), failures.clone());
        clients.spawn(async move {
            let is_right = index % 2 == 0;
            let credentials = credentials("alice", if is_right { "right" } else { "wrong" });
            let expected = if is_right { admitted() } else { Outcome::Deny(BadUserNameOrPassword) };
            while !is_over.load(SeqCst) {
                let began = Instant::now();
                let outcome = authenticator.authenticate(&credentials).await;
                assert!(began.elapsed() < limit, "{:?} for {outcome:?}", began.elapsed());
                if matches!(outcome, Outcome::Failed(_)) {
                    failures.fetch_add(1, SeqCst);
                } else {
                    assert_eq!(outcome, expected, "an answer for somebody else");
                }
                tokio::task::yield_now().await;
            }
        });
    }
    for _ in 0..3 {
        until_admitted(&authenticator, &credentials("alice", "right")).await;
        server.process().kill();
        let before = failures.load(SeqCst);
        while failures.load(SeqCst) < before + 32 {
            tokio::task::yield_now().await;
        }
        assert!(authenticator.status().failure().is_some());
        server.restart();
    }
    until_admitted(&authenticator, &credentials("alice", "right")).await;
    is_over.store(true, SeqCst);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert_eq!(authenticator.status(), BackendStatus::Connected);
    assert_eq!(authenticator.free_connections(), 4);
}

#[tokio::test]
async fn a_frozen_server_costs_the_timeout_and_answers_nobody_else_afterwards() {
    let mut server = FerretdbServer::start();
    add_user(&server, "alice", "right").await;
    add_user(&server, "bob", "other").await;
    let settings = MongodbSettings { timeout: Duration::from_millis(500), pool_size: 4, ..settings(&server) };
    let authenticator = Arc::new(authenticator(settings));
    until_admitted(&authenticator, &credentials("alice", "right")).await;
    server.process().freeze();
    let began = Instant::now();
    let mut questions = JoinSet::new();
    for _ in 0..100 {
        let authenticator = authenticator.clone();
        questions.spawn(async move { authenticator.authenticate(&credentials("alice", "right")).await });
    }
    while let Some(outcome) = questions.join_next().await {
        let outcome = outcome.unwrap();
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    }
    assert!(began.elapsed() < Duration::from_millis(500) + SLACK, "{:?}", began.elapsed());
    assert!(authenticator.status().failure().is_some());
    assert_eq!(authenticator.free_connections(), 4);
    server.process().thaw();
    until_admitted(&authenticator, &credentials("bob", "other")).await;
    for _ in 0..20 {
        assert_eq!(authenticator.authenticate(&credentials("bob", "other")).await, admitted());
        assert_eq!(authenticator.authenticate(&credentials("nobody", "right")).await, Outcome::Ignore);
    }
}

#[tokio::test]
async fn questions_that_are_dropped_give_everything_back() {
    let mut server = FerretdbServer::start();
    add_user(&server, "alice", "right").await;
    let settings = MongodbSettings { timeout: Duration::from_secs(60), pool_size: 2, ..settings(&server) };
    let authenticator = Arc::new(authenticator(settings));
    until_admitted(&authenticator, &credentials("alice", "right")).await;
    // More often than the driver has connections: each has to come back, or be replaced.
    for _ in 0..6 {
        server.process().freeze();
        let mut questions = JoinSet::new();
        for _ in 0..50 {
            let authenticator = authenticator.clone();
            questions.spawn(async move { authenticator.authenticate(&credentials("alice", "right")).await });
        }
        while authenticator.free_connections() > 0 {
            tokio::task::yield_now().await;
        }
        questions.shutdown().await;
        assert_eq!(authenticator.free_connections(), 2);
        server.process().thaw();
        until_admitted(&authenticator, &credentials("alice", "right")).await;
    }
}

#[tokio::test]
async fn a_server_that_was_never_there_is_found_when_it_comes() {
    let port = free_port();
    let settings = MongodbSettings::single(&format!("127.0.0.1:{port}"), "mqtt");
    let authenticator = authenticator(MongodbSettings { timeout: Duration::from_secs(1), ..settings });
    let alice = credentials("alice", "right");
    for _ in 0..3 {
        let outcome = authenticator.authenticate(&alice).await;
        assert!(is_unreachable(&outcome), "{outcome:?}");
    }
    let server = FerretdbServer::start_on(port);
    add_user(&server, "alice", "right").await;
    until_admitted(&authenticator, &alice).await;
}
