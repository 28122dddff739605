//! A directory that is not there, stands still, or is no directory.

use crate::site::{Site, ask, authenticator, credentials};
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_ldap::{LdapAuthenticator, LdapSettings, PasswordMethod, Server};
use dunlin_real_servers::{PATIENCE, free_port};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

fn allowed() -> Outcome {
    Outcome::Allow(Box::default())
}

/// Asks until the answer is yes.
async fn until_allowed(way: &LdapAuthenticator) {
    let deadline = Instant::now() + PATIENCE;
    while ask(way, "ssha", "right").await != allowed() {
        assert!(Instant::now() < deadline, "{:?}", way.status());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let servers = vec![Server { host: "127.0.0.1".into(), port: free_port() }];
    let way = authenticator(&LdapSettings::new(servers, "uid=${username},dc=x"), PasswordMethod::hash());
    for _ in 0..3 {
        assert!(matches!(ask(&way, "ssha", "right").await, Outcome::Failed(BackendFailure::Unreachable(_))));
    }
    assert!(matches!(way.status(), BackendStatus::Disconnected(BackendFailure::Unreachable(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_and_started_again() {
    let mut site = Site::new();
    let ways: Vec<_> = [PasswordMethod::hash(), PasswordMethod::bind()]
        .map(|method| Arc::new(authenticator(&site.settings(), method)))
        .into();
    let asking: Vec<_> = (0..20)
        .map(|index| {
            let way = Arc::clone(&ways[index % ways.len()]);
            tokio::spawn(async move {
                let (mut right, mut failed) = (0, 0);
                // Each goes on until it has seen the directory there, gone, and there again.
                while failed == 0 || right == 0 {
                    match ask(&way, "ssha", "right").await {
                        Outcome::Allow(_) if failed > 0 => right += 1,
                        Outcome::Allow(_) => {}
                        Outcome::Failed(_) => {
                            failed += 1;
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for way in &ways {
        until_allowed(way).await;
    }
    site.server.process().kill();
    for way in &ways {
        while way.status().failure().is_none() {
            let _ = ask(way, "ssha", "right").await;
        }
    }
    site.server.start_again();
    for asked in asking {
        tokio::time::timeout(PATIENCE, asked).await.expect("it ends").expect("no panic");
    }
    for way in &ways {
        until_allowed(way).await;
        assert_eq!(way.status(), BackendStatus::Connected);
        assert_eq!(way.free_slots(), 8, "none is lost");
    }
}

#[tokio::test]
async fn one_that_stands_still_is_given_up_at_the_deadline() {
    let mut site = Site::new();
    let settings = LdapSettings { query_timeout: Duration::from_millis(300), pool_size: 2, ..site.settings() };
    let way = Arc::new(authenticator(&settings, PasswordMethod::hash()));
    until_allowed(&way).await;
    site.server.process().freeze();
    let start = Instant::now();
    let asking: Vec<_> = (0..10)
        .map(|_| {
            let way = Arc::clone(&way);
            tokio::spawn(async move { ask(&way, "ssha", "right").await })
        })
        .collect();
    for (place, asked) in asking.into_iter().enumerate() {
        let failure = if place < 2 { BackendFailure::Timeout(300) } else { BackendFailure::Overloaded };
        assert_eq!(asked.await.expect("no panic"), Outcome::Failed(failure), "{place}");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "all at the same time, not one after the other");
    assert_eq!(way.status(), BackendStatus::Disconnected(BackendFailure::Timeout(300)));
    site.server.process().thaw();
    until_allowed(&way).await;
}

#[tokio::test]
async fn a_dropped_question_gives_its_slot_back() {
    let mut site = Site::new();
    let settings = LdapSettings { pool_size: 1, max_waiting: 0, ..site.settings() };
    let way = authenticator(&settings, PasswordMethod::bind());
    until_allowed(&way).await;
    site.server.process().freeze();
    let shown = credentials("ssha", b"right");
    // It may still answer what it has read when it is told to stand still.
    while tokio::time::timeout(Duration::from_millis(50), way.authenticate(&shown)).await.is_ok() {}
    {
        let mut question = way.authenticate(&shown);
        let waited = tokio::time::timeout(Duration::from_millis(50), &mut question).await;
        assert!(waited.is_err(), "nobody answers");
        assert_eq!(way.authenticate(&shown).await, Outcome::Failed(BackendFailure::Overloaded));
    }
    site.server.process().thaw();
    assert_eq!(way.authenticate(&shown).await, allowed(), "the slot is free, and no old answer is taken for this one");
    assert_eq!(way.authenticate(&credentials("ssha", b"wrong")).await, ask(&way, "ssha", "wrong").await);
}

/// What is said by something that is no directory.
#[tokio::test]
async fn nonsense_is_a_failure_and_bounded() {
    let bad: [&'static [u8]; 8] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x30\x80\x00\x00",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x05\x02\x01\x01\x65\x00",
        b"\x30\x0c\x02\x01\x09\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x00",
        b"",
    ];
    for answer in bad {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1_024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        });
        let servers = vec![Server { host: "127.0.0.1".into(), port }];
        let way = authenticator(&LdapSettings::new(servers, "uid=${username},dc=x"), PasswordMethod::hash());
        for _ in 0..2 {
            let outcome = ask(&way, "ssha", "right").await;
            assert!(matches!(outcome, Outcome::Failed(_)), "{answer:?}: {outcome:?}");
        }
        serving.abort();
    }
}
