//! A master that changes, and sentinels that know it.

use crate::setting::{add_user, address, admitted, authenticator, credentials, until_admitted};
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_redis::{Deployment, RedisSettings};
use dunlin_real_servers::{RedisSentinel, RedisServer, free_port};
use std::time::Duration;

fn settings(sentinel: &RedisSentinel, master_name: &str) -> RedisSettings {
    // The first sentinel is not there.
    RedisSettings {
        servers: vec![address(free_port()), address(sentinel.port())],
        deployment: Deployment::Sentinel { master_name: master_name.into() },
        timeout: Duration::from_secs(2),
        ..RedisSettings::single(address(1))
    }
}

fn master_and_replica() -> (RedisServer, RedisServer) {
    let mut master = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
    add_user(&master, "alice", "right");
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
    master.process().wait_for_line("Synchronization with replica");
    (master, replica)
}

#[tokio::test]
async fn the_new_master_is_asked_after_a_failover() {
    let (mut master, _replica) = master_and_replica();
    let sentinel = RedisSentinel::start("mqtt", &master);
    let authenticator = authenticator(settings(&sentinel, "mqtt"));
    let alice = credentials("alice", "right");
    assert_eq!(authenticator.authenticate(&alice).await, admitted());
    master.process().kill();
    sentinel.wait_for_failover();
    until_admitted(&authenticator, &alice).await;
    assert_eq!(authenticator.status(), BackendStatus::Connected);
    assert_eq!(authenticator.free_connections(), 8);
}

#[tokio::test]
async fn a_master_that_hangs_is_left_too() {
    let (mut master, _replica) = master_and_replica();
    let sentinel = RedisSentinel::start("mqtt", &master);
    let authenticator = authenticator(settings(&sentinel, "mqtt"));
    let alice = credentials("alice", "right");
    assert_eq!(authenticator.authenticate(&alice).await, admitted());
    master.process().freeze();
    let outcome = authenticator.authenticate(&alice).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    sentinel.wait_for_failover();
    until_admitted(&authenticator, &alice).await;
}

#[tokio::test]
async fn sentinels_may_want_a_login_of_their_own() {
    let (master, _replica) = master_and_replica();
    let users = "user default off\nuser dunlin on >watchword ~* &* +@all";
    let sentinel = RedisSentinel::start_with("mqtt", &master, users);
    let alice = credentials("alice", "right");
    for (username, password, comes_in) in [
        (Some("dunlin"), Some("watchword"), true),
        (Some("dunlin"), Some("another"), false),
        (None, Some("watchword"), false),
        (None, None, false),
    ] {
        let settings = RedisSettings {
            sentinel_username: username.map(str::to_owned),
            sentinel_password: password.map(str::to_owned),
            ..settings(&sentinel, "mqtt")
        };
        let outcome = authenticator(settings).authenticate(&alice).await;
        assert_eq!(outcome == admitted(), comes_in, "{username:?} {password:?}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("watchword"));
    }
}

#[tokio::test]
async fn a_master_that_nobody_watches_is_named() {
    let (master, _replica) = master_and_replica();
    let sentinel = RedisSentinel::start("mqtt", &master);
    match authenticator(settings(&sentinel, "other")).authenticate(&credentials("alice", "right")).await {
        Outcome::Failed(BackendFailure::Unreachable(reason)) => assert!(reason.contains("`other`"), "{reason}"),
        other => panic!("{other:?}"),
    }
}
