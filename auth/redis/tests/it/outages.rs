//! Servers that are killed, started again, slow, frozen, or not there.

use crate::setting::{
    add_user, address, admitted, authenticator, credentials, is_unreachable, settings, until_admitted,
};
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_redis::RedisSettings;
use dunlin_model::ReasonCode::BadUserNameOrPassword;
use dunlin_real_servers::{RedisServer, free_port};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// For a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_and_comes_back_is_used_again() {
    let mut server = RedisServer::start();
    add_user(&server, "alice", "right");
    let settings = RedisSettings { timeout: Duration::from_secs(1), pool_size: 4, ..settings(&server) };
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
    let connected = server.cli(&["CLIENT", "LIST", "TYPE", "normal"]).lines().filter(|line| !line.is_empty()).count();
    assert!(connected <= 4 + 1, "{connected} connections, one of them that of the tool");
}

#[tokio::test]
async fn a_frozen_server_costs_the_timeout_and_answers_nobody_else_afterwards() {
    let mut server = RedisServer::start();
    add_user(&server, "alice", "right");
    add_user(&server, "bob", "other");
    let settings = RedisSettings { timeout: Duration::from_millis(300), pool_size: 4, ..settings(&server) };
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
    assert!(began.elapsed() < Duration::from_millis(300) + SLACK, "{:?}", began.elapsed());
    assert!(
        matches!(authenticator.status(), BackendStatus::Disconnected(BackendFailure::Timeout(300))),
        "{:?}",
        authenticator.status()
    );
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
    let mut server = RedisServer::start();
    add_user(&server, "alice", "right");
    let settings = RedisSettings { timeout: Duration::from_secs(60), pool_size: 2, ..settings(&server) };
    let authenticator = Arc::new(authenticator(settings));
    until_admitted(&authenticator, &credentials("alice", "right")).await;
    server.process().freeze();
    let mut questions = JoinSet::new();
    for _ in 0..200 {
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

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let server = RedisServer::start();
    add_user(&server, "alice", "right");
    let authenticator = authenticator(settings(&server));
    until_admitted(&authenticator, &credentials("alice", "right")).await;
    server.cli(&["CLIENT", "PAUSE", "400", "ALL"]);
    let began = Instant::now();
    assert_eq!(authenticator.authenticate(&credentials("alice", "right")).await, admitted());
    assert!(began.elapsed() > Duration::from_millis(50), "it was paused: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_was_never_there_is_found_when_it_comes() {
    let port = free_port();
    let settings = RedisSettings::single(address(port));
    let authenticator = authenticator(settings);
    let alice = credentials("alice", "right");
    for _ in 0..3 {
        let outcome = timeout(SLACK, authenticator.authenticate(&alice)).await.expect("a refusal at once");
        assert!(is_unreachable(&outcome), "{outcome:?}");
    }
    let server = RedisServer::start_on(port);
    add_user(&server, "alice", "right");
    until_admitted(&authenticator, &alice).await;
}
